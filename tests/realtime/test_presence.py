"""Who is here."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from chatr.realtime.presence import GRACE_S, SETTLE_S, PresenceTracker, Status


class PresenceTrackerTests(SynchronousTestCase):
    """The best of a person's connections, with a grace time."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.told: list[dict[str, Status]] = []
        self.tracker = PresenceTracker(self.clock, self.told.append)
        self.addCleanup(lambda: self.assertEqual(self.clock.getDelayedCalls(), []))

    def test_comes_and_goes(self) -> None:
        """Coming is announced at once, leaving after the grace time."""
        self.tracker.joined("u", "a")
        self.clock.advance(SETTLE_S)
        self.tracker.left("u", "a")
        self.clock.advance(GRACE_S - 0.01)
        self.assertEqual((self.told, self.tracker.status("u")), ([{"u": "online"}], "online"))
        self.clock.advance(0.01)
        self.clock.advance(SETTLE_S)
        self.assertEqual((self.told[1:], self.tracker.status("u")), ([{"u": "offline"}], "offline"))

    def test_reload_is_not_announced(self) -> None:
        """Who comes back within the grace time was never away."""
        self.tracker.joined("u", "a")
        self.clock.advance(SETTLE_S)
        self.tracker.left("u", "a")
        self.clock.advance(GRACE_S - 1)
        self.tracker.joined("u", "b")
        self.clock.advance(GRACE_S)
        self.assertEqual(self.told, [{"u": "online"}])

    def test_two_devices(self) -> None:
        """One of two connections closes: still online. Away only when all are away."""
        self.tracker.joined("u", "a")
        self.tracker.joined("u", "b")
        self.clock.advance(SETTLE_S)
        self.tracker.set("u", "a", "away")
        self.clock.advance(SETTLE_S)
        self.tracker.left("u", "b")
        self.clock.advance(SETTLE_S)
        self.assertEqual(self.told, [{"u": "online"}, {"u": "away"}])
        self.tracker.set("u", "a", "online")
        self.clock.advance(SETTLE_S)
        self.assertEqual(self.told[2:], [{"u": "online"}])

    def test_changes_settle(self) -> None:
        """Changes of one moment are announced together, and one that is undone not at all."""
        for user in ("u", "v", "w"):
            self.tracker.joined(user, user)
        self.clock.advance(SETTLE_S)
        self.assertEqual(self.told, [{"u": "online", "v": "online", "w": "online"}])
        self.tracker.set("u", "u", "away")
        self.tracker.set("u", "u", "online")
        self.clock.advance(SETTLE_S)
        self.assertEqual(len(self.told), 1)

    def test_unknown_connections(self) -> None:
        """A connection that was never here can't leave."""
        self.tracker.left("u", "a")
        self.tracker.joined("u", "a")
        self.tracker.left("u", "b")
        self.clock.advance(SETTLE_S + GRACE_S)
        self.assertEqual(self.tracker.status("u"), "online")
        self.assertTrue(self.tracker.knows("u", "a"))
        self.assertFalse(self.tracker.knows("u", "b"))

    def test_stop(self) -> None:
        """Stopping leaves no timer behind."""
        self.tracker.joined("u", "a")
        self.tracker.left("u", "a")
        self.tracker.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
