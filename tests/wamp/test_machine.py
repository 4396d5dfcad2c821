"""The session's state table, cell by cell."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from chatr.wamp import machine

#: The WAMP specification's rules written a second time, by kind instead of by state: ``!`` is a protocol violation,
#: ``-`` is ignored, no state named means closed. Columns: opening, challenged, authenticating, open, closing, closed.
EXPECTED = """
hello         greet/opening         !                      !             !                       -        -
abort         finish                finish                 finish        finish                  finish   -
authenticate  !                     prove/authenticating   !             !                       -        -
goodbye       !                     !                      !             farewell                finish   -
error         !                     !                      !             !                       -        -
publish       !                     !                      !             refuse_publish/open     -        -
subscribe     !                     !                      !             subscribe/open          -        -
unsubscribe   !                     !                      !             unsubscribe/open        -        -
call          !                     !                      !             call/open               -        -
cancel        !                     !                      !             cancel/open             -        -
register      !                     !                      !             refuse_register/open    -        -
unregister    !                     !                      !             refuse_unregister/open  -        -
yield         !                     !                      !             !                       -        -
malformed     !                     !                      !             !                       -        -
unreadable    !                     !                      !             refuse_unreadable/open  -        -
challenged    challenge/challenged  !                      !             !                       -        -
presented     verify/authenticating !                      !             !                       -        -
admitted      welcome/open          !                      welcome/open  !                       -        -
refused       abort                 abort                  abort         !                       -        -
late          abort_late            abort_late             abort_late    !                       finish   -
ending        abort                 abort                  abort         goodbye/closing         -        -
overflowed    cut                   cut                    cut           cut                     cut      -
lost          release               release                release       release                 release  release
"""


def expected() -> dict[tuple[str, str], tuple[str, str]]:
    cells: dict[tuple[str, str], tuple[str, str]] = {}
    for line in EXPECTED.strip().splitlines():
        kind, *row = line.split()
        for state, cell in zip(machine.STATES, row, strict=True):
            if cell == "!":
                cells[state, kind] = ("protocol_violation", "closed")
            elif cell == "-":
                cells[state, kind] = ("ignore", state)
            else:
                action, _, after = cell.partition("/")
                cells[state, kind] = (action, after or "closed")
    return cells


class TableTests(SynchronousTestCase):
    """What each message and happening does in each state."""

    def test_every_state_and_kind_has_an_expectation(self) -> None:
        """The expectations cover the whole table, and the table has no row or column beside it."""
        kinds = {*machine.MESSAGES, *machine.HAPPENINGS}
        self.assertEqual(set(expected()), {(state, kind) for state in machine.STATES for kind in kinds})
        self.assertEqual(tuple(machine.TABLE), machine.STATES)
        for row in machine.TABLE.values():
            self.assertLessEqual(row.keys(), kinds)

    def test_table_names_only_known_states(self) -> None:
        """Every step leads to a state of the table."""
        for row in machine.TABLE.values():
            for step in row.values():
                self.assertIn(step.state, machine.STATES)

    def test_closed_is_final(self) -> None:
        """Nothing leads out of the closed state."""
        for kind in (*machine.MESSAGES, *machine.HAPPENINGS):
            self.assertEqual(machine.step("closed", kind).state, "closed")


def _cell(state: str, kind: str, wanted: tuple[str, str]):
    def test(self: SynchronousTestCase) -> None:
        self.assertEqual(machine.step(state, kind), wanted)  # type: ignore[arg-type]

    test.__doc__ = f"In {state}, {kind} means {wanted[0]}, then {wanted[1]}."
    return test


for (_state, _kind), _wanted in expected().items():
    setattr(TableTests, f"test_{_state}_{_kind}", _cell(_state, _kind, _wanted))
