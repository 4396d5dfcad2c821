"""The end of many parts, each by itself: what one raises, or waits for, keeps no other from its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import TimeoutError, maybeDeferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

log = Logger()

#: What is left for each part when the time of all is over: enough for whatever only has to let go.
LEAST_S = 0.1


class Closing:
    """Closes parts within one time for all of them."""

    def __init__(self, clock: IReactorTime, within_s: float) -> None:
        self._clock = clock
        self._end = clock.seconds() + within_s

    async def close(self, part: str, close: Callable[[], Any], *, at_most_s: float = 5.0) -> None:
        """Close one part, by a function that may answer an awaitable. Never raises: what goes wrong is logged."""
        seconds = max(min(at_most_s, self._end - self._clock.seconds()), LEAST_S)
        try:
            await maybeDeferred(close).addTimeout(seconds, self._clock)
        except TimeoutError:
            log.warn("{part}: not closed within {seconds:.1f} s, left behind", part=part, seconds=seconds)
        except Exception:
            log.failure("{part} could not be closed", part=part)
