"""Letting a realtime connection in: what its secret opens, and the rooms it then sits in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

import msgspec

from chatr.api.errors import ApiError
from chatr.auth.tokens import Tokens, looks_like_token, secret_hash
from chatr.ops import audience
from chatr.store import sessions
from chatr.store.coalesce import Coalescer
from chatr.store.pool import Database


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """An admitted connection: who, until when (epoch seconds), and in which rooms."""

    user_id: str
    session_id: str
    role: str
    expires_at: float
    rooms: tuple[str, ...]


class Gate:
    """Admits access tokens and one-use tickets."""

    def __init__(self, db: Database, tokens: Tokens, *, now: Callable[[], datetime]) -> None:
        self._db = db
        self._tokens = tokens
        self._now = now
        # After a restart all clients return at once: their sessions are looked up many at a time.
        self._open = Coalescer(partial(sessions.open_by_ids, db))

    async def admit(self, secret: str) -> Admission:
        """What a secret opens. Raises ``unauthenticated``, or ``unavailable`` when the database can't say."""
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
        rooms = [audience.person(found.user_id), audience.session(found.session_id)]
        rooms += [audience.group(conversation_id) for conversation_id in found.groups]
        return Admission(
            user_id=found.user_id,
            session_id=found.session_id,
            role=found.role,
            expires_at=expires_at,
            rooms=tuple(rooms),
        )
