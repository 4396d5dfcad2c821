"""How many codes left, by where they went and who had them sent. Keys are keyed hashes: no address is stored."""

from __future__ import annotations

import msgspec

from chatr.store.columns import value_if_any
from chatr.store.pool import Queryable

#: Rows beyond every window that one call clears away: more than it adds, so that they never heap up.
PRUNED_AT_ONCE = 100


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How many codes may leave.

    To one address: so many seconds apart, and so many within a window; whoever has them sent, to whatever addresses:
    so many within another.
    """

    apart_s: int
    per_target: int
    target_window_s: int
    per_sender: int
    sender_window_s: int


async def take(db: Queryable, target: bytes, sender: bytes | None, pace: Pace, *, spare: int = 0) -> int | None:
    """Count a code that is about to leave; None when it may, else the seconds until one may.

    ``spare``: so many of what may go to the address are left for others. Until the transaction ends nobody else counts
    for the same address or sender: of many at once each sees those before it. Rolled back, the code has not left.
    """
    # The sender first, everywhere: two that took these locks in different orders would wait for each other.
    for key in (sender, target):
        if key is not None:
            await db.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 3))", (key.hex(),))
    newest = (
        "SELECT extract(epoch FROM sent_at) + %s FROM code_sends WHERE {} = %s ORDER BY sent_at DESC OFFSET %s LIMIT 1"
    )
    to_target, by_sender = newest.format("target"), newest.format("sender")
    rows = await db.query(
        f"""SELECT ceil(greatest(({to_target}), ({to_target}), ({by_sender}))
                        - extract(epoch FROM clock_timestamp()))::int""",
        (
            *(pace.apart_s, target, 0),
            *(pace.target_window_s, target, pace.per_target - spare - 1),
            *(pace.sender_window_s, sender, pace.per_sender - 1),
        ),
    )
    wait_s = value_if_any(rows, int)
    if wait_s is not None and wait_s > 0:
        return wait_s
    await db.execute("INSERT INTO code_sends (target, sender) VALUES (%s, %s)", (target, sender))
    await db.execute(
        """DELETE FROM code_sends WHERE id IN (
             SELECT id FROM code_sends WHERE sent_at < now() - make_interval(secs => %s)
              ORDER BY sent_at LIMIT %s FOR UPDATE SKIP LOCKED)""",
        (max(pace.target_window_s, pace.sender_window_s), PRUNED_AT_ONCE),
    )
    return None


async def release(db: Queryable, target: bytes) -> None:
    """Count the last code that went to an address, which was entered, no longer there. For its sender it counts on."""
    await db.execute(
        """UPDATE code_sends SET target = NULL
            WHERE id = (SELECT id FROM code_sends WHERE target = %s ORDER BY sent_at DESC LIMIT 1)""",
        (target,),
    )
