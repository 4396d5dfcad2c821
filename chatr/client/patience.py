"""Patience with a server that has no time at the moment: after a restart everybody comes back at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from chatr.client.errors import Lost, Refused
from chatr.client.feed import Call

FIRST_S, LAST_S = 0.5, 15.0


class Backoff:
    """Delays that double up to a limit, with jitter, so that a thousand clients don't return at the same moment."""

    def __init__(self, random: Callable[[], float], *, first_s: float, last_s: float) -> None:
        """``random``: from 0 to 1."""
        self._random = random
        self._first_s = first_s
        self._last_s = last_s
        self._next_s = first_s

    def delay_s(self) -> float:
        """Draw the next delay: from half of it to all of it."""
        delay_s = self._next_s
        self._next_s = min(delay_s * 2, self._last_s)
        return delay_s * (0.5 + self._random() / 2)

    def reset(self) -> None:
        """Begin anew: it went well."""
        self._next_s = self._first_s


class Patient:
    """Repeats a read that is refused for a reason that passes, on the same connection, until that ends. One at a time.

    A new connection would cost the server more than the read that it had no time for.
    """

    def __init__(self, call: Call, clock: IReactorTime, random: Callable[[], float], closed: Deferred[str]) -> None:
        """``closed``: fires when the connection is gone."""
        self._call = call
        self._clock = clock
        self._random = random
        self._pause: Deferred[None] | None = None
        self._gone = False
        closed.addCallback(self._closed)

    async def call(self, name: str, params: dict[str, Any]) -> dict[str, Any]:
        """Call until there is an answer. Raises :class:`Refused` for good, and :class:`Lost`."""
        backoff = Backoff(self._random, first_s=FIRST_S, last_s=LAST_S)
        while True:
            try:
                return await self._call(name, params)
            except Refused as error:
                if not error.passes:
                    raise
                # Behind what the server asks for: all who were refused were told the same.
                await self._wait(error.retry_after_s + backoff.delay_s())

    async def _wait(self, delay_s: float) -> None:
        pause = self._pause = deferLater(self._clock, delay_s)
        try:
            await pause
        except CancelledError:
            if not self._gone:
                # Somebody does not want the answer any more.
                raise
            raise Lost("the connection was lost") from None
        finally:
            self._pause = None

    def _closed(self, reason: str) -> str:
        self._gone = True
        if self._pause is not None:
            self._pause.cancel()
        return reason
