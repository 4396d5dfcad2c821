"""Messages found by their words."""

from __future__ import annotations

import html
from datetime import datetime
from typing import Any

import msgspec

from chatr.api.model import Message
from chatr.store import messages
from chatr.store.messages import Marks
from chatr.store.pool import Database, Queryable

#: Conversations, and messages of each, that one statement takes into the index: it must end well within its timeout.
MOST_CONVERSATIONS, MOST_MESSAGES = 50, 200
_LOCK = 0x776F7264
#: Around what was found, while it is not escaped: nobody can write these, they are taken out at the door.
_START, _STOP = "\x02", "\x03"


async def index(db: Database) -> int:
    """Take some of the messages that are not yet in the index into it; of how many conversations.

    One node does it at a time. An edit that comes first is not overwritten: it has put its own words.
    """
    async with db.transaction() as tx:
        if not (await tx.query("SELECT pg_try_advisory_xact_lock(%s)", (_LOCK,)))[0][0]:
            return 0
        rows = await tx.query(
            """WITH due AS (
                 SELECT c.id, coalesce(p.seq, 0) AS after, least(c.head_seq, coalesce(p.seq, 0) + %s) AS upto
                   FROM conversations c LEFT JOIN search_progress p ON p.conversation_id = c.id
                  WHERE c.head_seq > coalesce(p.seq, 0) LIMIT %s
               ), put AS (
                 INSERT INTO message_words (message_id, conversation_id, words)
                 SELECT g.id, g.conversation_id, to_tsvector('simple', g.content)
                   FROM due d JOIN messages g ON g.conversation_id = d.id AND g.seq > d.after AND g.seq <= d.upto
                  WHERE g.unsent_at IS NULL ON CONFLICT DO NOTHING)
               INSERT INTO search_progress (conversation_id, seq) SELECT id, upto FROM due
               ON CONFLICT (conversation_id) DO UPDATE SET seq = excluded.seq RETURNING 1""",
            (MOST_MESSAGES, MOST_CONVERSATIONS),
        )
    return len(rows)


async def member(db: Queryable, conversation_id: str, user_id: str) -> bool:
    """Whether somebody is in a conversation."""
    rows = await db.query(
        "SELECT 1 FROM members WHERE conversation_id = %s AND user_id = %s AND status = 'joined'",
        (conversation_id, user_id),
    )
    return bool(rows)


class Found(msgspec.Struct, frozen=True):
    """A message that was found, and where in it: HTML, escaped, with ``<mark>`` around the words."""

    message: Message
    snippet: str
    at: datetime


async def search(
    db: Queryable,
    viewer_id: str,
    words: list[str],
    *,
    conversation_id: str | None,
    sender_id: str | None,
    below: tuple[datetime, str] | None,
    limit: int,
) -> list[Found]:
    """Messages with a word that begins like each of ``words``, in the viewer's own conversations, newest first."""
    where = ""
    params: list[Any] = []
    if sender_id is not None:
        where, params = where + " AND g.sender_id = %s", [*params, sender_id]
    if below is not None:
        where, params = where + " AND (g.created_at, g.id) < (%s, %s)", [*params, *below]
    # Words have letters and digits only: nothing in them means anything to tsquery.
    query = " & ".join(f"'{word}':*" for word in words)
    for hits in (_ALL,) if below else (_RECENT, _ALL):
        rows = await db.query(
            f"""WITH q AS MATERIALIZED (SELECT to_tsquery('simple', %s) AS query), {_OWN}, {hits},
                  page AS MATERIALIZED (
                    SELECT g.* FROM (SELECT DISTINCT id FROM hits) h JOIN messages g ON g.id = h.id
                      JOIN own ON own.conversation_id = g.conversation_id AND g.seq > own.cleared_seq
                     WHERE g.unsent_at IS NULL {where}
                     ORDER BY g.created_at DESC, g.id DESC LIMIT %s)
                SELECT ts_headline('simple', g.content, q.query, %s), g.created_at, others.delivered_seq,
                       others.read_seq, (SELECT at FROM since) IS NULL, {messages.COLUMNS}
                  FROM q CROSS JOIN page g JOIN users s ON s.id = g.sender_id
                  CROSS JOIN LATERAL (
                    SELECT coalesce(min(x.shown_delivered_seq), 0) AS delivered_seq,
                           CASE WHEN gives_receipts(%s) THEN coalesce(min(x.shown_read_seq), 0) ELSE 0 END AS read_seq
                      FROM members x WHERE x.conversation_id = g.conversation_id AND x.user_id <> %s
                       AND x.status = 'joined') others
                 ORDER BY g.created_at DESC, g.id DESC""",
            (query, viewer_id, conversation_id, *params, limit, _HEADLINE, viewer_id, viewer_id),
        )
        if len(rows) >= limit or (rows and rows[0][4]):
            break
    return [Found(messages.message(row[5:], viewer_id, Marks(row[2], row[3])), _marked(row[0]), row[1]) for row in rows]


_HEADLINE = f"StartSel={_START}, StopSel={_STOP}, MaxWords=30, MinWords=15"
_OWN = """own AS MATERIALIZED (
    SELECT m.conversation_id, m.cleared_seq, coalesce(p.seq, 0) AS indexed
      FROM members m LEFT JOIN search_progress p ON p.conversation_id = m.conversation_id
     WHERE m.user_id = %s AND m.status = 'joined' AND coalesce(m.conversation_id = %s, true))"""
#: What the index does not have yet.
_NEW = """SELECT g.id, g.created_at FROM own JOIN messages g
    ON g.conversation_id = own.conversation_id AND g.seq > own.indexed
 WHERE to_tsvector('simple', g.content) @@ (SELECT query FROM q)"""
_ALL = f"""since AS (SELECT NULL::timestamptz AS at), hits AS (
    SELECT w.message_id AS id FROM message_words w JOIN own ON own.conversation_id = w.conversation_id
     WHERE w.words @@ (SELECT query FROM q)
    UNION ALL SELECT n.id FROM ({_NEW}) n)"""
#: The newest messages of each conversation, some thousand in all, looked through one by one. For a common word that is
#: enough, where the index would bring half of all messages. Only what is newer than anything not looked at counts:
#: ``since`` is NULL when all was.
_RECENT = f"""depth AS MATERIALIZED (
    SELECT coalesce(max(d), 50) AS most FROM unnest(ARRAY[100, 200, 500, 1000, 2000, 5000]) d
     WHERE (SELECT sum(least(indexed, d)) FROM own) <= 8000),
  looked AS MATERIALIZED (
    SELECT o.conversation_id, x.id, x.created_at FROM own o CROSS JOIN LATERAL (
      SELECT g.id, g.created_at FROM messages g WHERE g.conversation_id = o.conversation_id
         AND g.seq > o.cleared_seq AND g.seq <= o.indexed ORDER BY g.seq DESC LIMIT (SELECT most FROM depth)) x),
  since AS MATERIALIZED (
    SELECT max(t.oldest) AS at FROM (SELECT min(created_at) AS oldest FROM looked GROUP BY conversation_id
                                     HAVING count(*) = (SELECT most FROM depth)) t),
  hits AS (
    SELECT l.id FROM looked l JOIN message_words w ON w.message_id = l.id
     WHERE w.words @@ (SELECT query FROM q) AND coalesce(l.created_at > (SELECT at FROM since), true)
    UNION ALL SELECT n.id FROM ({_NEW}) n WHERE coalesce(n.created_at > (SELECT at FROM since), true))"""


def _marked(headline: str) -> str:
    return html.escape(headline, quote=False).replace(_START, "<mark>").replace(_STOP, "</mark>")
