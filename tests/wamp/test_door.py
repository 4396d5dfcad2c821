"""What sessions share: limits, extension by refresh, and the kind stop."""

from __future__ import annotations

from typing import Any, ClassVar

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from chatr.wamp.door import Tally
from tests.wamp.case import EPOCH, HELLO, Client, SessionCase, Setting


class LimitTests(SessionCase):
    """Sessions per user and per address."""

    limits: ClassVar[dict[str, Any]] = {"max_sessions_per_user": 2, "max_sessions_per_address": 3}

    def test_sessions_per_user(self) -> None:
        """One session too many is refused with a reason; one less makes room."""
        first, _ = self.joined(), self.joined()
        third = Client(self.setting)
        third.say(HELLO)
        third.session.received(b'[5, "alice", {}]')
        message = third.heard()[-1]
        self.assertEqual((message[0], message[2]), (3, "chatr.error.rate_limited"))
        self.assertIn("2 sessions", message[1]["message"])
        third.session.lost()
        first.say([6, {}, "wamp.close.close_realm"])
        self.joined()

    def test_sessions_per_address(self) -> None:
        """One connection too many is refused before it says a word; one less makes room, elsewhere there is room."""
        clients = [Client(self.setting) for _ in range(3)]
        fourth = Client(self.setting)
        message = fourth.heard()[-1]
        self.assertEqual((message[0], message[2]), (3, "chatr.error.rate_limited"))
        self.assertIsNone(Client(self.setting, address="192.0.2.2").link.closed)
        fourth.session.lost()
        clients[0].session.lost()
        self.assertIsNone(Client(self.setting).link.closed)

    def test_networks_of_ipv6_are_one_address(self) -> None:
        """Who has one address of a /64 has them all; an IPv4 address counts the same however it is written."""
        for addresses, elsewhere in (
            (["2001:db8::1", "2001:db8::2", "2001:db8::ffff:1", "2001:db8::3"], "2001:db8:0:1::1"),
            (["192.0.2.7", "::ffff:192.0.2.7", "::ffff:c000:207", "192.0.2.7"], "::ffff:192.0.2.8"),
        ):
            clients = [Client(self.setting, address=address) for address in addresses]
            self.assertEqual([client.link.closed is None for client in clients], [True, True, True, False])
            self.assertIsNone(Client(self.setting, address=elsewhere).link.closed)
            for client in clients:
                client.session.lost()
            self.assertIsNone(Client(self.setting, address=addresses[0]).link.closed)

    def test_loopback_may_be_exempt(self) -> None:
        """In development callers on this machine are not counted by address."""
        setting = Setting(self.clock, exempt_loopback=True, **self.limits)
        for _ in range(4):
            self.assertIsNone(Client(setting, address="127.0.0.1").link.closed)


class ExtendTests(SessionCase):
    """A refresh over the open session."""

    def test_refresh_extends_the_session(self) -> None:
        """A refresh over the open session moves its end, for this connection and login session only."""
        client = self.joined()
        connection = client.session.connection
        self.assertFalse(self.door.extend("nobody", "session-of-alice", EPOCH + 5000))
        self.assertFalse(self.door.extend(connection, "session-of-bob", EPOCH + 5000))
        self.assertTrue(self.door.extend(connection, "session-of-alice", EPOCH + 1800))
        self.clock.advance(1799)
        self.assertEqual(client.session.state, "open")
        self.clock.advance(1)
        self.assertEqual(client.session.state, "closing")
        self.assertFalse(self.door.extend(connection, "session-of-alice", EPOCH + 5000))


class DrainTests(SessionCase):
    """The kind stop."""

    def test_drain(self) -> None:
        """Calls in flight finish, new ones are refused, then all get GOODBYE, and it is over when all have gone."""
        client, other, stranger = self.joined(), self.joined("bob"), Client(self.setting)
        client.say([48, 1, {}, "chatr.echo.write", [], {"text": "a"}])
        done = self.door.drain(10)
        late = Client(self.setting)
        self.assertEqual(late.heard()[-1][::2], [3, "wamp.close.system_shutdown"])
        self.assertEqual(client.say([48, 2, {}, "chatr.echo.whoami"])[0][4], "chatr.error.unavailable")
        self.setting.gates.open()
        result, goodbye = client.heard()
        self.assertEqual((result[:2], goodbye[2]), ([50, 1], "wamp.close.system_shutdown"))
        self.assertEqual(other.heard()[0][2], "wamp.close.system_shutdown")
        self.assertEqual(stranger.heard()[0][::2], [3, "wamp.close.system_shutdown"])
        for one in (client, other, stranger, late):
            self.assertNoResult(done)
            one.session.lost()
        self.assertIsNone(self.successResultOf(done))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_drain_does_not_wait_for_ever(self) -> None:
        """A call that does not finish, and a transport that does not close, hold the stop up for a bounded time."""
        client = self.joined()
        client.say([48, 1, {}, "chatr.echo.write", [], {"text": "a"}])
        done = self.door.drain(10)
        self.clock.advance(9.9)
        self.assertEqual(client.heard(), [])
        self.clock.advance(0.2)
        self.assertEqual(client.heard()[0][0], 6)
        self.clock.pump([1] * 8)
        self.assertIsNone(self.successResultOf(done))
        client.session.lost()
        self.setting.gates.open()
        self.assertEqual(self.setting.gates.done, ["a"])

    def test_verified_while_draining(self) -> None:
        """Who was on the way in when the stop began is refused."""
        self.setting.tickets.hold = Deferred()
        client = Client(self.setting)
        client.say(HELLO, [5, "alice", {}])
        blocker = self.joined_past_hold()
        blocker.say([48, 1, {}, "chatr.echo.write", [], {"text": "a"}])
        self.door.drain(10)
        self.setting.tickets.hold.callback(None)
        self.assertEqual(client.heard()[-1][::2], [3, "wamp.close.system_shutdown"])

    def joined_past_hold(self) -> Client:
        hold, self.setting.tickets.hold = self.setting.tickets.hold, None
        client = self.joined("bob")
        self.setting.tickets.hold = hold
        return client


class TallyTests(SynchronousTestCase):
    """A count that tells when it is at zero."""

    def test_zero_at_once_or_later(self) -> None:
        """Who waits is told at zero, also when it is zero already."""
        tally = Tally()
        self.assertIsNone(self.successResultOf(tally.zero()))
        tally.up()
        tally.up()
        waiting = tally.zero()
        tally.down()
        self.assertNoResult(waiting)
        tally.down()
        self.assertIsNone(self.successResultOf(waiting))
