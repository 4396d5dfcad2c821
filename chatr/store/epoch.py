"""Which history the database has: after a restore, or a fail-over that lost its tail, it is another one."""

from __future__ import annotations

from datetime import datetime

import msgspec

from chatr.store.pool import Queryable


class Moment(msgspec.Struct, frozen=True):
    """The database's time, the only clock that change times are compared with, and whose history that is."""

    at: datetime
    epoch: str


async def moment(db: Queryable) -> Moment:
    """Read the database's time and epoch."""
    rows = await db.query("SELECT clock_timestamp(), id FROM epoch")
    return Moment(*rows[0])


async def current(db: Queryable) -> str:
    """Read the epoch, and see whether it still holds where the database is now."""
    rows = await db.query("SELECT current_epoch()")
    return str(rows[0][0])


async def renew(db: Queryable) -> str:
    """Begin another epoch."""
    rows = await db.query("UPDATE epoch SET id = gen_random_uuid(), began_at = clock_timestamp() RETURNING id")
    return str(rows[0][0])
