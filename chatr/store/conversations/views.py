"""What one member has of a conversation: what all have, and what is the direct one's or the group's own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from chatr.api.model import MessageStatus
from chatr.store.columns import Columns, Made, Outer
from chatr.store.messages.messages import STORED, Stored, Watermarks
from chatr.store.people import faces, relations
from chatr.store.people.faces import Faces
from chatr.store.people.relations import OTHER, Other
from chatr.store.pool import Queryable


class Direct(msgspec.Struct, frozen=True):
    """Whom the viewer talks to, and how far they have come, as far as it is shown."""

    other: Other
    delivered_seq: int
    read_seq: int


class Group(msgspec.Struct, frozen=True):
    """A group, and the viewer's part in it. ``last_status``: of the last message, if it is the viewer's own."""

    role: str
    title: str | None
    description: str | None
    profile_image: str | None
    cover_image: str | None
    member_count: int
    last_status: MessageStatus
    blockers: Faces


class View(msgspec.Struct, frozen=True):
    """A conversation from one member's place: either ``direct`` or a ``group``.

    ``heard``: whether the viewer has listened to the last message.
    """

    id: str
    kind: str
    status: str
    initiator_id: str | None
    head_seq: int
    active_at: datetime
    read_seq: int
    delivered_seq: int
    archived: bool
    pinned: bool
    muted_until: datetime | None
    cleared_seq: int
    declined_at: datetime | None
    closed: str | None
    revision: int
    unread: int
    unread_capped: bool
    mentioned: int
    first_mention: int | None
    heard: bool
    direct: Direct | None
    group: Group | None
    last: Stored | None

    @property
    def other(self) -> Other | None:
        """The other person of a direct conversation."""
        return self.direct.other if self.direct is not None else None

    @property
    def marks(self) -> Watermarks:
        """What the status of the last message derives from, and what else of it is the viewer's own."""
        if self.direct is not None:
            person, face = self.direct.other.person, self.direct.other.relation.face
            blockers = {person.id: face} if face is not None else faces.NONE
            return Watermarks(self.direct.delivered_seq, self.direct.read_seq, self.cleared_seq, blockers)
        if self.group is None or self.last is None:
            return Watermarks(cleared_seq=self.cleared_seq)
        delivered = self.last.seq if self.group.last_status != "sent" else 0
        read = self.last.seq if self.group.last_status == "read" else 0
        return Watermarks(delivered, read, self.cleared_seq, self.group.blockers)


#: Unread messages that are counted, and entries of the log that are looked at for that: others may write any number.
MOST_UNREAD, MOST_LOOKED = 999, 2000
#: For the alias ``o`` (the other's row of ``members``) and those of the other.
_DIRECT = Columns(
    Direct,
    {
        "other": OTHER,
        "delivered_seq": "coalesce(o.shown_delivered_seq, 0)",
        "read_seq": "CASE WHEN gives_receipts(m.user_id) THEN coalesce(o.shown_read_seq, 0) ELSE 0 END",
    },
)
#: Somebody else in a group who has not come as far as its last message. In order, so that it is read by the index and
#: ends at the first; an index of the watermarks themselves would make every mark write more.
_BEHIND = """(SELECT x.user_id FROM members x WHERE x.conversation_id = c.id AND x.status = 'joined'
    AND x.user_id <> m.user_id AND x.{} < g.seq ORDER BY x.user_id LIMIT 1)"""
_GROUP = Columns(
    Group,
    {
        "role": "CASE WHEN c.kind = 'group' THEN m.role END",
        "title": "c.title",
        "description": "c.description",
        "profile_image": "c.profile_image",
        "cover_image": "c.cover_image",
        "member_count": "c.member_count",
        "last_status": f"""CASE
            WHEN c.kind <> 'group' OR g.sender_id <> m.user_id OR c.member_count < 2 OR g.id IS NULL THEN 'sent'
            WHEN gives_receipts(m.user_id) AND {_BEHIND.format("shown_read_seq")} IS NULL THEN 'read'
            WHEN {_BEHIND.format("shown_delivered_seq")} IS NULL THEN 'delivered' ELSE 'sent' END""",
        "blockers": Made(
            f"CASE WHEN c.kind = 'group' THEN coalesce({faces.ALL.format('c.id', 'm.user_id')}, '{{}}') END",
            faces.faces,
        ),
    },
)
_VIEW = Columns(
    View,
    {
        "id": "c.id",
        "kind": "c.kind",
        "status": "c.status",
        "initiator_id": "c.initiator_id",
        "head_seq": "c.head_seq",
        "active_at": "c.active_at",
        "read_seq": "m.read_seq",
        "delivered_seq": "m.delivered_seq",
        "archived": "m.archived",
        "pinned": "m.pinned",
        "muted_until": "m.muted_until",
        "cleared_seq": "m.cleared_seq",
        "declined_at": "c.declined_at",
        "closed": "c.closed",
        # Each part is counted under a lock of its own: the sum grows with either, the greater of them might not.
        "revision": "c.revision + m.revision",
        "unread": "unread.n",
        "unread_capped": "unread.capped",
        "mentioned": "unread.mentioned",
        "first_mention": "unread.first_mention",
        "heard": """CASE WHEN g.type = 'audio' AND g.sender_id <> m.user_id THEN
            EXISTS (SELECT 1 FROM listens y WHERE y.message_id = g.id AND y.user_id = m.user_id) ELSE false END""",
        "direct": Outer(_DIRECT),
        "group": Outer(_GROUP),
        "last": Outer(STORED),
    },
)
#: Those of a page are chosen first, so that the rest is looked up for these alone.
CHOSEN = """FROM members m
  CROSS JOIN LATERAL (SELECT m.user_id AS id) v
  JOIN conversations c ON c.id = m.conversation_id
  LEFT JOIN users u ON u.id = CASE WHEN c.user_low = m.user_id THEN c.user_high ELSE c.user_low END
 WHERE m.user_id = %s AND m.status = 'joined'"""
#: Whether a message mentions the viewer, or all of the group: messages.py ``people_of``.
_CALLS = "c.kind = 'group' AND x.mentions && ARRAY[m.user_id, c.id]"
_READ = f"SELECT {_VIEW.sql} FROM ("
_VIEWS = f"{_READ}SELECT m.* {CHOSEN}"
_OF_CHOSEN = f""") m
  CROSS JOIN LATERAL (SELECT m.user_id AS id) v
  JOIN conversations c ON c.id = m.conversation_id
  LEFT JOIN users u ON u.id = CASE WHEN c.user_low = m.user_id THEN c.user_high ELSE c.user_low END
  {relations.JOINS}
  LEFT JOIN members o ON o.conversation_id = c.id AND o.user_id = u.id AND o.status = 'joined'
  CROSS JOIN LATERAL (
    -- A stretch of the log, so that no plan can read more.
    SELECT least(count(x.id), {MOST_UNREAD}) AS n,
           count(x.id) > {MOST_UNREAD} OR c.head_seq > w.mark + {MOST_LOOKED} AS capped,
           least(count(x.id) FILTER (WHERE {_CALLS}), {MOST_UNREAD}) AS mentioned,
           min(x.seq) FILTER (WHERE {_CALLS}) AS first_mention
      FROM (SELECT greatest(m.read_seq, m.cleared_seq) AS mark) w LEFT JOIN messages x
        ON x.conversation_id = c.id AND x.seq > w.mark AND x.seq <= w.mark + {MOST_LOOKED}
           AND x.sender_id <> m.user_id AND x.unsent_at IS NULL AND x.type <> 'system'
     GROUP BY w.mark) unread
  LEFT JOIN LATERAL (SELECT * FROM messages x WHERE x.conversation_id = c.id AND x.seq > m.cleared_seq
                      ORDER BY x.seq DESC LIMIT 1) g ON true
  LEFT JOIN users s ON s.id = g.sender_id
 ORDER BY c.active_at DESC, c.id DESC"""


async def select(db: Queryable, chosen: str, viewer_id: str, *params: Any) -> list[View]:
    """Read the viewer's conversations, newest activity first; ``chosen``: SQL that goes on where they are chosen.

    For the aliases ``m`` (the viewer's row of ``members``), ``c`` (conversations), ``u`` (the other person).
    """
    return _VIEW.all(await db.query(_VIEWS + chosen + _OF_CHOSEN, (viewer_id, *params)))


async def select_chosen(db: Queryable, chosen: str, viewer_id: str, *params: Any) -> list[View]:
    """Read conversations of the viewer; ``chosen``: the whole statement that chooses rows of ``members``."""
    return _VIEW.all(await db.query(_READ + chosen + _OF_CHOSEN, (viewer_id, *params)))
