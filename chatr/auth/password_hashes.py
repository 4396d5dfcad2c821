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
from typing import Any, TypeVar

import bcrypt
from twisted.internet.defer import Deferred

from chatr.api.context import Context
from chatr.api.errors import ApiError
from chatr.networks import caller_key
from chatr.process.threads import Threads, ThreadsEnded
from chatr.process.turns import Turns

_T = TypeVar("_T")


class Passwords:
    """Hashes and checks passwords off the reactor thread, in turn between those who want it.

    Who is signed in has turns of their own, all others those of their address (:func:`chatr.networks.caller_key`); of
    each at most ``per_caller`` wait. Who has gone before it is their turn costs nothing.
    """

    def __init__(self, reactor: Any, *, cost: int, threads: int, queue_limit: int, per_caller: int = 64) -> None:
        self._cost = cost
        self._threads = Threads(reactor, "bcrypt", at_most=threads)
        self.turns = Turns(
            at_once=threads, per_key=per_caller, in_all=queue_limit, detail="Too many people sign in at this moment"
        )

    def start(self) -> None:
        """Start the threads."""
        self._threads.start()

    def stop(self) -> Deferred[None]:
        """Fires when what runs is done. What waits behind it is refused, and the reactor waits for nothing."""
        self.turns.stop()
        return self._threads.stop()

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
        try:
            return await self._threads.run(function, *args)
        except ThreadsEnded:
            raise ApiError("unavailable", "The server is stopping", retry_after_s=1) from None


def _digest(password: str) -> bytes:
    """bcrypt reads 72 bytes: longer passwords are hashed first, in base64 because bcrypt stops at a NUL byte."""
    raw = password.encode()
    return raw if len(raw) <= 72 else base64.b64encode(hashlib.sha256(raw).digest())


def _stranger(cost: int) -> bytes:
    """A well-formed hash that no password has, of the same cost as the real ones."""
    return b"$2b$%02d$" % cost + b"." * 53
