"""How the sends of a batch are committed: what is plain by the lean statement, the others by that with all rules."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from chatr.api.errors import ApiError
from chatr.config import MessagesSettings
from chatr.store.connections.errors import Undone
from chatr.store.pool import Database, Transaction
from chatr.store.writing.appending import Append, Appended, rooted, store, store_plain
from chatr.store.writing.lanes import Entry, Lane

#: How often a statement is tried that was undone.
TRIES = 3

#: Tells of a message that has been stored.
Announce: TypeAlias = Callable[[Appended], None]
#: Makes the conversation of a first message.
Begin: TypeAlias = Callable[[Transaction], Awaitable[None]]


class Send(Entry):
    """A message, what tells of it and what makes its conversation, and who waits for its outcome."""

    __slots__ = ("announce", "begin", "conversation_id", "done", "item")
    batched = True

    def __init__(self, item: Append, announce: Announce, begin: Begin | None) -> None:
        # What Entry does, without the call: once for each message.
        self.caller = self.lent_by = item.sender_id
        self.item = item
        self.announce = announce
        self.begin = begin
        self.conversation_id = item.conversation_id
        """Where it goes, as far as that is known."""
        self.done: Deferred[Appended] = Deferred()


class Batches:
    """Commits batches of sends. Each gets its own outcome, in the order of seqs, and is announced when it is stored."""

    def __init__(
        self,
        db: Database,
        settings: MessagesSettings,
        *,
        over: Callable[[Send], Deferred[Appended]],
        give_up: Callable[[int, ApiError], None],
        parted: Callable[[], None],
    ) -> None:
        """``over``: what counts a send as done, and has who waits for it; ``give_up``: MessageWriter._give_up.

        ``parted``: what is left of a batch goes on, and may wait for somebody: there is less under way.
        """
        self._db = db
        self._settings = settings
        self._over = over
        self._give_up = give_up
        self._parted = parted
        self.statements = 0
        self.under_way = 0
        """How many sends are in the lean statement, which waits for nobody."""

    async def commit(self, batch: list[Send], since: int) -> list[Send]:
        """Announce each send and hand out its outcome. Those that have to be repeated come back, in order.

        ``since``: the number of the entry that was put last when this batch was taken.
        """
        left = await self._commit_plain(batch, since)
        if not left:
            return []
        self._parted()
        return await self._commit(left, since)

    async def _commit_plain(self, batch: list[Send], since: int) -> list[Send]:
        """Store what is plain, announce it and hand it out. The others come back, in order."""
        plain = _plain(batch)
        if not plain:
            return batch
        self.statements += 1
        self.under_way += len(plain)
        try:
            results = await store_plain(self._db, [(task.conversation_id or "", task.item) for task in plain])
        except Undone:
            return batch
        except ApiError as error:
            self._fail(batch, error, since)
            return []
        except Exception:
            # Nothing is stored. Which of them it is that is bad turns out where each has its own outcome.
            return batch
        finally:
            self.under_way -= len(plain)
        for index, result in results:
            self._announced(plain[index], result)
        if len(results) == len(batch):
            return []
        stored = {plain[index] for index, _ in results}
        return [task for task in batch if task not in stored]

    async def _commit(self, batch: list[Send], since: int) -> list[Send]:
        """Announce each send and hand out its outcome. Those that have to be repeated come back, in order.

        These are the ones that another of the batch stood in the way of: the same send once more, when the first was
        not stored, and what was refused before its request was answered.
        """
        try:
            results = await self._store(batch)
        except ApiError as error:
            self._fail(batch, error, since)
            return []
        except Exception:
            if len(batch) == 1:
                self._over(batch[0]).errback(Failure())
                return []
            return [task for single in batch for task in await self._commit([single], since)]
        again: list[Send] = []
        stored = {_key(batch[index], result) for index, result in results if result.outcome == "created"}
        answered = {result.conversation_id for _, result in results if result.accepts}
        for index, result in results:
            task = batch[index]
            twin = result.outcome == "repeat" and result.message_id is None and _key(task, result) not in stored
            refused = result.outcome in ("waiting", "declined") and result.conversation_id in answered
            if twin or refused:
                again.append(task)
            else:
                self._announced(task, result)
        return again

    def _fail(self, batch: list[Send], error: ApiError, since: int) -> None:
        for task in batch:
            self._over(task).errback(error)
        self._give_up(since, error)

    def _announced(self, task: Send, result: Appended) -> None:
        try:
            if result.outcome == "created":
                task.announce(result)
        except Exception:
            # One that can't be told keeps no other from being.
            self._over(task).errback(Failure())
        else:
            self._over(task).callback(result)

    async def _store(self, batch: list[Send]) -> list[tuple[int, Appended]]:
        items, tries = rooted([(task.lane, task.item) for task in batch]), TRIES
        while True:
            tries -= 1
            self.statements += 1
            try:
                return await store(self._db, items, self._settings)
            except Undone:
                if not tries:
                    raise


def _plain(batch: list[Send]) -> list[Send]:
    """Those at the head of their lanes that may be plain, and are there once."""
    plain: list[Send] = []
    parted: set[Lane] = set()
    keys: set[tuple[Lane, str, str]] = set()
    for task in batch:
        lane, item = task.lane, task.item
        key = lane, item.sender_id, item.client_id
        if lane not in parted:
            if item.plain and task.conversation_id is not None and key not in keys:
                keys.add(key)
                plain.append(task)
            else:
                parted.add(lane)
    return plain


def _key(task: Send, result: Appended) -> tuple[str, str, str]:
    return result.conversation_id, task.item.sender_id, task.item.client_id
