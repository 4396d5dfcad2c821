"""Work that several wait for, done once."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from twisted.internet.defer import Deferred, DeferredSemaphore, fail
from twisted.python.failure import Failure

from chatr.api.errors import ApiError

Value = TypeVar("Value")


class SharedWork(Generic[Value]):
    """Makes the value of a key once for all who wait for it, ``at_once`` keys at a time.

    Whoever stops waiting stops nothing. Fails with ``unavailable`` when more than ``most`` keys would wait.
    """

    def __init__(self, make: Callable[[str], Coroutine[Any, Any, Value]], *, at_once: int, most: int) -> None:
        self._make = make
        self._most = most
        self._slots = DeferredSemaphore(at_once)
        self._waiting: dict[str, list[Deferred[Value]]] = {}

    def get(self, key: str) -> Deferred[Value]:
        """Get the value of a key. Fails as making it fails."""
        waiter: Deferred[Value] = Deferred()
        if key in self._waiting:
            self._waiting[key].append(waiter)
        elif len(self._waiting) >= self._most:
            return fail(ApiError("unavailable", "Too many links are looked at in this moment", retry_after_s=2))
        else:
            self._waiting[key] = [waiter]
            self._slots.run(self._begin, key).addBoth(self._done, key)
        return waiter

    def _begin(self, key: str) -> Deferred[Value]:
        return Deferred.fromCoroutine(self._make(key))

    def _done(self, result: Value | Failure, key: str) -> None:
        for waiter in self._waiting.pop(key):
            if isinstance(result, Failure):
                waiter.errback(result)
            else:
                waiter.callback(result)
