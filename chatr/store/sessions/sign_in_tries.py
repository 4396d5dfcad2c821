"""Tries to sign in that have not succeeded, and the lock that too many close (``LOCKOUT``: ops/sessions/lockout.py)."""

from __future__ import annotations

import msgspec

from chatr.store.columns import Columns
from chatr.store.pool import Queryable


class Lockout(msgspec.Struct, frozen=True, kw_only=True):
    """How many tries within a window lock, and for how long: each further lock twice as long, until all was quiet."""

    tries: int
    window_s: int
    first_s: int
    longest_s: int
    quiet_s: int


class Try(msgspec.Struct, frozen=True):
    """A try that has been counted: the seconds until the lock opens (0: it is open), and how many the lock has met."""

    locked_s: int
    looks: int


_TRY = Columns(
    Try,
    {
        "locked_s": "CASE WHEN looks > 0 THEN ceil(extract(epoch FROM locked_until - now()))::int ELSE 0 END",
        "looks": "looks",
    },
)


async def count(db: Queryable, key: bytes, lockout: Lockout) -> Try:
    """Count a try before it is looked at, so that many at once can't slip through.

    The try that reaches the limit goes on, and closes the lock behind it.
    """
    held = "coalesce(t.locked_until > now(), false)"
    tries = f"""CASE WHEN {held} THEN t.tries
        WHEN t.since < now() - make_interval(secs => %s) OR t.locked_until <= now() THEN 1 ELSE t.tries + 1 END"""
    locks = f"CASE WHEN t.since < now() - make_interval(secs => %s) AND NOT {held} THEN 0 ELSE t.locks END"
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
         RETURNING {_TRY.sql}""",
        (
            *(key, lockout.tries, lockout.tries, lockout.first_s, lockout.longest_s),
            *(lockout.window_s, lockout.quiet_s),
        ),
    )
    return _TRY.take(rows[0])


async def clear(db: Queryable, *keys: bytes) -> None:
    """Forget tries, and open the locks that they closed: the owner has shown who they are."""
    await db.execute("DELETE FROM sign_in_tries WHERE key = ANY (%s::bytea[])", (list(keys),))
