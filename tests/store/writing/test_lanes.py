"""Who is next: the promises of chatr/store/writing/lanes.py, one by one and over random runs."""

from __future__ import annotations

import sys
import time
from collections import Counter, deque
from types import FrameType
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from twisted.trial.unittest import SynchronousTestCase

from chatr.store.writing.lanes import Entry, Lanes

CHANGES, PER_CALLER = 3, 2


class Send(Entry):
    """A batched entry with a name."""

    __slots__ = ("name",)
    batched = True

    def __init__(self, caller: str, name: Any = None) -> None:
        super().__init__(caller)
        self.name = name


class Change(Send):
    """One that is done by itself."""

    __slots__ = ()
    batched = False


def lanes() -> Lanes[Send, Change]:
    return Lanes(changes=CHANGES, per_caller=PER_CALLER)


class Machine(RuleBasedStateMachine):
    """Whatever is put, handed out, put back, freed and dropped in whatever order."""

    callers = st.sampled_from("abcd")
    names = st.sampled_from(["1", "2", "3", "4"])

    def __init__(self) -> None:
        super().__init__()
        self.lanes = lanes()
        self.waiting: dict[tuple[str, str], deque[Send]] = {}
        self.in_hand: list[list[Send]] = []
        self.place: dict[Send, str] = {}

    @rule(caller=callers, name=names, kind=st.sampled_from([Send, Change]))
    def put(self, caller: str, name: str, kind: type[Send]) -> None:
        """Somebody wants something."""
        entry = kind(caller)
        self.place[entry] = name
        self.waiting.setdefault((name, caller), deque()).append(entry)
        self.lanes.put(name, entry)

    def taken(self, entry: Send) -> None:
        """In the order of its caller in its lane, and alone there."""
        name = self.place[entry]
        assert self.waiting[name, entry.caller].popleft() is entry
        assert name not in {self.place[other] for group in self.in_hand for other in group}

    @rule(most=st.integers(1, 5))
    def batch(self, most: int) -> None:
        """A batch has whatever may be in it, up to its size."""
        held = {self.place[entry] for group in self.in_hand for entry in group}
        batch = self.lanes.batch(most)
        assert all(entry.batched for entry in batch) and len(batch) <= most
        for entry in batch:
            self.taken(entry)
        if batch:
            self.in_hand.append(list(batch))
        if len(batch) < most:
            # No lane that is free is left with a send at its head.
            left = [lane for lane in self.lanes._lanes.values() if not lane.held and lane.head.batched]
            assert not left
        assert held.isdisjoint(self.place[entry] for entry in batch)

    @rule()
    def change(self) -> None:
        """A change, unless enough are in hand."""
        entry = self.lanes.change()
        if entry is not None:
            assert not entry.batched
            self.taken(entry)
            self.in_hand.append([entry])

    @precondition(lambda self: self.in_hand)
    @rule(which=st.integers(0, 10), again=st.booleans())
    def free(self, which: int, again: bool) -> None:
        """Something is done, or its sends have to be repeated."""
        group = self.in_hand.pop(which % len(self.in_hand))
        if again and group[0].batched:
            for entry in reversed(group):
                self.lanes.put_back(entry)
                self.waiting[self.place[entry], entry.caller].appendleft(entry)
        for entry in {self.place[entry]: entry for entry in group}.values():
            self.lanes.free(entry)

    @rule(back=st.integers(0, 8))
    def drop(self, back: int) -> None:
        """Who has waited long enough is told."""
        until = self.lanes.last - back
        dropped = self.lanes.drop(until)
        assert [entry.number for entry in dropped] == sorted(entry.number for entry in dropped)
        for entry in dropped:
            assert entry.number <= until
            self.waiting[self.place[entry], entry.caller].remove(entry)
        assert all(queue[0].number > until for queue in self.waiting.values() if queue)

    @invariant()
    def bounds(self) -> None:
        """Of changes no more are in hand than may be, altogether and in the turns of one caller."""
        turns = Counter(group[0].lent_by for group in self.in_hand if not group[0].batched)
        assert turns.total() <= CHANGES and max(turns.values(), default=0) <= PER_CALLER

    def teardown(self) -> None:
        """Nothing is lost and nothing is left behind."""
        while self.in_hand:
            self.free(0, False)
        while any(self.waiting.values()):
            before = sum(map(len, self.waiting.values()))
            self.batch(3)
            self.change()
            assert sum(map(len, self.waiting.values())) < before
            while self.in_hand:
                self.free(0, False)
        assert not self.lanes._lanes and not self.lanes._in_hand
        assert not self.lanes._sends._by_caller and not self.lanes._changes._by_caller


class RandomTests(SynchronousTestCase):
    """Random runs."""

    def test_runs(self) -> None:
        """One at a time in a lane, each caller's in order, within the bounds, nothing lost."""
        case = Machine.TestCase()
        case.settings = settings(
            max_examples=150, stateful_step_count=40, deadline=None, derandomize=True, database=None
        )
        case.runTest()

    @settings(max_examples=200, deadline=None, derandomize=True, database=None)
    @given(
        loads=st.dictionaries(st.sampled_from("abcdef"), st.lists(st.integers(1, 6), max_size=6)),
        most=st.integers(1, 40),
    )
    def test_a_batch_is_shared(self, loads: dict[str, list[int]], most: int) -> None:
        """However many lanes somebody waits in and with how much: nobody has two more than another who still waits."""
        waiting = lanes()
        for caller, lengths in loads.items():
            for lane, length in enumerate(lengths):
                for _ in range(length):
                    waiting.put(f"{caller}{lane}", Send(caller))
        served = Counter(entry.caller for entry in waiting.batch(most))
        left = {caller: sum(lengths) - served[caller] for caller, lengths in loads.items()}
        for caller, count in left.items():
            if count:
                self.assertLessEqual(max(served.values(), default=0), served[caller] + 1)
        self.assertEqual(served.total(), min(most, sum(map(sum, loads.values()))))

    @settings(max_examples=200, deadline=None, derandomize=True, database=None)
    @given(loads=st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 8), min_size=1))
    def test_changes_take_turns(self, loads: dict[str, int]) -> None:
        """Done one by one, everybody has had one before anybody has two."""
        waiting: Lanes[Send, Change] = Lanes(changes=1, per_caller=1)
        for caller, count in loads.items():
            for number in range(count):
                waiting.put(f"{caller}{number}", Change(caller))
        served: Counter[str] = Counter()
        while (change := waiting.change()) is not None:
            served[change.caller] += 1
            waiting.free(change)
            for caller, count in loads.items():
                if served[caller] < count:
                    self.assertLessEqual(max(served.values()), served[caller] + 1)
        self.assertEqual(served, Counter(loads))


class LaneTests(SynchronousTestCase):
    """One lane among others."""

    def test_callers_take_turns_in_a_lane(self) -> None:
        """Who has one thing to send waits for one of another who has many."""
        waiting = lanes()
        for number in range(5):
            waiting.put("x", Send("a", number))
        waiting.put("x", Send("b", "b"))
        self.assertEqual([entry.name for entry in waiting.batch(3)], [0, "b", 1])

    def test_nobody_waits_for_what_another_has_to_do_elsewhere(self) -> None:
        """A hundred lanes of somebody's changes; who waits in the last lends a turn to what stands there."""
        waiting = lanes()
        for number in range(100):
            waiting.put(str(number), Change("a", number))
        waiting.put("99", Send("b", "hello"))
        changes = [waiting.change() for _ in range(2)]
        self.assertIn(99, [change.name for change in changes if change])
        for change in changes:
            if change is not None:
                waiting.free(change)
        self.assertEqual([entry.name for entry in waiting.batch(10)], ["hello"])

    def test_a_change_stands_between_sends(self) -> None:
        """What one caller does in a lane is not put in another order to fill a batch."""
        waiting = lanes()
        for entry in (Send("a", 1), Change("a", 2), Send("a", 3)):
            waiting.put("x", entry)
        (first,) = waiting.batch(10)
        self.assertIsNone(waiting.change())
        waiting.free(first)
        self.assertEqual(waiting.batch(10), [])
        change = waiting.change()
        assert change is not None
        self.assertEqual((first.name, change.name, waiting.batch(10)), (1, 2, []))
        waiting.free(change)
        self.assertEqual([entry.name for entry in waiting.batch(10)], [3])

    def test_another_name(self) -> None:
        """What comes by it waits in the same lane, as long as that is there."""
        waiting = lanes()
        waiting.put("pair", Change("a"))
        change = waiting.change()
        assert change is not None
        waiting.alias("pair", "id")
        waiting.put("id", Send("a"))
        self.assertEqual(waiting.batch(10), [])
        waiting.free(change)
        (sent,) = waiting.batch(10)
        self.assertIs(sent.lane, change.lane)
        waiting.free(sent)
        self.assertEqual(waiting._lanes, {})

    def test_all_that_waits_takes_a_time_like_its_number(self) -> None:
        """Of eight times as many lanes of a caller, or callers in a lane, about eight times as long, not sixty."""

        def seconds(count: int, lane: str, caller: str) -> float:
            waiting = lanes()
            for number in range(count):
                waiting.put(lane.format(number), Send(caller.format(number)))
            begun = time.process_time()
            while batch := waiting.batch(256):
                for lane_of in {id(entry.lane): entry for entry in batch}.values():
                    waiting.free(lane_of)
            return time.process_time() - begun

        for lane, caller in (("{}", "ann"), ("there", "{}")):
            few, many = (min(seconds(count, lane, caller) for _ in range(3)) for count in (4_000, 32_000))
            self.assertLess(many / few, 20)

    def test_work_does_not_grow_with_what_waits(self) -> None:
        """Handing out the next of 20,000 looks at no more than handing out the next of 20."""

        def looked_at(count: int) -> int:
            waiting = lanes()
            for number in range(count):
                waiting.put(str(number), Change("a"))
                waiting.put(str(number), Send("a"))
            held = [waiting.change() for _ in range(PER_CALLER)]
            waiting.put("mine", Change("b"))
            steps = 0

            def count_steps(frame: FrameType, *_: Any) -> Any:
                nonlocal steps
                # The collector may have objects end meanwhile, with steps of their own.
                steps += frame.f_globals.get("__name__") == Lanes.__module__
                return count_steps

            before = sys.gettrace()
            sys.settrace(count_steps)
            try:
                mine = waiting.change()
            finally:
                sys.settrace(before)
            assert mine is not None and None not in held
            self.assertEqual(mine.caller, "b")
            return steps

        self.assertEqual(looked_at(20_000), looked_at(20))
