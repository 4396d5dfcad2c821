"""Codes sent to people: one live code per person and purpose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from chatr.store.pool import Queryable, Row

#: Wrong answers after which a code is void.
MAX_ATTEMPTS = 5
#: The same for a reset, by all places together that the account does not know.
MAX_RESET_ATTEMPTS = 20


class Code(msgspec.Struct, frozen=True):
    """A stored code. Without a hash it is a challenge that no code answers."""

    user_id: str
    hash: bytes | None
    target: str
    expired: bool


class Sent(msgspec.Struct, frozen=True):
    """Where a code was sent."""

    channel: Literal["email", "sms"]
    target: str


async def put(
    db: Queryable,
    user_id: str,
    purpose: str,
    hash: bytes | None,
    expires_at: datetime,
    *,
    sent: Sent | None = None,
    challenge_hash: bytes | None = None,
) -> None:
    """Store a code in place of an earlier one of the same purpose."""
    channel, target = (sent.channel, sent.target) if sent else ("email", None)
    await db.execute(
        """INSERT INTO codes (user_id, purpose, hash, expires_at, challenge_hash, channel, target)
           VALUES (%s, %s, %s, %s, %s, %s, %s)
           ON CONFLICT (user_id, purpose) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at,
             challenge_hash = excluded.challenge_hash, channel = excluded.channel, target = excluded.target,
             attempts = 0, attempts_by = '{}', sent_at = now()""",
        (user_id, purpose, hash, expires_at, challenge_hash, channel, target),
    )


async def replace(db: Queryable, user_id: str, purpose: str, hash: bytes, expires_at: datetime) -> None:
    """Put another code in the place of one that :func:`again` found. What binds it to its challenge stays."""
    await db.execute(
        """UPDATE codes SET hash = %s, expires_at = %s, attempts = 0, attempts_by = '{}', sent_at = now()
            WHERE user_id = %s AND purpose = %s""",
        (hash, expires_at, user_id, purpose),
    )


class Again(msgspec.Struct, frozen=True):
    """A code that may be sent again: where to, and until when its challenge lives."""

    sent: Sent
    expires_at: datetime


async def again(db: Queryable, user_id: str, purpose: str, challenge_hash: bytes = b"") -> Again | None:
    """The code of a purpose that a new one may take the place of.

    ``login``: by its challenge, and only while that lives: expired, or void by wrong answers, it is over.
    """
    rows = await db.query(
        """SELECT channel, target, expires_at FROM codes
            WHERE user_id = %s AND purpose = %s AND hash IS NOT NULL AND target IS NOT NULL
              AND (purpose <> 'login' OR (challenge_hash = %s AND expires_at > now() AND attempts < %s))""",
        (user_id, purpose, challenge_hash, MAX_ATTEMPTS),
    )
    return Again(Sent(*rows[0][:2]), rows[0][2]) if rows else None


async def live(db: Queryable, user_id: str, purpose: str, target: str) -> bool:
    """Whether somebody has a code in hand that still works, for this address."""
    rows = await db.query(
        """SELECT 1 FROM codes WHERE user_id = %s AND purpose = %s AND target = %s AND hash IS NOT NULL
            AND expires_at > now() AND attempts < %s""",
        (user_id, purpose, target, MAX_ATTEMPTS),
    )
    return bool(rows)


async def attempt(db: Queryable, user_id: str, purpose: str) -> Code | None:
    """Count an attempt and return the code to compare with; None when there is none or it is void."""
    return await _attempt(db, "user_id = %s AND purpose = %s", (user_id, purpose))


async def attempt_challenge(db: Queryable, challenge_hash: bytes, purpose: str = "login") -> Code | None:
    """The same for a sign-in, or a change of what is unconfirmed, by the secret of the step before."""
    return await _attempt(db, "challenge_hash = %s AND purpose = %s", (challenge_hash, purpose))


async def attempt_reset(db: Queryable, email: str, place: bytes, *, known: bool) -> Code | None:
    """The same for a password reset, by the account's e-mail address.

    Anybody who knows that may try: each place has its own attempts, so that none uses up the owner's. ``known``: the
    account has been signed in to from there.
    """
    by = place.hex()[:32]
    rows = await db.query(
        """UPDATE codes SET attempts = attempts + 1,
              attempts_by = attempts_by || jsonb_build_object(%s, coalesce((attempts_by->>%s)::int, 0) + 1)
            WHERE purpose = 'reset' AND user_id = (SELECT id FROM users
                                             WHERE lower(email) = lower(%s) AND email_verified_at IS NOT NULL
                                               AND deleted_at IS NULL AND disabled_at IS NULL)
              AND coalesce((attempts_by->>%s)::int, 0) < %s AND (attempts < %s OR %s)
           RETURNING user_id, hash, coalesce(target, ''), expires_at <= now()""",
        (by, by, email, by, MAX_ATTEMPTS, MAX_RESET_ATTEMPTS, known),
    )
    return _code(rows)


async def _attempt(db: Queryable, where: str, params: tuple[object, ...]) -> Code | None:
    rows = await db.query(
        f"""UPDATE codes SET attempts = attempts + 1 WHERE {where} AND attempts < %s
            RETURNING user_id, hash, coalesce(target, ''), expires_at <= now()""",
        (*params, MAX_ATTEMPTS),
    )
    return _code(rows)


def _code(rows: Sequence[Row]) -> Code | None:
    if not rows:
        return None
    user_id, hash, target, expired = rows[0]
    return Code(user_id, None if hash is None else bytes(hash), target, expired)


class Deleted(msgspec.Struct, frozen=True):
    """A code that is used up. ``sent``: where it went, if it was no challenge without one."""

    sent: Sent | None


async def delete(db: Queryable, user_id: str, purpose: str) -> Deleted | None:
    """Use a code up; None when another call did."""
    rows = await db.query(
        """DELETE FROM codes WHERE user_id = %s AND purpose = %s
           RETURNING channel, CASE WHEN hash IS NOT NULL THEN target END""",
        (user_id, purpose),
    )
    if not rows:
        return None
    channel, target = rows[0]
    return Deleted(None if target is None else Sent(channel, target))


async def delete_all(db: Queryable, user_id: str) -> None:
    """Void every code of a person, and what is half done by one."""
    await db.execute("DELETE FROM codes WHERE user_id = %s", (user_id,))
