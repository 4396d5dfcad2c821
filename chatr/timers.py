"""The timers of thousands of connections on one delayed call of the reactor: cheap to have, and to give up."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

log = Logger()

#: Sums of seconds are off by less: what is due so soon is due.
_SLACK_S = 1e-6
#: Of so few it does not matter how many were cancelled.
_FEW = 64


class Timer:
    """Something that is to happen once, unless it is cancelled before. Calling ``cancel`` again changes nothing."""

    __slots__ = ("_args", "_function", "_timers", "at_s")

    def __init__(self, timers: Timers, at_s: float, function: Callable[..., object], args: tuple[Any, ...]) -> None:
        self.at_s = at_s
        self._timers = timers
        self._function: Callable[..., object] | None = function
        self._args = args

    def __lt__(self, other: Timer) -> bool:
        return self.at_s < other.at_s

    def active(self) -> bool:
        """Whether it is still to happen."""
        return self._function is not None

    def cancel(self) -> None:
        """Have it not happen. What it would have called is let go at once."""
        if self._function is not None:
            self._function, self._args = None, ()
            self._timers.forget()

    def happen(self) -> None:
        """Have it happen now, if it still is to."""
        function, args = self._function, self._args
        self._function, self._args = None, ()
        if function is not None:
            function(*args)


class Timers:
    """Timers on one clock: exact, in order, a third of the size of the reactor's own, and none left when all are over.

    Autobahn's are made here too: its own stay in buckets of 0.2 s, with what they hold, when they are cancelled.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._heap: list[Timer] = []
        self._cancelled = 0
        self._call: IDelayedCall | None = None
        self._call_at_s = 0.0

    def __len__(self) -> int:
        """How many are still to happen."""
        return len(self._heap) - self._cancelled

    def call_later(self, delay_s: float, function: Callable[..., object], *args: object) -> Timer:
        """Call ``function`` after ``delay_s`` seconds."""
        timer = Timer(self, self._clock.seconds() + delay_s, function, args)
        heappush(self._heap, timer)
        if self._heap[0] is timer:
            self._wait()
        return timer

    def forget(self) -> None:
        """Note that one more of them was cancelled."""
        self._cancelled += 1
        if self._cancelled > _FEW and 4 * self._cancelled > len(self._heap):
            self._heap = [timer for timer in self._heap if timer.active()]
            heapify(self._heap)
            self._cancelled = 0
        if not self._heap or not self._heap[0].active():
            self._wait()

    def _wait(self) -> None:
        """Have the reactor call when the first is due."""
        while self._heap and not self._heap[0].active():
            heappop(self._heap)
            self._cancelled -= 1
        if self._call is not None:
            if self._heap and self._heap[0].at_s >= self._call_at_s:
                # It calls too early, and waits on then: cheaper than to move it each time.
                return
            self._call.cancel()
            self._call = None
        if self._heap:
            self._call_at_s = self._heap[0].at_s
            delay_s = max(0.0, self._call_at_s - self._clock.seconds())
            self._call = self._clock.callLater(delay_s, self._due)

    def _due(self) -> None:
        self._call = None
        until_s = self._clock.seconds() + _SLACK_S
        while self._heap and self._heap[0].at_s <= until_s:
            timer = heappop(self._heap)
            if not timer.active():
                self._cancelled -= 1
            try:
                timer.happen()
            except Exception:
                # As with the reactor's own: the others are called all the same.
                log.failure("a timer failed")
        self._wait()
