"""Look-ups at the same moment: of single things, made together, and of the same, made once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, Generic, TypeVar

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


class SharedReads:
    """What is read once for all who want the same: same keys stand for reads that would answer the same.

    Whoever comes while one is under way gets the next: what they had changed before they came is in it.
    """

    def __init__(self) -> None:
        self._waiting: dict[Hashable, list[Deferred[Any]]] = {}

    def get(self, key: Hashable, read: Callable[[], Awaitable[Value]]) -> Deferred[Value]:
        """Read, or wait for the next of these. Fails as the read fails; whoever cancels this waits no more."""
        waiter: Deferred[Value] = Deferred()
        if key in self._waiting:
            self._waiting[key].append(waiter)
        else:
            self._waiting[key] = []
            Deferred.fromCoroutine(self._run(key, read, [waiter]))
        return waiter

    async def _run(self, key: Hashable, read: Callable[[], Awaitable[Value]], waiters: list[Deferred[Value]]) -> None:
        while waiters:
            try:
                found = await read()
            except Exception:
                failure = Failure()
                for waiter in waiters:
                    waiter.errback(failure)
            else:
                for waiter in waiters:
                    waiter.callback(found)
            waiters, self._waiting[key] = self._waiting[key], []
        del self._waiting[key]
