"""How benches put messages into a database without sending them: what a send leaves there is said here, once."""

from __future__ import annotations


def stored(rows: str) -> str:
    """The statement that stores messages as if they had been sent.

    ``rows``: a query for conversation_id, seq, sender_id, content and created_at. conversations.head_seq is not moved.
    """
    return (
        "INSERT INTO messages (id, conversation_id, seq, sender_id, client_id, content, created_at)"
        " SELECT gen_random_uuid(), r.conversation_id, r.seq, r.sender_id, gen_random_uuid(), r.content, r.created_at"
        f" FROM ({rows}) AS r (conversation_id, seq, sender_id, content, created_at)"
    )


#: Statements for afterwards: heads as far as the messages go, and nothing left that the indexer of search would do.
SETTLED = (
    "UPDATE conversations c SET head_seq = g.seq, active_at = g.at"
    "  FROM (SELECT conversation_id, max(seq) AS seq, max(created_at) AS at FROM messages GROUP BY conversation_id) g"
    " WHERE g.conversation_id = c.id",
    "INSERT INTO search_progress (conversation_id, seq, words_seq, dictionary)"
    " SELECT id, head_seq, head_seq, 'simple' FROM conversations"
    " ON CONFLICT (conversation_id) DO UPDATE SET seq = excluded.seq, words_seq = excluded.words_seq",
)
