"""Marks: how far members of a conversation have come, told in the order in which it grows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from chatr.store import conversations
from chatr.store.conversations import Mark, Marked
from chatr.store.pool import Database, Undone
from chatr.store.writer import TRIES, MessageWriter

#: What tells of a mark: the watermarks as they are now, and the connection that knows them without being told.
Tell: TypeAlias = Callable[[Marked, str], None]


class _Waiting:
    """What one person's connections have said that waits to be stored, as one mark."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell
        self.delivered_seq = self.read_seq = 0
        self.connection = ""
        self.done: list[Deferred[bool]] = []

    def add(self, delivered_seq: int, read_seq: int, connection: str) -> Deferred[bool]:
        """Watermarks only grow: the highest of each is enough for all."""
        delivered_seq = max(delivered_seq, read_seq)
        before = self.delivered_seq, self.read_seq
        self.delivered_seq, self.read_seq = max(delivered_seq, before[0]), max(read_seq, before[1])
        if (self.delivered_seq, self.read_seq) == (delivered_seq, read_seq):
            # Nobody has said more.
            self.connection = connection
        elif (self.delivered_seq, self.read_seq) != before:
            # Each a part: both are told the whole.
            self.connection = ""
        done: Deferred[bool] = Deferred()
        self.done.append(done)
        return done


class Marks:
    """Stores marks in the lane of their conversation, those that wait there with one statement, whoever made them.

    So the watermarks of a person are told in the order in which they grow, and in order with what reveals or withholds
    them; however many sessions say so at once, a person's mark is at most one statement under way and one that waits.
    That holds in one process. Of two each tells in order what it stores itself: whoever hears both keeps the highest.
    """

    def __init__(self, db: Database, writer: MessageWriter) -> None:
        self._db = db
        self._writer = writer
        self._waiting: dict[str, dict[str, _Waiting]] = {}

    def mark(
        self, conversation_id: str, user_id: str, *, delivered_seq: int, read_seq: int, connection: str, tell: Tell
    ) -> Deferred[bool]:
        """Raise a member's watermarks: False unless joined. ``tell`` is called for what has changed, before this fires.

        ``connection``: of whom this is. Fails as :meth:`MessageWriter.change` does.
        """
        there = self._waiting.setdefault(conversation_id, {})
        waiting = there.get(user_id)
        if waiting is not None:
            return waiting.add(delivered_seq, read_seq, connection)
        waiting = there[user_id] = _Waiting(tell)
        done = waiting.add(delivered_seq, read_seq, connection)
        turn = self._writer.work(partial(self._store, conversation_id), caller=user_id, place=conversation_id)
        turn.addErrback(self._refused, conversation_id, user_id, waiting)
        return done

    async def _store(self, conversation_id: str) -> None:
        """All that waits. For those whose own turn comes later nothing is left to do then."""
        there = self._waiting.pop(conversation_id, {})
        if not there:
            return
        marks = [Mark(user_id, each.delivered_seq, each.read_seq) for user_id, each in there.items()]
        try:
            stored = await self._stored(conversation_id, marks)
        except Exception:
            failure = Failure()
            for waiting in there.values():
                _fail(waiting, failure)
            # Who waits for a connection too is told by the writer.
            raise
        for user_id, waiting in there.items():
            marked = stored.get(user_id)
            if marked is not None and marked.changed:
                waiting.tell(marked, waiting.connection)
            for done in waiting.done:
                done.callback(marked is not None)

    async def _stored(self, conversation_id: str, marks: list[Mark]) -> dict[str, Marked]:
        tries = TRIES
        while True:
            tries -= 1
            try:
                return await conversations.mark(self._db, conversation_id, marks)
            except Undone:
                if not tries:
                    raise

    def _refused(self, failure: Failure, conversation_id: str, user_id: str, waiting: _Waiting) -> None:
        """The turn did not come, unless what waited for it was stored, or has failed, in another's."""
        there = self._waiting.get(conversation_id, {})
        if there.get(user_id) is waiting:
            del there[user_id]
            if not there:
                del self._waiting[conversation_id]
            _fail(waiting, failure)


def _fail(waiting: _Waiting, failure: Failure) -> None:
    for done in waiting.done:
        done.errback(failure)
