"""Tries to sign in that have not succeeded, and the lock that too many of them close."""

from __future__ import annotations

from chatr.store.pool import Queryable

#: So many tries within the window lock the account; each further lock is twice as long, until a day was quiet.
MAX_TRIES, WINDOW_S = 10, 900
FIRST_LOCK_S, LONGEST_LOCK_S = 900, 86400


async def count(db: Queryable, key: bytes) -> int | None:
    """Count a try before it is looked at, so that many at once can't slip through.

    None when it may go on; the seconds until the lock opens when not. The try that reaches the limit goes on, and
    closes the lock behind it.
    """
    fresh = "(t.since < now() - make_interval(secs => %s) OR t.locked_until <= now())"
    rows = await db.query(
        f"""INSERT INTO sign_in_tries AS t (key) VALUES (%s)
            ON CONFLICT (key) DO UPDATE SET
              tries = CASE WHEN {fresh} THEN 1 ELSE t.tries + 1 END,
              since = CASE WHEN {fresh} THEN now() ELSE t.since END,
              locks = CASE WHEN t.since < now() - interval '1 day' THEN 0 ELSE t.locks END,
              locked_until = NULL
            WHERE t.locked_until IS NULL OR t.locked_until <= now()
         RETURNING tries""",
        (key, WINDOW_S, WINDOW_S),
    )
    if not rows:
        found = await db.query(
            "SELECT ceil(extract(epoch FROM locked_until - now()))::int FROM sign_in_tries WHERE key = %s", (key,)
        )
        return max(1, found[0][0]) if found else 1
    if rows[0][0] >= MAX_TRIES:
        await db.execute(
            """UPDATE sign_in_tries SET locks = locks + 1, locked_until =
                 now() + make_interval(secs => least(%s * 2 ^ least(locks, 20), %s)) WHERE key = %s""",
            (FIRST_LOCK_S, LONGEST_LOCK_S, key),
        )
    return None


async def clear(db: Queryable, key: bytes) -> None:
    """The owner has shown who they are."""
    await db.execute("DELETE FROM sign_in_tries WHERE key = %s", (key,))


async def prune(db: Queryable) -> None:
    """Forget tries that no longer count."""
    await db.execute(
        "DELETE FROM sign_in_tries WHERE since < now() - interval '2 days' AND coalesce(locked_until, now()) <= now()"
    )
