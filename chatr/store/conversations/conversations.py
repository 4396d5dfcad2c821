"""Conversations as one participant sees them, their members and watermarks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from chatr.store.columns import Columns, Made, value, value_if_any, values
from chatr.store.conversations import views
from chatr.store.conversations.views import View
from chatr.store.news import News
from chatr.store.people import relations
from chatr.store.pool import Queryable, Transaction

#: A direct conversation exists for somebody while it has a message that they have not deleted from their view.
#: In order, so that it is found by the index and no plan passes over the table until it meets one.
_BEGUN = """ AND (c.kind = 'group' OR (SELECT x.seq FROM messages x WHERE x.conversation_id = c.id
                                       AND x.seq > m.cleared_seq ORDER BY x.seq DESC LIMIT 1) IS NOT NULL)"""
_NEWEST = " ORDER BY c.active_at DESC, c.id DESC LIMIT %s"


async def by_id(db: Queryable, viewer_id: str, conversation_id: str, *, begun: bool = True) -> View | None:
    """Find a conversation that the viewer is in; without ``begun`` also one that has no message for them."""
    where = (_BEGUN if begun else "") + " AND c.id = %s"
    return next(iter(await views.select(db, where, viewer_id, conversation_id)), None)


async def with_user(db: Queryable, viewer_id: str, other_id: str) -> View | None:
    """Find the direct conversation of two people, once it has begun."""
    where = _BEGUN + " AND c.user_low = %s AND c.user_high = %s"
    return next(iter(await views.select(db, where, viewer_id, *sorted((viewer_id, other_id)))), None)


async def direct_id(db: Queryable, viewer_id: str, other_id: str) -> str | None:
    """Find the id of the direct conversation of two people."""
    rows = await db.query(
        "SELECT id FROM conversations WHERE user_low = %s AND user_high = %s", tuple(sorted((viewer_id, other_id)))
    )
    return value_if_any(rows, str)


async def newest(
    db: Queryable,
    viewer_id: str,
    *,
    limit: int,
    archived: bool | None = None,
    pending: bool | None = None,
    kind: str | None = None,
    below: tuple[datetime, str] | None = None,
) -> list[View]:
    """List conversations by newest activity, below a position: archived or not, requests or not, of a kind or any."""
    where = """ AND coalesce(m.archived = %s, true)
                AND coalesce((c.status = 'pending' AND c.initiator_id <> m.user_id) = %s, true)
                AND coalesce(c.kind = %s, true)"""
    params: tuple[Any, ...] = (archived, pending, kind)
    if below is not None:
        where += " AND (c.active_at, c.id) < (%s, %s)"
        params += below
    # In order first: whether one has begun is looked up for those of the page alone, not for all that there are.
    in_order = f"{where} ORDER BY c.active_at DESC, c.id DESC OFFSET 0"
    begun = f"""SELECT m.* FROM (SELECT m.*, c.kind, c.active_at {views.CHOSEN}{in_order}) m
        CROSS JOIN LATERAL (SELECT m.conversation_id AS id, m.kind, m.active_at) c WHERE true{_BEGUN}{_NEWEST}"""
    return await views.select_chosen(db, begun, viewer_id, *params, limit)


async def changed_since(db: Queryable, viewer_id: str, horizon: datetime, limit: int) -> list[View]:
    """List conversations that changed after ``horizon``: the log, the two's watermarks, or the other person."""
    where = f"""{_BEGUN} AND (c.changed_at > %s OR m.changed_at > %s
        OR u.profile_changed_at > %s AND NOT {relations.APART}
        OR c.kind = 'direct' AND EXISTS (
           SELECT 1 FROM members x WHERE x.conversation_id = c.id AND x.changed_at > %s))"""
    return await views.select(db, where + _NEWEST, viewer_id, horizon, horizon, horizon, horizon, limit)


async def left_since(db: Queryable, viewer_id: str, horizon: datetime) -> list[str]:
    """List the ids of the conversations that the viewer left, was removed from, or deleted after ``horizon``.

    Whoever was invited again since is not in them either.
    """
    rows = await db.query(
        """SELECT m.conversation_id FROM members m WHERE m.user_id = %s AND m.changed_at > %s
            AND (m.status <> 'joined' OR m.cleared_seq > 0 AND (
                   SELECT x.seq FROM messages x WHERE x.conversation_id = m.conversation_id AND x.seq > m.cleared_seq
                    ORDER BY x.seq DESC LIMIT 1) IS NULL)""",
        (viewer_id, horizon),
    )
    return values(rows, str)


async def insert_direct(
    db: Queryable, conversation_id: str, initiator_id: str, other_id: str, *, accepted: bool
) -> bool:
    """Make the direct conversation of two people; False when it is there already, or made by somebody right now.

    Not ``accepted``: a request that waits for the other.
    """
    low, high = sorted((initiator_id, other_id))
    rows = await db.query(
        """WITH made AS (INSERT INTO conversations (id, kind, status, initiator_id, user_low, user_high)
                         VALUES (%s, 'direct', %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id)
           INSERT INTO members (conversation_id, user_id)
           SELECT made.id, person FROM made, unnest(%s::uuid[]) person RETURNING 1""",
        (conversation_id, "accepted" if accepted else "pending", initiator_id, low, high, [low, high]),
    )
    return bool(rows)


async def reveal(db: Queryable, conversation_id: str) -> None:
    """Show what was withheld of the members' watermarks."""
    await db.execute(
        """UPDATE members m SET shown_delivered_seq = delivered_seq, changed_at = clock_timestamp(),
              shown_read_seq = read_to_show(m) WHERE conversation_id = %s AND status = 'joined'""",
        (conversation_id,),
    )


class Shown(msgspec.Struct, frozen=True):
    """What a viewer is shown of another member's watermarks."""

    viewer_id: str
    user_id: str
    delivered_seq: int
    read_seq: int


_SHOWN = Columns(
    Shown,
    {
        "viewer_id": "v.user_id",
        "user_id": "m.user_id",
        "delivered_seq": "m.shown_delivered_seq",
        "read_seq": "CASE WHEN gives_receipts(v.user_id) THEN m.shown_read_seq ELSE 0 END",
    },
)


async def shown(db: Queryable, conversation_id: str) -> list[Shown]:
    """List what the two of a direct conversation are shown of each other's watermarks, as far as those have moved."""
    rows = await db.query(
        f"""SELECT {_SHOWN.sql}
             FROM members m JOIN members v ON v.conversation_id = m.conversation_id AND v.user_id <> m.user_id
            WHERE m.conversation_id = %s AND m.status = 'joined' AND v.status = 'joined'
              AND m.shown_delivered_seq > 0""",
        (conversation_id,),
    )
    return _SHOWN.all(rows)


async def decline(db: Queryable, conversation_id: str) -> datetime:
    """Decline a request, for its recipient. Returns when that was."""
    rows = await db.query(
        """UPDATE conversations SET declined_at = now(), changed_at = clock_timestamp() WHERE id = %s
           RETURNING declined_at""",
        (conversation_id,),
    )
    return value(rows, datetime)


async def clear(db: Queryable, conversation_id: str, user_id: str) -> int:
    """Delete everything up to now from a member's own view. Returns the revision of what is left of it."""
    await db.execute("UPDATE conversations SET cleared = true WHERE id = %s", (conversation_id,))
    rows = await db.query(
        """UPDATE members m SET cleared_seq = c.head_seq, archived = false, pinned = false,
              changed_at = clock_timestamp()
             FROM conversations c WHERE c.id = %s AND m.conversation_id = c.id AND m.user_id = %s
           RETURNING c.revision + m.revision""",
        (conversation_id, user_id),
    )
    return value(rows, int)


def lock(tx: Transaction, conversation_id: str) -> None:
    """Let nobody write to a conversation until the transaction ends, from the next statement on."""
    tx.ahead("SELECT 1 FROM conversations WHERE id = %s FOR NO KEY UPDATE", (conversation_id,))


def pair(alias: str) -> Made:
    """Write the column of the two of a direct conversation, from those of ``conversations``."""
    low, high = f"{alias}.user_low", f"{alias}.user_high"
    return Made(f"CASE WHEN {low} IS NOT NULL THEN ARRAY[{low}, {high}]::text[] END", tuple)


class Scene(msgspec.Struct, frozen=True):
    """What decides whether signals pass in a conversation."""

    id: str
    status: str
    closed: str | None
    pair: tuple[str, str] | None


_SCENE = Columns(Scene, {"id": "c.id", "status": "c.status", "closed": "c.closed", "pair": pair("c")})


async def scene(db: Queryable, conversation_id: str, user_id: str) -> Scene | None:
    """Find the conversation as signals find it; None unless the person is in it."""
    rows = await db.query(
        f"""SELECT {_SCENE.sql} FROM conversations c
             JOIN members m ON m.conversation_id = c.id AND m.user_id = %s AND m.status = 'joined' WHERE c.id = %s""",
        (user_id, conversation_id),
    )
    return _SCENE.first(rows)


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """A member's own handling of a conversation; what is UNSET stays."""

    archived: bool | UnsetType
    pinned: bool | UnsetType
    muted_until: datetime | UnsetType | None


async def set_own(db: Queryable, conversation_id: str, user_id: str, own: Own) -> bool:
    """Change how a member keeps a conversation; False when it was kept so already."""
    wanted = {name: value for name, value in msgspec.structs.asdict(own).items() if value is not UNSET}
    if not wanted:
        return False
    names, places = ", ".join(wanted), ", ".join(["%s"] * len(wanted))
    rows = await db.query(
        f"""UPDATE members SET ({names}, changed_at) = ROW({places}, clock_timestamp())
             WHERE conversation_id = %s AND user_id = %s AND ROW({names}) IS DISTINCT FROM ROW({places}) RETURNING 1""",
        (*wanted.values(), conversation_id, user_id, *wanted.values()),
    )
    return bool(rows)


async def accept(db: Queryable, conversation_id: str) -> bool:
    """Make an ordinary conversation of a message request; False when it was none."""
    rows = await db.query(
        """UPDATE conversations SET status = 'accepted', declined_at = NULL, changed_at = clock_timestamp()
            WHERE id = %s AND status = 'pending' RETURNING 1""",
        (conversation_id,),
    )
    return bool(rows)


async def close_if_blocked(db: Queryable, one_id: str, other_id: str) -> str | None:
    """Close the direct conversation of two people if either blocks the other, or else open it.

    Returns its id if it is open now and was accepted.
    """
    low, high = sorted((one_id, other_id))
    rows = await db.query(
        """UPDATE conversations SET closed = CASE WHEN EXISTS (
             SELECT 1 FROM blocks WHERE (blocker_id, blocked_id) IN ((%s, %s), (%s, %s))) THEN 'blocked' END
            WHERE user_low = %s AND user_high = %s AND closed IS DISTINCT FROM 'deserted'
            RETURNING CASE WHEN closed IS NULL AND status = 'accepted' THEN id END""",
        (low, high, high, low, low, high),
    )
    return value_if_any(rows, str)


async def desert(db: Queryable, user_id: str) -> None:
    """Close the direct conversations of a person who is no more: nobody can write to them."""
    await db.execute(
        """WITH theirs AS (SELECT id FROM conversations WHERE user_low = %s OR user_high = %s
                            ORDER BY id FOR NO KEY UPDATE)
           UPDATE conversations c SET closed = 'deserted' FROM theirs WHERE c.id = theirs.id""",
        (user_id, user_id),
    )


async def touch_all(db: Queryable, user_id: str) -> None:
    """Note that a member's views of all their conversations have changed."""
    await db.execute(
        "UPDATE members SET changed_at = clock_timestamp(), revision = revision + 1 WHERE user_id = %s", (user_id,)
    )


def touch(news: News, conversation_id: str, user_id: str) -> None:
    """Note that a member's view of a conversation has changed by something outside of it: read it after this.

    Under the lock of the conversation, so that the view has all that its revision counts.
    """
    news.ahead(
        """WITH held AS MATERIALIZED (SELECT id FROM conversations WHERE id = %s FOR NO KEY UPDATE)
           UPDATE members m SET changed_at = clock_timestamp(), revision = revision + 1
             FROM held WHERE m.conversation_id = held.id AND m.user_id = %s""",
        (conversation_id, user_id),
    )
