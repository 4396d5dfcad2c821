"""Rooms, and the publisher that fills them."""

from __future__ import annotations

from itertools import pairwise

from twisted.trial.unittest import SynchronousTestCase

from chatr.api.events import EVENTS
from chatr.api.events.activity import PresenceChanged
from chatr.api.events.messages import MessageReceipts, MessageUnsent
from chatr.api.events.people import UserUpdated
from chatr.api.events.sessions import SyncRequired
from chatr.api.model import Privacy, User
from chatr.realtime.hub import Announcement, Hub
from chatr.realtime.memory import MemoryBroker
from chatr.realtime.publisher import Publisher


class Listener:
    """Keeps what it is told, and may do something when it is."""

    def __init__(self, connection: str) -> None:
        self.connection = connection
        self.heard: list[Announcement] = []
        self.ended: list[tuple[str, str]] = []
        self.also = lambda: None

    def deliver(self, announcement: Announcement) -> None:
        self.heard.append(announcement)
        self.also()

    def end(self, code: str, reason: str) -> None:
        self.ended.append((code, reason))


class HubTests(SynchronousTestCase):
    """Who hears what."""

    def setUp(self) -> None:
        self.hub = Hub()
        self.a, self.b, self.c = [Listener(name) for name in "abc"]
        self.hub.join(self.a, ["user:1", "conversation:x"])
        self.hub.join(self.b, ["user:2", "conversation:x"])
        self.hub.join(self.c, ["user:3"])

    def deliver(self, *rooms: str, exclude: str = "") -> int:
        return self.hub.deliver(rooms, Announcement(EVENTS["sync.required"], SyncRequired(reason="r"), 1), exclude)

    def counts(self) -> list[int]:
        return [len(listener.heard) for listener in (self.a, self.b, self.c)]

    def test_rooms(self) -> None:
        """Only those in a room hear, each once although in several, and not the one who is left out."""
        self.assertEqual(self.deliver("conversation:x"), 2)
        self.assertEqual(self.deliver("user:1", "conversation:x", "user:3"), 3)
        self.assertEqual(self.deliver("user:1", "conversation:x", exclude="a"), 1)
        self.assertEqual(self.deliver("user:9"), 0)
        self.assertEqual(self.counts(), [2, 3, 1])

    def test_leave(self) -> None:
        """Who left hears nothing, and nothing of it is kept."""
        self.hub.leave(self.a)
        self.hub.leave(self.a)
        self.assertEqual((self.deliver("conversation:x", "user:1"), self.counts()), (1, [0, 1, 0]))
        for listener in (self.b, self.c):
            self.hub.leave(listener)
        self.assertEqual((len(self.hub), self.hub._rooms, self.hub._joined), (0, {}, {}))

    def test_join_again(self) -> None:
        """Rooms can be joined later, and twice without effect."""
        self.hub.join(self.c, ["conversation:x", "user:3"])
        self.assertEqual((self.deliver("conversation:x"), len(self.hub)), (3, 3))
        self.assertEqual(list(self.hub.members("user:3")), [self.c])

    def test_leaving_during_delivery(self) -> None:
        """A delivery that makes somebody leave goes on for the others, and skips who is gone."""
        self.a.also = lambda: self.hub.leave(self.b)
        self.assertEqual(self.deliver("conversation:x", "user:3"), 2)
        self.assertEqual(self.counts(), [1, 0, 1])

    def test_failing_member(self) -> None:
        """A member that fails does not keep the event from the others."""

        def fail() -> None:
            raise KeyError

        self.a.also = fail
        self.deliver("conversation:x", "user:3")
        self.assertEqual(self.counts(), [1, 1, 1])
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)

    def test_end(self) -> None:
        """Ending a room ends all of its sessions."""
        self.assertEqual(self.hub.end("conversation:x", "unauthenticated", "why"), 2)
        self.assertEqual((self.a.ended, self.c.ended), ([("unauthenticated", "why")], []))


class PublisherTests(SynchronousTestCase):
    """Events from the commit to the rooms."""

    def setUp(self) -> None:
        self.hub = Hub()
        self.broker = MemoryBroker()
        self.publisher = Publisher(self.broker, self.hub, sign=str)
        self.listener = Listener("a")
        self.hub.join(self.listener, ["user:1", "session:s"])

    def test_publish(self) -> None:
        """An event reaches its rooms with an id of its own below 2**53."""
        for _ in range(2):
            self.publisher.publish(SyncRequired(reason="r"), iter(["user:1", "session:s"]))
        self.publisher.publish(SyncRequired(reason="r"), ["user:1"], exclude="a")
        one, two = self.listener.heard
        self.assertEqual((one.event.topic, one.payload.reason), ("chatr.sync.required", "r"))
        self.assertNotEqual(one.publication, two.publication)
        self.assertLess(max(one.publication, two.publication), 2**53)

    def test_publication_ids_are_random(self) -> None:
        """Ids of WAMP's global scope are drawn from 1 to 2**53: none tells how many there were."""
        for _ in range(200):
            self.publisher.publish(SyncRequired(reason="r"), ["user:1"])
        ids = [announcement.publication for announcement in self.listener.heard]
        self.assertTrue(all(1 <= one <= 2**53 for one in ids))
        steps = {two - one for one, two in pairwise(ids)}
        self.assertGreater(len(steps), 190)
        self.assertGreater(max(ids) - min(ids), 2**50)

    def test_wrong_payload(self) -> None:
        """What is no event's payload is a bug that shows at once."""
        self.assertRaises(TypeError, self.publisher.publish, Privacy(), ["user:1"])
        self.publisher.publish(PresenceChanged(user_id="u", status="online", revision=1), ["user:1"])
        self.assertTrue(self.listener.heard[0].event.ephemeral)

    def test_wrong_audience(self) -> None:
        """One person's news goes to no conversation, and to nobody at all when one of its rooms is wrong."""
        unsent = MessageUnsent("c", 1, "m", "U")
        for payload, rooms in (
            (UserUpdated.of(User("u", "@u", "U", 1)), ["user:1", "conversation:c"]),
            (SyncRequired("r"), ["conversation:c"]),
            (MessageReceipts("c", "m", 1, 1), ["conversation:c"]),
            (unsent, ["user:1", "session:s"]),
            (unsent, ["1"]),
        ):
            self.assertRaises(TypeError, self.publisher.publish, payload, rooms)
        self.assertEqual(self.listener.heard, [])
        self.publisher.publish(unsent, ["user:1", "conversation:c"])
        self.assertEqual([heard.event.topic for heard in self.listener.heard], ["chatr.message.unsent"])

    def test_end_and_doubt(self) -> None:
        """Sessions can be ended by room; doubt is told to every session of every process, once."""
        self.publisher.end("session:s", "unauthenticated", "why")
        self.assertEqual(self.listener.ended, [("unauthenticated", "why")])
        hub, elsewhere = Hub(), Listener("b")
        hub.join(elsewhere, ["user:2"])
        Publisher(self.broker, hub, sign=str)
        self.publisher.sync_required("the database was interrupted")
        for listener in (self.listener, elsewhere):
            self.assertEqual([heard.payload.reason for heard in listener.heard], ["the database was interrupted"])
