"""Telling senders in groups how many their messages have reached: counted, whoever they are."""

from __future__ import annotations

from msgspec import UNSET
from twisted.internet.defer import Deferred

from chatr.api.errors import ApiError
from chatr.api.events.messages import MessageReceipts
from chatr.process.tasks import Tasks
from chatr.realtime.publisher import Publisher
from chatr.realtime.rooms import person_room
from chatr.store.conversations import receipt_counts
from chatr.store.conversations.receipt_counts import Grown
from chatr.store.pool import Database

#: Of one conversation a sender is told once in this time at most; the first at once.
EVERY_S = 1.0
#: How often it is looked whether this goes on, when nobody marks anything.
LOOK_S = 60.0
#: Conversations that wait at most, 300 bytes each. A mark beyond is told of with the next one there.
MOST_WAITING = 20_000


class ReceiptCounts:
    """Notes where marks have grown, and tells the senders whose messages they have passed, all of a second together.

    One statement for each conversation, one after the other: what marks cost does not grow with those who make them.
    Nothing is kept: the counts are read as they are when they are told. Of several processes each tells of the marks
    that it stores, and the counts only grow.
    """

    def __init__(self, tasks: Tasks, db: Database, publisher: Publisher) -> None:
        self._db = db
        self._publisher = publisher
        self._grown: dict[str, Grown] = {}
        self._task = tasks.every("receipt_counts", LOOK_S, self._work)
        self.stop = self._task.stop

    def start(self) -> None:
        """Begin to tell."""
        self._task.start()

    def settled(self) -> Deferred[None]:
        """Fires when everything that was noted is told, and nothing of it is too new to be followed."""
        return self._task.settled()

    def note(self, conversation_id: str, grown: Grown) -> None:
        """Note what a mark has passed that is committed."""
        before = self._grown.get(conversation_id)
        if before is not None:
            grown = before | grown
        elif len(self._grown) >= MOST_WAITING:
            return
        self._grown[conversation_id] = grown
        self._task.wake()

    async def _work(self) -> None:
        while self._grown and not self._task.stopping:
            together, self._grown = self._grown, {}
            try:
                while together:
                    await self._tell(together)
            finally:
                # What can't be told now is told with what has grown since.
                for conversation_id, grown in together.items():
                    self.note(conversation_id, grown)
            self._task.progressed()
            await self._task.rest(EVERY_S)

    async def _tell(self, together: dict[str, Grown]) -> None:
        conversation_id, grown = together.popitem()
        try:
            found = await receipt_counts.counts(self._db, conversation_id, grown)
        except ApiError:
            together[conversation_id] = grown
            raise
        for count in found:
            told = MessageReceipts(
                conversation_id=conversation_id,
                message_id=count.message_id,
                delivered_count=count.delivered,
                read_count=UNSET if count.read is None else count.read,
                other_delivered_seq=count.all_delivered_seq,
                other_read_seq=UNSET if count.all_read_seq is None else count.all_read_seq,
            )
            self._publisher.publish(told, [person_room(count.sender_id)])
