"""Codes sent to people: one live code per person and purpose."""

from __future__ import annotations

from datetime import datetime

import msgspec

from chatr.store.pool import Queryable

#: Wrong answers after which a code is void.
MAX_ATTEMPTS = 5
#: Seconds between two codes of one purpose.
RESEND_AFTER_S = 60


class Code(msgspec.Struct, frozen=True):
    """A stored code."""

    user_id: str
    hash: bytes
    attempts: int
    expired: bool


async def put(
    db: Queryable, user_id: str, purpose: str, hash: bytes, expires_at: datetime, challenge_hash: bytes | None = None
) -> None:
    """Store a code in place of an earlier one of the same purpose."""
    await db.execute(
        """INSERT INTO codes (user_id, purpose, hash, expires_at, challenge_hash) VALUES (%s, %s, %s, %s, %s)
           ON CONFLICT (user_id, purpose) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at,
             challenge_hash = excluded.challenge_hash, attempts = 0, sent_at = now()""",
        (user_id, purpose, hash, expires_at, challenge_hash),
    )


async def replace(db: Queryable, user_id: str, purpose: str, hash: bytes, expires_at: datetime) -> bool:
    """Replace a code, keeping its challenge; False when there is none or it was sent a moment ago."""
    rows = await db.query(
        """UPDATE codes SET hash = %s, expires_at = %s, attempts = 0, sent_at = now()
            WHERE user_id = %s AND purpose = %s AND sent_at <= now() - make_interval(secs => %s) RETURNING 1""",
        (hash, expires_at, user_id, purpose, RESEND_AFTER_S),
    )
    return bool(rows)


async def attempt(db: Queryable, user_id: str, purpose: str) -> Code | None:
    """Count an attempt and return the code to compare with; None when there is none or it is void."""
    return await _attempt(db, "user_id = %s AND purpose = %s", (user_id, purpose))


async def attempt_challenge(db: Queryable, challenge_hash: bytes) -> Code | None:
    """The same for a login code, by the challenge of its password step."""
    return await _attempt(db, "challenge_hash = %s AND purpose = 'login'", (challenge_hash,))


async def _attempt(db: Queryable, where: str, params: tuple[object, ...]) -> Code | None:
    rows = await db.query(
        f"""UPDATE codes SET attempts = attempts + 1 WHERE {where} AND attempts < %s
            RETURNING user_id, hash, attempts, expires_at <= now()""",
        (*params, MAX_ATTEMPTS),
    )
    if not rows:
        return None
    user_id, hash, attempts, expired = rows[0]
    return Code(user_id, bytes(hash), attempts, expired)


async def delete(db: Queryable, user_id: str, purpose: str) -> bool:
    """Use a code up; False when another call did."""
    rows = await db.query("DELETE FROM codes WHERE user_id = %s AND purpose = %s RETURNING 1", (user_id, purpose))
    return bool(rows)
