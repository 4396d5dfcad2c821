"""Conversations as one participant sees them, their members and watermarks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from chatr.store.messages import messages
from chatr.store.people import faces, people, relations
from chatr.store.people.faces import Faces
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
    cleared_seq: int
    declined_at: datetime | None
    closed: str | None
    unread: int
    unread_capped: bool
    others_delivered_seq: int
    others_read_seq: int
    member_count: int
    in_group: Faces
    other: relations.Other | None
    last: Sequence[Any] | None

    @property
    def marks(self) -> messages.Marks:
        """What the status of the viewer's own messages derives from, and what else of messages is the viewer's own."""
        found = self.in_group
        if self.other is not None and self.other.relation.face is not None:
            found = {self.other.person.id: self.other.relation.face}
        return messages.Marks(self.others_delivered_seq, self.others_read_seq, self.cleared_seq, found)


#: Unread messages that are counted, and entries of the log that are looked at for that: others may write any number.
MOST_UNREAD, MOST_LOOKED = 999, 2000
#: Those of a page are chosen first, so that the rest is looked up for these alone.
_CHOSEN = """FROM members m
  CROSS JOIN LATERAL (SELECT m.user_id AS id) v
  JOIN conversations c ON c.id = m.conversation_id
  LEFT JOIN users u ON u.id = CASE WHEN c.user_low = m.user_id THEN c.user_high ELSE c.user_low END
 WHERE m.user_id = %s AND m.status = 'joined'"""
#: A direct conversation exists for somebody while it has a message that they have not deleted from their view.
#: In order, so that it is found by the index and no plan passes over the table until it meets one.
_BEGUN = """ AND (c.kind = 'group' OR (SELECT x.seq FROM messages x WHERE x.conversation_id = c.id
                                       AND x.seq > m.cleared_seq ORDER BY x.seq DESC LIMIT 1) IS NOT NULL)"""
_OWN = 23
_VIEWS = f"""SELECT c.id, c.kind, c.status, c.initiator_id, c.title, c.description, c.head_seq, c.active_at,
       m.role, m.read_seq, m.delivered_seq, m.archived, m.pinned, m.muted_until, m.cleared_seq,
       c.declined_at, c.closed, unread.n, unread.capped,
       coalesce(others.delivered_seq, 0), coalesce(others.read_seq, 0), coalesce(others.n, 0) + 1,
       CASE WHEN c.kind = 'group' THEN {faces.ALL.format("c.id", "m.user_id")} END,
       {people.COLUMNS}, {relations.COLUMNS}, {messages.COLUMNS}
  FROM ({{chosen}}) m
  CROSS JOIN LATERAL (SELECT m.user_id AS id) v
  JOIN conversations c ON c.id = m.conversation_id
  LEFT JOIN users u ON u.id = CASE WHEN c.user_low = m.user_id THEN c.user_high ELSE c.user_low END
  {relations.JOINS}
  LEFT JOIN LATERAL (SELECT min(x.shown_delivered_seq) AS delivered_seq,
                            CASE WHEN gives_receipts(m.user_id) THEN min(x.shown_read_seq) END AS read_seq,
                            count(*) AS n FROM members x WHERE x.conversation_id = c.id AND x.user_id <> m.user_id
                        AND x.status = 'joined') others ON true
  CROSS JOIN LATERAL (
    -- A stretch of the log, so that no plan can read more.
    SELECT least(count(x.id), {MOST_UNREAD}) AS n,
           count(x.id) > {MOST_UNREAD} OR c.head_seq > w.mark + {MOST_LOOKED} AS capped
      FROM (SELECT greatest(m.read_seq, m.cleared_seq) AS mark) w LEFT JOIN messages x
        ON x.conversation_id = c.id AND x.seq > w.mark AND x.seq <= w.mark + {MOST_LOOKED}
           AND x.sender_id <> m.user_id AND x.unsent_at IS NULL AND x.type <> 'system'
     GROUP BY w.mark) unread
  LEFT JOIN LATERAL (SELECT * FROM messages x WHERE x.conversation_id = c.id AND x.seq > m.cleared_seq
                      ORDER BY x.seq DESC LIMIT 1) g ON true
  LEFT JOIN users s ON s.id = g.sender_id
 ORDER BY c.active_at DESC, c.id DESC"""
_NEWEST = " ORDER BY c.active_at DESC, c.id DESC LIMIT %s"
_LAST = _OWN + people.WIDTH + relations.WIDTH


def _view(row: tuple[Any, ...]) -> View:
    own, other, last = row[:_OWN], row[_OWN:_LAST], row[_LAST:]
    return View(
        **{**dict(zip(View.__struct_fields__, own, strict=False)), "in_group": faces.faces(own[-1])},
        other=relations.other(other) if other[0] else None,
        last=last if last[0] else None,
    )


async def _views(db: Queryable, where: str, viewer_id: str, *params: Any) -> list[View]:
    rows = await db.query(_VIEWS.format(chosen=f"SELECT m.* {_CHOSEN}{where}"), (viewer_id, *params))
    return [_view(row) for row in rows]


async def by_id(db: Queryable, viewer_id: str, conversation_id: str, *, begun: bool = True) -> View | None:
    """A conversation that the viewer is in; without ``begun`` also one that has no message for them."""
    where = (_BEGUN if begun else "") + " AND c.id = %s"
    return next(iter(await _views(db, where, viewer_id, conversation_id)), None)


async def with_user(db: Queryable, viewer_id: str, other_id: str) -> View | None:
    """The direct conversation of two people, once it has begun."""
    where = _BEGUN + " AND c.user_low = %s AND c.user_high = %s"
    return next(iter(await _views(db, where, viewer_id, *sorted((viewer_id, other_id)))), None)


async def direct_id(db: Queryable, viewer_id: str, other_id: str) -> str | None:
    """The id of the direct conversation of two people."""
    rows = await db.query(
        "SELECT id FROM conversations WHERE user_low = %s AND user_high = %s", tuple(sorted((viewer_id, other_id)))
    )
    return rows[0][0] if rows else None


async def newest(
    db: Queryable,
    viewer_id: str,
    *,
    limit: int,
    archived: bool | None = None,
    pending: bool | None = None,
    below: tuple[datetime, str] | None = None,
) -> list[View]:
    """Conversations by newest activity, below a position: archived ones or not, requests to the viewer or not."""
    where = f"""{_BEGUN} AND coalesce(m.archived = %s, true)
                AND coalesce((c.status = 'pending' AND c.initiator_id <> m.user_id) = %s, true)"""
    params: tuple[Any, ...] = (archived, pending)
    if below is not None:
        where += " AND (c.active_at, c.id) < (%s, %s)"
        params += below
    return await _views(db, where + _NEWEST, viewer_id, *params, limit)


async def changed_since(db: Queryable, viewer_id: str, horizon: datetime, limit: int) -> list[View]:
    """Conversations in which anything changed after ``horizon``: the log, anybody's watermarks, or the other person."""
    where = f"""{_BEGUN} AND (c.changed_at > %s OR m.changed_at > %s
        OR u.profile_changed_at > %s AND NOT {relations.APART}
        OR c.kind = 'direct' AND EXISTS (
           SELECT 1 FROM members x WHERE x.conversation_id = c.id AND x.changed_at > %s))"""
    return await _views(db, where + _NEWEST, viewer_id, horizon, horizon, horizon, horizon, limit)


async def left_since(db: Queryable, viewer_id: str, horizon: datetime) -> list[str]:
    """Ids of the conversations that the viewer left, was removed from, or deleted after ``horizon``."""
    rows = await db.query(
        """SELECT m.conversation_id FROM members m WHERE m.user_id = %s AND m.changed_at > %s
            AND (m.status = 'left' OR m.cleared_seq > 0 AND (
                   SELECT x.seq FROM messages x WHERE x.conversation_id = m.conversation_id AND x.seq > m.cleared_seq
                    ORDER BY x.seq DESC LIMIT 1) IS NULL)""",
        (viewer_id, horizon),
    )
    return [row[0] for row in rows]


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
    """What was withheld of the members' watermarks appears."""
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


async def shown(db: Queryable, conversation_id: str) -> list[Shown]:
    """What the members are shown of each other's watermarks, as far as those have moved."""
    rows = await db.query(
        """SELECT v.user_id, m.user_id, m.shown_delivered_seq,
                  CASE WHEN gives_receipts(v.user_id) THEN m.shown_read_seq ELSE 0 END
             FROM members m JOIN members v ON v.conversation_id = m.conversation_id AND v.user_id <> m.user_id
            WHERE m.conversation_id = %s AND m.status = 'joined' AND v.status = 'joined'
              AND m.shown_delivered_seq > 0""",
        (conversation_id,),
    )
    return [Shown(*row) for row in rows]


async def decline(db: Queryable, conversation_id: str) -> datetime:
    """The recipient of a request declines it; when that was."""
    rows = await db.query(
        """UPDATE conversations SET declined_at = now(), changed_at = clock_timestamp() WHERE id = %s
           RETURNING declined_at""",
        (conversation_id,),
    )
    moment: datetime = rows[0][0]
    return moment


async def clear(db: Queryable, conversation_id: str, user_id: str) -> None:
    """A member deletes everything up to now from their own view."""
    await db.execute("UPDATE conversations SET cleared = true WHERE id = %s", (conversation_id,))
    await db.execute(
        """UPDATE members m SET cleared_seq = c.head_seq, archived = false, pinned = false,
              changed_at = clock_timestamp()
             FROM conversations c WHERE c.id = %s AND m.conversation_id = c.id AND m.user_id = %s""",
        (conversation_id, user_id),
    )


async def lock(db: Queryable, conversation_id: str) -> None:
    """Let nobody write to a conversation until the transaction ends."""
    await db.execute("SELECT 1 FROM conversations WHERE id = %s FOR NO KEY UPDATE", (conversation_id,))


class Scene(msgspec.Struct, frozen=True):
    """What decides whether signals pass in a conversation."""

    id: str
    status: str
    closed: str | None
    pair: tuple[str, str] | None


async def scene(db: Queryable, conversation_id: str, user_id: str) -> Scene | None:
    """The conversation as signals find it; None unless the person is in it."""
    rows = await db.query(
        """SELECT c.status, c.closed, c.user_low, c.user_high FROM conversations c
             JOIN members m ON m.conversation_id = c.id AND m.user_id = %s AND m.status = 'joined' WHERE c.id = %s""",
        (user_id, conversation_id),
    )
    if not rows:
        return None
    status, closed, low, high = rows[0]
    return Scene(conversation_id, status, closed, (low, high) if low else None)


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """A member's own handling of a conversation."""

    archived: bool
    pinned: bool
    muted_until: datetime | None


async def set_own(db: Queryable, conversation_id: str, user_id: str, own: Own) -> None:
    """Change how a member keeps a conversation."""
    await db.execute(
        """UPDATE members SET archived = %s, pinned = %s, muted_until = %s, changed_at = clock_timestamp()
            WHERE conversation_id = %s AND user_id = %s""",
        (own.archived, own.pinned, own.muted_until, conversation_id, user_id),
    )


async def accept(db: Queryable, conversation_id: str) -> bool:
    """A message request becomes an ordinary conversation; False when it was none."""
    rows = await db.query(
        """UPDATE conversations SET status = 'accepted', declined_at = NULL, changed_at = clock_timestamp()
            WHERE id = %s AND status = 'pending' RETURNING 1""",
        (conversation_id,),
    )
    return bool(rows)


async def close_if_blocked(db: Queryable, one_id: str, other_id: str) -> str | None:
    """The direct conversation of two people is closed from now on if either blocks the other, or else opened.

    Its id if it is open now and was accepted.
    """
    low, high = sorted((one_id, other_id))
    rows = await db.query(
        """UPDATE conversations SET closed = CASE WHEN EXISTS (
             SELECT 1 FROM blocks WHERE (blocker_id, blocked_id) IN ((%s, %s), (%s, %s))) THEN 'blocked' END
            WHERE user_low = %s AND user_high = %s AND closed IS DISTINCT FROM 'deserted'
            RETURNING id, closed IS NULL AND status = 'accepted'""",
        (low, high, high, low, low, high),
    )
    return rows[0][0] if rows and rows[0][1] else None


async def desert(db: Queryable, user_id: str) -> None:
    """A person is no more: nobody can write to them."""
    await db.execute(
        """WITH theirs AS (SELECT id FROM conversations WHERE user_low = %s OR user_high = %s
                            ORDER BY id FOR NO KEY UPDATE)
           UPDATE conversations c SET closed = 'deserted' FROM theirs WHERE c.id = theirs.id""",
        (user_id, user_id),
    )


async def touch_all(db: Queryable, user_id: str) -> None:
    """A member's views of all their conversations have changed."""
    await db.execute("UPDATE members SET changed_at = clock_timestamp() WHERE user_id = %s", (user_id,))


async def touch(db: Queryable, conversation_id: str, user_id: str) -> None:
    """A member's view of a conversation has changed by something outside of it."""
    await db.execute(
        "UPDATE members SET changed_at = clock_timestamp() WHERE conversation_id = %s AND user_id = %s",
        (conversation_id, user_id),
    )
