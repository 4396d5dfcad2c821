"""Whom people approach who don't know them: how many in the last 24 hours."""

from __future__ import annotations

from typing import Literal, TypeAlias

from chatr.store.columns import value
from chatr.store.pool import Transaction

Kind: TypeAlias = Literal["conversation", "friend"]


async def add(tx: Transaction, user_id: str, kind: Kind, most: int) -> int | None:
    """Count one more; None if it is within ``most``, else the seconds until one more would be.

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
        (user_id, kind, user_id, kind, most - 1),
    )
    if full:
        return max(1, value(full, int))
    await tx.execute("INSERT INTO approaches (user_id, kind) VALUES (%s, %s)", (user_id, kind))
    return None
