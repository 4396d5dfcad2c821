"""Messages found by their words; how fast among a million measures bench/growth/search.py."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from chatr.api.model import Message
from chatr.store.columns import Columns, Outer, value
from chatr.store.ids import NIL
from chatr.store.messages.messages import STORED, Stored, Watermarks
from chatr.store.messages.search_terms import HEADLINE, Condition, Terms
from chatr.store.people import faces
from chatr.store.people.faces import Faces
from chatr.store.pool import Database, Queryable

#: Conversations, and messages and bytes of each, that one statement takes into the index: it must end well within its
#: timeout. The message that reaches the bytes is the last.
MOST_CONVERSATIONS, MOST_MESSAGES, MOST_BYTES = 20, 100, 20_000
#: Conversations that one statement looks at, whether there is anything to do: however many there are in all.
MOST_LOOKED = 2000
_LOCK = 0x776F7264


class Piece(msgspec.Struct, frozen=True):
    """Of how many conversations messages were taken into the index, and behind which one to go on; None: at the end."""

    conversations: int
    after: str | None


class _Indexed(msgspec.Struct, frozen=True):
    """How far a statement came: what it looked at, and what it did; ``unfinished``: some of that is not done yet."""

    count: int
    last_due: str | None
    looked: int
    last_looked: str | None
    unfinished: bool


_INDEXED = Columns(
    _Indexed,
    {
        "count": "(SELECT count(*) FROM due)",
        "last_due": "(SELECT id FROM due ORDER BY id DESC LIMIT 1)",
        "looked": "(SELECT count(*) FROM looked)",
        "last_looked": "(SELECT id FROM looked ORDER BY id DESC LIMIT 1)",
        "unfinished": "(SELECT coalesce(bool_or(upto < head_seq), false) FROM due)",
    },
)


async def index(db: Database, dictionary: str, after: str = NIL) -> Piece:
    """Take some of the messages that are not yet in the index of this dictionary into it, of conversations behind one.

    One node does it at a time. An edit that comes first is not overwritten: it has put its own text and words.
    """
    async with db.transaction() as tx:
        if not value(await tx.query("SELECT pg_try_advisory_xact_lock(%s)", (_LOCK,)), bool):
            return Piece(0, None)
        rows = await tx.query(
            f"""WITH looked AS MATERIALIZED (
                 SELECT id, head_seq FROM conversations WHERE id > %s ORDER BY id LIMIT %s
               ), place AS (
                 SELECT c.id, c.head_seq, CASE WHEN p.dictionary = %s THEN p.words_seq ELSE 0 END AS after
                   FROM looked c LEFT JOIN search_progress p ON p.conversation_id = c.id
               ), due AS MATERIALIZED (
                 SELECT p.id, p.after, p.head_seq, least(p.head_seq, p.after + %s, enough.seq) AS upto
                   FROM (SELECT * FROM place WHERE head_seq > after ORDER BY id LIMIT %s) p CROSS JOIN LATERAL (
                     SELECT min(sized.seq) AS seq FROM (
                       SELECT g.seq, sum(octet_length(g.content)) OVER (ORDER BY g.seq) AS bytes FROM messages g
                        WHERE g.conversation_id = p.id AND g.seq > p.after AND g.seq <= p.after + %s) sized
                      WHERE sized.bytes >= %s) enough
               ), put AS (
                 INSERT INTO message_words (message_id, conversation_id, words, text)
                 SELECT g.id, g.conversation_id, to_tsvector(%s::regconfig, composed(g.content)),
                        search_text(g.content)
                   FROM due d JOIN messages g ON g.conversation_id = d.id AND g.seq > d.after AND g.seq <= d.upto
                  WHERE g.unsent_at IS NULL AND g.type <> 'system'
                 -- Waits for whoever takes one back at this moment: its words must not come after that.
                    FOR SHARE OF g
                 ON CONFLICT (message_id) DO UPDATE SET words = excluded.words
                  WHERE message_words.text = excluded.text AND message_words.words <> excluded.words
               ), progress AS (
                 INSERT INTO search_progress AS p (conversation_id, seq, words_seq, dictionary)
                 SELECT id, upto, upto, %s FROM due
                 ON CONFLICT (conversation_id) DO UPDATE SET seq = greatest(p.seq, excluded.seq),
                        words_seq = excluded.words_seq, dictionary = excluded.dictionary)
               SELECT {_INDEXED.sql}""",
            (
                *(after, MOST_LOOKED, dictionary, MOST_MESSAGES, MOST_CONVERSATIONS, MOST_MESSAGES, MOST_BYTES),
                *(dictionary, dictionary),
            ),
        )
    done = _INDEXED.take(rows[0])
    if done.unfinished:
        return Piece(done.count, after)
    if done.count == MOST_CONVERSATIONS:
        return Piece(done.count, done.last_due)
    return Piece(done.count, done.last_looked if done.looked == MOST_LOOKED else None)


async def member(db: Queryable, conversation_id: str, user_id: str) -> bool:
    """Tell whether somebody is in a conversation."""
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


class _Hit(msgspec.Struct, frozen=True):
    """A message that was found, its text as it is searched, and how far all others in its conversation have come."""

    text: str
    headline: str | None
    delivered_seq: int
    read_seq: int
    cleared_seq: int
    stored: Stored


class _Row(msgspec.Struct, frozen=True):
    """A line of the answer. ``complete``: all was looked through; one line says so also where nothing was found."""

    complete: bool
    hit: _Hit | None


#: For the aliases of the statement below, ``g`` (page) and ``s`` (its sender).
_HIT = Columns(
    _Hit,
    {
        "text": "composed(g.content)",
        "headline": """CASE WHEN asked.worded
            THEN ts_headline(asked.dictionary, composed(g.content), asked.query, asked.options) END""",
        "delivered_seq": "coalesce(others.delivered_seq, 0)",
        "read_seq": "coalesce(others.read_seq, 0)",
        "cleared_seq": "g.cleared_seq",
        "stored": STORED,
    },
)
_ROW = Columns(_Row, {"complete": "asked.complete", "hit": Outer(_HIT)})


class _Asked(msgspec.Struct, frozen=True):
    """What is looked for. ``where``: more conditions on the alias ``g``; ``limit``: messages of a full page."""

    viewer_id: str
    terms: Terms
    conversation_id: str | None
    where: Condition
    limit: int

    def full(self, answer: list[_Row]) -> bool:
        """Whether nothing that was not looked at can be on the page."""
        return len(answer) >= self.limit or answer[0].complete

    def common(self, answer: list[_Row]) -> bool:
        """Whether there were so many hits among few messages that many are likely to fill the page."""
        return sum(row.hit is not None for row in answer) * 10 > self.limit


async def search(
    db: Queryable,
    viewer_id: str,
    terms: Terms,
    *,
    conversation_id: str | None,
    sender_id: str | None,
    below: tuple[datetime, str] | None,
    limit: int,
) -> list[Found]:
    """Find messages with all of the terms, in the viewer's own conversations, newest first."""
    where, params = "", list[Any]()
    if sender_id is not None:
        where, params = where + " AND g.sender_id = %s", [*params, sender_id]
    if below is not None:
        where, params = where + " AND (g.created_at, g.id) < (%s, %s)", [*params, *below]
    asked = _Asked(viewer_id, terms, conversation_id, Condition(where, params), limit)
    few, many = _looked(below, FEW_READ), _looked(below, MOST_READ)
    answer = await _ask(db, asked, _recent(terms, few))
    if not asked.full(answer) and asked.common(answer):
        answer = await _ask(db, asked, _recent(terms, many))
    if not asked.full(answer):
        answer = await _ask(db, asked, _all(terms, many))
    found = [row.hit for row in answer if row.hit is not None]
    shown = await faces.among(db, viewer_id, {name for hit in found for name in hit.stored.named})
    return [_found(hit, viewer_id, terms, shown) for hit in found]


async def _ask(db: Queryable, asked: _Asked, hits: Condition) -> list[_Row]:
    rows = await db.query(
        f"""WITH {_OWN}, {hits.sql},
              page AS MATERIALIZED (
                SELECT g.*, own.cleared_seq FROM (SELECT DISTINCT id FROM hits) h JOIN messages g ON g.id = h.id
                  JOIN own ON own.conversation_id = g.conversation_id AND g.seq > own.cleared_seq
                 WHERE g.unsent_at IS NULL {asked.where.sql}
                 ORDER BY g.created_at DESC, g.id DESC LIMIT %s),
              -- Only the status of the viewer's own derives from it, and a group may have thousands of members.
              others AS MATERIALIZED (
                SELECT x.conversation_id, min(x.shown_delivered_seq) AS delivered_seq,
                       CASE WHEN gives_receipts(%s) THEN min(x.shown_read_seq) END AS read_seq
                  FROM members x
                 WHERE x.conversation_id IN (SELECT p.conversation_id FROM page p WHERE p.sender_id = %s)
                   AND x.user_id <> %s AND x.status = 'joined' GROUP BY x.conversation_id)
            SELECT {_ROW.sql}
              FROM (SELECT (SELECT at FROM since) IS NULL AS complete, %s AS worded, %s::regconfig AS dictionary,
                           %s::tsquery AS query, %s AS options) asked
              LEFT JOIN (page g JOIN users s ON s.id = g.sender_id
              LEFT JOIN others ON others.conversation_id = g.conversation_id) ON true
             ORDER BY g.created_at DESC, g.id DESC""",
        (
            *(asked.viewer_id, asked.conversation_id, *hits.params, *asked.where.params, asked.limit),
            *(asked.viewer_id, asked.viewer_id, asked.viewer_id),
            *(not asked.terms.simple, asked.terms.dictionary, asked.terms.query, HEADLINE),
        ),
    )
    return _ROW.all(rows)


def _found(hit: _Hit, viewer_id: str, terms: Terms, shown: Faces) -> Found:
    seen = hit.stored.seen_by(viewer_id, Watermarks(hit.delivered_seq, hit.read_seq, hit.cleared_seq, shown))
    return Found(seen, terms.snippet(hit.text, hit.headline), hit.stored.created_at)


#: Entries that a search reads one by one before it asks an index, which has all hits of a rare word at once, but would
#: bring half of all messages for a common one: few, or all where that is not many more; many where a word seems common.
FEW_READ, ALL_READ, MOST_READ = 2_048, 4_096, 10_000
#: How a log is parted for that, from its end: where each stretch begins, and how long it is.
_STRETCHES = "(0, 16), (16, 112), (128, 896), (1024, 3072), (4096, 4096), (8192, 2000000000::bigint)"

_OWN = """own AS MATERIALIZED (
    SELECT m.conversation_id, m.cleared_seq, coalesce(p.seq, 0) AS indexed
      FROM members m LEFT JOIN search_progress p ON p.conversation_id = m.conversation_id
     WHERE m.user_id = %s AND m.status = 'joined' AND coalesce(m.conversation_id = %s, true))"""


def _looked(below: tuple[datetime, str] | None, most: int) -> Condition:
    """Choose the newest messages, ``most`` in all; with a cursor, the newest before it.

    Stretches of each conversation's log, longer ones further back, are taken newest first until there are enough: so
    they reach back to about one moment, wherever most is written. ``rest``: when the newest message was written that is
    not looked at, NULL when there is none. There is no index by time: within a conversation times follow seq.
    """
    top, before, params = "o.indexed", "", list[Any]()
    if below is not None:
        # In growing steps back to one that is newer than the cursor, and from there one by one.
        top = """(SELECT g.seq FROM messages g WHERE g.conversation_id = o.conversation_id AND g.seq <= o.indexed - (
                SELECT coalesce(max(back.step), 0)
                  FROM unnest(ARRAY[1000, 4000, 16000, 64000, 256000, 1024000]) AS back(step)
                 WHERE back.step < o.indexed AND %s < (
                   SELECT t.created_at FROM messages t WHERE t.conversation_id = o.conversation_id
                      AND t.seq <= o.indexed - back.step ORDER BY t.seq DESC LIMIT 1))
             AND (g.created_at, g.id) < (%s, %s) ORDER BY g.seq DESC LIMIT 1)"""
        before, params = "AND (g.created_at, g.id) < (%s, %s)", [below[0], *below, *below]
    return Condition(
        f"""tops AS MATERIALIZED (SELECT o.conversation_id, o.cleared_seq, {top} AS seq FROM own o),
          stretches AS MATERIALIZED (
            SELECT t.conversation_id, w.start, s.size, x.created_at AS newest,
                   sum(s.size) OVER () <= {ALL_READ}
                   OR sum(s.size) OVER (ORDER BY x.created_at DESC, w.start, t.conversation_id
                                         ROWS UNBOUNDED PRECEDING) <= {most} AS taken
              FROM tops t CROSS JOIN (VALUES {_STRETCHES}) w(start, longest)
              CROSS JOIN LATERAL (SELECT least(w.longest, t.seq - t.cleared_seq - w.start) AS size) s
              CROSS JOIN LATERAL (
                SELECT g.created_at FROM messages g WHERE g.conversation_id = t.conversation_id
                   AND g.seq > t.cleared_seq AND g.seq <= t.seq - w.start ORDER BY g.seq DESC LIMIT 1) x),
          rest AS MATERIALIZED (SELECT max(newest) AS at FROM stretches WHERE NOT taken),
          looked AS MATERIALIZED (
            SELECT g.id, g.created_at FROM tops t
              JOIN (SELECT conversation_id, max(start + size) AS depth FROM stretches WHERE taken GROUP BY 1) d
                ON d.conversation_id = t.conversation_id
              CROSS JOIN LATERAL (
                SELECT g.id, g.created_at FROM messages g WHERE g.conversation_id = t.conversation_id
                   AND g.seq > t.cleared_seq AND g.seq <= t.seq {before}
                 -- At least as many as there are in the stretches, as not each entry of a log is a message.
                 ORDER BY g.seq DESC LIMIT d.depth) g)""",
        params,
    )


def _new(terms: Terms) -> Condition:
    """Find what the index does not have yet."""
    fit = terms.fit("search_text(g.content)", f"to_tsvector('{terms.dictionary}', composed(g.content))")
    return Condition(
        f"""SELECT g.id, g.created_at FROM own JOIN messages g
                ON g.conversation_id = own.conversation_id AND g.seq > own.indexed AND g.type <> 'system'
                WHERE {fit.sql}""",
        fit.params,
    )


def _recent(terms: Terms, looked: Condition) -> Condition:
    """Find hits among the newest messages, looked through one by one.

    For a common word that is enough, where the index would bring half of all messages. Only what is newer than anything
    not looked at counts: newer than ``since``, which is NULL when all was.
    """
    # No column by itself, so that no index fits: it would be asked twice, and take long where trigrams are common.
    fit, new = terms.fit("(w.text || '')", "w.words"), _new(terms)
    return Condition(
        f"""{looked.sql}, since AS (SELECT at FROM rest),
          hits AS (
            SELECT l.id FROM looked l JOIN message_words w ON w.message_id = l.id
             WHERE {fit.sql} AND coalesce(l.created_at > (SELECT at FROM since), true)
            UNION ALL
            SELECT n.id FROM ({new.sql}) n WHERE coalesce(n.created_at > (SELECT at FROM since), true))""",
        [*looked.params, *fit.params, *new.params],
    )


def _all(terms: Terms, looked: Condition) -> Condition:
    """Find all hits, by the indexes. Short words are found inside of words among the newest messages only."""
    found, new = terms.indexed("w.text", "w.words"), _new(terms)
    sql = f"""since AS (SELECT NULL::timestamptz AS at), indexed_hits AS MATERIALIZED (
                SELECT w.message_id AS id, w.conversation_id FROM message_words w WHERE {found.sql}),
              hits AS (
                SELECT h.id FROM indexed_hits h JOIN own ON own.conversation_id = h.conversation_id
                UNION ALL SELECT n.id FROM ({new.sql}) n"""
    params = [*found.params, *new.params]
    if not terms.short:
        return Condition(f"{sql})", params)
    fit = terms.fit("w.text", "w.words")
    return Condition(
        f"""{looked.sql}, {sql}
                UNION ALL SELECT l.id FROM looked l JOIN message_words w ON w.message_id = l.id WHERE {fit.sql})""",
        [*looked.params, *params, *fit.params],
    )
