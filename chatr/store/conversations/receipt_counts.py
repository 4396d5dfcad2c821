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


async def left_behind(db: Queryable, conversation_id: str, user_id: str) -> Grown:
    """Find what a member of a group has not received or read, as far as that is shown: all others may have."""
    rows = await db.query(
        """SELECT m.shown_delivered_seq, m.shown_read_seq, c.head_seq
             FROM members m JOIN conversations c ON c.id = m.conversation_id
            WHERE m.conversation_id = %s AND m.user_id = %s""",
        (conversation_id, user_id),
    )
    delivered, read, head = rows[0]
    return Grown(Stretch(delivered, head), Stretch(read, head), user_id)


class Count(msgspec.Struct, frozen=True):
    """How many others a message has reached, and up to where all have come.

    ``read``, ``all_read_seq``: None for a sender who gives no receipts.
    """

    sender_id: str
    message_id: str
    delivered: int
    read: int | None
    all_delivered_seq: int
    all_read_seq: int | None


#: All have come so far who stand at or above it, but for the sender, and for those who came to the group behind it.
_REACHED = """sum(n.members) OVER (ORDER BY n.{0} DESC)::integer - (n.own_{0} >= n.{0})::integer
    - CASE WHEN n.id IS NULL THEN 0 ELSE (
        SELECT count(*)::integer FROM came x WHERE x.since_seq >= n.{0} AND x.user_id <> n.sender_id) END"""
#: Further above or below it is the same, and sorted as one.
_WITHIN = "greatest(least(x.shown_{}_seq, %s), %s)"
#: The lowest mark of the others: of the two lowest of all that which is not the sender's own.
_ALL = "coalesce(lowest.{0}[CASE WHEN n.own_{0} = lowest.{0}[1] THEN 2 ELSE 1 END], 0)"
_LOWEST = """ARRAY(SELECT x.shown_{0}_seq FROM members x WHERE x.conversation_id = %s AND x.status = 'joined'
                    ORDER BY x.shown_{0}_seq LIMIT 2) AS {0}"""
_COUNT = Columns(
    Count,
    {
        "sender_id": "n.sender_id",
        "message_id": "n.id",
        "delivered": _REACHED.format("delivered"),
        "read": f"CASE WHEN n.gives THEN {_REACHED.format('read')} END",
        "all_delivered_seq": _ALL.format("delivered"),
        "all_read_seq": f"CASE WHEN n.gives THEN {_ALL.format('read')} END",
    },
)


async def counts(db: Queryable, conversation_id: str, grown: Grown) -> list[Count]:
    """Count for each sender whose messages the marks have passed, for the newest of these.

    Not for those who have left the group or deleted the message from their view, nor whose marks alone these are. One
    pass over the members, however many senders there are: their marks and the messages are put in order together, and
    members are added up from the highest mark down.
    """
    delivered, read = grown.delivered, grown.read
    high = (delivered | read).high
    low = max((delivered | read).low, high - MOST_LOOKED)
    rows = await db.query(
        f"""WITH passed AS (
             SELECT x.sender_id, max(x.seq) FILTER (WHERE x.seq > %s AND x.seq <= %s) AS delivered,
                    max(x.seq) FILTER (WHERE x.seq > %s AND x.seq <= %s) AS read, gives_receipts(x.sender_id) AS gives
               FROM messages x WHERE x.conversation_id = %s AND x.seq > %s AND x.seq <= %s
                AND x.unsent_at IS NULL AND x.type <> 'system' AND x.sender_id IS DISTINCT FROM %s
              GROUP BY x.sender_id ORDER BY max(x.seq) DESC LIMIT {MOST_SENDERS}
           ), newest AS (
             SELECT p.sender_id, p.gives,
                    CASE WHEN p.gives THEN greatest(p.delivered, p.read) ELSE p.delivered END AS seq FROM passed p
           ), told AS MATERIALIZED (
             -- Subqueries of one row, so that no plan passes over a table.
             SELECT p.*, m.*, (SELECT x.id FROM messages x WHERE x.conversation_id = %s AND x.seq = p.seq LIMIT 1) AS id
               FROM newest p CROSS JOIN LATERAL (
                 SELECT x.shown_delivered_seq, x.shown_read_seq FROM members x WHERE x.conversation_id = %s
                    AND x.user_id = p.sender_id AND x.status = 'joined' AND x.cleared_seq < p.seq LIMIT 1) m
           ), n AS (
             SELECT NULL::uuid AS id, NULL::uuid AS sender_id, NULL::boolean AS gives, NULL::bigint AS own_delivered,
                    NULL::bigint AS own_read, {_WITHIN.format("delivered")} AS delivered,
                    {_WITHIN.format("read")} AS read, count(*) AS members
               FROM members x WHERE x.conversation_id = %s AND x.status = 'joined' AND EXISTS (SELECT 1 FROM told)
              GROUP BY delivered, read
             UNION ALL
             SELECT t.id, t.sender_id, t.gives, t.shown_delivered_seq, t.shown_read_seq, t.seq, t.seq, 0 FROM told t
           ), came AS MATERIALIZED (
             SELECT x.user_id, x.since_seq FROM members x
              WHERE x.conversation_id = %s AND x.status = 'joined' AND x.since_seq > %s AND EXISTS (SELECT 1 FROM told)
           ), lowest AS MATERIALIZED (
             SELECT {_LOWEST.format("delivered")}, {_LOWEST.format("read")} WHERE EXISTS (SELECT 1 FROM told)
           ) SELECT * FROM (SELECT {_COUNT.sql} FROM n CROSS JOIN lowest) counted WHERE sender_id IS NOT NULL""",
        (
            *(delivered.low, delivered.high, read.low, read.high),
            *(conversation_id, low, high, grown.only),
            *(conversation_id, conversation_id, high, low, high, low, conversation_id),
            *(conversation_id, low, conversation_id, conversation_id),
        ),
    )
    return _COUNT.all(rows)


class Reached(msgspec.Struct, frozen=True):
    """A message of a group and how many others it has reached, of those who were there; ``gives``: the viewer receipts.

    ``member_count``: the sender is among them.
    """

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
        "member_count": "n.others + 1",
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
                SELECT count(*) AS others, count(*) FILTER (WHERE x.shown_delivered_seq >= g.seq) AS delivered,
                       count(*) FILTER (WHERE x.shown_read_seq >= g.seq) AS read
                  FROM members x WHERE x.conversation_id = c.id AND x.status = 'joined' AND x.user_id <> g.sender_id
                   AND x.since_seq < g.seq) n
             WHERE g.id = %s AND g.seq > m.cleared_seq""",
        (viewer_id, message_id),
    )
    return _REACHED_BY.first(rows)


async def readers(db: Queryable, viewer_id: str, message: Reached, *, after: str, limit: int) -> list[Other]:
    """List who has read a message beside its sender, in order of their ids, behind one of them."""
    rows = await db.query(
        """SELECT x.user_id FROM members x JOIN users u ON u.id = x.user_id AND u.deleted_at IS NULL
            WHERE x.conversation_id = %s AND x.user_id > %s AND x.user_id <> %s AND x.status = 'joined'
              AND x.shown_read_seq >= %s AND x.since_seq < %s ORDER BY x.user_id LIMIT %s""",
        (message.conversation_id, after, message.sender_id, message.seq, message.seq, limit),
    )
    ids = values(rows, str)
    found = await relations.by_ids(db, viewer_id, ids)
    return [found[user_id] for user_id in ids if user_id in found]
