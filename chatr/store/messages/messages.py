"""Messages and conversation logs, read. Appending is the writer's (store/writing/writer.py)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from chatr.api.events import EVENTS
from chatr.api.events.messages import EntryCleared
from chatr.api.model import (
    LinkPreview,
    LogEntry,
    Message,
    MessageStatus,
    MessageType,
    Reaction,
    Reactor,
    ReplyTo,
    wire_time,
)
from chatr.store.columns import Columns, Made
from chatr.store.files import files
from chatr.store.messages import quotes
from chatr.store.people import faces
from chatr.store.people.faces import Faces
from chatr.store.pool import Queryable


class Watermarks(msgspec.Struct, frozen=True):
    """How far every other participant has come, as far as it is shown: the status of own messages derives from it.

    ``cleared_seq``: what the viewer deleted from their own view. ``blockers``: the faces of those who block the viewer.
    """

    delivered_seq: int = 0
    read_seq: int = 0
    cleared_seq: int = 0
    blockers: Faces = faces.NONE

    def status(self, seq: int) -> MessageStatus:
        """The status of one's own message."""
        return "read" if self.read_seq >= seq else "delivered" if self.delivered_seq >= seq else "sent"


class Stored(msgspec.Struct, frozen=True):
    """A message as it is stored, of which each viewer sees something else.

    What stands there as JSON (``reply_to``, ``original``, ``reactions``, ``link_preview``) is decoded when it is seen.
    """

    id: str
    conversation_id: str
    seq: int
    client_id: str
    sender_id: str
    username: str
    display_name: str
    profile_image: str | None
    type: MessageType
    content: str
    created_at: datetime
    edited_at: datetime | None
    unsent_at: datetime | None
    reply_to: dict[str, Any] | None
    mentions: list[str]
    original: list[Any] | None
    reactions: list[Any] | None
    listened: bool
    link_preview: Any
    file: list[Any] | None
    group_id: str | None
    event: str | None
    user_ids: list[str] | None
    users: list[Any] | None

    def seen_by(self, viewer_id: str, marks: Watermarks) -> Message:
        """Make the message as one participant sees it."""
        event, there = self.event, self.unsent_at is None
        return Message(
            id=self.id,
            conversation_id=self.conversation_id,
            seq=self.seq,
            client_id=UNSET if event else self.client_id,
            sender=faces.sender(marks.blockers, self.sender_id, self.username, self.display_name, self.profile_image),
            type=self.type,
            content=self.content if there else "",
            created_at=wire_time(self.created_at),
            edited=there and self.edited_at is not None,
            edited_at=wire_time(self.edited_at) if there and self.edited_at else UNSET,
            unsent=not there,
            status=self._status(marks) if self.sender_id == viewer_id else "sent",
            reply_to=self._quote(marks) if there and self.reply_to else UNSET,
            reactions=_reactions(self.reactions, marks) if there and self.reactions else [],
            mentions=people_of(self.mentions, self.conversation_id) if there else [],
            mentions_all=calls_all(self.mentions, self.conversation_id) if there else UNSET,
            link_preview=msgspec.convert(self.link_preview, LinkPreview) if there and self.link_preview else UNSET,
            file=files.shown(self.file) if there and self.file else UNSET,
            group_id=self.group_id or UNSET,
            event=event or UNSET,
            user_ids=self.user_ids or [] if event else UNSET,
            users=[faces.sender(marks.blockers, *each) for each in self.users] if self.users else UNSET,
        )

    @property
    def named(self) -> list[str]:
        """Whose names stand there: who wrote it, and what it quotes."""
        return [self.sender_id, self.original[0]] if self.original else [self.sender_id]

    @property
    def quotes_seq(self) -> int | None:
        """Where the message stands that this one quotes, if it does and that is still there."""
        return int(self.original[1]) if self.original and self.unsent_at is None else None

    def _status(self, marks: Watermarks) -> MessageStatus:
        # Nobody waits for others to have read what the server tells.
        if self.event:
            return "sent"
        return "listened" if self.listened else marks.status(self.seq)

    def _quote(self, marks: Watermarks) -> ReplyTo:
        frozen = quotes.frozen(self.reply_to or {})
        if self.original is None:
            return frozen
        original = quotes.Original(*self.original)
        at = self.created_at.timestamp()
        return quotes.as_it_is(frozen, original, at, blockers=marks.blockers, cleared_seq=marks.cleared_seq)


#: Members of a group in which everybody calls all by @all; in a larger one its owners and admins do.
ALL_UP_TO = 50


def people_of(mentions: Sequence[str], conversation_id: str) -> list[str]:
    """Choose whom a message mentions by name: the conversation itself, among them, stands for all of a group."""
    return [each for each in mentions if each != conversation_id]


def calls_all(mentions: Sequence[str], conversation_id: str) -> bool | UnsetType:
    """Whether a message mentions all of its group; UNSET: it does not."""
    return conversation_id in mentions or UNSET


#: Whether anybody has reacted to a message ``g``. In order, so that no plan reads all reactions there are.
REACTED = """(SELECT y.user_id FROM reactions y WHERE y.message_id = g.id ORDER BY y.user_id LIMIT 1) IS NOT NULL"""
#: For the aliases ``g`` (messages) and ``s`` (its sender).
STORED = Columns(
    Stored,
    {
        "id": "g.id",
        "conversation_id": "g.conversation_id",
        "seq": "g.seq",
        "client_id": "g.client_id",
        "sender_id": "s.id",
        "username": "s.username",
        "display_name": "s.display_name",
        "profile_image": "s.profile_image",
        "type": "g.type",
        "content": "g.content",
        "created_at": "g.created_at",
        "edited_at": "g.edited_at",
        "unsent_at": "g.unsent_at",
        "reply_to": "g.reply_to",
        "mentions": "g.mentions::text[]",
        "original": """CASE WHEN g.reply_to IS NOT NULL THEN (
            SELECT jsonb_build_array(o.sender_id, o.seq, o.unsent_at IS NOT NULL, w.deleted_at IS NOT NULL)
              FROM messages o JOIN users w ON w.id = o.sender_id WHERE o.id = (g.reply_to->>'id')::uuid) END""",
        # Most have none, and the call of a function takes ten times the look.
        "reactions": f"CASE WHEN {REACTED} THEN reactions_of(g.id) END",
        "listened": """CASE WHEN g.type = 'audio' THEN EXISTS (SELECT 1 FROM listens y WHERE y.message_id = g.id)
            ELSE false END""",
        "link_preview": "g.link_preview",
        "file": "CASE WHEN g.file_id IS NOT NULL THEN file_shown(g.file_id) END",
        "group_id": "g.group_id",
        "event": "g.event",
        "user_ids": "g.user_ids::text[]",
        # They may be no members any more, of whom clients know the names.
        "users": """CASE WHEN g.event IS NOT NULL THEN (
            SELECT jsonb_agg(jsonb_build_array(w.id, w.username, w.display_name, w.profile_image) ORDER BY n.place)
              FROM unnest(g.user_ids) WITH ORDINALITY n(id, place) JOIN users w ON w.id = n.id) END""",
    },
)
#: Messages with their senders.
FROM = f"SELECT {STORED.sql} FROM messages g JOIN users s ON s.id = g.sender_id"


def _reactions(found: Any, marks: Watermarks) -> list[Reaction]:
    return faces.reactions(marks.blockers, msgspec.convert(found, list[Reaction]))


#: For the aliases ``v`` (the viewer), ``c`` (the conversation) and ``x`` (its members, all in one).
MARKS = Columns(
    Watermarks,
    {
        "delivered_seq": "coalesce(min(x.shown_delivered_seq) FILTER (WHERE x.user_id <> v.id), 0)",
        "read_seq": """CASE WHEN gives_receipts(v.id)
            THEN coalesce(min(x.shown_read_seq) FILTER (WHERE x.user_id <> v.id), 0) ELSE 0 END""",
        "cleared_seq": "max(x.cleared_seq) FILTER (WHERE x.user_id = v.id)",
        "blockers": Made(f"coalesce({faces.ALL.format('c.id', 'v.id')}, '{{}}')", faces.faces),
    },
)
#: The same as one column; NULL unless the viewer is a member.
MARKS_OF_ONE = f"""(SELECT jsonb_build_array({MARKS.sql}) FROM members x WHERE x.conversation_id = c.id
    AND x.status = 'joined' HAVING bool_or(x.user_id = v.id))"""


async def marks(db: Queryable, conversation_id: str, viewer_id: str) -> Watermarks | None:
    """The watermarks of the others as shown, lowest first, and the viewer's own; None unless the viewer is a member."""
    rows = await db.query(
        f"""SELECT {MARKS.sql} FROM (SELECT %s::uuid AS id) v CROSS JOIN (SELECT %s::uuid AS id) c
              JOIN members x ON x.conversation_id = c.id AND x.status = 'joined'
             GROUP BY v.id, c.id HAVING bool_or(x.user_id = v.id)""",
        (viewer_id, conversation_id),
    )
    return MARKS.first(rows)


#: A message with its sender, and the marks of a viewer as one column: NULL unless they are in its conversation.
_SEEN = f"""SELECT {STORED.sql}, {MARKS_OF_ONE} FROM (SELECT nullif(%s, '')::uuid AS id) v CROSS JOIN messages g
    CROSS JOIN LATERAL (SELECT g.conversation_id AS id) c JOIN users s ON s.id = g.sender_id WHERE g.id = %s::uuid"""


async def by_id(db: Queryable, viewer_id: str, message_id: str) -> Message | None:
    """A message of a conversation that the viewer is in."""
    found, seen = await _seen(db, viewer_id, message_id)
    if found is None or seen is None or found.seq <= seen.cleared_seq:
        return None
    return (await with_own(db, viewer_id, [found.seen_by(viewer_id, seen)]))[0]


async def of(db: Queryable, message_id: str, viewer_id: str) -> Message | None:
    """A message, for whoever has it already: without a look at who may see it."""
    found, seen = await _seen(db, viewer_id, message_id)
    if found is None:
        return None
    return (await with_own(db, viewer_id, [found.seen_by(viewer_id, seen or Watermarks())]))[0]


async def _seen(db: Queryable, viewer_id: str, message_id: str) -> tuple[Stored | None, Watermarks | None]:
    rows = await db.query(_SEEN, (viewer_id, message_id))
    marked = rows[0][STORED.width] if rows else None
    return STORED.first(rows), MARKS.take(marked) if marked is not None else None


async def with_own(db: Queryable, viewer_id: str, found: list[Message]) -> list[Message]:
    """Name the viewer among those who have reacted, where they are not among the first; tell what they have heard."""
    found = await _heard(db, viewer_id, found)
    crowded = [each.id for each in found if any(reaction.count > len(reaction.users) for reaction in each.reactions)]
    if not crowded or not viewer_id:
        return found
    rows = await db.query(
        """SELECT r.message_id, r.emoji, u.username FROM reactions r JOIN users u ON u.id = r.user_id
            WHERE r.user_id = %s AND r.message_id = ANY(%s::uuid[])""",
        (viewer_id, crowded),
    )
    own = {message_id: (emoji, Reactor(viewer_id, username)) for message_id, emoji, username in rows}
    return [_named(each, *own[each.id]) if each.id in own else each for each in found]


async def _heard(db: Queryable, viewer_id: str, found: list[Message]) -> list[Message]:
    """Audio messages of others are ``listened`` to whoever has listened to them: nobody else is told."""
    audio = [each.id for each in found if each.type == "audio" and each.sender.id != viewer_id and not each.unsent]
    if not audio or not viewer_id:
        return found
    rows = await db.query(
        "SELECT message_id FROM listens WHERE user_id = %s AND message_id = ANY(%s::uuid[])", (viewer_id, audio)
    )
    heard = {message_id for (message_id,) in rows}
    return [msgspec.structs.replace(each, status="listened") if each.id in heard else each for each in found]


def _named(message: Message, emoji: str, reactor: Reactor) -> Message:
    return msgspec.structs.replace(
        message,
        reactions=[
            msgspec.structs.replace(each, users=[*each.users, reactor])
            if each.emoji == emoji and reactor.id not in {one.id for one in each.users}
            else each
            for each in message.reactions
        ],
    )


async def stored(db: Queryable, message_id: str) -> Stored | None:
    """Find a message, whoever may see it."""
    return STORED.first(await db.query(FROM + " WHERE g.id = %s", (message_id,)))


async def by_client_id(
    db: Queryable, conversation_id: str, sender_id: str, client_id: str
) -> tuple[Message, bytes | None] | None:
    """The message that a sender's ``client_id`` stands for in a conversation, and the digest of what was sent.

    Also one that the sender has deleted from their view since, or of a group that they are in no more: the answer is
    the same for ever. What others have made of it since is not theirs to see then.
    """
    rows = await db.query(
        "SELECT id, digest FROM messages WHERE conversation_id = %s AND sender_id = %s AND client_id = %s",
        (conversation_id, sender_id, client_id),
    )
    found = await stored(db, rows[0][0]) if rows else None
    if found is None:
        return None
    seen = await marks(db, conversation_id, sender_id)
    if seen is None or found.seq <= seen.cleared_seq:
        found = msgspec.structs.replace(found, reactions=None, link_preview=None)
    return found.seen_by(sender_id, seen or Watermarks()), bytes(rows[0][1]) if rows[0][1] is not None else None


#: A conversation, if the viewer is in it while this is read: they may have been removed since their marks were.
WITHIN = (
    "(SELECT m.conversation_id FROM members m WHERE (m.conversation_id, m.user_id) = (%s, %s) AND m.status = 'joined')"
)


async def log_after(
    db: Queryable, conversation_id: str, viewer_id: str, seq: int, limit: int
) -> tuple[list[LogEntry], int, bool] | None:
    """Log entries above ``seq`` in order, the head, and whether none is missing between ``seq`` and the first.

    None for whoever is not in the conversation.

    An entry about a message carries the message as it is now: folding later entries over it changes nothing. What the
    viewer deleted from their view does not count as missing; entries about it say no more than that they are there.
    """
    rows = await db.query(
        f"""SELECT l.seq, l.event, l.data, l.at, {STORED.sql}, c.head_seq, k.*
              FROM (SELECT %s::uuid AS id) v CROSS JOIN conversations c CROSS JOIN LATERAL (
                SELECT {MARKS.sql} FROM members x WHERE x.conversation_id = c.id AND x.status = 'joined'
                HAVING bool_or(x.user_id = v.id)) k ({", ".join(Watermarks.__struct_fields__)})
              LEFT JOIN LATERAL (SELECT * FROM entries WHERE conversation_id = c.id
                                    AND seq > greatest(%s::bigint, k.cleared_seq) ORDER BY seq LIMIT %s) l ON true
              LEFT JOIN messages g ON g.id = l.message_id LEFT JOIN users s ON s.id = g.sender_id
             WHERE c.id = %s::uuid ORDER BY l.seq""",
        (viewer_id, seq, limit, conversation_id),
    )
    if not rows:
        return None
    head, marks = int(rows[0][4 + STORED.width]), MARKS.take(rows[0], 5 + STORED.width)
    seq = max(seq, marks.cleared_seq)
    entries = [_entry(row, conversation_id, viewer_id, marks) for row in rows if row[0] is not None]
    first = entries[0].seq if entries else head + 1
    return entries, head, first == seq + 1 or seq >= head


#: Of each event that is an entry of a log: what makes it, and the type of what is kept.
_ENTRIES = {name: (event.logged.entry, event.facts) for name, event in EVENTS.items() if event.logged}


def _entry(row: Sequence[Any], conversation_id: str, viewer_id: str, marks: Watermarks) -> LogEntry:
    """An entry as its event is declared: what it says of its message is what the message is by now."""
    seq, name, kept, at = row[:4]
    about = STORED.take(row, 4).seen_by(viewer_id, marks) if row[4] is not None else None
    if about is None or about.seq <= marks.cleared_seq:
        return LogEntry(seq=seq, event=name, data=EntryCleared(conversation_id, seq, True), at=wire_time(at))
    entry, facts = _ENTRIES[name]
    return LogEntry(seq=seq, event=name, data=entry(seq, about, msgspec.convert(kept, facts)), at=wire_time(at))
