"""Tries to sign in that have not succeeded, and the lock that too many of them close."""

from __future__ import annotations

import msgspec

from chatr.store.pool import Queryable

#: So many tries within the window lock the account; each further lock is twice as long, until a day was quiet.
MAX_TRIES, WINDOW_S = 10, 900
FIRST_LOCK_S, LONGEST_LOCK_S = 900, 86400


class Try(msgspec.Struct, frozen=True):
    """A try that has been counted: the seconds until the lock opens (0: it is open), and how many the lock has met."""

    locked_s: int
    looks: int


async def count(db: Queryable, key: bytes) -> Try:
    """Count a try before it is looked at, so that many at once can't slip through.

    The try that reaches the limit goes on, and closes the lock behind it.
    """
    held = "coalesce(t.locked_until > now(), false)"
    tries = f"""CASE WHEN {held} THEN t.tries
        WHEN t.since < now() - make_interval(secs => %s) OR t.locked_until <= now() THEN 1 ELSE t.tries + 1 END"""
    locks = f"CASE WHEN t.since < now() - interval '1 day' AND NOT {held} THEN 0 ELSE t.locks END"
    # One statement: between two, others would slip in.
    rows = await db.query(
        f"""INSERT INTO sign_in_tries AS t (key) VALUES (%s)
            ON CONFLICT (key) DO UPDATE SET
              (tries, since, locks, locked_until, looks) = (
                SELECT n.tries, CASE WHEN n.tries = 1 AND NOT n.held THEN now() ELSE t.since END,
                       n.locks + (n.tries >= %s AND NOT n.held)::int,
                       CASE WHEN n.held THEN t.locked_until
                            WHEN n.tries >= %s
                            THEN now() + make_interval(secs => least(%s * 2 ^ least(n.locks, 20), %s)) END,
                       CASE WHEN n.held THEN t.looks + 1 ELSE 0 END
                  FROM (SELECT {tries} AS tries, {locks} AS locks, {held} AS held) AS n)
         RETURNING CASE WHEN looks > 0 THEN ceil(extract(epoch FROM locked_until - now()))::int ELSE 0 END, looks""",
        (key, MAX_TRIES, MAX_TRIES, FIRST_LOCK_S, LONGEST_LOCK_S, WINDOW_S),
    )
    return Try(*rows[0])


async def clear(db: Queryable, *keys: bytes) -> None:
    """The owner has shown who they are."""
    await db.execute("DELETE FROM sign_in_tries WHERE key = ANY (%s::bytea[])", (list(keys),))
