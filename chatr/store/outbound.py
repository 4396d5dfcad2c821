"""The outbound queue: letters wait here until another server has taken them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from chatr.store.ids import uuid7
from chatr.store.pool import Queryable

#: How long a claimed letter is left to its claimer. Longer than any sender's timeout.
LEASE_S = 180
FIRST_RETRY_S, LAST_RETRY_S = 5, 600


class Queued(msgspec.Struct, frozen=True):
    """A letter to send now. ``attempts`` counts this one; ``expired``: it would no longer be of use."""

    id: str
    channel: str
    payload: bytes
    attempts: int
    expired: bool


class Dead(msgspec.Struct, frozen=True):
    """A letter that was given up."""

    id: str
    channel: str
    created_at: datetime
    dead_at: datetime
    attempts: int
    error: str


async def put(db: Queryable, channel: str, payload: bytes, expires_at: datetime) -> None:
    """Queue a letter."""
    await db.execute(
        "INSERT INTO outbound (id, channel, payload, expires_at) VALUES (%s, %s, %s, %s)",
        (uuid7(), channel, payload, expires_at),
    )


async def claim(db: Queryable, limit: int) -> list[Queued]:
    """Take letters that are due. Several nodes may: each letter goes to one of them."""
    rows = await db.query(
        """UPDATE outbound SET attempts = attempts + 1, due_at = now() + make_interval(secs => %s)
            WHERE id IN (SELECT id FROM outbound WHERE dead_at IS NULL AND due_at <= now()
                          ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED)
        RETURNING id, channel, payload, attempts, expires_at <= now()""",
        (LEASE_S, limit),
    )
    return [Queued(id, channel, bytes(payload), *rest) for id, channel, payload, *rest in rows]


async def done(db: Queryable, id: str) -> None:
    """A letter was taken."""
    await db.execute("DELETE FROM outbound WHERE id = %s", (id,))


async def retry(db: Queryable, id: str, error: str) -> None:
    """A letter was not taken: try again later, each time twice as late."""
    await db.execute(
        """UPDATE outbound SET error = %s, due_at = now() + make_interval(
             secs => least(%s * 2 ^ least(attempts - 1, 20), %s)) WHERE id = %s""",
        (error, FIRST_RETRY_S, LAST_RETRY_S, id),
    )


async def bury(db: Queryable, id: str, error: str) -> None:
    """A letter will never be taken, or too late: keep it for the operator to see."""
    await db.execute(
        "UPDATE outbound SET error = concat_ws('; ', error, %s), dead_at = now() WHERE id = %s", (error, id)
    )


async def next_due_s(db: Queryable) -> float | None:
    """Seconds until the next letter is due; None when none waits."""
    rows = await db.query("SELECT extract(epoch FROM min(due_at) - now())::float8 FROM outbound WHERE dead_at IS NULL")
    return None if rows[0][0] is None else max(0.0, float(rows[0][0]))


async def waiting(db: Queryable) -> int:
    """How many letters wait."""
    rows = await db.query("SELECT count(*) FROM outbound WHERE dead_at IS NULL")
    return int(rows[0][0])


async def dead(db: Queryable, limit: int) -> list[Dead]:
    """The letters that were given up, newest first."""
    rows = await db.query(
        """SELECT id, channel, created_at, dead_at, attempts, coalesce(error, '') FROM outbound
            WHERE dead_at IS NOT NULL ORDER BY dead_at DESC LIMIT %s""",
        (limit,),
    )
    return [Dead(*row) for row in rows]


async def revive(db: Queryable, valid_s: int) -> int:
    """Queue all dead letters again, with new time to live; how many."""
    rows = await db.query(
        """UPDATE outbound SET dead_at = NULL, due_at = now(), attempts = 0,
             expires_at = greatest(expires_at, now() + make_interval(secs => %s))
            WHERE dead_at IS NOT NULL RETURNING 1""",
        (valid_s,),
    )
    return len(rows)


async def payloads(db: Queryable) -> dict[str, bytes]:
    """All sealed letters, locked until the transaction ends."""
    rows = await db.query("SELECT id, payload FROM outbound FOR UPDATE")
    return {row[0]: bytes(row[1]) for row in rows}


async def reseal(db: Queryable, id: str, payload: bytes) -> None:
    """The same letter, sealed under another key."""
    await db.execute("UPDATE outbound SET payload = %s WHERE id = %s", (payload, id))
