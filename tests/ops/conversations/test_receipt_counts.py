"""Receipts in groups: senders are told how many, nobody is told of whom, and members may ask who."""

from __future__ import annotations

from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import Clock

from chatr.client.replica import Replica
from chatr.node import Node
from chatr.process.tasks import Tasks
from chatr.realtime.hub import Announcement
from chatr.services import receipt_counts
from chatr.services.receipt_counts import ReceiptCounts
from chatr.store.conversations import receipt_counts as store
from tests.ops.case import Device, Person
from tests.ops.fold import Fold
from tests.ops.messages.test_messages import make_group
from tests.ops.people.test_friends import FriendsCase
from tests.store.cutter import Cutter


class Awaited(Device):
    """A device that can be waited for: until whoever tells it has done so."""

    def __init__(self, connection: str) -> None:
        super().__init__(connection)
        self.next: Deferred[None] = Deferred()

    def deliver(self, announcement: Announcement) -> None:
        super().deliver(announcement)
        heard, self.next = self.next, Deferred()
        reactor.callLater(0, heard.callback, None)  # type: ignore[attr-defined]


async def mark(person: Person, verb: str, group: str, seq: int, device: Device | None = None) -> None:
    await person.call(f"message.mark_{verb}", device, id=group, seq=seq)


def counted(device: Device) -> list[tuple[str, int, int | None]]:
    """What a device was told: of which message, to how many delivered, read by how many."""
    told = device.named("message.receipts")
    return [(data["messageId"], data["deliveredCount"], data.get("readCount")) for data in told]


def reached(device: Device) -> tuple[int, int | None]:
    """What a device was told last: up to where all others have received and read."""
    told = device.named("message.receipts")[-1]
    return told["otherDeliveredSeq"], told.get("otherReadSeq")


class GroupCase(FriendsCase):
    """Ann, Ben, Cat and Dan in a group; Ann and Ben have written there."""

    async def setUp(self) -> None:
        await super().setUp()
        self.cat, self.dan = await self.person("cat"), await self.person("dan")
        self.members = [self.ann, self.ben, self.cat, self.dan]
        self.group = await make_group(self, self.members)
        self.one, self.two, self.bens, self.three = [
            (await who.send(self.group, text))["id"]
            for who, text in ((self.ann, "one"), (self.ann, "two"), (self.ben, "his"), (self.ann, "three"))
        ]
        self.devices = {person.username: self.join(person) for person in self.members}
        self.anns = self.devices["@ann"]
        # No test waits for a second; those of the rhythm have a clock of their own.
        self.patch(receipt_counts, "EVERY_S", 0.0)

    def join(self, person: Person) -> Device:
        device = person.device()
        self.node.hub.join(device, [f"conversation:{self.group}"])
        return device

    async def told(self) -> None:
        """Wait until all that was noted is told."""
        await self.node.ports.messages.receipt_counts.settled()

    async def set_member(self, person: Person, **columns: Any) -> None:
        for column, value in columns.items():
            await self.node.db.execute(
                f"UPDATE members SET {column} = %s WHERE conversation_id = %s AND user_id = %s",
                (value, self.group, person.id),
            )

    async def receipts_off(self, person: Person) -> None:
        await person.call("user.update_settings", privacy={"readReceipts": False})
        for device in self.devices.values():
            device.events.clear()


class CountTests(GroupCase):
    """message.receipts"""

    async def test_nobody_is_told_of_anothers_marks(self) -> None:
        """The member's other sessions have the watermarks; each sender has counts; the room hears nothing."""
        marking = self.join(self.cat)
        await mark(self.cat, "delivered", self.group, 3, marking)
        await self.told()
        await mark(self.cat, "read", self.group, 1, marking)
        await self.told()
        own = [(data["deliveredSeq"], data["readSeq"]) for data in self.devices["@cat"].named("message.status")]
        self.assertEqual((own, marking.events), ([(3, 0), (3, 1)], []))
        self.assertEqual(counted(self.anns), [(self.two, 1, 0), (self.one, 1, 1)])
        self.assertEqual(counted(self.devices["@ben"]), [(self.bens, 1, 0)])
        self.assertEqual({name for name, _ in self.anns.events}, {"message.receipts"})
        self.assertEqual(self.devices["@dan"].events, [])

    async def test_the_newest_that_was_passed(self) -> None:
        """Of several of their messages a sender is told of the newest, with all who have come so far before."""
        for person, verb, seq in ((self.cat, "read", 4), (self.dan, "delivered", 4), (self.ben, "read", 2)):
            await mark(person, verb, self.group, seq)
            await self.told()
        self.assertEqual(counted(self.anns), [(self.three, 1, 1), (self.three, 2, 1), (self.two, 3, 2)])
        self.assertEqual(counted(self.devices["@ben"]), [(self.bens, 1, 1), (self.bens, 2, 1)])

    async def test_up_to_where_all_have_come(self) -> None:
        """With the counts each sender is told how far the last of the others is; of reading only who gives receipts."""
        for person, verb, seq in ((self.ann, "read", 4), (self.ben, "read", 4), (self.cat, "read", 3)):
            await mark(person, verb, self.group, seq)
        for verb, seq in (("delivered", 4), ("read", 2)):
            await mark(self.dan, verb, self.group, seq)
            await self.told()
        self.assertEqual(reached(self.anns), (3, 2))
        page = await self.ann.call("message.history", conversationId=self.group)
        self.assertEqual((page["otherDeliveredSeq"], page["otherReadSeq"]), (3, 2))
        # Nothing of his has been read by one more.
        self.assertEqual(reached(self.devices["@ben"]), (3, 0))
        await self.receipts_off(self.ann)
        await mark(self.cat, "read", self.group, 4)
        await self.told()
        self.assertEqual(reached(self.anns), (4, None))
        page = await self.ann.call("message.history", conversationId=self.group)
        self.assertEqual((page["otherDeliveredSeq"], page["otherReadSeq"]), (4, 0))
        self.assertEqual(self.devices["@ben"].named("message.receipts"), [])

    async def test_own_marks(self) -> None:
        """A sender's own marks reach nobody else by them: they count for others' messages alone."""
        await mark(self.ann, "read", self.group, 4)
        await self.told()
        self.assertEqual(counted(self.anns), [])
        self.assertEqual(counted(self.devices["@ben"]), [(self.bens, 1, 1)])
        await mark(self.cat, "read", self.group, 4)
        await self.told()
        self.assertEqual(counted(self.anns), [(self.three, 1, 1)])

    async def test_who_gives_no_receipts(self) -> None:
        """They count as delivered and never as read, later neither for what they read meanwhile."""
        await self.receipts_off(self.cat)
        await mark(self.cat, "read", self.group, 4)
        await self.told()
        await mark(self.dan, "read", self.group, 4)
        await self.told()
        self.assertEqual(counted(self.anns), [(self.three, 1, 0), (self.three, 2, 1)])

    async def test_reading_without_receipts_tells_nothing(self) -> None:
        """What was delivered before is not told again when it is read."""
        await self.receipts_off(self.cat)
        await mark(self.cat, "delivered", self.group, 4)
        await self.told()
        await mark(self.cat, "read", self.group, 4)
        await self.told()
        self.assertEqual(counted(self.anns), [(self.three, 1, 0)])

    async def test_senders_without_receipts(self) -> None:
        """They are told no read counts, nor that anything was read."""
        await self.receipts_off(self.ann)
        await mark(self.cat, "read", self.group, 1)
        await self.told()
        await mark(self.cat, "delivered", self.group, 4)
        await self.told()
        await mark(self.cat, "read", self.group, 4)
        await self.told()
        self.assertEqual(counted(self.anns), [(self.one, 1, None), (self.three, 1, None)])
        self.assertEqual(counted(self.devices["@ben"]), [(self.bens, 1, 0), (self.bens, 1, 1)])

    async def test_who_has_left(self) -> None:
        """They are not counted, and not told of what they wrote."""
        await mark(self.dan, "read", self.group, 4)
        await self.told()
        await self.set_member(self.dan, status="left")
        await self.set_member(self.ben, status="left")
        await mark(self.cat, "read", self.group, 4)
        await self.told()
        self.assertEqual(counted(self.anns), [(self.three, 1, 1), (self.three, 1, 1)])
        self.assertEqual(counted(self.devices["@ben"]), [(self.bens, 1, 1)])

    async def test_what_is_told_of(self) -> None:
        """No message that its sender has cleared or unsent, and nothing that the server tells."""
        await self.ann.call("message.unsend", id=self.three)
        await self.set_member(self.ben, cleared_seq=3)
        await self.node.db.execute("UPDATE messages SET type = 'system', event = 'renamed' WHERE id = %s", (self.two,))
        await mark(self.cat, "read", self.group, 5)
        await self.told()
        self.assertEqual(counted(self.anns), [(self.one, 1, 1)])
        self.assertEqual(counted(self.devices["@ben"]), [])

    async def test_readers_who_cleared(self) -> None:
        """Who has deleted a message from their view had received and read it all the same."""
        await mark(self.cat, "read", self.group, 2)
        await self.set_member(self.cat, cleared_seq=4)
        await mark(self.dan, "read", self.group, 2)
        await self.told()
        self.assertEqual(counted(self.anns)[-1], (self.two, 2, 2))

    async def test_bounds(self) -> None:
        """The newest log entries are looked at, and the senders of the newest messages are told."""
        self.patch(store, "MOST_LOOKED", 2)
        await mark(self.cat, "read", self.group, 4)
        await self.told()
        self.assertEqual((counted(self.anns), len(counted(self.devices["@ben"]))), ([(self.three, 1, 1)], 1))
        self.patch(store, "MOST_LOOKED", 1)
        await mark(self.dan, "read", self.group, 4)
        await self.told()
        self.assertEqual((len(counted(self.anns)), len(counted(self.devices["@ben"]))), (2, 1))

    async def test_state_before_and_events(self) -> None:
        """What a device folds over an earlier snapshot is what a fresh one says: a status is that of all others."""
        fold = await Fold(self.ann).load()
        replica = Replica(self.ann.id)
        replica.apply("sync.changes", await self.ann.call("sync.changes"))
        for entry in (await self.ann.call("conversation.log", id=self.group))["entries"]:
            replica.apply(entry["event"], entry["data"])
        for person in (self.ben, self.cat, self.dan):
            for verb in ("delivered", "read"):
                await mark(person, verb, self.group, 4)
                await self.told()
                self.assertEqual(fold.state(), await fold.fresh())
                replica.apply("message.receipts", self.anns.named("message.receipts")[-1])
                page = await self.ann.call("message.history", conversationId=self.group)
                self.assertEqual(replica.messages(self.group), page["items"])
        self.assertEqual(fold.state()["conversations"][self.group]["lastMessage"]["status"], "read")


class RhythmTests(GroupCase):
    """When senders are told."""

    async def setUp(self) -> None:
        await super().setUp()
        await self.node.close()
        self.cutter = Cutter(self.dsn)
        self.addCleanup(self.cutter.port.stopListening)
        self.node = Node(self.config(), reactor, self.data, now=self.now)
        await self.node.open(self.cutter.dsn)
        self.patch(receipt_counts, "EVERY_S", 1.0)
        self.clock = Clock()
        self.tasks = Tasks(self.clock)
        self.counts = ReceiptCounts(self.tasks, self.node.db, self.node.ports.live.publisher)
        self.patch(self.node.ports.messages.receipt_counts, "note", self.counts.note)
        self.counts.start()
        self.addCleanup(self.counts.stop)
        self.listener = Awaited("ann")
        self.node.hub.join(self.listener, [f"user:{self.ann.id}"])

    async def test_at_most_once_a_second(self) -> None:
        """The first at once; what comes within a second is told together at its end, by one statement."""
        heard = self.listener.next
        await mark(self.cat, "delivered", self.group, 4)
        await heard
        await gatherResults(
            [
                Deferred.fromCoroutine(mark(person, verb, self.group, seq))
                for person in (self.ben, self.cat, self.dan)
                for verb in ("delivered", "read")
                for seq in (1, 2, 3, 4)
            ]
        )
        self.clock.advance(0.99)
        await self.alone()
        self.assertEqual(counted(self.listener), [(self.three, 1, 0)])
        heard, before = self.listener.next, self.node.db.round_trips
        self.clock.advance(0.01)
        await heard
        self.assertEqual(self.node.db.round_trips - before, 1)
        self.assertEqual(counted(self.listener), [(self.three, 1, 0), (self.three, 3, 3)])

    async def test_nothing_more_to_tell(self) -> None:
        """After a quiet second it rests; the next mark is told at once again."""
        for person in (self.cat, self.dan):
            heard = self.listener.next
            await mark(person, "delivered", self.group, 4)
            await heard
            self.clock.advance(1.0)
            await self.counts.settled()
        self.assertEqual(counted(self.listener), [(self.three, 1, 0), (self.three, 2, 0)])

    async def test_another_conversation(self) -> None:
        """Two groups in one second: both are told of."""
        other = await make_group(self, self.members)
        theirs = (await self.ann.send(other, "there"))["id"]
        heard = self.listener.next
        await mark(self.cat, "delivered", self.group, 4)
        await heard
        for where, seq in ((self.group, 4), (other, 1)):
            await mark(self.dan, "delivered", where, seq)
        self.clock.advance(1.0)
        while len(counted(self.listener)) < 3:
            await self.listener.next
        self.assertEqual(sorted(counted(self.listener)[1:]), sorted([(self.three, 2, 0), (theirs, 1, 0)]))

    async def test_the_database_is_away(self) -> None:
        """What could not be read is told when it can be, with what has grown since."""
        heard, self.cutter.lost = self.listener.next, b"WITH passed"
        await mark(self.cat, "delivered", self.group, 4)
        while not self.tasks.pulses["receipt_counts"].tries:
            await self.node.db.query("SELECT 1")
        await mark(self.dan, "delivered", self.group, 2)
        self.clock.advance(1.0)
        await heard
        self.assertEqual(counted(self.listener), [(self.three, 1, 0)])


class ReaderTests(GroupCase):
    """message.readers"""

    async def names(self, asking: Person, message_id: str, **params: Any) -> tuple[list[str], dict[str, Any]]:
        page = await asking.call("message.readers", id=message_id, **params)
        return [item["user"]["username"] for item in page.pop("items")], page

    async def test_who(self) -> None:
        """The sender and every other member may ask; the sender is none of them."""
        await mark(self.ann, "read", self.group, 4)
        await mark(self.cat, "read", self.group, 2)
        await mark(self.ben, "delivered", self.group, 2)
        for asking in self.members:
            names, page = await self.names(asking, self.two)
            self.assertEqual(names, ["@cat"])
            self.assertEqual(page, {"deliveredCount": 2, "readCount": 1, "memberCount": 4, "nextCursor": None})
        self.assertEqual((await self.names(self.dan, self.three))[0], [])
        self.assertEqual(sorted((await self.names(self.dan, self.bens))[0]), ["@ann"])

    async def test_pages(self) -> None:
        """Everybody once; a cursor of something else is refused."""
        for person in self.members:
            await mark(person, "read", self.group, 4)
        found: list[str] = []
        cursor = None
        for _ in range(3):
            names, page = await self.names(self.dan, self.one, limit=1, cursor=cursor)
            found += names
            cursor = page["nextCursor"]
        self.assertEqual((sorted(found), cursor), (["@ben", "@cat", "@dan"], None))
        for wrong in ("x", "YWJj", "Ä", "="):
            await self.refused(self.names(self.dan, self.one, cursor=wrong), "invalid", "$.cursor")

    async def test_receipts_off(self) -> None:
        """Who gives none is no reader, and is not told who reads."""
        await self.receipts_off(self.cat)
        for person in (self.cat, self.dan):
            await mark(person, "read", self.group, 4)
        self.assertEqual((await self.names(self.ann, self.one))[0], ["@dan"])
        names, page = await self.names(self.cat, self.one)
        self.assertEqual((names, page), ([], {"deliveredCount": 2, "memberCount": 4, "nextCursor": None}))

    async def test_who_has_left(self) -> None:
        """They are no readers any more, and may not ask."""
        await mark(self.cat, "read", self.group, 4)
        await self.set_member(self.cat, status="left")
        names, page = await self.names(self.ann, self.one)
        self.assertEqual((names, page["deliveredCount"], page["readCount"], page["memberCount"]), ([], 0, 0, 3))
        await self.refused(self.cat.call("message.readers", id=self.one), "not_found")

    async def test_who_may_not_ask(self) -> None:
        """Strangers, invited people and who has cleared it: for them there is no such message."""
        eve = await self.person("eve")
        await self.refused(eve.call("message.readers", id=self.one), "not_found")
        await self.set_member(self.dan, status="invited")
        await self.set_member(self.cat, cleared_seq=1)
        for person in (self.dan, self.cat):
            await self.refused(person.call("message.readers", id=self.one), "not_found")
        self.assertEqual((await self.names(self.cat, self.two))[0], [])

    async def test_what_has_no_readers(self) -> None:
        """What was unsent, what the server tells, and messages between two."""
        await self.ann.call("message.unsend", id=self.one)
        await self.refused(self.ben.call("message.readers", id=self.one), "gone")
        await self.node.db.execute("UPDATE messages SET type = 'system', event = 'renamed' WHERE id = %s", (self.two,))
        await self.refused(self.ben.call("message.readers", id=self.two), "forbidden")
        direct = await self.ann.send(self.ben, "between two")
        await self.refused(self.ben.call("message.readers", id=direct["id"]), "forbidden")
