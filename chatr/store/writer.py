"""The one writer of messages: all sends that wait at a moment are committed together (group commit)."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

import msgspec
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from chatr.api.errors import ApiError
from chatr.config import Messages
from chatr.store.pool import Database, NoConnection, Transaction

#: Sends committed by one statement at most: bounds how long the first of them waits for the last.
MAX_BATCH = 256


class Append(msgspec.Struct, frozen=True, kw_only=True):
    """One message to append: to a conversation, or to the direct conversation with ``recipient_id``.

    ``begin`` makes that conversation when there is none yet.
    """

    id: str
    sender_id: str
    client_id: str
    content: str
    names: str = ""
    """Usernames that the content calls: lower case, with @, apart by spaces."""
    link: str | None = ""
    """What to look for a preview at: empty, nothing; None, whoever writes it wants none."""
    conversation_id: str | None = None
    recipient_id: str | None = None
    reply_to_id: str | None = None
    begin: Callable[[], Awaitable[None]] | None = None


class Appended(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an :class:`Append`; ``outcome`` as SQL function append_messages documents it."""

    outcome: str
    message_id: str | None
    conversation_id: str
    seq: int
    created_at: datetime
    pair: tuple[str, str] | None
    reply_to: dict[str, Any] | None
    sender_username: str
    sender_display_name: str
    sender_profile_image: str | None
    accepts: bool
    """The sender answered a message request by this."""
    back_for: list[str]
    """Who had deleted the conversation from their view, and has it again."""
    mentions: list[str]
    quote_cleared_by: list[str]
    """Who has deleted from their view what is quoted."""


_SQL = """SELECT ord, outcome, message_id, conversation_id, seq, created_at, user_low, user_high, reply_to,
       sender_username, sender_display_name, sender_profile_image, accepts, back_for::text[],
       mentions::text[], quote_cleared_by::text[]
  FROM append_messages(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[],
                       %s::text[], %s, make_interval(secs => %s))"""


_T = TypeVar("_T")
_Entry: TypeAlias = tuple[Append, Deferred[Appended]]
Change: TypeAlias = Callable[[Transaction], Awaitable[Any]]


class MessageWriter:
    """Appends messages in the order in which they come in, all that wait at a moment with one statement.

    One statement at a time: while it runs the next batch gathers, so that the cost of a statement and of its commit is
    shared by many. Each caller gets its own outcome, in seq order. When a statement fails for another reason than the
    connection, its sends are repeated one by one, so that a bad one fails alone.
    """

    def __init__(self, db: Database, *, queue_limit: int, settings: Messages) -> None:
        self._db = db
        self._queue_limit = queue_limit
        self._settings = settings
        self._queue: deque[tuple[Any, Deferred[Any]]] = deque()
        self._running = False
        self.statements = 0

    def append(self, item: Append) -> Deferred[Appended]:
        """Append one message. Fails with ``unavailable``: its fate is then unknown, and repeating it is safe."""
        return self._put(item)

    def change(self, change: Callable[[Transaction], Awaitable[_T]]) -> Deferred[_T]:
        """Change a conversation in a transaction of its own, when it is its turn among the sends.

        So that events leave in the order of their entries in the log: nothing else is written, and announced, between
        its commit and its events. Fails with what ``change`` raises, and with ``unavailable``.
        """
        return self._put(change)

    def _put(self, item: Append | Change) -> Deferred[Any]:
        done: Deferred[Any] = Deferred()
        if len(self._queue) >= self._queue_limit:
            done.errback(ApiError("unavailable", "Too many messages wait to be stored", retry_after_s=1))
            return done
        self._queue.append((item, done))
        if not self._running:
            self._running = True
            Deferred.fromCoroutine(self._run())
        return done

    async def _run(self) -> None:
        try:
            while self._queue:
                if isinstance(self._queue[0][0], Append):
                    again = await self._commit(self._batch())
                    self._queue.extendleft(reversed(again))
                else:
                    await self._change(*self._queue.popleft())
        finally:
            self._running = False

    def _batch(self) -> list[_Entry]:
        """The sends at the head of the queue."""
        batch: list[_Entry] = []
        while self._queue and len(batch) < MAX_BATCH and isinstance(self._queue[0][0], Append):
            batch.append(self._queue.popleft())
        return batch

    async def _change(self, change: Change, done: Deferred[Any]) -> None:
        behind = len(self._queue)
        try:
            async with self._db.transaction() as tx:
                result = await change(tx)
        except Exception as error:
            done.errback(Failure())
            if isinstance(error, NoConnection):
                self._give_up(behind, error)
        else:
            done.callback(result)

    def _give_up(self, count: int, error: ApiError) -> None:
        """The first of the queue have waited for a connection as long as one who has given up: so do they.

        Otherwise each in turn would wait as long again, for minutes while the database is away.
        """
        for _ in range(count):
            self._queue.popleft()[1].errback(error)

    async def _commit(self, batch: list[_Entry]) -> list[_Entry]:
        """Hand out the outcome of each send. Those that have to be repeated come back, in order.

        These are the ones whose conversation had to be made first, and what another of the batch stood in the way of:
        the same send once more, when the first was not stored, and what was refused before its request was answered.
        """
        try:
            results = await self._store([item for item, _ in batch])
        except ApiError as error:
            for _, done in batch:
                done.errback(error)
            return []
        except Exception:
            if len(batch) == 1:
                batch[0][1].errback(Failure())
                return []
            return [entry for single in batch for entry in await self._commit([single])]
        begun: list[_Entry] = []
        later: list[_Entry] = []
        stored = {_key(batch[index][0]) for index, result in results if result.outcome == "created"}
        answered = {result.conversation_id for _, result in results if result.accepts}
        for index, result in results:
            item, done = batch[index]
            twin = result.outcome == "repeat" and result.message_id is None and _key(item) not in stored
            if result.outcome == "no_conversation" and item.begin is not None:
                begun.append(batch[index])
            elif twin or (result.outcome in ("waiting", "declined") and result.conversation_id in answered):
                later.append(batch[index])
            else:
                done.callback(result)
        return [*await self._begin(begun), *later]

    async def _begin(self, entries: list[_Entry]) -> list[_Entry]:
        """Make the conversations that first messages need; the sends to repeat, before all that came after them."""
        by_pair: dict[tuple[str, str], list[_Entry]] = {}
        for entry in entries:
            by_pair.setdefault(_pair(entry[0].sender_id, entry[0].recipient_id or ""), []).append(entry)
        again: list[_Entry] = []
        for waiting in by_pair.values():
            begin = waiting[0][0].begin
            try:
                if begin is not None:
                    await begin()
            except Exception:
                failure = Failure()
                for _, done in waiting:
                    done.errback(failure)
            else:
                # Once only: what is still missing now is an answer.
                again += [(msgspec.structs.replace(item, begin=None), done) for item, done in waiting]
        return again

    async def _store(self, items: list[Append]) -> list[tuple[int, Appended]]:
        self.statements += 1
        rows = await self._db.query(
            _SQL,
            (
                [item.id for item in items],
                [item.sender_id for item in items],
                [item.client_id for item in items],
                [item.conversation_id for item in items],
                [item.recipient_id for item in items],
                [item.reply_to_id for item in items],
                [item.content for item in items],
                [item.names for item in items],
                [item.link for item in items],
                self._settings.pending_limit,
                self._settings.request_cooldown_s,
            ),
            announced=True,
        )
        return [(row[0] - 1, _appended(row)) for row in rows]


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
        back_for=row[13] or [],
        mentions=row[14] or [],
        quote_cleared_by=row[15] or [],
    )


def _key(item: Append) -> tuple[str, str]:
    return item.sender_id, item.client_id


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)
