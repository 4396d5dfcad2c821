"""What deleted people have written, and how it goes."""

from __future__ import annotations

import msgspec

from chatr.store.messages.changes import Held
from chatr.store.people import people
from chatr.store.pool import Queryable


async def begin(db: Queryable, user_id: str, *, texts: bool) -> None:
    """From the end of the transaction on, a deleted person's name in quotes is to go, or all they wrote."""
    await db.execute("UPDATE users SET erasing = true, erasing_texts = %s WHERE id = %s", (texts, user_id))


class Due(msgspec.Struct, frozen=True):
    """A person of whom something is left to erase; ``texts``: all that they have written."""

    user_id: str
    texts: bool


async def due(db: Queryable) -> Due | None:
    """One of the people of whom something is left to erase."""
    rows = await db.query("SELECT id, erasing_texts FROM users WHERE erasing ORDER BY id LIMIT 1")
    return Due(*rows[0]) if rows else None


async def forget_name(db: Queryable, user_id: str, after: str, limit: int) -> str | None:
    """Take a person's name out of the quotes of some of their messages, by client id, above one; up to which."""
    rows = await db.query(
        """WITH part AS MATERIALIZED (
             SELECT id, client_id FROM messages WHERE sender_id = %s AND client_id > %s ORDER BY client_id LIMIT %s
           ), forgotten AS (
             UPDATE messages q SET reply_to = q.reply_to || jsonb_build_object('senderName', %s::text) FROM part
              WHERE q.reply_to IS NOT NULL AND q.reply_to->>'id' = part.id::text)
           SELECT client_id FROM part ORDER BY client_id DESC LIMIT 1""",
        (user_id, after, limit, people.NOBODY),
    )
    return rows[0][0] if rows else None


async def done(db: Queryable, user_id: str) -> None:
    """Mark that nothing is left of a person."""
    await db.execute("UPDATE users SET erasing = false WHERE id = %s", (user_id,))


async def written(db: Queryable, user_id: str, after: str, limit: int) -> list[tuple[str, str]]:
    """Some of a person's messages that say something still, by client id, above one: client id and id."""
    rows = await db.query(
        """SELECT client_id, id FROM messages WHERE sender_id = %s AND client_id > %s AND content <> ''
              AND type <> 'system' ORDER BY client_id LIMIT %s""",
        (user_id, after, limit),
    )
    return [(row[0], row[1]) for row in rows]


async def reacted(db: Queryable, user_id: str, limit: int) -> list[str]:
    """Some of the messages that a person has reacted to."""
    rows = await db.query("SELECT message_id FROM reactions WHERE user_id = %s LIMIT %s", (user_id, limit))
    return [row[0] for row in rows]


async def erase(db: Queryable, held: Held) -> None:
    """Delete what a message said, from the database and from the quotes of others."""
    await db.execute(
        """UPDATE messages SET content = '', unsent_at = coalesce(unsent_at, clock_timestamp()), edited_at = NULL,
              reply_to = NULL, mentions = '{}', link_preview = NULL WHERE id = %s""",
        (held.id,),
    )
    for table in ("reactions", "listens", "message_words", "preview_jobs", "message_edits"):
        await db.execute(f"DELETE FROM {table} WHERE message_id = %s", (held.id,))
    await db.execute(
        """UPDATE messages SET reply_to = reply_to || jsonb_build_object(
              'content', '', 'unsent', true, 'senderName', %s::text) WHERE reply_to->>'id' = %s""",
        (people.NOBODY, held.id),
    )
