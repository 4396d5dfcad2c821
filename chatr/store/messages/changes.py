"""Changes of messages that are there, each an entry in the log of its conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from chatr.store.columns import value_if_any
from chatr.store.messages.messages import ALL_UP_TO, MARKS, MARKS_OF_ONE, STORED, Stored, Watermarks
from chatr.store.people import faces
from chatr.store.pool import Queryable, Transaction

#: Asks for an emoji's picture.
VARIATION_SELECTOR = "\ufe0f"


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A message whose conversation nobody else writes to until the transaction ends, and the viewer's part in it.

    ``views``: of a direct conversation, what of the message either of the two has, without how far the other has come.
    ``cleared``: of a group, up to where it is hidden from those in it who do not see all that was before they joined.
    ``marks``: the viewer's, with how far all others have come.
    """

    id: str
    conversation_id: str
    kind: str
    status: str
    closed: str | None
    declined: bool
    low: str | None
    high: str | None
    seq: int
    sender_id: str
    type: str
    content: str
    created_at: datetime
    unsent: bool
    views: Mapping[str, Watermarks]
    cleared: Mapping[str, int]
    role: str = ""
    marks: Watermarks = Watermarks()

    @property
    def pair(self) -> tuple[str, str] | None:
        """The two of a direct conversation."""
        return (self.low, self.high) if self.low and self.high else None

    def shown_to(self, user_id: str) -> bool:
        """Whether one of the two has not deleted the message from their own view."""
        return self.seq > self.views.get(user_id, Watermarks()).cleared_seq


async def hold(tx: Transaction, viewer_id: str, message_id: str) -> Held | None:
    """Lock the conversation of a message; None unless the viewer is in it and has not deleted the message."""
    _lock(tx, message_id)
    # A new statement, so that it sees what was committed before the lock was granted.
    rows = await tx.query(
        f"""SELECT {_COLUMNS}, m.role, {MARKS_OF_ONE}
              FROM (SELECT %s::uuid AS id) v CROSS JOIN messages g JOIN conversations c ON c.id = g.conversation_id
              JOIN members m ON m.conversation_id = c.id AND m.user_id = v.id AND m.status = 'joined'
             WHERE g.id = %s AND g.seq > m.cleared_seq""",
        (viewer_id, message_id),
    )
    return msgspec.structs.replace(_held(rows[0]), marks=MARKS.take(rows[0][-1])) if rows else None


async def hold_for_nobody(tx: Transaction, message_id: str) -> Held | None:
    """The same for the server itself, without a viewer; None when there is no such message."""
    _lock(tx, message_id)
    rows = await tx.query(
        f"SELECT {_COLUMNS} FROM messages g JOIN conversations c ON c.id = g.conversation_id WHERE g.id = %s",
        (message_id,),
    )
    return _held(rows[0]) if rows else None


_FACE = faces.ONE.format("CASE WHEN x.user_id = c.user_low THEN c.user_high ELSE c.user_low END", "x.user_id")
_COLUMNS = f"""g.id, c.id, c.kind, c.status, c.closed, c.declined_at IS NOT NULL, c.user_low, c.user_high, g.seq,
    g.sender_id, g.type, g.content, g.created_at, g.unsent_at IS NOT NULL,
    CASE WHEN c.kind = 'direct' THEN (
      SELECT jsonb_object_agg(x.user_id, jsonb_build_array(x.cleared_seq, {_FACE}))
        FROM members x WHERE x.conversation_id = c.id) END,
    CASE WHEN c.kind = 'group' AND c.cleared THEN (
      SELECT jsonb_object_agg(x.user_id, x.cleared_seq)
        FROM members x WHERE x.conversation_id = c.id AND x.status = 'joined' AND x.cleared_seq > 0) END"""


def _held(row: Sequence[Any]) -> Held:
    values = dict(zip(Held.__struct_fields__, row, strict=False))
    pair, views = (values["low"], values["high"]), dict[str, Watermarks]()
    for user_id, (cleared_seq, found) in (values["views"] or {}).items():
        other_id = next(each for each in pair if each != user_id)
        views[user_id] = Watermarks(cleared_seq=cleared_seq, blockers={other_id: faces.Face(*found)} if found else {})
    return Held(**{**values, "views": views, "cleared": values["cleared"] or {}})


def _lock(tx: Transaction, message_id: str) -> None:
    tx.ahead(
        """SELECT c.id FROM messages g JOIN conversations c ON c.id = g.conversation_id WHERE g.id = %s
              FOR NO KEY UPDATE OF c""",
        (message_id,),
    )


async def log(tx: Transaction, held: Held, event: str, facts: msgspec.Struct | None) -> tuple[int, Stored]:
    """Append an entry about a held message to the log of its conversation. Its seq, and the message as it is by now."""
    kept = msgspec.json.encode(facts).decode() if facts is not None else None
    tx.ahead(
        """WITH moved AS (UPDATE conversations SET head_seq = head_seq + 1, changed_at = clock_timestamp()
                           WHERE id = %s RETURNING head_seq, changed_at)
           INSERT INTO log (conversation_id, seq, event, message_id, data, at)
           SELECT %s, head_seq, %s, %s, %s::jsonb, changed_at FROM moved""",
        (held.conversation_id, held.conversation_id, event, held.id, kept),
    )
    rows = await tx.query(
        f"""SELECT c.head_seq, {STORED.sql} FROM messages g JOIN users s ON s.id = g.sender_id
              JOIN conversations c ON c.id = g.conversation_id WHERE g.id = %s""",
        (held.id,),
    )
    return rows[0][0], STORED.take(rows[0], 1)


def edit(
    tx: Transaction, held: Held, edit_id: str, editor_id: str, content: str, names: str, *, dictionary: str
) -> None:
    """Replace the text, and keep the former one."""
    tx.ahead(
        """INSERT INTO message_edits (id, message_id, previous_content, edited_by, edited_at)
           VALUES (%s, %s, %s, %s, clock_timestamp())""",
        (edit_id, held.id, held.content, editor_id),
    )
    tx.ahead(
        """WITH found AS (
             INSERT INTO message_words (message_id, conversation_id, words, text)
             VALUES (%s, %s, to_tsvector(%s::regconfig, composed(%s)), search_text(%s))
             ON CONFLICT (message_id) DO UPDATE SET words = excluded.words, text = excluded.text)
           UPDATE messages SET content = %s, edited_at = clock_timestamp(),
                  mentions = mentioned(conversation_id, %s, sender_id, %s)
            WHERE id = %s""",
        (held.id, held.conversation_id, dictionary, content, content, content, names, ALL_UP_TO, held.id),
    )


def unsend(tx: Transaction, held: Held) -> None:
    """Take a message back: reactions and preview are gone; what it said stays in the database, shown to nobody."""
    tx.ahead(
        "UPDATE messages SET unsent_at = clock_timestamp(), link_preview = NULL, digest = NULL WHERE id = %s",
        (held.id,),
    )
    for table in ("reactions", "message_words", "preview_jobs"):
        tx.ahead(f"DELETE FROM {table} WHERE message_id = %s", (held.id,))


async def reaction(db: Queryable, message_id: str, user_id: str) -> str | None:
    """How somebody has reacted."""
    rows = await db.query("SELECT emoji FROM reactions WHERE message_id = %s AND user_id = %s", (message_id, user_id))
    return value_if_any(rows, str)


async def reactions(
    db: Queryable, message_id: str, user_id: str, emoji: str | None
) -> tuple[str | None, str | None, int]:
    """How somebody has reacted, an emoji as it stands at the message already, and how many others stand there.

    With variation selectors or without, it is the same.
    """
    rows = await db.query(
        """SELECT (SELECT emoji FROM reactions WHERE message_id = g.id AND user_id = %s),
                  coalesce((SELECT emoji FROM reactions WHERE message_id = g.id
                               AND replace(emoji, %s, '') = replace(%s, %s, '') ORDER BY at, user_id LIMIT 1), %s),
                  (SELECT count(DISTINCT emoji) FROM reactions WHERE message_id = g.id AND user_id <> %s
                      AND replace(emoji, %s, '') <> replace(%s, %s, ''))
             FROM (SELECT %s::uuid AS id) g""",
        (
            *(user_id, VARIATION_SELECTOR, emoji, VARIATION_SELECTOR, emoji),
            *(user_id, VARIATION_SELECTOR, emoji, VARIATION_SELECTOR, message_id),
        ),
    )
    return rows[0][0], rows[0][1], rows[0][2]


def react(tx: Transaction, message_id: str, user_id: str, emoji: str | None) -> None:
    """Replace somebody's reaction; None: there is none any more."""
    if emoji is None:
        tx.ahead("DELETE FROM reactions WHERE message_id = %s AND user_id = %s", (message_id, user_id))
        return
    tx.ahead(
        """INSERT INTO reactions (message_id, user_id, emoji, at) VALUES (%s, %s, %s, clock_timestamp())
           ON CONFLICT (message_id, user_id) DO UPDATE SET emoji = excluded.emoji, at = excluded.at""",
        (message_id, user_id, emoji),
    )


async def listen(db: Queryable, message_id: str, user_id: str) -> bool:
    """Keep that somebody has heard an audio message to its end; False when that was known."""
    rows = await db.query(
        """INSERT INTO listens (message_id, user_id, at) VALUES (%s, %s, clock_timestamp())
           ON CONFLICT DO NOTHING RETURNING 1""",
        (message_id, user_id),
    )
    return bool(rows)


class Edit(msgspec.Struct, frozen=True):
    """A former text of a message."""

    id: str
    previous_content: str
    edited_at: datetime
    edited_by: str


async def edits(db: Queryable, message_id: str, *, after: str | None, limit: int) -> list[Edit]:
    """Former texts of a message, oldest first, behind one of them."""
    rows = await db.query(
        """SELECT id, previous_content, edited_at, edited_by FROM message_edits
            WHERE message_id = %s AND (%s::uuid IS NULL OR (edited_at, id) > (
              SELECT e.edited_at, e.id FROM message_edits e WHERE e.id = %s AND e.message_id = %s))
            ORDER BY edited_at, id LIMIT %s""",
        (message_id, after, after, message_id, limit),
    )
    return [Edit(*row) for row in rows]
