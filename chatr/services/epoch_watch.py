"""The epoch of the database: what sessions are told at their beginning, and that it has changed."""

from __future__ import annotations

from chatr.process.tasks import Tasks
from chatr.realtime.hub import Hub
from chatr.store import epoch
from chatr.store.pool import Database

EVERY_S = 1.0
#: While the database is away it is asked at least this often.
LONGEST_PAUSE_S = 5.0


class EpochWatch:
    """Looks into the database each second: another process may have renewed the epoch, or a stand-by taken over.

    Whoever is here was welcomed to another history then: they are sent away, and come back to this one.
    """

    def __init__(self, tasks: Tasks, db: Database, hub: Hub) -> None:
        self.epoch = ""
        """As it was last seen; empty before the first look."""
        self._db = db
        self._hub = hub
        self._task = tasks.every("epoch", EVERY_S, self._look, longest_pause_s=LONGEST_PAUSE_S)
        self.stop = self._task.stop

    async def start(self) -> None:
        """Look, then watch. What can't be read now is read by the next look."""
        self._task.start()
        await self._task.settled()

    async def _look(self) -> None:
        before, self.epoch = self.epoch, await epoch.current(self._db)
        if self.epoch != before:
            for member in self._hub.everyone():
                member.end("unavailable", "the database has another history: connect again")
