"""The end of many parts."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from chatr.process.closing import LEAST_S, Closing
from tests.logs import LogLines


class ClosingTests(SynchronousTestCase):
    """Point 31 of issue 12: each by itself, within one time for all."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.closed: list[str] = []
        self.log = LogLines("chatr.process.closing")
        self.addCleanup(self.log.end)

    def test_one_fails_and_one_hangs(self) -> None:
        """What raises is logged, what hangs is left behind when its time is over, and all others are closed."""
        never: Deferred[None] = Deferred()
        closing = Closing(self.clock, 10.0)

        async def asserts() -> None:
            raise AssertionError

        async def all_of_them() -> None:
            await closing.close("first", asserts)
            await closing.close("second", lambda: never, at_most_s=3.0)
            await closing.close("third", lambda: self.closed.append("third"))

        done = Deferred.fromCoroutine(all_of_them())
        self.assertNoResult(done)
        self.clock.advance(3.0)
        self.successResultOf(done)
        self.assertEqual(self.closed, ["third"])
        self.assertEqual(len(self.flushLoggedErrors(AssertionError)), 1)
        self.assertEqual(self.log.lines[1:], ["second: not closed within 3.0 s, left behind"])

    def test_one_time_for_all(self) -> None:
        """However many hang, and however long each may: the last has little left, and is closed all the same."""
        closing = Closing(self.clock, 10.0)

        async def all_of_them() -> None:
            for number in range(5):
                await closing.close(str(number), Deferred, at_most_s=8.0)
            await closing.close("last", lambda: self.closed.append("last"))

        done = Deferred.fromCoroutine(all_of_them())
        self.clock.pump([0.05] * 250)
        self.successResultOf(done)
        self.assertEqual(self.closed, ["last"])
        times = [line.split(" ")[4] for line in self.log.lines]
        self.assertEqual(times, ["8.0", "2.0", *3 * [f"{LEAST_S:.1f}"]])
