"""Marks: how far members of a conversation have come, told in the order in which it grows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

import msgspec
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from chatr.store.columns import Columns
from chatr.store.connections.errors import Undone
from chatr.store.conversations.conversations import pair
from chatr.store.pool import Database
from chatr.store.writing.batches import TRIES
from chatr.store.writing.writer import MessageWriter


class Mark(msgspec.Struct, frozen=True):
    """How far a member says to have come."""

    user_id: str
    delivered_seq: int
    read_seq: int


class Marked(msgspec.Struct, frozen=True):
    """A member's watermarks after a receipt, and what the others are shown of them, now and before.

    Of a direct conversation also the ``pair``, and whether the other person sees what others have read.
    """

    changed: bool
    delivered_seq: int
    read_seq: int
    shown_delivered_before: int
    shown_read_before: int
    shown_delivered_seq: int
    shown_read_seq: int
    other_sees_read: bool
    pair: tuple[str, str] | None

    @property
    def shown(self) -> bool:
        """Whether the others are shown more than before."""
        return self.shown_delivered_seq > self.shown_delivered_before or self.shown_read_seq > self.shown_read_before


_MARKED = Columns(
    Marked,
    {
        "changed": "next.user_id IN (SELECT up.user_id FROM up)",
        "delivered_seq": "to_delivered",
        "read_seq": "to_read",
        "shown_delivered_before": "shown_delivered_seq",
        "shown_read_before": "shown_read_seq",
        "shown_delivered_seq": "to_shown_delivered",
        "shown_read_seq": "to_shown_read",
        "other_sees_read": "other_gives",
        "pair": pair("next"),
    },
)


async def store(db: Database, conversation_id: str, marks: Sequence[Mark]) -> dict[str, Marked]:
    """Raise the watermarks of members, never beyond the head and never down; without those who have not joined.

    The others are told unless the conversation waits to be accepted or is closed, and of what was read only if the
    member gives receipts.
    """
    rows = await db.query(
        f"""WITH c AS MATERIALIZED (
             -- Held first, so that it is as it will be when this is committed: who withholds or reveals holds it too.
             SELECT id, head_seq, status, closed, user_low, user_high FROM conversations WHERE id = %s FOR SHARE
           ), me AS (
             SELECT m.user_id, m.delivered_seq, m.read_seq, m.shown_delivered_seq, m.shown_read_seq,
                    c.user_low, c.user_high,
                    GREATEST(m.delivered_seq, LEAST(GREATEST(a.delivered, a.read), c.head_seq)) AS to_delivered,
                    GREATEST(m.read_seq, LEAST(a.read, c.head_seq)) AS to_read,
                    c.status = 'accepted' AND c.closed IS NULL AS open, gives_receipts(m.user_id) AS gives,
                    coalesce(gives_receipts(CASE WHEN c.user_low = m.user_id THEN c.user_high ELSE c.user_low END),
                             true) AS other_gives
               FROM c CROSS JOIN unnest(%s::uuid[], %s::bigint[], %s::bigint[]) a(user_id, delivered, read)
               JOIN members m ON m.conversation_id = c.id AND m.user_id = a.user_id
              WHERE m.status = 'joined' ORDER BY m.user_id FOR UPDATE OF m
           ), next AS (
             SELECT me.*, CASE WHEN open THEN to_delivered ELSE shown_delivered_seq END AS to_shown_delivered,
                    CASE WHEN open AND gives THEN to_read ELSE shown_read_seq END AS to_shown_read FROM me
           ), up AS (
             UPDATE members m SET delivered_seq = to_delivered, read_seq = to_read, changed_at = clock_timestamp(),
                    shown_delivered_seq = to_shown_delivered, shown_read_seq = to_shown_read,
                    unshown_read_seq = CASE WHEN gives THEN unshown_read_seq ELSE to_read END
               FROM next WHERE m.conversation_id = %s AND m.user_id = next.user_id
                AND (to_delivered > next.delivered_seq OR to_read > next.read_seq) RETURNING m.user_id
           ) SELECT next.user_id, {_MARKED.sql} FROM next""",
        (
            conversation_id,
            [mark.user_id for mark in marks],
            [mark.delivered_seq for mark in marks],
            [mark.read_seq for mark in marks],
            conversation_id,
        ),
        announced=True,
    )
    return {row[0]: _MARKED.take(row, 1) for row in rows}


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
        """Add what a connection says: watermarks only grow, and the highest of each is enough for all."""
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


class MarkWriter:
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
        """Store all that waits. For those whose own turn comes later nothing is left to do then."""
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
            try:
                if marked is not None and marked.changed:
                    waiting.tell(marked, waiting.connection)
            except Exception:
                # One that can't be told keeps no other from being.
                _fail(waiting, Failure())
            else:
                for done in waiting.done:
                    done.callback(marked is not None)

    async def _stored(self, conversation_id: str, marks: list[Mark]) -> dict[str, Marked]:
        tries = TRIES
        while True:
            tries -= 1
            try:
                return await store(self._db, conversation_id, marks)
            except Undone:
                if not tries:
                    raise

    def _refused(self, failure: Failure, conversation_id: str, user_id: str, waiting: _Waiting) -> None:
        """Refuse what waited for a turn that did not come, unless it was stored, or has failed, in another's."""
        there = self._waiting.get(conversation_id, {})
        if there.get(user_id) is waiting:
            del there[user_id]
            if not there:
                del self._waiting[conversation_id]
            _fail(waiting, failure)


def _fail(waiting: _Waiting, failure: Failure) -> None:
    for done in waiting.done:
        done.errback(failure)
