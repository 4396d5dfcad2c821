"""Parts with a life of their own: started in order, stopped backwards, each by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from twisted.internet.defer import Deferred, gatherResults, maybeDeferred
from twisted.internet.interfaces import IReactorTime

from chatr.process.closing import Closing


class Part(Protocol):
    """Something that begins and ends. Either may answer an awaitable, which is waited for."""

    def start(self) -> Any:
        """Begin. May raise what stands in the way."""

    def stop(self) -> Any:
        """End; also when it has not begun, or only in part."""


class Life:
    """A part made of functions: of what only begins, only ends, or has other names for it."""

    def __init__(self, *, start: Callable[[], Any] = lambda: None, stop: Callable[[], Any] = lambda: None) -> None:
        self.start = start
        self.stop = stop


#: What is let go once nothing is in flight any more has so long in all, beyond the time of what is in flight.
LET_GO_S = 2.0

Stage = Mapping[str, Part]


class Stages:
    """Parts in stages: those of one are stopped at the same time, and what they stand on is in stages before it."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._started: list[dict[str, Part]] = []
        self._stopped = False

    async def start(self, stages: Sequence[Stage]) -> None:
        """Start parts, beyond those that are started, unless it is to stop. Raises what stands in the way of one."""
        for stage in stages:
            started: dict[str, Part] = {}
            self._started.append(started)
            for name, part in stage.items():
                if self._stopped:
                    return
                # Whatever becomes of its start, it is stopped.
                started[name] = part
                await maybeDeferred(part.start)

    async def stop(self, in_flight_s: float) -> None:
        """Stop what was started, once. Never raises. ``in_flight_s``: what calls that are in flight may take to end."""
        self._stopped = True
        closing = Closing(self._clock, in_flight_s + LET_GO_S)
        # A session hears GOODBYE when the time of its calls is over; for the rest there is time behind that.
        at_most_s = in_flight_s + LET_GO_S / 4
        while self._started:
            together = self._started.pop()
            closed = [closing.close(name, part.stop, at_most_s=at_most_s) for name, part in together.items()]
            await gatherResults([Deferred.fromCoroutine(each) for each in closed])
