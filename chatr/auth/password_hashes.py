"""Password hashes: bcrypt in a thread pool of its own, so that it never stops the reactor or starves other work.

What a new password has to be says ops/accounts/password_rules.py, how many wrong ones lock ops/sessions/lockout.py.
Cost, threads and queue are settings (config/accounts.py ``AuthSettings``). Neither an answer nor its time tells whether
an account exists: of a login by ``compare``, of a forgotten password (ops/accounts/passwords.py) and of a code sent
again (verification.py) because the outbound queue does the work.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable
from functools import partial
from threading import Thread
from typing import Any, TypeVar

import bcrypt
from twisted.internet.defer import Deferred, succeed
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from chatr.api.context import Context
from chatr.api.errors import ApiError
from chatr.networks import caller_key
from chatr.process.turns import Turns

_T = TypeVar("_T")


class Passwords:
    """Hashes and checks passwords off the reactor thread, in turn between those who want it.

    Who is signed in has turns of their own, all others those of their address (:func:`chatr.networks.caller_key`); of
    each at most ``per_caller`` wait. Who has gone before it is their turn costs nothing.
    """

    def __init__(self, reactor: Any, *, cost: int, threads: int, queue_limit: int, per_caller: int = 64) -> None:
        self._reactor = reactor
        self._cost = cost
        self._stopped = False
        self._pool = ThreadPool(minthreads=0, maxthreads=threads, name="bcrypt")
        # No thread of ours keeps the process from ending.
        self._pool.threadFactory = partial(Thread, daemon=True)  # type: ignore[assignment]
        self.turns = Turns(
            at_once=threads, per_key=per_caller, in_all=queue_limit, detail="Too many people sign in at this moment"
        )

    def start(self) -> None:
        """Start the threads."""
        self._pool.start()

    def stop(self) -> Deferred[None]:
        """Fires when what runs is done. What waits behind it is refused, and the reactor waits for nothing."""
        if self._stopped:
            return succeed(None)
        self._stopped = True
        self.turns.stop()
        ended: Deferred[None] = Deferred()

        def join() -> None:
            self._pool.stop()
            self._reactor.callFromThread(ended.callback, None)

        Thread(target=join, daemon=True).start()
        return ended

    def turn(self, ctx: Context[Any], work: Callable[[], Awaitable[_T]]) -> Deferred[_T]:
        """Do something when it is the caller's turn, such as :meth:`compare`. Fails with ``unavailable``."""
        return self.turns.run(ctx.caller.user_id or caller_key(ctx.caller.address), work, ctx.hang_up)

    async def hash(self, password: str, ctx: Context[Any]) -> str:
        """Compute a new hash, in a turn of its own. Raises ``unavailable`` when too many wait."""
        salt = bcrypt.gensalt(self._cost)
        hashed: bytes = await self.turn(ctx, lambda: self._run(bcrypt.hashpw, _digest(password), salt))
        return hashed.decode("ascii")

    async def compare(self, password: str, stored: str | None) -> bool:
        """Whether the password is right; inside of a turn.

        Without a stored hash it is wrong, and takes as long to say so.
        """
        known = stored.encode("ascii") if stored else _stranger(self._cost)
        same: bool = await self._run(bcrypt.checkpw, _digest(password), known)
        return same and stored is not None

    async def _run(self, function: Any, *args: bytes) -> Any:
        self._refuse_at_the_end()
        return await deferToThreadPool(self._reactor, self._pool, self._work, function, *args)

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
