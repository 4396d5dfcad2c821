"""Beginning a session: what every way of signing in ends with."""

from __future__ import annotations

from datetime import timedelta

from chatr.api.errors import ApiError
from chatr.api.model import Session
from chatr.auth.tokens import new_secret, secret_hash
from chatr.ops import visibility
from chatr.ops.ports import Ctx
from chatr.store import people, sessions
from chatr.store.ids import uuid7
from chatr.store.pool import Queryable

MAX_USER_AGENT = 300


async def begin(ctx: Ctx, db: Queryable, user_id: str) -> Session:
    """A new session for a person who has shown who they are."""
    session_id = uuid7()
    await sessions.insert(
        db,
        session_id,
        user_id,
        expires_at=ctx.now + timedelta(seconds=ctx.ports.settings.refresh_token_s),
        user_agent=ctx.caller.user_agent[:MAX_USER_AGENT],
        address=ctx.caller.address,
    )
    return await issue(ctx, db, user_id, session_id)


async def issue(ctx: Ctx, db: Queryable, user_id: str, session_id: str) -> Session:
    """Fresh tokens of a session."""
    person = await people.by_id(db, user_id)
    if person is None:
        raise ApiError("unauthenticated", "The account no longer exists")
    refresh_token = new_secret()
    await sessions.add_refresh_token(db, session_id, secret_hash(refresh_token))
    return Session(
        access_token=ctx.ports.tokens.issue(user_id, session_id, person.role),
        refresh_token=refresh_token,
        expires_in=ctx.ports.tokens.lifetime_s,
        user=visibility.me(person),
    )
