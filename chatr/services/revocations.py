"""Sessions that were ended elsewhere: by the ``chatr`` command, or by a node whose broker is out of reach."""

from __future__ import annotations

from collections.abc import Callable

from chatr.process.tasks import Tasks
from chatr.store.accounts import sessions
from chatr.store.pool import Database

EVERY_S = 0.5
#: While the database is away it is asked at least this often.
LONGEST_PAUSE_S = 5.0
#: A revocation shows when its transaction commits, and carries the time at which that began.
OVERLAP_S = 15.0


class RevocationWatch:
    """Looks into the database twice a second, so that an ended session is refused within a second on every node."""

    def __init__(self, tasks: Tasks, db: Database, ended: Callable[[str], None]) -> None:
        """``ended`` is called with session ids, with the same one several times."""
        self._clock = tasks.clock
        self._db = db
        self._ended = ended
        self._seen = 0.0
        self._task = tasks.every("revocations", EVERY_S, self._look, longest_pause_s=LONGEST_PAUSE_S)
        self.stop = self._task.stop

    async def start(self, since_s: float) -> None:
        """Catch up with the last ``since_s`` seconds, then watch. What can't be read now is read by the next look."""
        self._seen = self._clock.seconds() - since_s
        self._task.start()
        await self._task.settled()

    async def _look(self) -> None:
        now = self._clock.seconds()
        for session_id in await sessions.revoked_since(self._db, now - self._seen + OVERLAP_S):
            self._ended(session_id)
        # Only now: after a look that failed the next reaches back further.
        self._seen = now
