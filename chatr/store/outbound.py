"""The outbound queue: letters wait here until another server has taken them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from chatr.store.columns import Columns, Made, value, value_if_any
from chatr.store.ids import uuid7
from chatr.store.pool import Queryable


class Queued(msgspec.Struct, frozen=True):
    """A letter to send now. ``attempts`` counts this one; ``expired``: it would no longer be of use."""

    id: str
    channel: str
    payload: bytes
    attempts: int
    expired: bool


_QUEUED = Columns(
    Queued,
    {
        "id": "id",
        "channel": "channel",
        "payload": Made("payload", bytes),
        "attempts": "attempts",
        "expired": "expires_at <= now()",
    },
)


class Dead(msgspec.Struct, frozen=True):
    """A letter that was given up."""

    id: str
    channel: str
    created_at: datetime
    dead_at: datetime
    attempts: int
    error: str


_DEAD = Columns(
    Dead,
    {
        "id": "id",
        "channel": "channel",
        "created_at": "created_at",
        "dead_at": "dead_at",
        "attempts": "attempts",
        "error": "coalesce(error, '')",
    },
)


async def put(db: Queryable, channel: str, payload: bytes, expires_at: datetime) -> None:
    """Queue a letter."""
    await db.execute(
        "INSERT INTO outbound (id, channel, payload, expires_at) VALUES (%s, %s, %s, %s)",
        (uuid7(), channel, payload, expires_at),
    )


async def claim(db: Queryable, limit: int, lease_s: int) -> list[Queued]:
    """Take letters that are due, for ``lease_s`` seconds. Several nodes may: each letter goes to one of them."""
    rows = await db.query(
        f"""UPDATE outbound SET attempts = attempts + 1, due_at = now() + make_interval(secs => %s)
            WHERE id IN (SELECT id FROM outbound WHERE dead_at IS NULL AND due_at <= now()
                          ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED)
        RETURNING {_QUEUED.sql}""",
        (lease_s, limit),
    )
    return _QUEUED.all(rows)


async def done(db: Queryable, id: str) -> None:
    """Delete a letter that was taken."""
    await db.execute("DELETE FROM outbound WHERE id = %s", (id,))


async def retry(db: Queryable, id: str, error: str, first_s: int, last_s: int) -> None:
    """Try a letter that was not taken again later, each time twice as late."""
    await db.execute(
        """UPDATE outbound SET error = %s, due_at = now() + make_interval(
             secs => least(%s * 2 ^ least(attempts - 1, 20), %s)) WHERE id = %s""",
        (error, first_s, last_s, id),
    )


async def bury(db: Queryable, id: str, error: str) -> None:
    """Give a letter up that will never be taken, or too late: keep it for the operator to see."""
    await db.execute(
        "UPDATE outbound SET error = concat_ws('; ', error, %s::text), dead_at = now() WHERE id = %s", (error, id)
    )


async def next_due_s(db: Queryable) -> float | None:
    """Tell how many seconds it is until the next letter is due; None when none waits."""
    rows = await db.query("SELECT extract(epoch FROM min(due_at) - now())::float8 FROM outbound WHERE dead_at IS NULL")
    due_s = value_if_any(rows, float)
    return None if due_s is None else max(0.0, due_s)


async def waiting(db: Queryable) -> int:
    """Count the letters that wait."""
    return value(await db.query("SELECT count(*) FROM outbound WHERE dead_at IS NULL"), int)


async def dead(db: Queryable, limit: int) -> list[Dead]:
    """List the letters that were given up, newest first."""
    rows = await db.query(
        f"SELECT {_DEAD.sql} FROM outbound WHERE dead_at IS NOT NULL ORDER BY dead_at DESC LIMIT %s", (limit,)
    )
    return _DEAD.all(rows)


async def revive(db: Queryable, valid_s: int) -> int:
    """Queue all dead letters again, with new time to live. Returns how many."""
    rows = await db.query(
        """UPDATE outbound SET dead_at = NULL, due_at = now(), attempts = 0,
             expires_at = greatest(expires_at, now() + make_interval(secs => %s))
            WHERE dead_at IS NOT NULL RETURNING 1""",
        (valid_s,),
    )
    return len(rows)


async def payloads(db: Queryable) -> dict[str, bytes]:
    """Read and lock all sealed letters."""
    return {id: bytes(payload) for id, payload in await db.query("SELECT id, payload FROM outbound FOR UPDATE")}


async def reseal(db: Queryable, id: str, payload: bytes) -> None:
    """Store the same letter, sealed under another key."""
    await db.execute("UPDATE outbound SET payload = %s WHERE id = %s", (payload, id))
