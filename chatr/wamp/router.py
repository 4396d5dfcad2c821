"""What all sessions of a router share: its realms, its bounds, who is here, and how they stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from chatr.timers import Timers
from chatr.wamp.limits import CLOSE_TIMEOUT_S, Limits, Uris
from chatr.wamp.realm import Realm, Refusal

STOPPING = Refusal("wamp.close.system_shutdown", "the server is stopping")


class AnySession(Protocol):
    """What is asked of every session, open or not."""

    def end(self, uri: str, reason: str) -> None:
        """End with GOODBYE, or with ABORT in the handshake."""


class Arrivals(Protocol):
    """Counts transports before anything is known of who is there."""

    def came(self, address: str) -> Refusal | None:
        """Count one more; why it may not go on, if so. It is counted until it has gone in either case."""

    def gone(self, address: str) -> None:
        """Count one less."""


class CountFor(Protocol):
    """Is told whose time the work of a connection takes."""

    def __call__(self, transport: Any, key: str, *, known: bool) -> None:
        """``known``: ``key`` is somebody who has proved who they are, not where strangers come from."""


class Counters(msgspec.Struct, kw_only=True):
    """What a router has counted since it was made."""

    sessions: int = 0
    refused: int = 0
    violations: int = 0
    slow_consumers: int = 0
    calls: int = 0
    publishes_ignored: int = 0


class Tally:
    """Something counted up and down, with a Deferred for the moment it is at zero."""

    def __init__(self) -> None:
        self.count = 0
        self._waiting: list[Deferred[None]] = []

    def up(self) -> None:
        """Count one more."""
        self.count += 1

    def down(self) -> None:
        """Count one less."""
        self.count -= 1
        if not self.count:
            waiting, self._waiting = self._waiting, []
            for waiter in waiting:
                waiter.callback(None)

    def zero(self) -> Deferred[None]:
        """Wait until the count is zero."""
        waiter: Deferred[None] = Deferred()
        if self.count:
            self._waiting.append(waiter)
        else:
            waiter.callback(None)
        return waiter


class Sessions:
    """The sessions whose transports are open, and their calls."""

    def __init__(self) -> None:
        self.calls = Tally()
        self.open = Tally()
        self.draining = False
        self._all: dict[AnySession, None] = {}

    def __len__(self) -> int:
        return len(self._all)

    def everyone(self) -> list[AnySession]:
        """List all sessions."""
        return list(self._all)

    def add(self, session: AnySession) -> None:
        """Take note of a transport that opened."""
        self._all[session] = None
        self.open.up()

    def remove(self, session: AnySession) -> bool:
        """Take note of a transport that is gone; whether it was here."""
        if session not in self._all:
            return False
        del self._all[session]
        self.open.down()
        return True


class Router(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One router, made once: the sessions of all its transports share it."""

    realms: Callable[[str], Realm | None]
    no_such_realm: str = "there is no such realm"
    """A sentence for who asks for another."""
    limits: Limits
    uris: Uris
    arrivals: Arrivals
    count_for: CountFor
    clock: IReactorTime
    timers: Timers
    """For what each connection waits for."""
    sessions: Sessions = msgspec.field(default_factory=Sessions)
    counters: Counters = msgspec.field(default_factory=Counters)

    def drain(self, timeout_s: float) -> Deferred[None]:
        """Stop kindly: no new session or call, calls in flight finish within ``timeout_s``, all get GOODBYE.

        Fires when every transport is gone.
        """
        return Deferred.fromCoroutine(self._drain(timeout_s))

    async def _drain(self, timeout_s: float) -> None:
        self.sessions.draining = True
        await self._at_most(self.sessions.calls.zero(), timeout_s)
        for session in self.sessions.everyone():
            session.end(*STOPPING)
        # The answer to GOODBYE, the closing handshake of the transport, and its last bytes have a timeout each.
        await self._at_most(self.sessions.open.zero(), 3 * CLOSE_TIMEOUT_S + 1)

    async def _at_most(self, event: Deferred[None], timeout_s: float) -> None:
        def too_late(failure: Failure) -> None:
            failure.trap(TimeoutError)

        await event.addTimeout(timeout_s, self.clock).addErrback(too_late)
