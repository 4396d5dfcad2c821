"""A door on a test clock, and clients of it in memory."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, ClassVar

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from chatr.api.errors import ApiError
from chatr.config import Config, LimitsSettings, ServerSettings, WampSettings
from chatr.live.door import WampDoor
from chatr.live.members import Written
from chatr.realtime.hub import Hub
from chatr.services.admission import Admission
from chatr.wamp.session import WampSession
from tests.wamp.link import MemoryLink
from tests.wamp.operations import Gates, dispatcher

ALICE = "00000000-0000-7000-8000-00000000000a"
BOB = "00000000-0000-7000-8000-00000000000b"

#: The door's ``now`` when the clock is at zero.
EPOCH = 1_700_000_000.0
#: The epoch of the database, as WELCOME tells it.
HISTORY = "2f0c6a0e-0000-4000-8000-000000000000"

NOT_AUTHORIZED = "wamp.error.not_authorized"
DENIED = "wamp.error.authentication_denied"
VIOLATION = "wamp.error.protocol_violation"

HELLO = [1, "chatr", {"roles": {"caller": {}, "subscriber": {}}, "authmethods": ["ticket"]}]


class Tickets:
    """Admits who shows a known ticket. ``hold`` makes the answer wait."""

    def __init__(self) -> None:
        self.known: dict[str, Admission] = {}
        self.seen: list[tuple[str, str]] = []
        self.hold: Deferred[None] | None = None
        self.failure: Exception | None = None

    async def __call__(self, ticket: str, address: str, /) -> Admission:
        self.seen.append((ticket, address))
        if self.hold is not None:
            await self.hold
        if self.failure is not None:
            raise self.failure
        if ticket not in self.known:
            raise ApiError("unauthenticated", "the ticket is not valid")
        return self.known[ticket]


class Attendance:
    """Presence that writes down who came and went."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []

    def joined(self, user_id: str, connection: str) -> None:
        self.events.append(("joined", user_id))

    def left(self, user_id: str, connection: str) -> None:
        self.events.append(("left", user_id))


class Setting:
    """A door with everything behind it that a test may want to look at."""

    def __init__(
        self,
        clock: IReactorTime,
        *,
        exempt_loopback: bool = False,
        server: ServerSettings = ServerSettings(),  # noqa: B008 - frozen
        written: Written | None = None,
        **limits: Any,
    ) -> None:
        self.clock = clock
        self.gates = Gates()
        self.tickets = Tickets()
        self.attendance = Attendance()
        self.config = Config(
            server=server, wamp=WampSettings(**limits), limits=LimitsSettings(exempt_loopback=exempt_loopback)
        )
        self.hub = Hub()
        started = clock.seconds()
        self.door = WampDoor(
            self.config,
            clock,
            dispatcher(self.gates),
            authenticate=self.tickets,
            hub=self.hub,
            presence=self.attendance,
            written=written,
            epoch=lambda: HISTORY,
            now=lambda: datetime.fromtimestamp(EPOCH + clock.seconds() - started, timezone.utc),
        )
        for name, user_id in (("alice", ALICE), ("bob", BOB)):
            self.admit(name, user_id)

    def admit(self, ticket: str, user_id: str, *, role: str = "user", expires_at: float = EPOCH + 900) -> None:
        """Make a ticket valid for a login session of the same name."""
        self.tickets.known[ticket] = Admission(
            user_id=user_id,
            session_id=f"session-of-{ticket}",
            role=role,
            expires_at=expires_at,
            rooms=(f"user:{user_id}", f"session:session-of-{ticket}"),
        )


class Client:
    """A client on a memory link."""

    def __init__(self, setting: Setting, **link: Any) -> None:
        self.link = MemoryLink(**link)
        self.session = WampSession(setting.door.router, self.link)
        self.session.opened()

    def say(self, *messages: list[Any]) -> list[Any]:
        """Send messages; the answers that came at once."""
        for message in messages:
            self.session.received(msgspec.json.encode(message))
        return self.heard()

    def heard(self) -> list[Any]:
        """What came since the last time."""
        sent, self.link.sent = self.link.sent, []
        return sent

    def join(self, ticket: str = "alice") -> Any:
        """The whole handshake; the last answer."""
        self.say(HELLO)
        return self.say([5, ticket, {}])[-1]


class SessionCase(SynchronousTestCase):
    """A door on a test clock."""

    limits: ClassVar[dict[str, Any]] = {}

    def setUp(self) -> None:
        self.clock = Clock()
        self.setting = Setting(self.clock, **self.limits)
        self.door = self.setting.door

    def joined(self, ticket: str = "alice") -> Client:
        client = Client(self.setting)
        self.assertEqual(client.join(ticket)[0], 2)
        return client

    def assertAborted(self, client: Client, uri: str, *, saying: str = "") -> None:
        message = client.heard()[-1]
        self.assertEqual((message[0], message[2]), (3, uri))
        self.assertIn(saying, message[1]["message"])
        self.assertEqual(client.link.closed[0] if client.link.closed else None, "close")
        self.assertEqual(client.session.state, "closed")
        client.session.lost()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def assertViolation(self, client: Client, *, saying: str = "") -> None:
        self.assertAborted(client, VIOLATION, saying=saying)
