"""A page of a conversation in one statement: whether the viewer is in it, how far the others have come, the messages.

PostgreSQL writes the JSON of a message that says no more than its text: that costs it a third of what reading the
columns, making a struct and encoding it does here. All others, and all where the answer will not be JSON, come as
columns. That both are the same says tests/store/messages/test_history.py.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from chatr.store.messages.messages import MARKS, REACTED, STORED, Watermarks, with_own
from chatr.store.pool import Queryable


class Place(msgspec.Struct, frozen=True):
    """Which conversation: SQL that finds its id, and the parameters of that."""

    sql: str
    params: tuple[str, ...]


def conversation(conversation_id: str) -> Place:
    """Name a conversation by its id."""
    return Place("SELECT %s::uuid AS id", (conversation_id,))


def between(one_id: str, other_id: str) -> Place:
    """Name the direct conversation of two people."""
    found = "SELECT id FROM conversations WHERE user_low = %s::uuid AND user_high = %s::uuid"
    return Place(found, tuple(sorted((one_id, other_id))))


class Page(msgspec.Struct, frozen=True):
    """A stretch of a conversation's messages, ascending: each a Message, or as text the JSON of one (msgspec.Raw)."""

    marks: Watermarks
    items: list[Any]
    has_before: bool
    has_after: bool


#: Of a message ``g``, its sender ``s`` and the viewer's marks ``k``: whether its text, and who wrote it when, is all
#: that it says.
_PLAIN = f"""g.type = 'text' AND g.edited_at IS NULL AND g.unsent_at IS NULL AND g.reply_to IS NULL
    AND g.mentions = '{{}}' AND g.link_preview IS NULL AND g.file_id IS NULL AND g.group_id IS NULL
    AND NOT k.blockers ? s.id::text AND NOT {REACTED}"""
#: The same as msgspec writes it of ``Stored.seen_by``, in one line: JSON has line ends as \n in its texts.
_TEXT = """concat('{"id":"', g.id, '","conversationId":"', g.conversation_id, '","seq":', g.seq,
    ',"clientId":"', g.client_id, '","sender":{"id":"', s.id, '","username":', to_json(s.username),
    ',"displayName":', to_json(s.display_name), ',"profileImage":' || to_json(nullif(s.profile_image, '')),
    '},"type":"text","content":', to_json(g.content), ',"createdAt":"',
    to_char(g.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    '","edited":false,"unsent":false,"status":"',
    CASE WHEN g.sender_id <> k.viewer_id THEN 'sent' WHEN k.read_seq >= g.seq THEN 'read'
         WHEN k.delivered_seq >= g.seq THEN 'delivered' ELSE 'sent' END,
    '","reactions":[],"mentions":[]}')"""


@cache
def _statement(place: str, bound: str, order: str, beyond: str) -> str:
    """Write the statement for a place and a direction. The first row has the frame; those that are columns follow."""
    return f"""WITH k ({", ".join(Watermarks.__struct_fields__)}, id, viewer_id) AS MATERIALIZED (
          SELECT {MARKS.sql}, c.id, v.id FROM (SELECT %s::uuid AS id) v CROSS JOIN ({place}) c
            JOIN members x ON x.conversation_id = c.id AND x.status = 'joined'
           GROUP BY v.id, c.id HAVING bool_or(x.user_id = v.id)
        ), page AS MATERIALIZED (
          SELECT g.*, CASE WHEN %s::boolean AND {_PLAIN} THEN {_TEXT} END AS as_text
            FROM (SELECT * FROM messages WHERE conversation_id = (SELECT id FROM k) AND seq {bound} %s::bigint
                     AND seq > (SELECT cleared_seq FROM k) ORDER BY seq {order} LIMIT %s::integer) g
            JOIN users s ON s.id = g.sender_id CROSS JOIN k
        )
        SELECT {", ".join(f"k.{field}" for field in Watermarks.__struct_fields__)},
               EXISTS (SELECT 1 FROM messages x WHERE x.conversation_id = k.id AND x.seq {beyond} %s::bigint
                                                  AND x.seq > k.cleared_seq),
               CASE WHEN coalesce(r.place, 1) = 1 THEN t.texts END, r.*
          FROM k CROSS JOIN (SELECT string_agg(coalesce(as_text, ''), E'\\n' ORDER BY seq) AS texts FROM page) t
          LEFT JOIN (SELECT row_number() OVER (ORDER BY g.seq) AS place, {STORED.sql}
                       FROM page g JOIN users s ON s.id = g.sender_id WHERE g.as_text IS NULL) r ON true
         ORDER BY r.place"""


async def before(
    db: Queryable, place: Place, viewer_id: str, seq: int, limit: int, *, as_text: bool = False
) -> Page | None:
    """Up to ``limit`` messages right below ``seq``. ``has_after`` says whether there are any at or above it.

    None unless the viewer is in the conversation.
    """
    found = await _read(db, _statement(place.sql, "<", "DESC", ">="), place, viewer_id, seq, limit + 1, as_text)
    if found is None:
        return None
    marks, items, beyond = found
    return Page(marks, items[-limit:], len(items) > limit, beyond)


async def after(
    db: Queryable, place: Place, viewer_id: str, seq: int, limit: int, *, as_text: bool = False
) -> Page | None:
    """Up to ``limit`` messages right above ``seq``. ``has_before`` says whether there are any at or below it.

    None unless the viewer is in the conversation.
    """
    found = await _read(db, _statement(place.sql, ">", "ASC", "<="), place, viewer_id, seq, limit + 1, as_text)
    if found is None:
        return None
    marks, items, beyond = found
    return Page(marks, items[:limit], beyond, len(items) > limit)


async def _read(
    db: Queryable, statement: str, place: Place, viewer_id: str, seq: int, limit: int, as_text: bool
) -> tuple[Watermarks, list[Any], bool] | None:
    """Read the viewer's marks, up to ``limit`` items, and whether there are any messages at ``seq`` or beyond."""
    rows = await db.query(statement, (viewer_id, *place.params, as_text, seq, limit, seq))
    if not rows:
        return None
    marks, frame = MARKS.take(rows[0]), MARKS.width
    beyond, texts, place_of_first = rows[0][frame : frame + 3]
    pieces = texts.split("\n") if texts is not None else []
    if place_of_first is None:
        return marks, [msgspec.Raw(piece) for piece in pieces], beyond
    found = [STORED.take(row, frame + 3).seen_by(viewer_id, marks) for row in rows]
    as_columns = iter(await with_own(db, viewer_id, found))
    return marks, [msgspec.Raw(piece) if piece else next(as_columns) for piece in pieces], beyond
