"""Watermarks, marked from many sessions at once."""

from __future__ import annotations

from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults

from chatr.node import Node
from tests.ops.case import Device, outcome
from tests.ops.people.test_friends import FriendsCase
from tests.store.cutter import Cutter


def marks(device: Device, mark: str) -> list[int]:
    """What a device was told of one of the watermarks, as it came."""
    return [data[mark] for data in device.named("message.status")]


class MarksCase(FriendsCase):
    """Friends, and much to read for Ben, who has several sessions."""

    settings = {**FriendsCase.settings, "database.pool_size": "8"}

    async def setUp(self) -> None:
        await super().setUp()
        await self.befriend(self.ann, self.ben)
        self.where = (await self.ann.send(self.ben, "1"))["conversationId"]
        await gatherResults([Deferred.fromCoroutine(self.ann.send(self.where, "more")) for _ in range(399)])
        self.anns, self.bens = self.ann.device(), [self.ben.device() for _ in range(8)]

    def mark(self, device: Device, name: str, seq: int) -> Deferred[Any]:
        return Deferred.fromCoroutine(self.ben.call(f"message.mark_{name}", device, id=self.where, seq=seq))


class OrderTests(MarksCase):
    """Eight sessions of one person at once."""

    async def test_what_others_are_told_never_goes_back(self) -> None:
        """Reading and receiving of 400 messages, marked one by one by eight sessions."""
        calls = [self.mark(self.bens[seq % 8], name, seq) for seq in range(1, 401) for name in ("delivered", "read")]
        await gatherResults(calls)
        for device in (self.anns, *self.bens):
            for mark in ("deliveredSeq", "readSeq"):
                told = marks(device, mark)
                self.assertEqual(told, sorted(told))
        self.assertEqual((marks(self.anns, "readSeq")[-1], marks(self.anns, "deliveredSeq")[-1]), (400, 400))

    async def test_marks_that_wait_are_stored_together(self) -> None:
        """Eight hundred of one moment take a handful of statements, and each caller has its answer."""
        await self.alone()
        before = self.node.db.round_trips
        calls = [self.mark(self.bens[seq % 8], "read", seq) for seq in range(1, 401)]
        calls += [
            Deferred.fromCoroutine(self.ann.call("message.mark_delivered", id=self.where, seq=seq))
            for seq in range(1, 401)
        ]
        self.assertEqual(await gatherResults(calls), [{}] * 800)
        self.assertLess(self.node.db.round_trips - before, 10)
        page = await self.ben.call("conversation.get", id=self.where)
        self.assertEqual((page["readSeq"], page["otherDeliveredSeq"]), (400, 400))

    async def test_whoever_marks_the_highest_knows_it(self) -> None:
        """The session that has marked all there is to tell is not told; the others are told what all have marked."""
        async with self.lane_taken(self.where):
            calls = [self.mark(self.bens[0], "read", 5), self.mark(self.bens[1], "read", 9)]
        await gatherResults(calls)
        self.assertEqual([marks(device, "readSeq") for device in self.bens[:3]], [[9], [], [9]])
        async with self.lane_taken(self.where):
            # Neither knows the whole: both are told.
            calls = [self.mark(self.bens[0], "read", 12), self.mark(self.bens[1], "delivered", 20)]
        await gatherResults(calls)
        told = [(data["readSeq"], data["deliveredSeq"]) for data in self.anns.named("message.status")]
        self.assertEqual(told, [(9, 9), (12, 20)])
        self.assertEqual([marks(device, "readSeq") for device in self.bens[:3]], [[9, 12], [12], [9, 12]])

    async def test_one_that_can_not_be_told(self) -> None:
        """A mark that fails to be told is its caller's failure alone: whoever waits with it has their answer."""

        def tell(*_: Any) -> None:
            raise RuntimeError("told to nobody")

        async with self.lane_taken(self.where):
            broken = self.node.ports.messages.marks.mark(
                self.where, self.ann.id, delivered_seq=400, read_seq=400, connection="", tell=tell
            )
            sound = self.mark(self.bens[0], "read", 400)
        await self.assertFailure(broken, RuntimeError)
        self.assertEqual(await sound, {})

    async def test_strangers_among_members(self) -> None:
        """Of marks that are stored together each has its own answer."""
        eve = await self.person("eve")
        async with self.lane_taken(self.where):
            mine = self.mark(self.bens[0], "read", 3)
            theirs = Deferred.fromCoroutine(outcome(eve.call("message.mark_read", id=self.where, seq=400)))
        self.assertEqual(await gatherResults([mine, theirs]), [{}, "not_found"])
        self.assertEqual(marks(self.anns, "readSeq"), [3])

    async def test_bounds(self) -> None:
        """A mark that finds no room is refused and leaves nothing behind; the next one counts."""
        writer = self.node.writer
        self.patch(writer, "_queue_limit", 0)
        await self.refused(self.ben.call("message.mark_read", id=self.where, seq=3), "unavailable")
        self.patch(writer, "_queue_limit", 100)
        await self.ben.call("message.mark_read", id=self.where, seq=2)
        self.assertEqual(marks(self.anns, "readSeq"), [2])


class LateTests(FriendsCase):
    """What is committed first is heard of last: the answer of the database is late."""

    async def setUp(self) -> None:
        await super().setUp()
        await self.befriend(self.ann, self.ben)
        for _ in range(9):
            self.where = (await self.ann.send(self.ben, "1"))["conversationId"]
        await self.node.close()
        self.cutter = Cutter(self.dsn)
        self.addCleanup(self.cutter.port.stopListening)
        self.node = Node(self.config(), reactor, self.data, now=self.now)
        await self.node.open(self.cutter.dsn)

    async def test_a_mark_whose_answer_is_late(self) -> None:
        """A higher one by another session is told after it: before, 7 of 1,484 went back."""
        anns, bens = self.ann.device(), [self.ben.device() for _ in range(3)]
        self.cutter.late = b"UPDATE members"
        calls = [Deferred.fromCoroutine(self.ben.call("message.mark_read", bens[0], id=self.where, seq=5))]
        let_go = await self.cutter.kept
        calls.append(Deferred.fromCoroutine(self.ben.call("message.mark_read", bens[1], id=self.where, seq=9)))
        # As long as it would take.
        for _ in range(50):
            await self.node.db.query("SELECT 1")
        let_go()
        await gatherResults(calls)
        for device in (anns, bens[2]):
            self.assertEqual(marks(device, "readSeq"), [5, 9])


class RevealTests(FriendsCase):
    """What was withheld appears while its person goes on reading."""

    async def test_reading_beside_an_answer(self) -> None:
        """The recipient of a request reads on from several sessions and answers meanwhile: nothing goes back."""
        for _ in range(5):
            where = (await self.ann.send(self.ben, "please"))["conversationId"]
        anns = self.ann.device()
        calls = []
        for seq in (1, 2, 3, 4, 5):
            calls.append(Deferred.fromCoroutine(self.ben.call("message.mark_delivered", id=where, seq=seq)))
            calls.append(Deferred.fromCoroutine(self.ben.call("message.mark_read", id=where, seq=seq)))
            if seq == 2:
                calls.append(Deferred.fromCoroutine(self.ben.send(where, "yes")))
        await gatherResults(calls)
        for mark in ("deliveredSeq", "readSeq"):
            told = [data[mark] for data in anns.named("message.status") if data["userId"] == self.ben.id]
            self.assertEqual(told, sorted(told))
        self.assertEqual((await self.ann.call("conversation.get", id=where))["otherReadSeq"], 5)
