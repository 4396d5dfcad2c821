"""Messages and conversation logs, read. Appending is the writer's (store/writing/writer.py)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import regex
from msgspec import UNSET

from chatr.api.model import LinkPreview, LogEntry, Message, MessageStatus, Reaction, ReplyTo, wire_time
from chatr.store.people import faces, people
from chatr.store.people.faces import Faces
from chatr.store.pool import Queryable


class Marks(msgspec.Struct, frozen=True):
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


#: Of a message that is replied to. One character more is stored, which tells whether a grapheme ends here.
QUOTED_CHARS = 200
_GRAPHEME = regex.compile(r"\X")
#: Columns of a message, for aliases ``g`` (messages) and ``s`` (its sender).
COLUMNS = """g.id, g.conversation_id, g.seq, g.client_id, s.id, s.username, s.display_name, s.profile_image,
    g.type, g.content, g.created_at, g.edited_at, g.unsent_at, g.reply_to, g.mentions::text[],
    CASE WHEN g.reply_to IS NOT NULL THEN (
      SELECT jsonb_build_array(o.sender_id, o.seq, o.unsent_at IS NOT NULL, w.deleted_at IS NOT NULL)
        FROM messages o JOIN users w ON w.id = o.sender_id WHERE o.id = (g.reply_to->>'id')::uuid) END,
    reactions_of(g.id),
    CASE WHEN g.type = 'audio' THEN EXISTS (SELECT 1 FROM listens y WHERE y.message_id = g.id) ELSE false END,
    g.link_preview, g.event, g.user_ids::text[]"""
WIDTH = 21
_FROM = f"SELECT {COLUMNS} FROM messages g JOIN users s ON s.id = g.sender_id"


def message(row: Sequence[Any], viewer_id: str, marks: Marks) -> Message:
    """A message from :data:`COLUMNS` as one participant sees it."""
    (id, conversation_id, seq, client_id, sender_id, username, display_name, image) = row[:8]
    (type, content, created_at, edited_at, unsent_at, reply_to, mentions, original) = row[8:16]
    reactions, listened, link_preview, event, user_ids = row[16:WIDTH]
    mine = sender_id == viewer_id
    return Message(
        id=id,
        conversation_id=conversation_id,
        seq=seq,
        client_id=UNSET if event else client_id,
        sender=faces.sender(marks.blockers, sender_id, username, display_name, image),
        type=type,
        content="" if unsent_at else content,
        created_at=wire_time(created_at),
        edited=edited_at is not None and not unsent_at,
        edited_at=wire_time(edited_at) if edited_at and not unsent_at else UNSET,
        unsent=unsent_at is not None,
        status=("listened" if listened else marks.status(seq)) if mine else "sent",
        reply_to=_reply_to(reply_to, original, created_at, marks) if reply_to and not unsent_at else UNSET,
        reactions=_reactions(reactions, marks) if reactions and not unsent_at else [],
        mentions=[] if unsent_at else mentions,
        link_preview=msgspec.convert(link_preview, LinkPreview) if link_preview and not unsent_at else UNSET,
        event=event or UNSET,
        user_ids=user_ids if event else UNSET,
    )


def named(rows: Iterable[Sequence[Any]]) -> set[str]:
    """Whose names stand at the messages of some rows: who wrote them, and what they quote."""
    return {user_id for row in rows for user_id in (row[4], *((row[15] or ())[:1]))}


def _reactions(found: Any, marks: Marks) -> list[Reaction]:
    return faces.reactions(marks.blockers, msgspec.convert(found, list[Reaction]))


def quote(snapshot: dict[str, Any]) -> ReplyTo:
    """What was frozen of a message that is replied to: no grapheme is cut in two (Unicode Standard Annex 29)."""
    frozen = msgspec.convert(snapshot, ReplyTo)
    if len(frozen.content) <= QUOTED_CHARS:
        return frozen
    ends = [0, *(each.end() for each in _GRAPHEME.finditer(frozen.content) if each.end() <= QUOTED_CHARS)]
    return msgspec.structs.replace(frozen, content=frozen.content[: ends[-1] or QUOTED_CHARS])


def _reply_to(snapshot: dict[str, Any], original: Sequence[Any] | None, at: datetime, marks: Marks) -> ReplyTo:
    """What was frozen, unless the original has been unsent since, who wrote it is no more, or the viewer deleted it."""
    frozen = quote(snapshot)
    if original is None:
        return frozen
    sender_id, seq, unsent, deserted = original
    name = people.NOBODY if deserted else faces.quoted(marks.blockers, sender_id, frozen.sender_name, at.timestamp())
    frozen = msgspec.structs.replace(frozen, sender_name=name)
    if seq <= marks.cleared_seq:
        return cleared(frozen)
    return msgspec.structs.replace(frozen, content="", unsent=True) if unsent else frozen


def cleared(quote: ReplyTo) -> ReplyTo:
    """A quote for somebody who has deleted the original from their view: what it said does not come back by it."""
    return msgspec.structs.replace(quote, content="", unsent=UNSET, cleared=True)


async def marks(db: Queryable, conversation_id: str, viewer_id: str) -> Marks | None:
    """The watermarks of the others as shown, lowest first, and the viewer's own; None unless the viewer is a member."""
    rows = await db.query(
        f"""SELECT coalesce(min(shown_delivered_seq) FILTER (WHERE user_id <> %s), 0),
                   CASE WHEN gives_receipts(%s) THEN coalesce(min(shown_read_seq) FILTER (WHERE user_id <> %s), 0)
                        ELSE 0 END,
                   max(cleared_seq) FILTER (WHERE user_id = %s), {faces.ALL.format("%s", "%s")}
              FROM members WHERE conversation_id = %s AND status = 'joined' HAVING bool_or(user_id = %s)""",
        (viewer_id, viewer_id, viewer_id, viewer_id, conversation_id, viewer_id, conversation_id, viewer_id),
    )
    if not rows:
        return None
    delivered_seq, read_seq, cleared_seq, found = rows[0]
    return Marks(delivered_seq, read_seq, cleared_seq, faces.faces(found))


async def by_id(db: Queryable, viewer_id: str, message_id: str) -> Message | None:
    """A message of a conversation that the viewer is in."""
    rows = await db.query(_FROM + " WHERE g.id = %s", (message_id,))
    if not rows:
        return None
    found = await marks(db, rows[0][1], viewer_id)
    if found is None or rows[0][2] <= found.cleared_seq:
        return None
    return message(rows[0], viewer_id, found)


async def of(db: Queryable, message_id: str, viewer_id: str) -> Message | None:
    """A message, for whoever has it already: without a look at who may see it."""
    row = await raw(db, message_id)
    if row is None:
        return None
    found = await marks(db, row[1], viewer_id) if viewer_id else None
    return message(row, viewer_id, found or Marks())


async def raw(db: Queryable, message_id: str) -> Sequence[Any] | None:
    """The row of a message, to be made into what each of several viewers sees (:func:`message`)."""
    rows = await db.query(_FROM + " WHERE g.id = %s", (message_id,))
    return rows[0] if rows else None


async def by_client_id(
    db: Queryable, conversation_id: str, sender_id: str, client_id: str
) -> tuple[Message, bytes | None] | None:
    """The message that a sender's ``client_id`` stands for in a conversation, and the digest of what was sent."""
    rows = await db.query(
        "SELECT id, digest FROM messages WHERE conversation_id = %s AND sender_id = %s AND client_id = %s",
        (conversation_id, sender_id, client_id),
    )
    # Also one that the sender has deleted from their view since: the answer is the same for ever.
    found = await of(db, rows[0][0], sender_id) if rows else None
    return (found, bytes(rows[0][1]) if rows[0][1] is not None else None) if found else None


class Page(msgspec.Struct, frozen=True):
    """A stretch of a conversation's messages, ascending."""

    items: list[Message]
    has_before: bool
    has_after: bool


async def before(db: Queryable, conversation_id: str, viewer_id: str, marks: Marks, seq: int, limit: int) -> Page:
    """Up to ``limit`` messages right below ``seq``. ``has_after`` says whether there are any at or above it."""
    rows = await db.query(
        _FROM + " WHERE g.conversation_id = %s AND g.seq < %s AND g.seq > %s ORDER BY g.seq DESC LIMIT %s",
        (conversation_id, seq, marks.cleared_seq, limit + 1),
    )
    items = [message(row, viewer_id, marks) for row in reversed(rows[:limit])]
    return Page(items, len(rows) > limit, await _any(db, conversation_id, ">=", seq, marks))


async def after(db: Queryable, conversation_id: str, viewer_id: str, marks: Marks, seq: int, limit: int) -> Page:
    """Up to ``limit`` messages right above ``seq``. ``has_before`` says whether there are any at or below it."""
    rows = await db.query(
        _FROM + " WHERE g.conversation_id = %s AND g.seq > %s ORDER BY g.seq LIMIT %s",
        (conversation_id, max(seq, marks.cleared_seq), limit + 1),
    )
    items = [message(row, viewer_id, marks) for row in rows[:limit]]
    return Page(items, await _any(db, conversation_id, "<=", seq, marks), len(rows) > limit)


async def _any(db: Queryable, conversation_id: str, compare: str, seq: int, marks: Marks) -> bool:
    rows = await db.query(
        f"SELECT 1 FROM messages WHERE conversation_id = %s AND seq {compare} %s AND seq > %s LIMIT 1",
        (conversation_id, seq, marks.cleared_seq),
    )
    return bool(rows)


async def log_after(
    db: Queryable, conversation_id: str, viewer_id: str, marks: Marks, seq: int, limit: int
) -> tuple[list[LogEntry], int, bool]:
    """Log entries above ``seq`` in order, the head, and whether none is missing between ``seq`` and the first.

    An entry about a message carries the message as it is now: folding later entries over it changes nothing. What the
    viewer deleted from their view does not count as missing; entries about it say no more than that they are there.
    """
    seq = max(seq, marks.cleared_seq)
    rows = await db.query(
        f"""SELECT l.seq, l.event, l.data, l.at, c.head_seq, {COLUMNS}
              FROM conversations c
              LEFT JOIN LATERAL (SELECT * FROM log WHERE conversation_id = c.id AND seq > %s
                                  ORDER BY seq LIMIT %s) l ON true
              LEFT JOIN messages g ON g.id = l.message_id LEFT JOIN users s ON s.id = g.sender_id
             WHERE c.id = %s ORDER BY l.seq""",
        (seq, limit, conversation_id),
    )
    entries = [_entry(row, conversation_id, viewer_id, marks) for row in rows if row[0] is not None]
    head = int(rows[0][4])
    first = entries[0].seq if entries else head + 1
    return entries, head, first == seq + 1 or seq >= head


def _entry(row: Sequence[Any], conversation_id: str, viewer_id: str, marks: Marks) -> LogEntry:
    seq, event, data, at = row[:4]
    moment: datetime = at
    payload: dict[str, Any] = {"conversationId": conversation_id, "seq": seq, **(data or {})}
    if row[5] is not None:
        about = message(row[5:], viewer_id, marks)
        if about.seq <= marks.cleared_seq:
            hidden = {"conversationId": conversation_id, "seq": seq, "cleared": True}
            return LogEntry(seq=seq, event=event, data=hidden, at=wire_time(moment))
        if event == "message.unsent":
            payload |= {"messageId": about.id, "senderDisplayName": about.sender.display_name}
        elif event == "message.reaction":
            payload |= {"messageId": about.id, "reactions": about.reactions}
        elif event == "message.listened":
            payload["messageId"] = about.id
        elif event == "message.preview":
            payload |= {"messageId": about.id, "message": about}
            if about.link_preview is not UNSET:
                payload["linkPreview"] = about.link_preview
        else:
            payload["message"] = about
    return LogEntry(seq=seq, event=event, data=payload, at=wire_time(moment))
