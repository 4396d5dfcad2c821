"""Whom people approach who don't know them: how many in the last 24 hours."""

from __future__ import annotations

from typing import Literal, TypeAlias

from chatr.store.columns import value
from chatr.store.pool import Transaction

_DAY_S = 86_400
Kind: TypeAlias = Literal["conversation", "friend", "invite"]


async def add(tx: Transaction, user_id: str, kind: Kind, most: int, *, count: int = 1) -> int | None:
    """Count more; None if they are within ``most``, else the seconds until they would be.

    Of several at once one counts after the other: each sees what those before it have committed.
    """
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 5))", (user_id,))
    # A statement of its own: its snapshot has to be younger than the lock.
    full = await tx.query(
        """WITH gone AS (DELETE FROM approaches WHERE user_id = %s AND kind = %s
                            AND at <= clock_timestamp() - interval '1 day')
           SELECT ceil(extract(epoch FROM at + interval '1 day' - clock_timestamp()))::int FROM approaches
            WHERE user_id = %s AND kind = %s AND at > clock_timestamp() - interval '1 day'
            ORDER BY at DESC OFFSET %s LIMIT 1""",
        (user_id, kind, user_id, kind, max(0, most - count)),
    )
    if count > most:
        return _DAY_S
    if full:
        return max(1, value(full, int))
    await tx.execute(
        "INSERT INTO approaches (user_id, kind) SELECT %s, %s FROM generate_series(1, %s)", (user_id, kind, count)
    )
    return None
