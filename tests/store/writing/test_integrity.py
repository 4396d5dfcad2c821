"""What has no foreign keys, looked through."""

from __future__ import annotations

from chatr.store.ids import uuid7
from chatr.store.writing import integrity
from chatr.store.writing.integrity import Fault
from tests.ops.people.test_friends import FriendsCase


class FaultTests(FriendsCase):
    """A direct conversation with five entries."""

    async def setUp(self) -> None:
        await super().setUp()
        self.patch(integrity, "_BATCH", 2)
        await self.befriend(self.ann, self.ben)
        self.cat = await self.person("cat")
        await self.befriend(self.ann, self.cat)
        for _ in range(2):
            self.first, self.last = [await self.ann.send(to, "one") for to in (self.ben, self.cat)]
        await self.ben.call("message.react", id=self.first["id"], emoji="👍")
        self.conversation = self.first["conversationId"]

    async def found(self) -> set[tuple[str, str]]:
        return {(fault.id, fault.what) async for fault in integrity.faults(self.node.db)}

    async def test_whole(self) -> None:
        """What operations write is whole, over several batches."""
        self.assertEqual(await self.found(), set())

    async def test_long_logs(self) -> None:
        """A statement looks at no more conversations than have so many entries, however many there are."""
        looked = list[int]()
        for entries in (1, 100):
            self.patch(integrity, "_ENTRIES", entries)
            before = self.node.db.round_trips
            self.assertEqual(await self.found(), set())
            looked.append(self.node.db.round_trips - before)
        self.assertEqual(looked[0] - looked[1], 1)

    async def test_what_is_named_and_not_there(self) -> None:
        """Each id that stands for nothing is found, however many rows name it."""
        sender, where, other = uuid7(), uuid7(), uuid7()
        await self.node.db.execute(
            """INSERT INTO messages (id, conversation_id, seq, sender_id, client_id, content, created_at)
               SELECT gen_random_uuid(), %s, n, %s, gen_random_uuid(), '', now() FROM generate_series(1, 3) n""",
            (where, sender),
        )
        await self.node.db.execute(
            "INSERT INTO log (conversation_id, seq, event, at) SELECT %s, n, '', now() FROM generate_series(1, 3) n",
            (other,),
        )
        self.assertEqual(
            await self.found(),
            {
                (where, "has messages and is no conversation"),
                (sender, "has sent messages and is no person"),
                (other, "has a log and is no conversation"),
            },
        )

    async def test_one_seq_twice(self) -> None:
        """Of a message and another entry."""
        await self.node.db.execute("UPDATE log SET seq = 2 WHERE conversation_id = %s", (self.conversation,))
        await self.node.db.execute("UPDATE conversations SET head_seq = 3 WHERE id = %s", (self.conversation,))
        self.assertEqual([fault_id for fault_id, _ in await self.found()], [self.conversation])

    async def test_gaps(self) -> None:
        """An entry that is missing in the middle, at the end or at the beginning."""
        for seq in (1, 2, 3):
            async with self.node.db.transaction() as tx:
                await tx.execute("SAVEPOINT before")
                for table in ("log", "messages"):
                    await tx.execute(
                        f"DELETE FROM {table} WHERE conversation_id = %s AND seq = %s", (self.conversation, seq)
                    )
                faults = [fault async for fault in integrity.faults(tx)]
                await tx.execute("ROLLBACK TO before")
            self.assertEqual(
                faults,
                [Fault(self.conversation, "is a conversation whose log has a gap, or does not end at its head")],
                seq,
            )
