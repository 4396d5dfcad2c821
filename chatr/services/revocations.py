"""Sessions that were ended elsewhere: by the ``chatr`` command, or by a node whose broker is out of reach."""

from __future__ import annotations

from chatr.auth.tokens import Tokens
from chatr.process.tasks import Tasks
from chatr.realtime.broker import Broker, EndRoom, Envelope
from chatr.realtime.hub import Hub
from chatr.realtime.rooms import session_room
from chatr.store.pool import Database
from chatr.store.sessions import sessions

EVERY_S = 0.5
#: While the database is away it is asked at least this often.
LONGEST_PAUSE_S = 5.0
#: A revocation shows when its transaction commits, and carries the time at which that began.
OVERLAP_S = 15.0


class RevocationWatch:
    """Ends sessions here that were ended elsewhere: as the broker says, and as the database does twice a second.

    So an ended session is refused within a second on every node, whatever becomes of the broker.
    """

    def __init__(self, tasks: Tasks, db: Database, tokens: Tokens, broker: Broker, hub: Hub) -> None:
        self._clock = tasks.clock
        self._db = db
        self._tokens = tokens
        self._hub = hub
        self._seen = 0.0
        self._task = tasks.every("revocations", EVERY_S, self._look, longest_pause_s=LONGEST_PAUSE_S)
        self.stop = self._task.stop
        broker.subscribe(self._heard)

    async def start(self) -> None:
        """Catch up with as long as a token lives, then watch. What can't be read now is read by the next look."""
        self._seen = self._clock.seconds() - self._tokens.lifetime_s
        self._task.start()
        await self._task.settled()

    def _heard(self, envelope: Envelope) -> None:
        """Refuse the tokens of a session that ends anywhere, from the same moment."""
        if isinstance(envelope, EndRoom) and envelope.room.startswith(session_room("")):
            self._tokens.revoke(envelope.room.removeprefix(session_room("")))

    async def _look(self) -> None:
        now = self._clock.seconds()
        for session_id in await sessions.revoked_since(self._db, now - self._seen + OVERLAP_S):
            # The same one several times.
            if not self._tokens.knows_revoked(session_id):
                self._tokens.revoke(session_id)
                self._hub.end(session_room(session_id), "unauthenticated", "Signed out")
        # Only now: after a look that failed the next reaches back further.
        self._seen = now
