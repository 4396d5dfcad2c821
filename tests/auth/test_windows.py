"""Sliding windows."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from chatr.api.contract import Rate
from chatr.auth.windows import MOST_MOMENTS, PARTS, Moments, Parts, Table, Window, window

#: Clocks count in floating point: moments closer than this are the same.
SAME_S = 1e-6


class WindowTests(SynchronousTestCase):
    """Never more than the number in any window of the length."""

    def offer(self, kind: Callable[[Rate], Window], rate: Rate, pauses: list[float]) -> tuple[list[float], list[float]]:
        """When calls passed that came after these pauses, and when others were refused."""
        clock, counted = Clock(), kind(rate)
        clock.advance(1_795_712_402.8)
        passed, refused = [], []
        for pause in pauses:
            clock.advance(pause)
            if counted.wait_s(clock.seconds()) <= 0:
                counted.add(clock.seconds())
                passed.append(clock.seconds())
            else:
                refused.append(clock.seconds())
        return passed, refused

    def most_in(self, moments: list[float], length_s: float) -> int:
        """The most moments that any window of this length has, its beginning left out, wherever it begins."""
        return max(
            (index + 1 - bisect_right(moments, end - length_s + SAME_S) for index, end in enumerate(moments)), default=0
        )

    @settings(max_examples=300, deadline=None)
    @given(
        st.sampled_from([Moments, Parts]),
        st.integers(1, 40),
        st.sampled_from([1.0, 2.0, 60.0, 900.0]),
        st.lists(st.floats(0, 1) | st.just(0.0), min_size=1, max_size=300),
        st.floats(0.0001, 2),
    )
    def test_never_more(
        self, kind: Callable[[Rate], Window], count: int, per_s: float, pauses: list[float], speed: float
    ) -> None:
        """Whatever the times at which calls come: in no window of the length pass more than the number.

        With debts (GCRA) and a burst of the number it was up to twice that less one, as 19 of 10 here.
        """
        passed, refused = self.offer(kind, Rate(count, per_s), [pause * speed * per_s / count for pause in pauses])
        self.assertLessEqual(self.most_in(passed, per_s), count)
        # And nobody is refused who stays below it: exactly, or in a window a twentieth longer.
        length_s = per_s if kind is Moments else per_s * (1 + 1 / PARTS)
        for moment in refused:
            before = [each for each in passed if moment - length_s - SAME_S <= each <= moment]
            self.assertGreaterEqual(len(before), count)

    def test_twice_the_number(self) -> None:
        """Ten at once and then one whenever one may: 10 in the first 15 minutes, where debts let 19 through."""
        for kind in (Moments, Parts):
            passed, _ = self.offer(kind, Rate(10, 900), [0.0] * 10 + [1.0] * 899)
            self.assertEqual(len(passed), 10)

    @settings(max_examples=200, deadline=None)
    @given(
        st.sampled_from([Moments, Parts]),
        st.integers(1, 30),
        st.lists(st.floats(0, 10), min_size=1, max_size=100),
    )
    def test_the_wait_is_right(self, kind: Callable[[Rate], Window], count: int, pauses: list[float]) -> None:
        """Who comes back after the time that was told passes, if nobody else comes; a moment earlier not."""
        clock, counted = Clock(), kind(Rate(count, 60))
        clock.advance(1000)
        for pause in pauses:
            clock.advance(pause)
            wait_s = counted.wait_s(clock.seconds())
            if wait_s > 0:
                if wait_s > 2 * SAME_S:
                    self.assertGreater(counted.wait_s(clock.seconds() + wait_s - 2 * SAME_S), 0)
                clock.advance(wait_s + SAME_S)
                self.assertEqual(counted.wait_s(clock.seconds()), 0)
            counted.add(clock.seconds())

    def test_memory(self) -> None:
        """However often it is called, a window keeps as many moments as its number, or a count for each part."""
        for count in (1, MOST_MOMENTS, MOST_MOMENTS + 1, 1_000_000):
            made = window(Rate(count, 60))
            for number in range(10_000):
                if made.wait_s(number / 1000) <= 0:
                    made.add(number / 1000)
            kept = made._moments if isinstance(made, Moments) else made._counts
            self.assertLessEqual(len(kept), max(MOST_MOMENTS, PARTS + 1))
            self.assertLessEqual(sys.getsizeof(kept), 1024)


class TableTests(SynchronousTestCase):
    """Many windows in bounded memory."""

    rate = Rate(4, 60)

    def setUp(self) -> None:
        self.table = Table(100)

    def fill(self, key: str, times: int, now: float = 1000.0) -> None:
        for _ in range(times):
            self.table.add(("login", key), self.rate, now)

    def full(self, key: str, now: float = 1000.0) -> bool:
        return self.table.wait_s(("login", key), now) > 0

    def test_the_empty_are_removed(self) -> None:
        """Windows in which nothing counts any more go as others come, without a look at all of them."""
        for number in range(100):
            self.fill(f"{number}", 1, 1000 + number / 100)
        for number in range(100):
            before = len(self.table)
            self.fill("new", 1, 1100 + number * 61)
            # One call removes a few, never all.
            self.assertGreaterEqual(len(self.table), before - 4)
        self.assertEqual((len(self.table), self.table.fallen_out), (1, 0))

    def test_a_flood_pushes_out_its_own_kind(self) -> None:
        """A full window outlasts any number of callers who come once: nobody wins new tries by sending others."""
        self.fill("eve", 4)
        self.fill("ann", 1)
        for number in range(10_000):
            self.fill(f"flood {number}", 1)
        self.assertTrue(self.full("eve"))
        self.assertEqual((len(self.table), self.table.fallen_out), (100, 9902))

    def test_what_falls_out(self) -> None:
        """Only among windows that all are half full the oldest goes: each cost its caller half of its own number."""
        self.fill("eve", 4)
        for number in range(99):
            self.fill(f"other {number}", 2)
        self.assertTrue(self.full("eve"))
        self.fill("once more", 2)
        self.assertFalse(self.full("eve"))
        self.assertEqual(len(self.table), 100)

    def test_last_use_counts(self) -> None:
        """Who goes on calling does not become the oldest by that."""
        self.fill("eve", 2)
        for number in range(99):
            self.fill(f"other {number}", 2)
        self.fill("eve", 2)
        self.fill("once more", 2)
        self.assertTrue(self.full("eve"))
        self.assertEqual(len(self.table), 100)
