"""Letting a realtime connection in: what its secret opens, and the rooms it then sits in.

How often whoever is in may call says auth/limits.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Protocol

import msgspec

from chatr.api.contract import Rate
from chatr.api.errors import ApiError
from chatr.auth.tokens import Tokens, looks_like_token, secret_hash
from chatr.realtime.group_rooms import GroupRooms
from chatr.realtime.rooms import person_room, session_room
from chatr.store.coalesce import Coalescer
from chatr.store.pool import Database
from chatr.store.sessions import sessions

#: Wrong tickets and tokens that an address may show.
WRONG_TICKETS = Rate(30, 60.0)
_NAME = "wamp.ticket"


class AddressLimits(Protocol):
    """Counts what comes from an address; see :class:`chatr.auth.limits.RateLimiter`."""

    def address_wait_s(self, name: str, address: str, rate: Rate) -> int:
        """The seconds until this may be done from an address once more; 0: now. Nothing is counted."""

    def address_passes(self, name: str, address: str, rate: Rate) -> bool:
        """Whether this may be done from an address once more; if so it is counted."""


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """An admitted connection: who, until when (epoch seconds), and in which rooms."""

    user_id: str
    session_id: str
    role: str
    expires_at: float
    rooms: tuple[str, ...]


class Gate:
    """Admits access tokens and one-use tickets."""

    def __init__(
        self,
        db: Database,
        tokens: Tokens,
        limits: AddressLimits,
        group_rooms: GroupRooms,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._group_rooms = group_rooms
        self._limits = limits
        self._tokens = tokens
        self._now = now
        # After a restart all clients return at once: their sessions are looked up many at a time.
        self._open = Coalescer(partial(sessions.open_by_ids, db))

    async def admit(self, secret: str, address: str = "") -> Admission:
        """What a secret opens. ``address``: empty on a Unix socket.

        Raises ``unauthenticated``, ``rate_limited`` after too many wrong ones from the address, and ``unavailable``
        when the database can't say.

        A right access token passes even then: whoever shares an address with somebody who guesses is not locked out.
        """
        if not looks_like_token(secret):
            # Each of these costs a question to the database; a wrong token is known by its signature.
            self._refuse_guesses(address)
        try:
            return await self._admit(secret)
        except ApiError as error:
            if error.code == "unauthenticated" and not self._limits.address_passes(_NAME, address, WRONG_TICKETS):
                self._refuse_guesses(address)
            raise

    def _refuse_guesses(self, address: str) -> None:
        wait_s = self._limits.address_wait_s(_NAME, address, WRONG_TICKETS)
        if wait_s:
            raise ApiError("rate_limited", f"Too many wrong tickets: try again in {wait_s} s", retry_after_s=wait_s)

    async def _admit(self, secret: str) -> Admission:
        # From when this is read until the session sits in its rooms nothing else happens here but what is noted.
        with self._group_rooms.watching() as moves:
            if looks_like_token(secret):
                identity = self._tokens.verify(secret)
                expires_at = identity.expires_at
                found = await self._open.get(identity.session_id)
            else:
                expires_at = self._now().timestamp() + self._tokens.lifetime_s
                found = await sessions.open_by_ticket(self._db, secret_hash(secret))
        if found is None:
            raise ApiError("unauthenticated", "The ticket or token is not valid, was used before, or has expired")
        # Revoked while the database was asked: the connection sits in no room yet that could be ended.
        self._tokens.check(found.session_id)
        rooms = [person_room(found.user_id), session_room(found.session_id)]
        rooms += moves.applied(found.user_id, found.groups)
        return Admission(
            user_id=found.user_id,
            session_id=found.session_id,
            role=found.role,
            expires_at=expires_at,
            rooms=tuple(rooms),
        )
