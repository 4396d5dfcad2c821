"""How many codes left, by where they went and who had them sent. Keys are keyed hashes: no address is stored."""

from __future__ import annotations

from chatr.store.pool import Queryable

#: Seconds between two codes to one address, and how many of them leave within a window.
APART_S = 60
PER_TARGET, TARGET_WINDOW_S = 3, 300
#: How many one account or network has sent to whatever addresses.
PER_SENDER, SENDER_WINDOW_S = 10, 3600
#: Rows beyond every window that one call clears away: more than it adds, so that they never heap up.
PRUNED_AT_ONCE = 100


async def take(db: Queryable, target: bytes, sender: bytes | None, *, spare: int = 0) -> int | None:
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
            *(APART_S, target, 0),
            *(TARGET_WINDOW_S, target, PER_TARGET - spare - 1),
            *(SENDER_WINDOW_S, sender, PER_SENDER - 1),
        ),
    )
    wait_s = rows[0][0]
    if wait_s is not None and wait_s > 0:
        return int(wait_s)
    await db.execute("INSERT INTO code_sends (target, sender) VALUES (%s, %s)", (target, sender))
    await db.execute(
        """DELETE FROM code_sends WHERE id IN (
             SELECT id FROM code_sends WHERE sent_at < now() - make_interval(secs => %s)
              ORDER BY sent_at LIMIT %s FOR UPDATE SKIP LOCKED)""",
        (max(TARGET_WINDOW_S, SENDER_WINDOW_S), PRUNED_AT_ONCE),
    )
    return None


async def release(db: Queryable, target: bytes) -> None:
    """The last code that went to an address was entered: it no longer counts there. For its sender it does."""
    await db.execute(
        """UPDATE code_sends SET target = NULL
            WHERE id = (SELECT id FROM code_sends WHERE target = %s ORDER BY sent_at DESC LIMIT 1)""",
        (target,),
    )
