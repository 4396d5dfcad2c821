"""From where people have signed in lately: addresses, and browsers that hold a mark of ours."""

from __future__ import annotations

from collections.abc import Sequence

from chatr.store.columns import values
from chatr.store.pool import Queryable

_KNOWN = "SELECT k.hash FROM known_places k WHERE k.signed_in_at > now() - make_interval(days => %s)"


async def remember(db: Queryable, user_id: str, hashes: Sequence[bytes], *, days: int, most: int) -> None:
    """Remember that somebody has signed in from these places, or is signed in there still: once a day at most.

    Of all places of theirs the last ``most`` are kept, those of the last ``days``.
    """
    await db.execute(
        """WITH put AS (
             INSERT INTO known_places AS k (user_id, hash) SELECT %s, unnest(%s::bytea[])
             ON CONFLICT (user_id, hash) DO UPDATE SET signed_in_at = now()
              WHERE k.signed_in_at < now() - interval '1 day' RETURNING 1)
           DELETE FROM known_places WHERE user_id = %s AND hash <> ALL (%s::bytea[]) AND EXISTS (SELECT 1 FROM put)
              AND (signed_in_at < now() - make_interval(days => %s) OR hash IN (
                     SELECT hash FROM known_places WHERE user_id = %s
                      ORDER BY signed_in_at DESC OFFSET %s - cardinality(%s::bytea[])))""",
        (user_id, list(hashes), user_id, list(hashes), days, user_id, most, list(hashes)),
    )


async def of_person(db: Queryable, user_id: str, hashes: Sequence[bytes], *, days: int) -> set[bytes]:
    """Find those of the places from where somebody has signed in within the last days."""
    rows = await db.query(_KNOWN + " AND k.user_id = %s AND k.hash = ANY (%s::bytea[])", (days, user_id, list(hashes)))
    return set(values(rows, bytes))


async def of_email(db: Queryable, email: str, hashes: Sequence[bytes], *, days: int) -> set[bytes]:
    """Find the same for the account with an e-mail address; none where there is no account."""
    rows = await db.query(
        _KNOWN
        + """ AND k.user_id = (SELECT id FROM users WHERE lower(email) = lower(%s) AND email_verified_at IS NOT NULL
                                  AND deleted_at IS NULL)
              AND k.hash = ANY (%s::bytea[])""",
        (days, email, list(hashes)),
    )
    return set(values(rows, bytes))


async def listed(db: Queryable, user_id: str) -> list[bytes]:
    """List all places from where somebody has signed in, as far as they are kept."""
    return values(await db.query("SELECT hash FROM known_places WHERE user_id = %s", (user_id,)), bytes)
