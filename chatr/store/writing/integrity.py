"""Whether messages and logs are whole: they have no foreign keys (sql/migrations/0004_hot_tables.sql)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from chatr.store.columns import value_if_any
from chatr.store.ids import NIL
from chatr.store.pool import Queryable

#: How many ids a statement looks at, and about how many entries: so each stays far from its timeout.
_BATCH, _ENTRIES = 1000, 100_000


class Fault(msgspec.Struct, frozen=True):
    """Something that can't be: of which row, and what."""

    id: str
    what: str


#: What names what: table, column, the table that has it, and what to say of an id that it has not.
_NAMED = (
    ("messages", "conversation_id", "conversations", "has messages and is no conversation"),
    ("messages", "sender_id", "users", "has sent messages and is no person"),
    ("log", "conversation_id", "conversations", "has a log and is no conversation"),
)


async def faults(db: Queryable) -> AsyncIterator[Fault]:
    """Find what is named and not there, and logs that have a gap or do not end at their head. Nothing is locked."""
    for table, column, parent, what in _NAMED:
        after: str | None = NIL
        while after is not None:
            rows = await db.query(_dangling(table, column, parent), (after, _BATCH))
            after = value_if_any(rows, str)
            for missing in rows[0][1]:
                yield Fault(missing, what)
    after = NIL
    while after is not None:
        rows = await db.query(_LOGS, (after, _BATCH, _ENTRIES))
        for id, whole in rows:
            if not whole:
                yield Fault(id, "is a conversation whose log has a gap, or does not end at its head")
        after = rows[-1][0] if rows else None


def _dangling(table: str, column: str, parent: str) -> str:
    """The last id of a batch, None behind the last of all, and those of the batch that are not there.

    From one value to the next by the index (PostgreSQL wiki, "Loose indexscan"): what has many rows costs no more.
    """
    following = f"SELECT x.{column} FROM {table} x WHERE x.{column} > %s ORDER BY 1 LIMIT 1"
    return f"""WITH RECURSIVE named(id, n) AS (
          SELECT ({following}), 1
          UNION ALL
          SELECT ({following.replace("%s", "named.id")}), n + 1 FROM named WHERE named.id IS NOT NULL AND n < %s)
        SELECT (SELECT id FROM named ORDER BY n DESC LIMIT 1),
               ARRAY(SELECT id FROM named WHERE id IS NOT NULL
                        AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE p.id = named.id))::text[]"""


#: Those of a deleted group go piece by piece (store/retention.py). No key keeps a message from the seq of another.
#: Of a batch the first conversations, as many as have so many entries before the last of them.
_LOGS = """SELECT c.id, c.deleted_at IS NOT NULL OR (
             l.last = c.head_seq AND l.count = c.head_seq AND l.apart = c.head_seq)
    FROM (SELECT p.*, sum(p.head_seq) OVER (ORDER BY p.id) - p.head_seq AS before
            FROM (SELECT id, deleted_at, head_seq FROM conversations WHERE id > %s ORDER BY id LIMIT %s) p) c,
         LATERAL (
      SELECT coalesce(max(x.seq), 0) AS last, count(*) AS count, count(DISTINCT x.seq) AS apart
        FROM entries x WHERE x.conversation_id = c.id) l
   WHERE c.before < %s ORDER BY c.id"""
