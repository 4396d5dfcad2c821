"""The timers of thousands of connections."""

from __future__ import annotations

import random
from weakref import ref

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from chatr.timers import Timers


class Holder:
    """Something that a timer holds on to."""

    def happen(self) -> None:
        """Nothing follows."""


class TimersTests(SynchronousTestCase):
    """On a clock that is moved by hand."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.timers = Timers(self.clock)
        self.happened: list[object] = []

    def in_(self, delay_s: float) -> None:
        self.timers.call_later(delay_s, self.happened.append, delay_s)

    def test_order(self) -> None:
        """Each happens when it is due, the earliest first, whatever the order in which they were made."""
        delays = [0.1 * number for number in range(1, 200)]
        for delay_s in random.Random(1).sample(delays, len(delays)):
            self.in_(delay_s)
        for count, delay_s in enumerate(delays, 1):
            self.clock.advance(delay_s - self.clock.seconds())
            self.assertEqual(self.happened, delays[:count])

    def test_one_call(self) -> None:
        """They take one call of the clock, at the time of the first."""
        for delay_s in (5, 3, 4):
            self.in_(delay_s)
        self.assertEqual([call.getTime() for call in self.clock.getDelayedCalls()], [3])
        self.clock.advance(3)
        self.assertEqual([call.getTime() for call in self.clock.getDelayedCalls()], [4])

    def test_cancelled(self) -> None:
        """What is cancelled does not happen, holds on to nothing, and may be cancelled again."""
        holder = Holder()
        known = ref(holder)
        self.in_(1)
        timer = self.timers.call_later(2, holder.happen)
        del holder
        for _ in range(2):
            self.assertIsNotNone(timer)
            timer.cancel()
            self.assertIsNone(known())
            self.assertFalse(timer.active())
            self.assertEqual(len(self.timers), 1)
        self.clock.advance(2)
        self.assertEqual((self.happened, len(self.timers)), ([1], 0))

    def test_nothing_is_left(self) -> None:
        """When all have happened or were cancelled, in whatever order, the clock has nothing to call."""
        for seed in range(50):
            chance = random.Random(seed)
            timers = [self.timers.call_later(chance.randrange(10), self.happened.append, 0) for _ in range(300)]
            for timer in chance.sample(timers, 200):
                timer.cancel()
            self.assertEqual(len(self.timers), 100)
            self.clock.advance(chance.randrange(10))
            for timer in timers:
                timer.cancel()
            self.assertEqual((len(self.timers), self.clock.getDelayedCalls()), (0, []))

    def test_cancelled_by_another(self) -> None:
        """One that happens may cancel others that are due, and itself, and make new ones."""

        def happen() -> None:
            second.cancel()
            first.cancel()
            self.in_(1)

        first = self.timers.call_later(1, happen)
        second = self.timers.call_later(1, self.happened.append, "never")
        self.clock.advance(1)
        self.assertEqual((self.happened, len(self.timers)), ([], 1))
        self.clock.advance(1)
        self.assertEqual((self.happened, self.clock.getDelayedCalls()), ([1], []))

    def test_one_fails(self) -> None:
        """One that raises is logged, and keeps no other from happening."""
        self.timers.call_later(1, lambda: 1 / 0)
        self.in_(1)
        self.in_(2)
        self.clock.advance(1)
        self.clock.advance(1)
        self.assertEqual(self.happened, [1, 2])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
