"""Receipts in groups, counted: to how many a message was delivered, how many have read it, and who."""

from __future__ import annotations

import msgspec

from chatr.store.columns import Columns, values
from chatr.store.conversations.marks import Marked
from chatr.store.people import relations
from chatr.store.people.relations import Other
from chatr.store.pool import Queryable

#: Entries of the log that are looked at for messages, the newest, and senders who are told: marks may pass any number.
MOST_LOOKED, MOST_SENDERS = 2000, 100


class Stretch(msgspec.Struct, frozen=True):
    """Seqs above ``low`` up to ``high``; none at first."""

    low: int = 0
    high: int = 0

    def __bool__(self) -> bool:
        return self.high > self.low

    def __or__(self, other: Stretch) -> Stretch:
        if not (self and other):
            return self or other
        return Stretch(min(self.low, other.low), max(self.high, other.high))


class Grown(msgspec.Struct, frozen=True):
    """What marks in a group have passed, as far as they are shown. ``only``: whose they are, if one person's."""

    delivered: Stretch
    read: Stretch
    only: str | None

    @classmethod
    def by(cls, user_id: str, marked: Marked) -> Grown:
        """Make it of a person's mark."""
        return cls(
            Stretch(marked.shown_delivered_before, marked.shown_delivered_seq),
            Stretch(marked.shown_read_before, marked.shown_read_seq),
            user_id,
        )

    def __or__(self, other: Grown) -> Grown:
        only = self.only if self.only == other.only else None
        return Grown(self.delivered | other.delivered, self.read | other.read, only)


class Count(msgspec.Struct, frozen=True):
    """How many others a message has reached. ``read``: None for a sender who gives no receipts."""

    sender_id: str
    message_id: str
    delivered: int
    read: int | None


_REACHED = """coalesce((SELECT n.reached FROM {0} n WHERE n.place >= t.place ORDER BY n.place LIMIT 1), 0)::integer
              - (t.shown_{0}_seq >= t.seq)::integer"""
_COUNT = Columns(
    Count,
    {
        "sender_id": "t.sender_id",
        "message_id": "t.id",
        "delivered": _REACHED.format("delivered"),
        "read": f"CASE WHEN t.gives THEN {_REACHED.format('read')} END",
    },
)


async def counts(db: Queryable, conversation_id: str, grown: Grown) -> list[Count]:
    """Count for each sender whose messages the marks have passed, for the newest of these.

    Not for those who have left the group or deleted the message from their view, nor whose marks alone these are. One
    pass over the members, however many senders there are: each member is put in its place among their messages, and
    those from a place on are added up.
    """
    passed, delivered, read = grown.delivered | grown.read, grown.delivered, grown.read
    rows = await db.query(
        f"""WITH passed AS (
             SELECT x.sender_id, max(x.seq) FILTER (WHERE x.seq > %s AND x.seq <= %s) AS delivered,
                    max(x.seq) FILTER (WHERE x.seq > %s AND x.seq <= %s) AS read
               FROM messages x WHERE x.conversation_id = %s AND x.seq > %s AND x.seq <= %s
                AND x.unsent_at IS NULL AND x.type <> 'system' AND x.sender_id IS DISTINCT FROM %s
              GROUP BY x.sender_id
           ), newest AS (
             SELECT g.id, g.seq, g.sender_id, m.shown_delivered_seq, m.shown_read_seq, s.gives
               FROM passed p CROSS JOIN LATERAL (SELECT gives_receipts(p.sender_id) AS gives) s
               JOIN members m ON m.conversation_id = %s AND m.user_id = p.sender_id AND m.status = 'joined'
               JOIN messages g ON g.conversation_id = m.conversation_id
                AND g.seq = CASE WHEN s.gives THEN greatest(p.delivered, p.read) ELSE p.delivered END
              WHERE g.seq > m.cleared_seq ORDER BY g.seq DESC LIMIT {MOST_SENDERS}
           ), t AS MATERIALIZED (
             SELECT newest.*, row_number() OVER (ORDER BY seq) AS place FROM newest
           ), placed AS MATERIALIZED (
             SELECT width_bucket(m.shown_delivered_seq, a.seqs) AS delivered,
                    width_bucket(m.shown_read_seq, a.seqs) AS read
               FROM (SELECT array_agg(t.seq ORDER BY t.seq) AS seqs FROM t HAVING count(*) > 0) a
               JOIN members m ON m.conversation_id = %s AND m.status = 'joined'
           ), delivered AS MATERIALIZED (
             SELECT p.delivered AS place, sum(count(*)) OVER (ORDER BY p.delivered DESC) AS reached
               FROM placed p GROUP BY p.delivered
           ), read AS MATERIALIZED (
             SELECT p.read AS place, sum(count(*)) OVER (ORDER BY p.read DESC) AS reached FROM placed p GROUP BY p.read
           ) SELECT {_COUNT.sql} FROM t""",
        (
            *(delivered.low, delivered.high, read.low, read.high),
            *(conversation_id, max(passed.low, passed.high - MOST_LOOKED), passed.high, grown.only),
            *(conversation_id, conversation_id),
        ),
    )
    return _COUNT.all(rows)


class Reached(msgspec.Struct, frozen=True):
    """A message of a group and how many others it has reached; ``gives``: whether the viewer gives receipts."""

    id: str
    conversation_id: str
    kind: str
    type: str
    seq: int
    sender_id: str
    unsent: bool
    gives: bool
    member_count: int
    delivered: int
    read: int


_REACHED_BY = Columns(
    Reached,
    {
        "id": "g.id",
        "conversation_id": "c.id",
        "kind": "c.kind",
        "type": "g.type",
        "seq": "g.seq",
        "sender_id": "g.sender_id",
        "unsent": "g.unsent_at IS NOT NULL",
        "gives": "gives_receipts(m.user_id)",
        "member_count": "c.member_count",
        "delivered": "n.delivered",
        "read": "n.read",
    },
)


async def reached(db: Queryable, viewer_id: str, message_id: str) -> Reached | None:
    """Count whom a message has reached; None unless the viewer is in its conversation and has not deleted it."""
    rows = await db.query(
        f"""SELECT {_REACHED_BY.sql} FROM messages g JOIN conversations c ON c.id = g.conversation_id
              JOIN members m ON m.conversation_id = c.id AND m.user_id = %s AND m.status = 'joined'
              CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE x.shown_delivered_seq >= g.seq) AS delivered,
                       count(*) FILTER (WHERE x.shown_read_seq >= g.seq) AS read
                  FROM members x WHERE x.conversation_id = c.id AND x.status = 'joined' AND x.user_id <> g.sender_id) n
             WHERE g.id = %s AND g.seq > m.cleared_seq""",
        (viewer_id, message_id),
    )
    return _REACHED_BY.first(rows)


async def readers(db: Queryable, viewer_id: str, message: Reached, *, after: str, limit: int) -> list[Other]:
    """List who has read a message beside its sender, in order of their ids, behind one of them."""
    rows = await db.query(
        """SELECT x.user_id FROM members x JOIN users u ON u.id = x.user_id AND u.deleted_at IS NULL
            WHERE x.conversation_id = %s AND x.user_id > %s AND x.user_id <> %s AND x.status = 'joined'
              AND x.shown_read_seq >= %s ORDER BY x.user_id LIMIT %s""",
        (message.conversation_id, after, message.sender_id, message.seq, limit),
    )
    ids = values(rows, str)
    found = await relations.by_ids(db, viewer_id, ids)
    return [found[user_id] for user_id in ids if user_id in found]
