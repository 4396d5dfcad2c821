"""Sessions that were ended elsewhere: by the ``chatr`` command, or by a node whose broker is out of reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from chatr.api.errors import ApiError
from chatr.store import sessions
from chatr.store.pool import Database

log = Logger()

EVERY_S = 0.5
#: A revocation shows when its transaction commits, and carries the time at which that began.
OVERLAP_S = 15.0


class RevocationWatch:
    """Looks into the database twice a second, so that an ended session is refused within a second on every node."""

    def __init__(self, clock: Any, db: Database, ended: Callable[[str], None]) -> None:
        """``ended`` is called with session ids, with the same one several times."""
        self._clock = clock
        self._db = db
        self._ended = ended
        self._seen = clock.seconds()
        self._loop = LoopingCall(self._look)
        self._loop.clock = clock
        self._running: Deferred[LoopingCall] | None = None

    async def start(self, since_s: float) -> None:
        """Catch up with the last ``since_s`` seconds, then watch."""
        await self._catch_up(since_s)
        self._running = self._loop.start(EVERY_S, now=False)

    async def stop(self) -> None:
        """Stop watching."""
        if self._running is not None:
            self._loop.stop()
            await self._running
            self._running = None

    def _look(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self._catch_up(self._clock.seconds() - self._seen + OVERLAP_S))

    async def _catch_up(self, seconds: float) -> None:
        now = self._clock.seconds()
        try:
            found = await sessions.revoked_since(self._db, seconds)
        except ApiError as error:
            # The next look reaches back further.
            log.debug("revocations not read: {error}", error=error.detail)
            return
        self._seen = now
        for session_id in found:
            self._ended(session_id)
