"""The statements by which sends are committed together: SQL functions append_messages, and append_plain for most.

One that is alone, as when few write, is stored by append_one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from chatr.api.model import MessageType
from chatr.config import MessagesSettings
from chatr.store.connections.prepared import Statement
from chatr.store.messages.messages import ALL_UP_TO
from chatr.store.messages.quotes import QUOTED_CHARS
from chatr.store.pool import Database, Transaction


class Append(msgspec.Struct, frozen=True, kw_only=True):
    """One message to append: to a conversation, or to the direct conversation with ``recipient_id``."""

    id: str
    sender_id: str
    client_id: str
    digest: bytes
    """Of what is sent: see :class:`chatr.auth.digests.Digests`."""
    content: str
    names: str = ""
    """Usernames that the content calls: lower case, with @, apart by spaces."""
    link: str | None = ""
    """What to look for a preview at: empty, nothing; None, whoever writes it wants none."""
    conversation_id: str | None = None
    recipient_id: str | None = None
    reply_to_id: str | None = None
    file_id: str | None = None
    group_id: str | None = None
    """Of the client: files that were sent together."""
    after: str | None = None
    """The client id of the sender's message there without which this one is not to be stored."""

    @property
    def plain(self) -> bool:
        """Whether it is text and nothing else: what append_plain stores, and append_one."""
        return self.link == "" and not (self.names or self.reply_to_id or self.file_id or self.group_id or self.after)


class Appended(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an :class:`Append`; ``outcome`` as SQL function append_messages documents it."""

    outcome: str
    message_id: str | None
    conversation_id: str
    seq: int
    created_at: datetime
    pair: tuple[str, str] | None
    sender_username: str
    sender_display_name: str
    sender_profile_image: str | None
    # What follows is of those that are not plain.
    reply_to: dict[str, Any] | None = None
    accepts: bool = False
    """The sender answered a message request by this."""
    back_for: Sequence[str] = ()
    """Who had deleted the conversation from their view, and has it again."""
    mentions: Sequence[str] = ()
    quote_cleared_by: Sequence[str] = ()
    """Who has deleted from their view what is quoted."""
    type: MessageType = "text"
    file: list[Any] | None = None


_SQL = """SELECT ord, outcome, message_id, conversation_id, seq, created_at, user_low, user_high, reply_to,
       sender_username, sender_display_name, sender_profile_image, accepts, back_for::text[],
       mentions::text[], quote_cleared_by::text[], type, file
  FROM append_messages(%s::message_send[], p_pending_limit => %s, p_cooldown => make_interval(secs => %s),
                       p_quoted_chars => %s, p_all_up_to => %s, p_pending_files => %s)"""
_PLAIN_SQL = """SELECT ord, seq, created_at, user_low, user_high, sender_username, sender_display_name,
       sender_profile_image FROM append_plain(%s::message_send[])"""
_ONE_SQL = """SELECT 1, seq, created_at, user_low, user_high, sender_username, sender_display_name,
       sender_profile_image FROM append_one(%s, %s, %s, %s, %s, %s)"""


async def store(db: Database, items: Sequence[Append], settings: MessagesSettings) -> list[tuple[int, Appended]]:
    """Append messages. Their outcomes by their place in ``items``, those of a conversation in the order of its log."""
    # First: one statement for many.
    rows = await db.query(_SQL, _values(items, settings), announced=True, first=True)
    return [(row[0] - 1, _appended(row)) for row in rows]


async def store_plain(db: Database, items: Sequence[tuple[str, Append]]) -> list[tuple[int, Appended]]:
    """Append plain messages to conversations that are named by id, as far as nothing is to be judged about them.

    By their place in ``items``, those of a conversation in the order of its log; the others are for :func:`store`.
    """
    rows = await db.query(*_plain_statement(items), announced=True, first=True)
    return [(row[0] - 1, _plainly_appended(items[row[0] - 1], row)) for row in rows]


async def store_in(tx: Transaction, item: Append, settings: MessagesSettings) -> Appended:
    """Append one message within a transaction."""
    return _appended((await tx.query(_SQL, _values([item], settings)))[0])


def _plain_statement(items: Sequence[tuple[str, Append]]) -> Statement:
    if len(items) > 1:
        return _PLAIN_SQL, (_array(items),)
    ((conversation_id, item),) = items
    return _ONE_SQL, (item.id, item.sender_id, item.client_id, conversation_id, item.content, item.digest)


def _values(items: Sequence[Append], settings: MessagesSettings) -> tuple[Any, ...]:
    # One character more than is quoted tells whether a grapheme ends there.
    pending = settings.pending_limit, settings.request_cooldown_s
    sends = _array([(item.conversation_id or "", item) for item in items])
    return sends, *pending, QUOTED_CHARS + 1, ALL_UP_TO, settings.pending_files


def rooted(items: Sequence[tuple[Hashable, Append]]) -> list[Append]:
    """The items of some lanes; each that follows another here has to come after what the first of those follows.

    So they are stored together or not at all, whatever keeps the first from it.
    """
    roots: dict[tuple[Hashable, str, str], str | None] = {}
    found = []
    for lane, item in items:
        if item.after is not None:
            root = roots.get((lane, item.sender_id, item.after), item.after)
            if root != item.after:
                item = msgspec.structs.replace(item, after=root)
        roots[lane, item.sender_id, item.client_id] = item.after
        found.append(item)
    return found


def _array(items: Iterable[tuple[str, Append]]) -> str:
    """An array of SQL type message_send (PostgreSQL 8.15 "Arrays" and 8.16 "Composite Types": input syntax)."""
    rows = []
    for conversation_id, item in items:
        where = f"{conversation_id},{item.recipient_id or ''},{item.reply_to_id or ''},{item.after or ''}"
        said = f"{_text(item.content)},{_text(item.names)},{_text(item.link)}"
        digest = rf"\\\\x{item.digest.hex()}"
        files = f"{item.file_id or ''},{item.group_id or ''}"
        rows.append(f'"({item.id},{item.sender_id},{item.client_id},{where},{said},{digest},{files})"')
    return f"{{{','.join(rows)}}}"


def _text(text: str | None) -> str:
    """A text in quotes, within a row in quotes: each mark is escaped for the row, and again for the array."""
    if text is None:
        return ""
    escaped = text.replace("\\", r"\\\\").replace('"', r"\\\"")
    return rf"\"{escaped}\""


def _plainly_appended(send: tuple[str, Append], row: tuple[Any, ...]) -> Appended:
    conversation_id, item = send
    return Appended(
        outcome="created",
        message_id=item.id,
        conversation_id=conversation_id,
        seq=row[1],
        created_at=row[2],
        pair=(row[3], row[4]) if row[3] else None,
        sender_username=row[5],
        sender_display_name=row[6],
        sender_profile_image=row[7],
    )


def _appended(row: tuple[Any, ...]) -> Appended:
    return Appended(
        outcome=row[1],
        message_id=row[2],
        conversation_id=row[3],
        seq=row[4],
        created_at=row[5],
        pair=(row[6], row[7]) if row[6] else None,
        reply_to=row[8],
        sender_username=row[9],
        sender_display_name=row[10],
        sender_profile_image=row[11],
        accepts=row[12],
        back_for=row[13] or (),
        mentions=row[14] or (),
        quote_cleared_by=row[15] or (),
        type=row[16],
        file=row[17],
    )
