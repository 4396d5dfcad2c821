"""What sessions share: the kind stop, and who is here."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from chatr.wamp.router import Tally
from tests.wamp.case import HELLO, Client, SessionCase


class DrainTests(SessionCase):
    """The kind stop."""

    def test_drain(self) -> None:
        """Calls in flight finish, new ones are refused, then all get GOODBYE, and it is over when all have gone."""
        client, other, stranger = self.joined(), self.joined("bob"), Client(self.setting)
        client.say([48, 1, {}, "chatr.echo.write", [], {"text": "a"}])
        done = self.door.router.drain(10)
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
        done = self.door.router.drain(10)
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
        self.door.router.drain(10)
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
