"""Messages that are files, apart from what was said between them."""

from __future__ import annotations

from chatr.api.model import Message
from chatr.store.messages.messages import FROM, STORED, WITHIN, Watermarks, with_own
from chatr.store.pool import Queryable

#: As the index messages_files has it.
_SHELF = "CASE WHEN g.type IN ('image', 'video') THEN 'media' ELSE g.type END"


async def with_files(
    db: Queryable,
    conversation_id: str,
    viewer_id: str,
    marks: Watermarks,
    shelf: str,
    seq: int,
    limit: int,
) -> tuple[list[Message], bool]:
    """Up to ``limit`` messages with files below ``seq``, newest first, and whether there are more.

    ``shelf``: ``media``, which is images and videos, or else the type of message.
    """
    rows = await db.query(
        f"""{FROM} WHERE g.conversation_id = {WITHIN} AND g.file_id IS NOT NULL AND {_SHELF} = %s
               AND g.unsent_at IS NULL AND g.seq < %s AND g.seq > %s ORDER BY g.seq DESC LIMIT %s""",
        (conversation_id, viewer_id, shelf, seq, marks.cleared_seq, limit + 1),
    )
    items = [found.seen_by(viewer_id, marks) for found in STORED.all(rows[:limit])]
    return await with_own(db, viewer_id, items), len(rows) > limit
