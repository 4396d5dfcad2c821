"""Whose sessions sit in a group's room: on every node, whatever comes too early or not at all."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from chatr.process.tasks import Tasks
from chatr.realtime.group_rooms import GroupRooms
from chatr.realtime.hub import Hub
from chatr.realtime.memory import MemoryBroker
from chatr.realtime.publisher import Publisher
from tests.realtime.test_hub import Listener


class GroupRoomsTests(SynchronousTestCase):
    """Two nodes on one broker, and a database that answers when it is told to."""

    def setUp(self) -> None:
        self.broker = MemoryBroker()
        self.hubs = [Hub(), Hub()]
        self.publishers = [Publisher(self.broker, hub, sign=str) for hub in self.hubs]
        self.reading: list[tuple[list[str], Deferred[dict[str, list[str]]]]] = []
        tasks = Tasks(Clock())
        self.rooms = GroupRooms(tasks, self.broker, self.hubs[0], self.publishers[0], self.read)
        self.rooms.start()
        self.a, self.b, self.c = [Listener(name) for name in "abc"]
        self.hubs[0].join(self.a, ["user:1", "session:x"])
        self.hubs[1].join(self.b, ["user:1"])
        self.hubs[0].join(self.c, ["user:2", "conversation:g"])

    async def read(self, user_ids: Sequence[str]) -> dict[str, list[str]]:
        found: Deferred[dict[str, list[str]]] = Deferred()
        self.reading.append((list(user_ids), found))
        return await found

    def inside(self, room: str = "conversation:g") -> list[list[str]]:
        """Who is there, on each node."""
        return [[member.connection for member in hub.members(room)] for hub in self.hubs]

    def test_on_every_node(self) -> None:
        """All sessions of a person enter, and leave at once; nobody else's do."""
        self.publishers[0].enter(["user:1"], "conversation:g")
        self.assertEqual(self.inside(), [["c", "a"], ["b"]])
        self.publishers[1].leave(["user:1"], "conversation:g")
        self.assertEqual(self.inside(), [["c"], []])
        self.assertEqual(self.hubs[0].rooms(self.a), ("user:1", "session:x"))
        self.publishers[1].leave(["user:1", "user:2", "user:9"], "conversation:g")
        self.assertEqual((self.inside(), self.hubs[0].named("conversation:")), ([[], []], []))

    def test_moved_while_it_is_read(self) -> None:
        """✔ What is moved between reading memberships and coming in counts, of this person alone."""
        with self.rooms.watching() as moves:
            self.publishers[1].leave(["user:1"], "conversation:old")
            self.publishers[1].enter(["user:1"], "conversation:new")
            self.publishers[1].leave(["user:2"], "conversation:kept")
            found = moves.applied("1", ["old", "kept"])
        self.assertEqual(found, ["conversation:kept", "conversation:new"])
        self.publishers[1].leave(["user:1"], "conversation:new")
        self.assertEqual(moves.applied("1", []), ["conversation:new"])

    def test_doubt(self) -> None:
        """✔ After it rooms are as the database has them; whose were not so has to look again."""
        self.publishers[0].sync_required("lost")
        [(user_ids, found)] = self.reading
        self.assertEqual(user_ids, ["1", "2"])
        # Newer than what is read.
        self.publishers[0].enter(["user:1"], "conversation:h")
        found.callback({"1": ["g"]})
        self.assertEqual(self.inside(), [["a"], []])
        self.assertEqual(self.inside("conversation:h"), [["a"], ["b"]])
        self.assertEqual([len(each.heard) for each in (self.a, self.c)], [2, 2])

    def test_no_doubt(self) -> None:
        """Nothing is read, and nobody told, while all is as it should be."""
        self.assertEqual(self.reading, [])
        self.publishers[0].sync_required("lost")
        self.reading[0][1].callback({"2": ["g"]})
        self.assertEqual([len(each.heard) for each in (self.a, self.c)], [1, 1])
        self.assertEqual(len(self.reading), 1)
