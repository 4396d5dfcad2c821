"""Autobahn's timers on a clock of ours."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime


class Timers:
    """Autobahn's timers on our clock: exact, and gone at once when cancelled (its own stay in 0.2 s buckets)."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock

    def call_later(self, delay_s: float, function: Callable[..., object], *args: object) -> IDelayedCall:
        """Call ``function`` after ``delay_s`` seconds."""
        return self._clock.callLater(delay_s, function, *args)
