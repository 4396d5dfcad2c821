"""From where people have signed in lately: addresses, and browsers that hold a mark of ours."""

from __future__ import annotations

from collections.abc import Sequence

from chatr.store.pool import Queryable

#: How long a place is known after the last sign-in there.
KNOWN_DAYS = 90
#: Places that are known of one person: the last ones.
MOST = 100
_KNOWN = f"SELECT k.hash FROM known_places k WHERE k.signed_in_at > now() - interval '{KNOWN_DAYS} days'"


async def remember(db: Queryable, user_id: str, hashes: Sequence[bytes]) -> None:
    """Somebody has signed in from these places, or is signed in there still. Written once a day at most."""
    await db.execute(
        f"""WITH put AS (
             INSERT INTO known_places AS k (user_id, hash) SELECT %s, unnest(%s::bytea[])
             ON CONFLICT (user_id, hash) DO UPDATE SET signed_in_at = now()
              WHERE k.signed_in_at < now() - interval '1 day' RETURNING 1)
           DELETE FROM known_places WHERE user_id = %s AND hash <> ALL (%s::bytea[]) AND EXISTS (SELECT 1 FROM put)
              AND (signed_in_at < now() - interval '{KNOWN_DAYS} days' OR hash IN (
                     SELECT hash FROM known_places WHERE user_id = %s
                      ORDER BY signed_in_at DESC OFFSET {MOST} - cardinality(%s::bytea[])))""",
        (user_id, list(hashes), user_id, list(hashes), user_id, list(hashes)),
    )


async def of_person(db: Queryable, user_id: str, hashes: Sequence[bytes]) -> set[bytes]:
    """Those of the places from where somebody has signed in lately."""
    rows = await db.query(_KNOWN + " AND k.user_id = %s AND k.hash = ANY (%s::bytea[])", (user_id, list(hashes)))
    return {bytes(row[0]) for row in rows}


async def of_email(db: Queryable, email: str, hashes: Sequence[bytes]) -> set[bytes]:
    """The same for the account with an e-mail address; none where there is no account."""
    rows = await db.query(
        _KNOWN
        + """ AND k.user_id = (SELECT id FROM users WHERE lower(email) = lower(%s) AND email_verified_at IS NOT NULL
                                  AND deleted_at IS NULL)
              AND k.hash = ANY (%s::bytea[])""",
        (email, list(hashes)),
    )
    return {bytes(row[0]) for row in rows}


async def listed(db: Queryable, user_id: str) -> list[bytes]:
    """All places from where somebody has signed in, as far as they are kept."""
    rows = await db.query("SELECT hash FROM known_places WHERE user_id = %s", (user_id,))
    return [bytes(row[0]) for row in rows]
