"""Password hashes: bcrypt in a thread pool of its own, so that it never stops the reactor or starves other work."""

from __future__ import annotations

import base64
import hashlib
from functools import partial
from threading import Thread
from typing import Any

import bcrypt
from twisted.internet.defer import Deferred, succeed
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from chatr.api.errors import ApiError


class Passwords:
    """Hashes and checks passwords off the reactor thread, with a bounded queue."""

    def __init__(self, reactor: Any, *, cost: int, threads: int, queue_limit: int) -> None:
        self._reactor = reactor
        self._cost = cost
        self._queue_limit = queue_limit
        self._waiting = 0
        self._stopped = False
        self._pool = ThreadPool(minthreads=0, maxthreads=threads, name="bcrypt")
        # No thread of ours keeps the process from ending.
        self._pool.threadFactory = partial(Thread, daemon=True)  # type: ignore[assignment]

    def start(self) -> None:
        """Start the threads."""
        self._pool.start()

    def stop(self) -> Deferred[None]:
        """Fires when what runs is done. What waits behind it is refused, and the reactor waits for nothing."""
        if self._stopped:
            return succeed(None)
        self._stopped = True
        ended: Deferred[None] = Deferred()

        def join() -> None:
            self._pool.stop()
            self._reactor.callFromThread(ended.callback, None)

        Thread(target=join, daemon=True).start()
        return ended

    async def hash(self, password: str) -> str:
        """A new hash. Raises ``unavailable`` when too many wait."""
        hashed: bytes = await self._run(bcrypt.hashpw, _digest(password), bcrypt.gensalt(self._cost))
        return hashed.decode("ascii")

    async def check(self, password: str, stored: str | None) -> bool:
        """Whether the password is right. Without a stored hash it is wrong, and takes as long to say so."""
        known = stored.encode("ascii") if stored else _stranger(self._cost)
        same: bool = await self._run(bcrypt.checkpw, _digest(password), known)
        return same and stored is not None

    async def _run(self, function: Any, *args: bytes) -> Any:
        if self._waiting >= self._queue_limit:
            raise ApiError("unavailable", "Too many people sign in at this moment", retry_after_s=2)
        self._refuse_at_the_end()
        self._waiting += 1
        try:
            return await deferToThreadPool(self._reactor, self._pool, self._work, function, *args)
        finally:
            self._waiting -= 1

    def _work(self, function: Any, *args: bytes) -> Any:
        self._refuse_at_the_end()
        return function(*args)

    def _refuse_at_the_end(self) -> None:
        if self._stopped:
            raise ApiError("unavailable", "The server is stopping", retry_after_s=1)


def _digest(password: str) -> bytes:
    """bcrypt reads 72 bytes: longer passwords are hashed first, in base64 because bcrypt stops at a NUL byte."""
    raw = password.encode()
    return raw if len(raw) <= 72 else base64.b64encode(hashlib.sha256(raw).digest())


def _stranger(cost: int) -> bytes:
    """A well-formed hash that no password has, of the same cost as the real ones."""
    return b"$2b$%02d$" % cost + b"." * 53
