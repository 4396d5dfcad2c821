"""Who people are at an OpenID provider, and sign-ins that are under way there."""

from __future__ import annotations

from datetime import datetime

from chatr.store.columns import value_if_any
from chatr.store.pool import Queryable


async def lock(db: Queryable, issuer: str, subject: str) -> None:
    """Let nobody else sign in as this identity until the transaction ends: the first one may make an account."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"{issuer} {subject}",))


async def find(db: Queryable, issuer: str, subject: str) -> str | None:
    """Find the person behind an identity."""
    rows = await db.query("SELECT user_id FROM identities WHERE issuer = %s AND subject = %s", (issuer, subject))
    return value_if_any(rows, str)


async def link(db: Queryable, issuer: str, subject: str, user_id: str) -> None:
    """Note that an identity is this person."""
    await db.execute(
        "INSERT INTO identities (issuer, subject, user_id) VALUES (%s, %s, %s)", (issuer, subject, user_id)
    )


async def begin(db: Queryable, state_hash: bytes, sealed: bytes, expires_at: datetime) -> None:
    """Remember a sign-in that goes to the provider, and clear away those that never came back."""
    await db.execute(
        """WITH old AS (DELETE FROM oidc_logins WHERE expires_at < now())
           INSERT INTO oidc_logins (state_hash, sealed, expires_at) VALUES (%s, %s, %s)""",
        (state_hash, sealed, expires_at),
    )


async def take(db: Queryable, state_hash: bytes) -> bytes | None:
    """Take a sign-in that has come back, once; None when there is none or it took too long."""
    rows = await db.query(
        "DELETE FROM oidc_logins WHERE state_hash = %s RETURNING CASE WHEN expires_at > now() THEN sealed END",
        (state_hash,),
    )
    return value_if_any(rows, bytes)
