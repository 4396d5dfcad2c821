"""What deleted people have written, and how it goes."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from chatr.store.columns import Columns, values
from chatr.store.ids import NIL
from chatr.store.messages.changes import Held
from chatr.store.people import people
from chatr.store.pool import Queryable

#: Where a walk through what somebody has written has come: conversation and client id.
Walked: TypeAlias = tuple[str, str]
BEGINNING: Walked = (NIL, NIL)


async def begin(db: Queryable, user_id: str, *, texts: bool) -> None:
    """Mark a deleted person: their name in quotes is to go from the end of the transaction on, or all they wrote."""
    await db.execute("UPDATE users SET erasing = true, erasing_texts = %s WHERE id = %s", (texts, user_id))


class Due(msgspec.Struct, frozen=True):
    """A person of whom something is left to erase; ``texts``: all that they have written."""

    user_id: str
    texts: bool


_DUE = Columns(Due, {"user_id": "id", "texts": "erasing_texts"})


async def due(db: Queryable) -> Due | None:
    """Find one of the people of whom something is left to erase."""
    return _DUE.first(await db.query(f"SELECT {_DUE.sql} FROM users WHERE erasing ORDER BY id LIMIT 1"))


async def forget_name(db: Queryable, user_id: str, after: Walked, limit: int) -> Walked | None:
    """Take a person's name out of the quotes of their next messages; None when there are none behind ``after``."""
    rows = await db.query(
        """WITH part AS MATERIALIZED (
             SELECT id, conversation_id, client_id FROM messages
              WHERE sender_id = %s AND (conversation_id, client_id) > (%s, %s)
              ORDER BY conversation_id, client_id LIMIT %s
           ), forgotten AS (
             UPDATE messages q SET reply_to = q.reply_to || jsonb_build_object('senderName', %s::text) FROM part
              WHERE q.reply_to IS NOT NULL AND q.reply_to->>'id' = part.id::text)
           SELECT conversation_id, client_id FROM part ORDER BY 1 DESC, 2 DESC LIMIT 1""",
        (user_id, *after, limit, people.NOBODY),
    )
    return (rows[0][0], rows[0][1]) if rows else None


async def done(db: Queryable, user_id: str) -> None:
    """Mark that nothing is left of a person."""
    await db.execute("UPDATE users SET erasing = false WHERE id = %s", (user_id,))


class Written(msgspec.Struct, frozen=True):
    """A message that a person has written, and where the walk through all of those is then."""

    id: str
    conversation_id: str
    client_id: str

    @property
    def at(self) -> Walked:
        """Where it stands."""
        return self.conversation_id, self.client_id


_WRITTEN = Columns(Written, {"id": "id", "conversation_id": "conversation_id", "client_id": "client_id"})


async def written(db: Queryable, user_id: str, after: Walked, limit: int) -> list[Written]:
    """Find a person's next messages that say something still."""
    rows = await db.query(
        f"""SELECT {_WRITTEN.sql} FROM messages
             WHERE sender_id = %s AND (conversation_id, client_id) > (%s, %s) AND (content <> '' OR file_id IS NOT NULL)
               AND type <> 'system'
             ORDER BY conversation_id, client_id LIMIT %s""",
        (user_id, *after, limit),
    )
    return _WRITTEN.all(rows)


async def reacted(db: Queryable, user_id: str, limit: int) -> list[str]:
    """Find some of the messages that a person has reacted to."""
    rows = await db.query("SELECT message_id FROM reactions WHERE user_id = %s LIMIT %s", (user_id, limit))
    return values(rows, str)


async def erase(db: Queryable, held: Held) -> None:
    """Delete what a message said, from the database and from the quotes of others."""
    await db.execute(
        """UPDATE messages SET content = '', unsent_at = coalesce(unsent_at, clock_timestamp()), edited_at = NULL,
              reply_to = NULL, mentions = '{}', link_preview = NULL, digest = NULL, file_id = NULL, group_id = NULL
            WHERE id = %s""",
        (held.id,),
    )
    for table in ("reactions", "listens", "message_words", "preview_jobs", "message_edits"):
        await db.execute(f"DELETE FROM {table} WHERE message_id = %s", (held.id,))
    await db.execute(
        """UPDATE messages SET reply_to = (reply_to - '{fileName,duration}'::text[]) || jsonb_build_object(
              'content', '', 'unsent', true, 'senderName', %s::text) WHERE reply_to->>'id' = %s""",
        (people.NOBODY, held.id),
    )
