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
    tries = (
        "CASE WHEN t.since < now() - make_interval(secs => %s) OR t.locked_until <= now() THEN 1 ELSE t.tries + 1 END"
    )
    locks = "CASE WHEN t.since < now() - interval '1 day' THEN 0 ELSE t.locks END"
    # One statement: between two, others would slip in.
    rows = await db.query(
        f"""INSERT INTO sign_in_tries AS t (key) VALUES (%s)
            ON CONFLICT (key) DO UPDATE SET
              (tries, since, locks, locked_until) = (
                SELECT n.tries, CASE WHEN n.tries = 1 THEN now() ELSE t.since END,
                       n.locks + (n.tries >= %s)::int,
                       CASE WHEN n.tries >= %s
                            THEN now() + make_interval(secs => least(%s * 2 ^ least(n.locks, 20), %s)) END
                  FROM (SELECT {tries} AS tries, {locks} AS locks) AS n)
            WHERE t.locked_until IS NULL OR t.locked_until <= now()
         RETURNING 1""",
        (key, MAX_TRIES, MAX_TRIES, FIRST_LOCK_S, LONGEST_LOCK_S, WINDOW_S),
    )
    if rows:
        return None
    found = await db.query(
        "SELECT ceil(extract(epoch FROM locked_until - now()))::int FROM sign_in_tries WHERE key = %s", (key,)
    )
    return max(1, found[0][0] or 1) if found else 1


async def clear(db: Queryable, key: bytes) -> None:
    """The owner has shown who they are."""
    await db.execute("DELETE FROM sign_in_tries WHERE key = %s", (key,))
