"""Who is here."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from chatr.process.tasks import Tasks
from chatr.realtime.presence import (
    BEAT_S,
    GRACE_S,
    INTERVAL_S,
    MOST_AT_ONCE,
    RETRY_S,
    SETTLE_S,
    Beat,
    PresenceChange,
    PresenceTracker,
)
from chatr.realtime.presence_memory import MemoryPresence


class Flaky(MemoryPresence):
    """A store that can't be reached while ``away``, and that tells of dead nodes."""

    away = False
    heard = Beat()

    async def put(self, states: Mapping[str, Any]) -> None:
        if self.away:
            raise ConnectionError("away")
        await super().put(states)

    async def beat(self) -> Beat:
        heard, self.heard = self.heard, Beat()
        return heard


class PresenceTrackerTests(SynchronousTestCase):
    """The best of a person's connections, with a grace time."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.store = Flaky(self.clock)
        self.told: list[PresenceChange] = []
        self.tracker = PresenceTracker(Tasks(self.clock), self.store, self.told.extend)
        self.addCleanup(lambda: self.assertEqual(self.clock.getDelayedCalls(), []))

    def statuses(self, user_id: str = "u") -> list[str]:
        """What was announced of somebody."""
        return [change.status for change in self.told if change.user_id == user_id]

    def status(self) -> str:
        """What is answered of "u"."""
        return self.done(self.tracker.statuses(["u"]))["u"]

    def done(self, coroutine: Any) -> Any:
        """What a coroutine that waits for nothing answers."""
        return self.successResultOf(Deferred.fromCoroutine(coroutine))

    def test_comes_and_goes(self) -> None:
        """Coming is announced at once, leaving after the grace time, with the time that has passed since."""
        self.tracker.joined("u", "a")
        self.clock.advance(SETTLE_S)
        self.tracker.left("u", "a")
        self.clock.advance(GRACE_S - 0.01)
        self.assertEqual((self.statuses(), self.status()), (["online"], "online"))
        self.clock.advance(0.01)
        self.clock.advance(SETTLE_S)
        self.assertEqual((self.told[1:], self.status()), ([PresenceChange("u", "offline", GRACE_S)], "offline"))

    def test_reload_is_not_announced(self) -> None:
        """Who comes back within the grace time was never away."""
        self.tracker.joined("u", "a")
        self.clock.advance(SETTLE_S)
        self.tracker.left("u", "a")
        self.clock.advance(GRACE_S - 1)
        self.tracker.joined("u", "b")
        self.clock.advance(GRACE_S)
        self.assertEqual(self.statuses(), ["online"])

    def test_away_until_gone(self) -> None:
        """Who leaves while away stays away until the grace time is over."""
        self.tracker.joined("u", "a")
        self.tracker.set("u", "a", "away")
        self.tracker.left("u", "a")
        self.clock.advance(SETTLE_S)
        self.assertEqual((self.statuses(), self.status()), (["away"], "away"))
        self.clock.advance(GRACE_S)
        self.clock.advance(SETTLE_S)
        self.assertEqual(self.statuses(), ["away", "offline"])

    def test_two_devices(self) -> None:
        """One of two connections closes: still online. Away only when all are away."""
        self.tracker.joined("u", "a")
        self.tracker.joined("u", "b")
        self.clock.advance(INTERVAL_S)
        self.tracker.set("u", "a", "away")
        self.clock.advance(INTERVAL_S)
        self.assertEqual(self.statuses(), ["online"])
        self.tracker.left("u", "b")
        self.clock.advance(INTERVAL_S)
        self.assertEqual(self.statuses(), ["online", "away"])
        self.tracker.set("u", "a", "online")
        self.clock.advance(INTERVAL_S)
        self.assertEqual(self.statuses(), ["online", "away", "online"])

    def test_changes_settle(self) -> None:
        """Changes of one moment are announced together, and one that is undone not at all."""
        calls: list[int] = []
        self.tracker._on_changes = lambda changes: calls.append(len(changes))
        for user in ("u", "v", "w"):
            self.tracker.joined(user, user)
        self.clock.advance(SETTLE_S)
        self.assertEqual(calls, [3])
        self.tracker.set("u", "u", "away")
        self.tracker.set("u", "u", "online")
        self.clock.advance(SETTLE_S)
        self.assertEqual(calls, [3])

    def test_thousands(self) -> None:
        """Of many who come or go at once some are announced at a time, and each once."""
        people = [f"{number}" for number in range(2 * MOST_AT_ONCE + 1)]
        for work, status in ((self.tracker.joined, "online"), (self.tracker.left, "offline")):
            self.told.clear()
            for user_id in people:
                work(user_id, "a")
            if status == "offline":
                self.clock.advance(GRACE_S)
            self.clock.advance(SETTLE_S)
            self.assertEqual(len(self.told), MOST_AT_ONCE)
            self.clock.pump([SETTLE_S, SETTLE_S])
            ago_s = GRACE_S if status == "offline" else 0.0
            self.assertCountEqual(self.told, [PresenceChange(user_id, status, ago_s) for user_id in people])

    def test_flapping(self) -> None:
        """Somebody who flaps causes one announcement a second at most, and the last one is right."""
        self.tracker.joined("u", "a")
        times: list[float] = []
        self.tracker._on_changes = lambda changes: (times.append(self.clock.seconds()), self.told.extend(changes))[0]
        for turn in range(101):
            self.tracker.set("u", "a", "away" if turn % 2 else "online")
            self.clock.advance(SETTLE_S)
        self.tracker.set("u", "a", "away")
        self.clock.pump([SETTLE_S] * 20)
        gaps = [later - sooner for sooner, later in pairwise(times)]
        self.assertGreaterEqual(min(gaps), INTERVAL_S - 1e-6)
        self.assertGreater(len(times), 5)
        self.assertEqual(self.statuses()[-1], "away")

    def test_unknown_connections(self) -> None:
        """A connection that was never here can't leave, and none is known that has no name."""
        self.tracker.left("u", "a")
        self.tracker.joined("u", "a")
        self.tracker.left("u", "b")
        self.clock.advance(SETTLE_S + GRACE_S)
        self.assertEqual(self.status(), "online")
        self.assertTrue(self.tracker.knows("u", "a"))
        self.tracker.left("u", "a")
        for connection in ("a", "b", "left", ""):
            self.assertFalse(self.tracker.knows("u", connection))
        self.clock.advance(GRACE_S)
        self.clock.advance(SETTLE_S)

    def test_store_away(self) -> None:
        """What could not be passed on, whatever the reason, is passed on as it then is; told once, pauses grow."""
        self.store.away = True
        self.tracker.joined("u", "a")
        self.clock.advance(SETTLE_S)
        self.tracker.set("u", "a", "away")
        self.clock.advance(RETRY_S)
        self.assertEqual(self.told, [])
        self.store.away = False
        self.clock.advance(RETRY_S)
        self.assertEqual(self.told, [])
        self.clock.advance(RETRY_S)
        self.assertEqual(self.statuses(), ["away"])
        self.assertEqual(len(self.flushLoggedErrors(ConnectionError)), 1)

    def test_beat(self) -> None:
        """People of a node that died are asked about; a store that forgot this node is told again who is here."""
        self.tracker.start()
        self.tracker.joined("u", "a")
        self.clock.advance(SETTLE_S)
        self.store._states["v"], self.store._announced["v"] = "online", "online"
        del self.store._states["v"]
        self.store.heard = Beat(orphans={"v": 33.0})
        self.clock.advance(BEAT_S)
        self.clock.advance(0)
        self.assertEqual(self.told[1:], [PresenceChange("v", "offline", 33.0)])
        self.store._states.clear()
        self.store.heard = Beat(known=False)
        self.clock.advance(BEAT_S)
        self.clock.advance(0)
        self.assertEqual((self.status(), self.statuses()), ("online", ["online"]))
        self.done(self.tracker.stop())

    def test_stop(self) -> None:
        """Stopping leaves no timer behind, and whoever was here has left."""
        self.tracker.start()
        self.tracker.joined("u", "a")
        self.tracker.joined("v", "b")
        self.clock.advance(SETTLE_S)
        self.tracker.left("u", "a")
        self.clock.advance(INTERVAL_S)
        self.tracker.joined("w", "c")
        self.done(self.tracker.stop())
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual({change.user_id: change.status for change in self.told}, {"u": "offline", "v": "offline"})
