"""Codes sent to people: one live code per person and purpose."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from chatr.store.columns import Columns, Made, Outer
from chatr.store.pool import Queryable


class Code(msgspec.Struct, frozen=True):
    """A stored code. Without a hash it is a challenge that no code answers."""

    user_id: str
    hash: bytes | None
    target: str
    expired: bool


_CODE = Columns(
    Code,
    {
        "user_id": "user_id",
        "hash": Made("hash", bytes),
        "target": "coalesce(target, '')",
        "expired": "expires_at <= now()",
    },
)


class Sent(msgspec.Struct, frozen=True):
    """Where a code was sent."""

    channel: Literal["email", "sms"]
    target: str


_SENT = Columns(Sent, {"channel": "channel", "target": "target"})


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


_AGAIN = Columns(Again, {"sent": _SENT, "expires_at": "expires_at"})


async def again(db: Queryable, user_id: str, purpose: str, challenge_hash: bytes, attempts: int) -> Again | None:
    """Find the code of a purpose that a new one may take the place of.

    ``login``: by its challenge, and only while that lives: expired, or void by so many ``attempts``, it is over.
    """
    rows = await db.query(
        f"""SELECT {_AGAIN.sql} FROM codes
            WHERE user_id = %s AND purpose = %s AND hash IS NOT NULL AND target IS NOT NULL
              AND (purpose <> 'login' OR (challenge_hash = %s AND expires_at > now() AND attempts < %s))""",
        (user_id, purpose, challenge_hash, attempts),
    )
    return _AGAIN.first(rows)


async def live(db: Queryable, user_id: str, purpose: str, target: str, attempts: int) -> bool:
    """Tell whether somebody has a code in hand that still works, for this address."""
    rows = await db.query(
        """SELECT 1 FROM codes WHERE user_id = %s AND purpose = %s AND target = %s AND hash IS NOT NULL
            AND expires_at > now() AND attempts < %s""",
        (user_id, purpose, target, attempts),
    )
    return bool(rows)


async def attempt(db: Queryable, user_id: str, purpose: str, attempts: int) -> Code | None:
    """Count an attempt and return the code to compare with; None when there is none, or so many have made it void."""
    return await _attempt(db, "user_id = %s AND purpose = %s", (user_id, purpose), attempts)


async def attempt_challenge(db: Queryable, challenge_hash: bytes, purpose: str, attempts: int) -> Code | None:
    """Do the same for a sign-in, or a change of what is unconfirmed, by the secret of the step before."""
    return await _attempt(db, "challenge_hash = %s AND purpose = %s", (challenge_hash, purpose), attempts)


async def attempt_reset(
    db: Queryable, email: str, place: bytes, *, known: bool, attempts: int, strangers_attempts: int
) -> Code | None:
    """Do the same for a password reset, by the account's e-mail address.

    Anybody who knows that may try: each place has its own attempts, so that none uses up the owner's. ``known``: the
    account has been signed in to from there; all other places have ``strangers_attempts`` together.
    """
    by = place.hex()[:32]
    rows = await db.query(
        f"""UPDATE codes SET attempts = attempts + 1,
              attempts_by = attempts_by || jsonb_build_object(%s::text, coalesce((attempts_by->>%s)::int, 0) + 1)
            WHERE purpose = 'reset' AND user_id = (SELECT id FROM users
                                             WHERE lower(email) = lower(%s) AND email_verified_at IS NOT NULL
                                               AND deleted_at IS NULL AND disabled_at IS NULL)
              AND coalesce((attempts_by->>%s)::int, 0) < %s AND (attempts < %s OR %s)
           RETURNING {_CODE.sql}""",
        (by, by, email, by, attempts, strangers_attempts, known),
    )
    return _CODE.first(rows)


async def _attempt(db: Queryable, where: str, params: tuple[object, ...], attempts: int) -> Code | None:
    rows = await db.query(
        f"UPDATE codes SET attempts = attempts + 1 WHERE {where} AND attempts < %s RETURNING {_CODE.sql}",
        (*params, attempts),
    )
    return _CODE.first(rows)


class Deleted(msgspec.Struct, frozen=True):
    """A code that is used up. ``sent``: where it went, if it was no challenge without one."""

    sent: Sent | None


#: A challenge without a code went nowhere.
_WENT = Columns(
    Sent, {"channel": "CASE WHEN hash IS NOT NULL AND target IS NOT NULL THEN channel END", "target": "target"}
)
_DELETED = Columns(Deleted, {"sent": Outer(_WENT)})


async def delete(db: Queryable, user_id: str, purpose: str) -> Deleted | None:
    """Use a code up; None when another call did."""
    rows = await db.query(
        f"DELETE FROM codes WHERE user_id = %s AND purpose = %s RETURNING {_DELETED.sql}", (user_id, purpose)
    )
    return _DELETED.first(rows)


async def delete_all(db: Queryable, user_id: str) -> None:
    """Void every code of a person, and what is half done by one."""
    await db.execute("DELETE FROM codes WHERE user_id = %s", (user_id,))
