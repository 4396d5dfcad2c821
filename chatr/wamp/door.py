"""What all WAMP sessions of a process share: the ports they work through, who is here, and how they stop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from chatr.addresses import caller_key, on_this_machine
from chatr.api.dispatch import Dispatcher
from chatr.config import Wamp
from chatr.realtime.hub import Announcement, Hub
from chatr.services.admission import Admission
from chatr.wamp.outbox import Turn
from chatr.wamp.router import Router

SYSTEM_SHUTDOWN = "wamp.close.system_shutdown"

#: How long a peer has to answer our GOODBYE, and then to take what is still queued, before the transport is cut.
CLOSE_TIMEOUT_S = 2.0


class Authenticate(Protocol):
    """Verifies an access token or a one-use ticket."""

    def __call__(self, ticket: str, address: str, user_agent: str, /) -> Awaitable[Admission]:
        """Raises :class:`chatr.api.errors.ApiError`: ``unauthenticated``, ``unavailable``."""


class Presence(Protocol):
    """Is told of every connection of a person."""

    def joined(self, user_id: str, connection: str) -> None:
        """A connection opened."""

    def left(self, user_id: str, connection: str) -> None:
        """A connection closed."""


class OpenSession(Protocol):
    """What is asked of a session here."""

    connection: str

    def belongs_to(self, session_id: str) -> bool:
        """Whether it is an open session of that sign-in."""

    def extend(self, session_id: str, expires_at: float) -> bool:
        """Live until ``expires_at`` if it is a session of that sign-in; whether it is."""

    def end(self, code: str, reason: str) -> None:
        """End with GOODBYE."""


class Counters(msgspec.Struct, kw_only=True):
    """What the WAMP door has counted since the process began."""

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
        """One more."""
        self.count += 1

    def down(self) -> None:
        """One less."""
        self.count -= 1
        if not self.count:
            waiting, self._waiting = self._waiting, []
            for waiter in waiting:
                waiter.callback(None)

    def zero(self) -> Deferred[None]:
        """Fires as soon as the count is zero."""
        waiter: Deferred[None] = Deferred()
        if self.count:
            self._waiting.append(waiter)
        else:
            waiter.callback(None)
        return waiter


class Sessions:
    """The sessions of this process, whose transports are open, and the limits per address and per user."""

    def __init__(self, *, per_user: int, per_address: int, exempt_loopback: bool = False) -> None:
        self.calls = Tally()
        self.open = Tally()
        self.draining = False
        self._per_user = per_user
        self._per_address = per_address
        self._exempt_loopback = exempt_loopback
        self._by_connection: dict[str, OpenSession] = {}
        self._of_address: dict[str, int] = {}
        self._of_user: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._by_connection)

    def find(self, connection: str) -> OpenSession | None:
        """The session of a connection id."""
        return self._by_connection.get(connection)

    def everyone(self) -> list[OpenSession]:
        """All sessions, as a list of its own."""
        return list(self._by_connection.values())

    def add(self, session: OpenSession, address: str) -> None:
        """A transport opened."""
        self._by_connection[session.connection] = session
        _count(self._of_address, caller_key(address), 1)
        self.open.up()

    def remove(self, session: OpenSession, address: str) -> None:
        """A transport is gone."""
        if self._by_connection.pop(session.connection, None) is not None:
            _count(self._of_address, caller_key(address), -1)
            self.open.down()

    def address_full(self, address: str) -> bool:
        """Whether the caller there has more sessions than it may have. Unix sockets have no address and no limit."""
        if not address or (self._exempt_loopback and on_this_machine(address)):
            return False
        return self._of_address.get(caller_key(address), 0) > self._per_address

    def user_full(self, user_id: str) -> bool:
        """Whether the user has as many sessions as they may have."""
        return self._of_user.get(user_id, 0) >= self._per_user

    def user_joined(self, user_id: str) -> None:
        """A session of the user was welcomed."""
        _count(self._of_user, user_id, 1)

    def user_left(self, user_id: str) -> None:
        """A session that was welcomed has ended."""
        _count(self._of_user, user_id, -1)


def _count(counts: dict[str, int], key: str, step: int) -> None:
    counts[key] = counts.get(key, 0) + step
    if not counts[key]:
        del counts[key]


class Door(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """The ports of all WAMP sessions, made once. ``now``: seconds since the epoch, as tokens count them."""

    dispatcher: Dispatcher
    hub: Hub
    router: Router
    turn: Turn
    clock: IReactorTime
    now: Callable[[], float]
    limits: Wamp
    authenticate: Authenticate
    presence: Presence
    sessions: Sessions
    counters: Counters
    epoch: Callable[[], str]
    """Which history the database has; empty while that is not known."""
    public_url: str = ""
    """Where pages of ours are served, if not where the sockets are."""
    written: Callable[[str, Announcement], None] | None = None
    """Hears of each event that a session of a user takes."""

    def is_of(self, connection: str, session_id: str) -> bool:
        """Whether a connection id is that of an open session of that sign-in."""
        session = self.sessions.find(connection)
        return session is not None and session.belongs_to(session_id)

    def extend(self, connection: str, session_id: str, expires_at: float) -> bool:
        """Let an open connection of that login session live until ``expires_at``; whether there was one."""
        session = self.sessions.find(connection)
        return session is not None and session.extend(session_id, expires_at)

    def drain(self, timeout_s: float) -> Deferred[None]:
        """Stop kindly: no new session or call, calls in flight finish within ``timeout_s``, all get GOODBYE.

        Fires when every transport is gone.
        """
        return Deferred.fromCoroutine(self._drain(timeout_s))

    async def _drain(self, timeout_s: float) -> None:
        self.sessions.draining = True
        await self._at_most(self.sessions.calls.zero(), timeout_s)
        for session in self.sessions.everyone():
            session.end(SYSTEM_SHUTDOWN, "the server is stopping")
        # The answer to GOODBYE, the closing handshake of the transport, and its last bytes have a timeout each.
        await self._at_most(self.sessions.open.zero(), 3 * CLOSE_TIMEOUT_S + 1)

    async def _at_most(self, event: Deferred[None], timeout_s: float) -> None:
        def too_late(failure: Failure) -> None:
            failure.trap(TimeoutError)

        await event.addTimeout(timeout_s, self.clock).addErrback(too_late)
