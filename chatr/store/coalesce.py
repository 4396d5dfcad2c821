"""Look-ups of single things at the same moment, made together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

Value = TypeVar("Value")

#: Keys of one look-up at most.
MAX_KEYS = 256


class Coalescer(Generic[Value]):
    """While one look-up is under way, keys gather for the next: one statement serves all who wait."""

    def __init__(self, fetch: Callable[[Sequence[str]], Awaitable[Mapping[str, Value]]]) -> None:
        self._fetch = fetch
        self._waiting: dict[str, list[Deferred[Value | None]]] = {}
        self._running = False

    def get(self, key: str) -> Deferred[Value | None]:
        """Look up the value of a key, None if it has none. Fails as the look-up fails."""
        waiter: Deferred[Value | None] = Deferred()
        self._waiting.setdefault(key, []).append(waiter)
        if not self._running:
            self._running = True
            Deferred.fromCoroutine(self._run())
        return waiter

    async def _run(self) -> None:
        try:
            while self._waiting:
                keys = list(self._waiting)[:MAX_KEYS]
                await self._serve({key: self._waiting.pop(key) for key in keys})
        finally:
            self._running = False

    async def _serve(self, waiting: dict[str, list[Deferred[Value | None]]]) -> None:
        try:
            found = await self._fetch(list(waiting))
        except Exception:
            failure = Failure()
            for waiters in waiting.values():
                for waiter in waiters:
                    waiter.errback(failure)
        else:
            for key, waiters in waiting.items():
                for waiter in waiters:
                    waiter.callback(found.get(key))
