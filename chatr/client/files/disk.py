"""Files of this machine's disk, worked with in threads."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

from twisted.internet.threads import deferToThreadPool

T = TypeVar("T")


class Disk:
    """Work with one file: one thing after the other, also when whoever began one does not wait for it any more."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._lock = Lock()

    async def run(self, work: Callable[..., T], *args: Any) -> T:
        """Return what ``work`` does, in a thread."""
        result: T = await deferToThreadPool(self._reactor, self._reactor.getThreadPool(), self._run, work, args)
        return result

    def _run(self, work: Callable[..., T], args: tuple[Any, ...]) -> T:
        with self._lock:
            return work(*args)
