"""Sessions of people: how long they live, and what is heard of their events."""

from __future__ import annotations

from typing import Any

from chatr.api.events import EVENTS
from chatr.api.events.sessions import SyncRequired
from chatr.realtime.hub import Announcement
from tests.wamp.case import ALICE, BOB, EPOCH, Client, SessionCase, Setting


class ExpiryTests(SessionCase):
    """A session and its token."""

    def test_token_expires(self) -> None:
        """A session lives as long as its token."""
        client = self.joined()
        self.clock.advance(899)
        self.assertEqual(client.heard(), [])
        self.clock.advance(1)
        self.assertEqual(client.heard(), [[6, {"message": "token expired"}, "chatr.error.unauthenticated"]])

    def test_token_that_has_expired(self) -> None:
        """A token that is over when it is verified ends the session at once."""
        self.setting.admit("old", ALICE, expires_at=EPOCH - 1)
        client = self.joined("old")
        self.clock.advance(0)
        self.assertEqual(client.heard()[0][:1], [6])

    def test_expiry_of_who_has_left(self) -> None:
        """Nothing waits for the token of a session that is over."""
        client = self.joined()
        client.say([6, {}, "wamp.close.close_realm"])
        client.session.lost()
        self.assertEqual(self.clock.getDelayedCalls(), [])


class ExtendTests(SessionCase):
    """A refresh over the open session."""

    def test_refresh_extends_the_session(self) -> None:
        """A refresh over the open session moves its end, for this connection and login session only."""
        client = self.joined()
        connection = client.session.connection
        self.assertIsNone(self.setting.hub.find("session:session-of-alice", "nobody"))
        self.assertIsNone(self.setting.hub.find("session:session-of-bob", connection))
        member = self.setting.hub.find("session:session-of-alice", connection)
        assert member is not None
        member.extend(EPOCH + 1800)
        self.clock.advance(1799)
        self.assertEqual(client.session.state, "open")
        self.clock.advance(1)
        self.assertEqual(client.session.state, "closing")
        member.extend(EPOCH + 5000)
        self.clock.advance(5000)
        self.assertEqual((client.session.state, self.clock.getDelayedCalls()), ("closed", []))
        self.assertIsNone(self.setting.hub.find("session:session-of-alice", connection))


class LeavingTests(SessionCase):
    """Who is no more here."""

    def test_left_once(self) -> None:
        """A session that ends while one of its messages is answered has left once, and makes room for one more."""
        client = self.joined()
        client.say([48, 1, {}, "chatr.echo.watch", [], {"text": "a"}])
        client.session.received(b'[48, 1, {}, "chatr.echo.watch", [], {"text": "a"}]')
        self.assertEqual(client.session.state, "closed")
        self.assertEqual(self.setting.attendance.events, [("joined", ALICE), ("left", ALICE)])
        self.assertEqual(self.door.members.people.count(ALICE), 0)


class WrittenTests(SessionCase):
    """Who hears of events that were written to somebody."""

    def test_written(self) -> None:
        """Each session that takes an event is told once, and none that has not subscribed or has begun to end."""
        told: list[tuple[str, Any]] = []
        setting = Setting(self.clock, written=lambda user_id, payload: told.append((user_id, payload)))
        clients = {name: Client(setting) for name in ("alice", "bob")}
        for name, client in clients.items():
            client.join(name)
        announcement = Announcement(EVENTS["sync.required"], SyncRequired(reason="r"), 1)
        rooms = [f"user:{ALICE}", f"user:{BOB}"]
        setting.hub.deliver(rooms, announcement)
        self.assertEqual(told, [])
        clients["alice"].say([32, 1, {}, EVENTS["sync.required"].topic], [32, 2, {"match": "prefix"}, "chatr."])
        setting.hub.deliver(rooms, announcement)
        self.assertEqual((told, len(clients["alice"].heard())), ([(ALICE, announcement.payload)], 2))
        setting.hub.end(rooms[0], "unauthenticated", "Signed out")
        setting.hub.deliver(rooms, announcement)
        self.assertEqual(len(told), 1)
