"""Conversations as one participant sees them, their members and watermarks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from chatr.store import messages, people, relations
from chatr.store.pool import Queryable


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation from one member's place. ``last`` is a row of :data:`messages.COLUMNS`."""

    id: str
    kind: str
    status: str
    initiator_id: str | None
    title: str | None
    description: str | None
    head_seq: int
    active_at: datetime
    role: str
    read_seq: int
    delivered_seq: int
    archived: bool
    pinned: bool
    muted_until: datetime | None
    unread: int
    others_delivered_seq: int
    others_read_seq: int
    member_count: int
    other: relations.Other | None
    last: Sequence[Any] | None

    @property
    def marks(self) -> messages.Marks:
        """What the status of the viewer's own messages derives from."""
        return messages.Marks(self.others_delivered_seq, self.others_read_seq)


_OWN = 18
_SELECT = f"""SELECT c.id, c.kind, c.status, c.initiator_id, c.title, c.description, c.head_seq, c.active_at,
       m.role, m.read_seq, m.delivered_seq, m.archived, m.pinned, m.muted_until, unread.n,
       coalesce(others.delivered_seq, 0), coalesce(others.read_seq, 0), coalesce(others.n, 0) + 1,
       {people.COLUMNS}, {relations.COLUMNS}, {messages.COLUMNS}
  FROM members m
  CROSS JOIN LATERAL (SELECT m.user_id AS id) v
  JOIN conversations c ON c.id = m.conversation_id
  LEFT JOIN users u ON u.id = CASE WHEN c.user_low = m.user_id THEN c.user_high ELSE c.user_low END
  {relations.JOINS}
  LEFT JOIN LATERAL (SELECT min(x.delivered_seq) AS delivered_seq, min(x.read_seq) AS read_seq, count(*) AS n
                       FROM members x WHERE x.conversation_id = c.id AND x.user_id <> m.user_id
                        AND x.status = 'joined') others ON true
  LEFT JOIN LATERAL (SELECT count(*) AS n FROM messages x WHERE x.conversation_id = c.id AND x.seq > m.read_seq
                        AND x.sender_id <> m.user_id AND x.unsent_at IS NULL) unread ON true
  LEFT JOIN LATERAL (SELECT * FROM messages x WHERE x.conversation_id = c.id ORDER BY x.seq DESC LIMIT 1) g ON true
  LEFT JOIN users s ON s.id = g.sender_id
 WHERE m.user_id = %s AND m.status = 'joined'"""
#: A direct conversation exists for people from its first message on.
_BEGUN = " AND (c.kind = 'group' OR c.head_seq > 0)"


_LAST = _OWN + people.WIDTH + relations.WIDTH


def _view(row: tuple[Any, ...]) -> View:
    own, other, last = row[:_OWN], row[_OWN:_LAST], row[_LAST:]
    return View(
        **dict(zip(View.__struct_fields__, own, strict=False)),
        other=relations.other(other) if other[0] else None,
        last=last if last[0] else None,
    )


async def by_id(db: Queryable, viewer_id: str, conversation_id: str) -> View | None:
    """A conversation that the viewer is in."""
    rows = await db.query(_SELECT + " AND c.id = %s", (viewer_id, conversation_id))
    return _view(rows[0]) if rows else None


async def with_user(db: Queryable, viewer_id: str, other_id: str) -> View | None:
    """The direct conversation of two people, once it has begun."""
    pair = sorted((viewer_id, other_id))
    rows = await db.query(_SELECT + _BEGUN + " AND c.user_low = %s AND c.user_high = %s", (viewer_id, *pair))
    return _view(rows[0]) if rows else None


async def direct_id(db: Queryable, viewer_id: str, other_id: str) -> str | None:
    """The id of the direct conversation of two people."""
    rows = await db.query(
        "SELECT id FROM conversations WHERE user_low = %s AND user_high = %s", tuple(sorted((viewer_id, other_id)))
    )
    return rows[0][0] if rows else None


async def newest(
    db: Queryable, viewer_id: str, *, archived: bool, pending: bool, below: tuple[datetime, str] | None, limit: int
) -> list[View]:
    """Conversations by newest activity, below a position."""
    where = " AND m.archived = %s AND (c.status = 'pending' AND c.initiator_id <> m.user_id) = %s"
    params: tuple[Any, ...] = (viewer_id, archived, pending)
    if below is not None:
        where += " AND (c.active_at, c.id) < (%s, %s)"
        params += below
    rows = await db.query(_SELECT + _BEGUN + where + " ORDER BY c.active_at DESC, c.id DESC LIMIT %s", (*params, limit))
    return [_view(row) for row in rows]


async def changed_since(db: Queryable, viewer_id: str, horizon: datetime, limit: int) -> list[View]:
    """Conversations in which anything changed after ``horizon``: the log, anybody's watermarks, or the other person."""
    rows = await db.query(
        _SELECT
        + _BEGUN
        + """ AND (c.changed_at > %s OR m.changed_at > %s OR u.profile_changed_at > %s
                   OR (c.kind = 'direct' AND EXISTS (
                SELECT 1 FROM members x WHERE x.conversation_id = c.id AND x.changed_at > %s)))
              ORDER BY c.active_at DESC, c.id DESC LIMIT %s""",
        (viewer_id, horizon, horizon, horizon, horizon, limit),
    )
    return [_view(row) for row in rows]


async def left_since(db: Queryable, viewer_id: str, horizon: datetime) -> list[str]:
    """Ids of the conversations that the viewer left or was removed from after ``horizon``."""
    rows = await db.query(
        "SELECT conversation_id FROM members WHERE user_id = %s AND status = 'left' AND changed_at > %s",
        (viewer_id, horizon),
    )
    return [row[0] for row in rows]


async def clock(db: Queryable) -> datetime:
    """The database's time: the only clock that change times are compared with."""
    rows = await db.query("SELECT clock_timestamp()")
    moment: datetime = rows[0][0]
    return moment


async def insert_direct(db: Queryable, conversation_id: str, initiator_id: str, other_id: str) -> bool:
    """Make the direct conversation of two people; False when it is there already, or made by somebody right now."""
    low, high = sorted((initiator_id, other_id))
    rows = await db.query(
        """WITH made AS (INSERT INTO conversations (id, kind, initiator_id, user_low, user_high)
                         VALUES (%s, 'direct', %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id)
           INSERT INTO members (conversation_id, user_id)
           SELECT made.id, person FROM made, unnest(%s::uuid[]) person RETURNING 1""",
        (conversation_id, initiator_id, low, high, [low, high]),
    )
    return bool(rows)


class Marked(msgspec.Struct, frozen=True):
    """A member's watermarks after a receipt. ``pair`` for a direct conversation."""

    changed: bool
    delivered_seq: int
    read_seq: int
    pair: tuple[str, str] | None


async def mark(db: Queryable, conversation_id: str, user_id: str, *, delivered: int, read: int) -> Marked | None:
    """Raise a member's watermarks, never beyond the head and never down; None unless joined."""
    rows = await db.query(
        """WITH me AS (
             SELECT m.delivered_seq, m.read_seq, c.user_low, c.user_high,
                    GREATEST(m.delivered_seq, LEAST(GREATEST(%s, %s), c.head_seq)) AS to_delivered,
                    GREATEST(m.read_seq, LEAST(%s, c.head_seq)) AS to_read
               FROM members m JOIN conversations c ON c.id = m.conversation_id
              WHERE m.conversation_id = %s AND m.user_id = %s AND m.status = 'joined' FOR UPDATE OF m
           ), up AS (
             UPDATE members m SET delivered_seq = me.to_delivered, read_seq = me.to_read, changed_at = clock_timestamp()
               FROM me WHERE m.conversation_id = %s AND m.user_id = %s
                AND (me.to_delivered > me.delivered_seq OR me.to_read > me.read_seq) RETURNING 1
           ) SELECT EXISTS (SELECT 1 FROM up), to_delivered, to_read, user_low, user_high FROM me""",
        (delivered, read, read, conversation_id, user_id, conversation_id, user_id),
    )
    if not rows:
        return None
    changed, delivered_seq, read_seq, low, high = rows[0]
    return Marked(changed, delivered_seq, read_seq, (low, high) if low else None)


async def accept(db: Queryable, conversation_id: str) -> bool:
    """A message request becomes an ordinary conversation; False when it was none."""
    rows = await db.query(
        """UPDATE conversations SET status = 'accepted', changed_at = clock_timestamp()
            WHERE id = %s AND status = 'pending' RETURNING 1""",
        (conversation_id,),
    )
    return bool(rows)


async def close_if_blocked(db: Queryable, one_id: str, other_id: str) -> None:
    """The direct conversation of two people is closed from now on if either blocks the other, or else opened."""
    low, high = sorted((one_id, other_id))
    await db.execute(
        """UPDATE conversations SET closed = CASE WHEN EXISTS (
             SELECT 1 FROM blocks WHERE (blocker_id, blocked_id) IN ((%s, %s), (%s, %s))) THEN 'blocked' END
            WHERE user_low = %s AND user_high = %s AND closed IS DISTINCT FROM 'deserted'""",
        (low, high, high, low, low, high),
    )


async def desert(db: Queryable, user_id: str) -> None:
    """A person is no more: nobody can write to them."""
    await db.execute(
        """WITH theirs AS (SELECT id FROM conversations WHERE user_low = %s OR user_high = %s
                            ORDER BY id FOR NO KEY UPDATE)
           UPDATE conversations c SET closed = 'deserted' FROM theirs WHERE c.id = theirs.id""",
        (user_id, user_id),
    )


async def touch(db: Queryable, conversation_id: str, user_id: str) -> None:
    """A member's view of a conversation has changed by something outside of it."""
    await db.execute(
        "UPDATE members SET changed_at = clock_timestamp() WHERE conversation_id = %s AND user_id = %s",
        (conversation_id, user_id),
    )
