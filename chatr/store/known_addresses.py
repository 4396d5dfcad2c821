"""From where people have signed in lately."""

from __future__ import annotations

from chatr.store.pool import Queryable

#: How long an address is known after its last sign-in.
KNOWN_DAYS = 90
#: Addresses that are known of one person: the last ones.
MOST = 100
_KNOWN = f"k.hash = %s AND k.signed_in_at > now() - interval '{KNOWN_DAYS} days'"
#: The condition that an account, ``{}``, knows the address with a hash.
KNOWS = f"EXISTS (SELECT 1 FROM known_addresses k WHERE k.user_id = {{}} AND {_KNOWN})"


async def remember(db: Queryable, user_id: str, hash: bytes) -> None:
    """Somebody has signed in from an address, or is signed in there still. Written once a day at most."""
    await db.execute(
        f"""WITH put AS (
             INSERT INTO known_addresses AS k (user_id, hash) VALUES (%s, %s)
             ON CONFLICT (user_id, hash) DO UPDATE SET signed_in_at = now()
              WHERE k.signed_in_at < now() - interval '1 day' RETURNING 1)
           DELETE FROM known_addresses WHERE user_id = %s AND hash <> %s AND EXISTS (SELECT 1 FROM put)
              AND (signed_in_at < now() - interval '{KNOWN_DAYS} days' OR hash IN (
                     SELECT hash FROM known_addresses WHERE user_id = %s
                      ORDER BY signed_in_at DESC OFFSET {MOST - 1}))""",
        (user_id, hash, user_id, hash, user_id),
    )


async def knows(db: Queryable, user_id: str, hash: bytes) -> bool:
    """Whether an account knows an address."""
    rows = await db.query("SELECT " + KNOWS.format("%s"), (user_id, hash))
    return bool(rows[0][0])


async def knows_by_email(db: Queryable, email: str, hash: bytes) -> bool:
    """Whether the account with this e-mail address knows an address to call from."""
    rows = await db.query(
        "SELECT EXISTS (SELECT 1 FROM users u WHERE lower(u.email) = lower(%s) AND u.deleted_at IS NULL AND "
        + KNOWS.format("u.id")
        + ")",
        (email, hash),
    )
    return bool(rows[0][0])
