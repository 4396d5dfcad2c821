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


Stage = Mapping[str, Part]


class Parts:
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

    async def stop(self, *, within_s: float, at_most_s: float) -> None:
        """Stop what was started, once: each part for ``at_most_s``, all together for ``within_s``. Never raises."""
        self._stopped = True
        closing = Closing(self._clock, within_s)
        while self._started:
            together = self._started.pop()
            closed = [closing.close(name, part.stop, at_most_s=at_most_s) for name, part in together.items()]
            await gatherResults([Deferred.fromCoroutine(each) for each in closed])
