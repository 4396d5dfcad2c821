"""What goes after a while, as data: a rule is a line. Rows go in small batches, and none that somebody is at."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from chatr.store.columns import Columns, value, values
from chatr.store.ids import NIL
from chatr.store.pool import Queryable

#: Held for a batch: two processes never work at once.
_LOCK = 0x63686174720023
#: How far rows are counted.
COUNTED = 100_000


class Swept(msgspec.Struct, frozen=True):
    """What a batch did. ``after``: where the next one goes on; None: nothing more is there."""

    count: int
    after: str | None


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one kind that go: those of ``table`` that fulfil ``where``, in which %s stands for ``days``."""

    name: str
    table: str
    where: str
    days: int | str
    """A number, or the setting of [retention] that has it."""
    act: Callable[[Queryable, Rule, int, int, str], Awaitable[Swept]]
    """Carries one batch out: ``(tx, rule, days, limit, after)``."""


async def locked(tx: Queryable) -> bool:
    """Tell whether this transaction is the one that works."""
    return value(await tx.query("SELECT pg_try_advisory_xact_lock(%s)", (_LOCK,)), bool)


async def count(db: Queryable, rule: Rule, days: int) -> int:
    """Count the rows that would go; beyond :data:`COUNTED` they are not counted."""
    rows = await db.query(
        f"SELECT count(*) FROM (SELECT FROM {rule.table} t WHERE {rule.where} LIMIT %s) found", (days, COUNTED + 1)
    )
    return value(rows, int)


async def remove(db: Queryable, rule: Rule, days: int, limit: int, after: str) -> Swept:
    """Delete rows that an index finds, or that are few."""
    rows = await db.query(
        f"""WITH gone AS (
              DELETE FROM {rule.table} WHERE ctid = ANY(ARRAY(
                SELECT t.ctid FROM {rule.table} t WHERE {rule.where} LIMIT %s FOR UPDATE SKIP LOCKED)) RETURNING 1)
            SELECT count(*) FROM gone""",
        (days, limit),
    )
    gone = value(rows, int)
    return Swept(gone, NIL if gone == limit else None)


#: Of what was looked at one by one; the parameter is how many rows a batch looks at.
_SWEPT = Columns(
    Swept,
    {
        "count": "(SELECT count(*) FROM gone)",
        "after": "CASE WHEN count(*) = %s THEN (SELECT id FROM part ORDER BY id DESC LIMIT 1) END",
    },
)


async def remove_one_by_one(db: Queryable, rule: Rule, days: int, limit: int, after: str) -> Swept:
    """Look at all rows in order of their ids: for what no index finds."""
    rows = await db.query(
        f"""WITH part AS MATERIALIZED (
              SELECT ctid, id FROM {rule.table} WHERE id > %s ORDER BY id LIMIT %s
            ), gone AS (
              DELETE FROM {rule.table} t USING part WHERE t.ctid = part.ctid AND {rule.where} RETURNING 1)
            SELECT {_SWEPT.sql} FROM part""",
        (after, limit, days, limit),
    )
    return _SWEPT.take(rows[0])


async def erase_texts(db: Queryable, rule: Rule, days: int, limit: int, after: str) -> Swept:
    """Erase what messages said: first in quotes of them, then their former texts, then their own."""
    found = await db.query(
        f"""SELECT t.id FROM messages t WHERE {rule.where} ORDER BY t.unsent_at LIMIT %s
               FOR NO KEY UPDATE SKIP LOCKED""",
        (days, limit),
    )
    ids = values(found, str)
    for sql in (_QUOTES, _EDITS):
        if ids and value(await db.query(sql, (ids, limit)), int) == limit:
            # There are more of them than a batch may take.
            return Swept(0, NIL)
    rows = await db.query(_TEXTS, (ids,)) if ids else []
    return Swept(len(rows), NIL if len(rows) == limit else None)


#: A message may be quoted, and may have been edited, any number of times.
_QUOTES = """WITH part AS MATERIALIZED (
    SELECT id FROM messages WHERE reply_to->>'id' = ANY(%s::text[]) AND NOT reply_to ? 'unsent' LIMIT %s
       FOR NO KEY UPDATE SKIP LOCKED
  ), erased AS (
    UPDATE messages q SET reply_to = (q.reply_to - '{fileName,duration}'::text[]) || '{"content": "", "unsent": true}'
      FROM part
     WHERE q.id = part.id RETURNING 1)
  SELECT count(*) FROM erased"""
_EDITS = """WITH gone AS (
    DELETE FROM message_edits WHERE id IN (
      SELECT id FROM message_edits WHERE message_id = ANY(%s::uuid[]) LIMIT %s) RETURNING 1)
  SELECT count(*) FROM gone"""
#: Not those of which a quote was in somebody's hands just now: they are erased the next time.
_TEXTS = """UPDATE messages t SET content = '', reply_to = NULL, mentions = '{}', link_preview = NULL, file_id = NULL,
    group_id = NULL, erased = true
  WHERE t.id = ANY(%s::uuid[]) AND NOT EXISTS (
    SELECT 1 FROM messages q WHERE q.reply_to->>'id' = t.id::text AND NOT q.reply_to ? 'unsent')
  RETURNING 1"""

_OLD = "< now() - make_interval(days => %s)"
_UNNAMED = " AND ".join(
    f"NOT EXISTS (SELECT 1 FROM messages m WHERE m.link_preview->>'{part}' = '/api/link-preview/images/' || t.id)"
    for part in ("image", "favicon")
)
_OF_DELETED = f"t.conversation_id = ANY(ARRAY(SELECT c.id FROM conversations c WHERE c.deleted_at {_OLD}))"
#: Whoever adds a table whose rows are of no use after a while adds a line, and an index that finds them.
RULES = (
    Rule(
        name="unsent texts",
        table="messages",
        days="unsent_days",
        act=erase_texts,
        where=f"t.unsent_at {_OLD} AND NOT t.erased",
    ),
    Rule(name="messages of deleted groups", table="messages", days="unsent_days", act=remove, where=_OF_DELETED),
    Rule(name="logs of deleted groups", table="log", days="unsent_days", act=remove, where=_OF_DELETED),
    # As long as a client that comes back is told what it has no more (ops/conversations/sync.py ``MAX_AGE``).
    Rule(
        name="deleted groups",
        table="conversations",
        days=31,
        act=remove,
        # No foreign key takes these along.
        where=f"t.deleted_at {_OLD} AND NOT EXISTS (SELECT 1 FROM log l WHERE l.conversation_id = t.id)"
        " AND NOT EXISTS (SELECT 1 FROM messages g WHERE g.conversation_id = t.id)",
    ),
    Rule(name="former texts", table="message_edits", days="edits_days", act=remove, where=f"t.edited_at {_OLD}"),
    # A used token that comes again tells that it was stolen: for so long.
    Rule(name="spent refresh tokens", table="refresh_tokens", days=7, act=remove, where=f"t.used_at {_OLD}"),
    Rule(name="ended sessions", table="sessions", days="sessions_days", act=remove, where=f"t.revoked_at {_OLD}"),
    Rule(name="expired sessions", table="sessions", days="sessions_days", act=remove, where=f"t.expires_at {_OLD}"),
    Rule(name="tickets", table="tickets", days=1, act=remove, where=f"t.expires_at {_OLD}"),
    # By these an account that waits for them is confirmed: a new one can be asked for as long as there is one.
    Rule(name="codes", table="codes", days=30, act=remove, where=f"t.expires_at {_OLD}"),
    Rule(
        name="codes and challenges of sign-ins",
        table="codes",
        days=1,
        act=remove,
        where=f"t.expires_at {_OLD} AND t.purpose IN ('login', 'reset', 'change')",
    ),
    # As long as code_sends.py and address_changes.py in store/accounts look back, which clear away themselves in use.
    Rule(name="counts of codes", table="code_sends", days=1, act=remove, where=f"t.sent_at {_OLD}"),
    Rule(name="changes of address", table="address_changes", days=7, act=remove, where=f"t.changed_at {_OLD}"),
    Rule(name="sign-ins at a provider", table="oidc_logins", days=1, act=remove, where=f"t.expires_at {_OLD}"),
    # A day without a try makes the next lock a short one again (chatr.store.sessions.sign_in_tries).
    Rule(
        name="tries to sign in",
        table="sign_in_tries",
        days=2,
        act=remove,
        where=f"t.since {_OLD} AND coalesce(t.locked_until, now()) <= now()",
    ),
    # As long as they are known: ops/sessions/lockout.py ``KNOWN_DAYS``.
    Rule(name="known places", table="known_places", days=90, act=remove, where=f"t.signed_in_at {_OLD}"),
    Rule(name="approaches to strangers", table="approaches", days=1, act=remove, where=f"t.at {_OLD}"),
    Rule(name="letters given up", table="outbound", days="dead_letters_days", act=remove, where=f"t.dead_at {_OLD}"),
    Rule(
        name="preview images",
        table="preview_images",
        days=30,
        act=remove_one_by_one,
        # Previews that are kept for others are younger than that (previews.cache_s).
        where=f"t.used_at {_OLD} AND {_UNNAMED}",
    ),
)
