"""The index of messages by their words: what is new is taken in every few seconds."""

from __future__ import annotations

from chatr.process.tasks import Tasks
from chatr.store.ids import NIL
from chatr.store.messages import message_search
from chatr.store.pool import Database

EVERY_S = 10.0
#: After each piece of work the indexer rests for so many times as long: people come first.
REST = 9.0


class Indexer:
    """Takes new messages into the index every few seconds. What it has not yet is found all the same, more slowly.

    Under another dictionary than before it puts the words of all messages anew; until then letters find them.
    """

    def __init__(self, tasks: Tasks, db: Database, dictionary: str) -> None:
        self._clock = tasks.clock
        self._db = db
        self._dictionary = dictionary
        self._task = tasks.every("message_index", EVERY_S, self._look)
        self.stop = self._task.stop

    def start(self) -> None:
        """Begin to work."""
        self._task.start(after_s=EVERY_S)

    async def _look(self) -> None:
        await self.catch_up(rest=REST)

    async def catch_up(self, *, rest: float = 0.0) -> None:
        """Index everything that is there, resting in between: until a pass over all conversations finds nothing."""
        after: str | None = NIL
        found = False
        while not self._task.stopping:
            begun = self._clock.seconds()
            piece = await message_search.index(self._db, self._dictionary, after or NIL)
            self._task.progressed()
            after, found = piece.after, found or piece.conversations > 0
            if after is None:
                if not found:
                    return
                found = False
            if rest:
                await self._task.rest(rest * (self._clock.seconds() - begun))
