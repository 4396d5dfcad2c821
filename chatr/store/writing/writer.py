"""The one writer of conversations: sends are committed together (group commit), changes beside them, each in its lane.

PostgreSQL lets go of locks before it answers: of two connections that commit to the same conversation the later commit
may be heard of first. So what changes a conversation has a place (places.py) and waits in that conversation's lane
(lanes.py), where one thing at a time is done. What holds:

1. **Events of one conversation leave in the order of its log**: a lane goes on when what was done in it has been
   announced. The writer announces the sends that it has stored, in the order of their seqs; a transaction its events.
2. **What one caller wrote to one conversation keeps its order**: what needs its place looked up is waited for by what
   the same caller hands in after it, and a send that has to be repeated goes back to the head of its lane.
3. **Conversations don't wait for each other.** Two batches of sends at a time, of lanes that are free, callers taking
   turns: no lane is in both. Beside them a few changes, on connections of their own, of each caller fewer still.
4. **No caller has the queue**: each may hold as much as is left for all others, and is ``rate_limited`` beyond that;
   when it is full the answer is ``unavailable``.
5. **A direct conversation has one lane, also while it is begun.** Before it exists the lane has the name of the pair,
   and a send in it is a change by itself, which begins the conversation and appends to it in one transaction; when it
   is begun its id becomes another name of that lane before anybody is told of it (:meth:`MessageWriter.begun`).
   One that another process begins at that moment has two lanes here for as long as the first is busy: across processes
   events may cross in any case, and receivers sort by seq.

Locks are taken in this order, here and wherever else conversations are changed: the advisory locks of a pair and of its
people (store/people/relations.py); the row of a person who changes the own account; conversations, by id; members, by
person; messages; what hangs on those. Rows of people whose friend lists are touched come behind the advisory locks, by
id: whoever changes such a row and waits for others has that person's advisory lock for themselves. In one process no
two statements of the writer meet in a conversation. Between processes, and with what is no business of the writer
(search, presence), they may: what was undone as the victim of a deadlock is tried again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeAlias, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from chatr.api.errors import ApiError
from chatr.config import MessagesSettings
from chatr.store.connections.errors import NoConnection, Undone
from chatr.store.pool import Database, Transaction
from chatr.store.writing.appending import Append, Appended, store_in
from chatr.store.writing.batches import TRIES, Announce, Batches, Send
from chatr.store.writing.lanes import Entry, Lanes
from chatr.store.writing.places import Place, Places, between

#: Sends committed by one statement at most: bounds how long the first of them waits for the last.
MAX_BATCH = 256
#: Batches under way at once: while PostgreSQL commits one, the next is made here. With three it was slower again.
BATCHES = 2
#: So many sends are never parted in two batches.
SMALL_BATCH = 32

_T = TypeVar("_T")
Change: TypeAlias = Callable[[Transaction], Awaitable[_T]]
Work: TypeAlias = Callable[[], Awaitable[Any]]


def _nobody(_: Appended) -> None:
    """Tell nobody."""


class _Job(Entry):
    """What is done by itself, and who waits for it."""

    __slots__ = ("done", "work")
    batched = False

    def __init__(self, caller: str, work: Work) -> None:
        super().__init__(caller)
        self.work = work
        self.done: Deferred[Any] = Deferred()


class MessageWriter:
    """Writes to conversations, in the order of each, fair between callers.

    Sends: what waits at the end of a turn of the reactor is a batch, so that the cost of a statement and of its commit
    is shared by many. While one is in the database another is made: two at once, each with half of the sends, since one
    alone would leave either Python or PostgreSQL with nothing to do. Each caller gets its own outcome, in seq order.
    """

    def __init__(
        self,
        db: Database,
        clock: IReactorTime,
        *,
        queue_limit: int,
        changes: int,
        settings: MessagesSettings,
        batches: int = BATCHES,
    ) -> None:
        """``changes`` and ``batches``: how many connections of ``db`` each of the two may use at once."""
        self._db = db
        self._queue_limit = queue_limit
        self._settings = settings
        self._places = Places(db)
        self._lanes: Lanes[Send, _Job] = Lanes(changes=changes, per_caller=max(1, changes // 2))
        self._entering: dict[str, deque[tuple[Send | _Job, Place, Deferred[str]]]] = {}
        self._held: dict[str, int] = {}
        self._clock = clock
        self._batches = Batches(db, settings, over=self._over, give_up=self._give_up, parted=self._soon)
        self._most_batches = batches
        self._writing = 0
        self._next: IDelayedCall | None = None
        self._starting = self._more = False
        self.waiting = 0
        """What waits or is in hand."""

    @property
    def statements(self) -> int:
        """How many there were for batches of sends."""
        return self._batches.statements

    def append(
        self, item: Append, *, announce: Announce = _nobody, begin: Change[None] | None = None
    ) -> Deferred[Appended]:
        """Append one message. Fails with ``unavailable``: its fate is then unknown, and repeating it is safe.

        ``announce`` is called when it is stored, in its place among those of its conversation. ``begin`` is the change
        that makes a direct conversation where there is none, and says so by :meth:`begun`; it may be called again, as
        any change. Without it the outcome is that there is none.
        """
        task = Send(item, announce, begin)
        self._put(task, item.conversation_id or between(item.sender_id, item.recipient_id or ""))
        return task.done

    def change(self, change: Change[_T], *, caller: str, place: Place) -> Deferred[_T]:
        """Change a conversation in a transaction of its own, when it is its turn in the lane.

        So that events leave in the order of their entries in the log: nothing else is written to that conversation, and
        announced, between its commit and its events. Fails with what ``change`` raises, and with ``unavailable``.
        When the transaction was undone ``change`` is called again, in another: what it does is done by that alone.
        """
        return self.work(partial(self._transact, change), caller=caller, place=place)

    def work(self, work: Callable[[], Awaitable[_T]], *, caller: str, place: Place) -> Deferred[_T]:
        """Do something else about a conversation when it is its turn, on one connection at most."""
        job = _Job(caller, work)
        self._put(job, place)
        return job.done

    def begun(self, one_id: str, other_id: str, conversation_id: str) -> None:
        """The direct conversation of two people exists. To be said before anybody is told of it."""
        pair = between(one_id, other_id)
        self._places.learn(pair, conversation_id)
        self._lanes.alias(pair.name, conversation_id)

    def _put(self, task: Send | _Job, place: Place) -> None:
        held = self._held.get(task.caller, 0)
        room = self._queue_limit - self.waiting
        if room <= 0:
            task.done.errback(ApiError("unavailable", "Too much waits to be stored", retry_after_s=1))
        elif held >= room:
            task.done.errback(ApiError("rate_limited", "Too much of yours waits to be stored", retry_after_s=1))
        else:
            self._held[task.caller] = held + 1
            self.waiting += 1
            self._enter(task, place)

    def _over(self, task: Send | _Job) -> Deferred[Any]:
        self.waiting -= 1
        left = self._held[task.caller] - 1
        if left:
            self._held[task.caller] = left
        else:
            del self._held[task.caller]
        return task.done

    def _enter(self, task: Send | _Job, place: Place) -> None:
        """Into its lane, behind what the same caller has handed in before."""
        entering = self._entering.get(task.caller)
        name = self._places.known(place) if entering is None else None
        if name is not None:
            self._lanes.put(name, task)
            if isinstance(task, Send):
                task.conversation_id = name
                self._soon()
            else:
                self._start()
            return
        # What comes behind is looked up at once too: together.
        waiter = (task, place, Deferred.fromCoroutine(self._places.find(place)))
        if entering is not None:
            entering.append(waiter)
        else:
            self._entering[task.caller] = deque([waiter])
            Deferred.fromCoroutine(self._let_in(task.caller))

    async def _let_in(self, caller: str) -> None:
        entering = self._entering[caller]
        while entering:
            task, place, finding = entering[0]
            failure = None
            try:
                name = await finding
            except Exception:
                failure = Failure()
            entering.popleft()
            if not entering:
                del self._entering[caller]
            if failure is not None:
                self._over(task).errback(failure)
            else:
                # By now the conversation of a pair may have been begun.
                known = self._places.known(place)
                if isinstance(task, Send):
                    task.conversation_id = known
                    if known is None and task.begin is not None:
                        task = self._beginning(task, task.begin)
                self._lanes.put(known or name, task)
                self._start()

    def _soon(self) -> None:
        """Store what waits at the end of this turn of the reactor: all that is read in one turn shares a batch.

        It costs nothing: between what is read in a turn and such calls the reactor asks the kernel for nothing.
        """
        if self._next is None and self._writing < self._most_batches and self._lanes.has_batch:
            self._next = self._clock.callLater(0, self._write_next)

    def _write_next(self) -> None:
        self._next = None
        while self._writing < self._most_batches and self._lanes.has_batch and self._worth_it:
            self._writing += 1
            Deferred.fromCoroutine(self._write(self._lanes.batch(self._room())))

    @property
    def _worth_it(self) -> bool:
        """Whether what waits makes a batch beside the one under way: at least half of it.

        A few would cost PostgreSQL most of what many cost, and more come in the moment until that one is done. What may
        wait for locks of others is not counted as under way.
        """
        return 2 * (self.waiting - self._batches.under_way) >= self._batches.under_way

    def _room(self) -> int:
        """How many sends the next batch takes: half, or all would be in one batch and nothing made beside it."""
        if self._most_batches == 1 or len(self._lanes) == 1:
            return MAX_BATCH
        return min(MAX_BATCH, max(SMALL_BATCH, self.waiting // 2))

    def _start(self) -> None:
        """Start whatever may be done now."""
        self._soon()
        self._more = True
        if self._starting:
            return
        self._starting = True
        while self._more:
            self._more = False
            while (job := self._lanes.change()) is not None:
                Deferred.fromCoroutine(self._work(job))
        self._starting = False

    async def _work(self, job: _Job) -> None:
        since = self._lanes.last
        try:
            result = await job.work()
        except Exception as error:
            self._over(job).errback(Failure())
            self._give_up(since, error)
        else:
            self._over(job).callback(result)
        self._lanes.free(job)
        self._start()

    async def _transact(self, change: Change[_T]) -> _T:
        tries = TRIES
        while True:
            tries -= 1
            try:
                async with self._db.transaction() as tx:
                    result = await change(tx)
                return result
            except Undone:
                if not tries:
                    raise

    def _give_up(self, since: int, error: Exception) -> None:
        """Whoever waited already when one began to wait for a connection in vain has waited as long: so do they.

        Otherwise each in turn would wait as long again, for minutes while the database is away.
        """
        if isinstance(error, NoConnection):
            for task in self._lanes.drop(since):
                self._over(task).errback(error)

    async def _write(self, batch: list[Send]) -> None:
        lanes, since = {task.lane: task for task in batch}, self._lanes.last
        for task in reversed(await self._batches.commit(batch, since)):
            self._lanes.put_back(task)
        for task in lanes.values():
            self._lanes.free(task)
        self._writing -= 1
        self._start()

    def _beginning(self, task: Send, begin: Change[None]) -> _Job:
        """A first message as a change: it makes the conversation, unless another has by then, and is stored in it.

        Nothing is begun for one that is refused.
        """

        async def change(tx: Transaction) -> Appended:
            result = await store_in(tx, task.item, self._settings)
            # Sent before, or behind a message that is not there: then nothing is begun.
            if result.outcome == "no_conversation":
                await begin(tx)
                result = await store_in(tx, task.item, self._settings)
                if result.outcome not in ("created", "repeat"):
                    raise _Refused(result)
            if result.outcome == "created":
                tx.then(partial(task.announce, result))
            return result

        async def work() -> Appended:
            try:
                return await self._transact(change)
            except _Refused as refused:
                return refused.result

        job = _Job(task.caller, work)
        job.done = task.done
        return job


class _Refused(Exception):
    """Undoes what was begun for a message that is not stored."""

    def __init__(self, result: Appended) -> None:
        super().__init__(result.outcome)
        self.result = result
