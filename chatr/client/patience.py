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
#: Refusals that leave open whether another try is one too many; the session's token may be renewed meanwhile.
DOUBTFUL, MOST_DOUBTS = frozenset({"internal", "unauthenticated"}), 5
#: Who is asked to wait for longer is told at once: for a day, when somebody has begun too many conversations.
LONGEST_WAIT_S = 600


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


class Tries:
    """Tries of something that takes several requests, for as long as there is hope, with pauses between them."""

    def __init__(self, clock: IReactorTime, random: Callable[[], float]) -> None:
        """``random``: from 0 to 1."""
        self._clock = clock
        self._backoff = Backoff(random, first_s=FIRST_S, last_s=LAST_S)
        self._doubts = 0

    def went_well(self) -> None:
        """Note that a part of it is done: it is worth as many tries again."""
        self._doubts = 0
        self._backoff.reset()

    async def again(self, error: Refused | Lost, *, doubtful: frozenset[str] = frozenset()) -> None:
        """Return when it is time for the next try. Raises the error, if it is for good.

        ``doubtful``: codes that may be worth another try, but not for ever.
        """
        if isinstance(error, Refused):
            if error.code in doubtful | DOUBTFUL:
                self._doubts += 1
                if self._doubts >= MOST_DOUBTS:
                    raise error
            elif not error.passes or error.retry_after_s > LONGEST_WAIT_S:
                raise error
        asked_s = error.retry_after_s if isinstance(error, Refused) else 0.0
        await deferLater(self._clock, asked_s + self._backoff.delay_s())


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
