"""What the server tells in a conversation: messages that nobody wrote."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from chatr.store.ids import uuid7
from chatr.store.pool import Queryable


class Told(msgspec.Struct, frozen=True):
    """A system entry's place, and of a direct conversation the two."""

    seq: int
    pair: tuple[str, str] | None


async def append(
    db: Queryable, conversation_id: str, message_id: str, event: str, *, by_id: str, user_ids: Sequence[str], text: str
) -> Told:
    """Append a system entry to a conversation, as a message."""
    rows = await db.query(
        """WITH moment AS MATERIALIZED (SELECT clock_timestamp() AS at), moved AS (
             UPDATE conversations c SET head_seq = head_seq + 1, changed_at = moment.at, active_at = moment.at
               FROM moment WHERE c.id = %s
             RETURNING c.id, head_seq, changed_at, user_low, user_high
           ), added AS (
             INSERT INTO messages (id, conversation_id, seq, sender_id, client_id, type, content, created_at, event,
                                   user_ids)
             SELECT %s, id, head_seq, %s, %s, 'system', %s, changed_at, %s, %s::uuid[] FROM moved)
           SELECT head_seq, user_low, user_high FROM moved""",
        (conversation_id, message_id, by_id, uuid7(), text, event, list(user_ids)),
    )
    seq, low, high = rows[0]
    return Told(seq, (low, high) if low else None)
