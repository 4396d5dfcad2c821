"""Resume: sync.changes and conversation.log."""

from __future__ import annotations

import base64
from datetime import timedelta

from chatr.ops.conversations.sync import OVERLAP
from chatr.store import epoch
from tests.ops.case import OpsCase, Person
from tests.ops.fold import Fold, plain


class ChangesTests(OpsCase):
    """sync.changes."""

    async def setUp(self) -> None:
        await super().setUp()
        self.ann, self.ben, self.cat = [await self.person(name) for name in ("ann", "ben", "cat")]
        for other in (self.ann, self.cat):
            await self.acquaint(self.ben, other)
        self.first = await self.ann.send(self.ben, "first")
        self.second = await self.cat.send(self.ben, "second")

    async def age(self, by: timedelta) -> None:
        """Make everything that happened so far lie further back."""
        for table in ("conversations", "members"):
            await self.node.db.execute(f"UPDATE {table} SET changed_at = changed_at - %s::interval", (by,))

    async def changed(self, person: Person, cursor: str) -> tuple[list[str], str]:
        answer = await person.call("sync.changes", cursor=cursor)
        self.assertFalse(answer["reset"])
        return [item["id"] for item in answer["conversations"]], answer["cursor"]

    async def test_without_a_cursor(self) -> None:
        """Without a cursor the newest page comes, marked as reset."""
        answer = await self.ben.call("sync.changes")
        self.assertTrue(answer["reset"])
        ids = [item["id"] for item in answer["conversations"]]
        self.assertEqual(ids, [self.second["conversationId"], self.first["conversationId"]])
        self.assertEqual(answer["conversations"], (await self.ben.call("conversation.list"))["items"])

    async def test_only_what_changed(self) -> None:
        """After the overlap has passed, only conversations with news come, for whoever is concerned."""
        cursor = (await self.ben.call("sync.changes"))["cursor"]
        anns = (await self.ann.call("sync.changes"))["cursor"]
        await self.age(OVERLAP + timedelta(seconds=1))
        self.assertEqual((await self.changed(self.ben, cursor))[0], [])
        await self.ann.send(self.ben, "third")
        self.assertEqual((await self.changed(self.ben, cursor))[0], [self.first["conversationId"]])
        self.assertEqual((await self.changed(self.ann, anns))[0], [self.first["conversationId"]])

    async def test_receipts_are_changes(self) -> None:
        """A watermark that grew is a change for both people, with its new value."""
        cursors = [(await person.call("sync.changes"))["cursor"] for person in (self.ann, self.ben)]
        await self.age(OVERLAP + timedelta(seconds=1))
        await self.ben.call("message.mark_read", id=self.first["conversationId"], seq=1)
        for person, cursor, field in zip((self.ann, self.ben), cursors, ("otherReadSeq", "readSeq"), strict=True):
            answer = await person.call("sync.changes", cursor=cursor)
            self.assertEqual([item[field] for item in answer["conversations"]], [1])

    async def test_a_transaction_in_flight_does_not_slip_through(self) -> None:
        """A change stamped before the cursor was given out, and committed after it, is found with that cursor."""
        await self.age(OVERLAP + timedelta(seconds=1))
        async with self.node.db.transaction() as tx:
            await tx.execute(
                "UPDATE conversations SET changed_at = clock_timestamp() WHERE id = %s", (self.first["conversationId"],)
            )
            cursor = (await self.ben.call("sync.changes"))["cursor"]
        self.assertEqual((await self.changed(self.ben, cursor))[0], [self.first["conversationId"]])

    async def test_left_conversations_are_removed(self) -> None:
        """Conversations that the caller is no longer in are named in removed."""
        cursor = (await self.ben.call("sync.changes"))["cursor"]
        await self.node.db.execute(
            "UPDATE members SET status = 'left', changed_at = clock_timestamp() WHERE user_id = %s", (self.ben.id,)
        )
        answer = await self.ben.call("sync.changes", cursor=cursor)
        self.assertEqual(
            sorted(answer["removed"]), sorted([self.first["conversationId"], self.second["conversationId"]])
        )
        self.assertEqual(answer["conversations"], [])

    async def test_invitations(self) -> None:
        """That there is a group to which one is invited, or is no more: then the list is to be fetched."""
        cursor = (await self.ben.call("sync.changes"))["cursor"]
        await self.age(OVERLAP + timedelta(seconds=1))
        group = await self.ann.call("group.create", name="Foxes", memberIds=[self.ben.id])
        changed = await self.ben.call("sync.changes", cursor=cursor)
        self.assertEqual((changed["invites"], changed["conversations"]), (True, []))
        await self.age(OVERLAP + timedelta(seconds=1))
        self.assertNotIn("invites", await self.ben.call("sync.changes", cursor=cursor))
        await self.ann.call("group.remove_member", id=group["id"], userId=self.ben.id)
        self.assertTrue((await self.ben.call("sync.changes", cursor=cursor))["invites"])

    async def test_old_and_foreign_cursors(self) -> None:
        """A cursor from too long ago or from the future resets; one that is none is refused."""
        now = await epoch.current(self.node.db)
        for micros in (0, 2**53, 4 * 10**15):
            cursor = base64.urlsafe_b64encode(f"{now}:{micros}".encode()).decode()
            self.assertTrue((await self.ben.call("sync.changes", cursor=cursor))["reset"], micros)
        for cursor in (
            "x",
            "",
            "\u00e4",
            base64.urlsafe_b64encode(b"1:5").decode(),
            base64.urlsafe_b64encode(f"{now}:{9 * 10**28}".encode()).decode(),
            base64.urlsafe_b64encode(f"{now}:".encode()).decode(),
        ):
            if cursor:
                await self.refused(self.ben.call("sync.changes", cursor=cursor), "invalid", "$.cursor")

    async def test_a_cursor_of_another_epoch(self) -> None:
        """It resets: what its owner has may be of a history that is no more."""
        cursor = (await self.ben.call("sync.changes"))["cursor"]
        self.assertFalse((await self.ben.call("sync.changes", cursor=cursor))["reset"])
        await epoch.renew(self.node.db)
        answer = await self.ben.call("sync.changes", cursor=cursor)
        self.assertEqual((answer["reset"], len(answer["conversations"])), (True, 2))
        self.assertFalse((await self.ben.call("sync.changes", cursor=answer["cursor"]))["reset"])


class LogTests(OpsCase):
    """conversation.log."""

    async def setUp(self) -> None:
        await super().setUp()
        self.ann, self.ben = await self.person("ann"), await self.person("ben")
        await self.acquaint(self.ann, self.ben)
        for number in range(1, 6):
            self.last = await self.ann.send(self.ben, str(number))
        self.conversation = self.last["conversationId"]

    async def test_entries_equal_events(self) -> None:
        """An entry holds what the live event held."""
        device = self.ben.device()
        await self.ann.send(self.ben, "six")
        page = await self.ben.call("conversation.log", id=self.conversation, after=5)
        [entry] = page["entries"]
        self.assertEqual((entry["event"], entry["data"]), ("message.received", device.named("message.received")[0]))
        self.assertEqual((page["headSeq"], page["complete"]), (6, True))

    async def test_pages(self) -> None:
        """Entries come in order from after on; the head tells whether there are more."""
        page = await self.ben.call("conversation.log", id=self.conversation, after=1, limit=2)
        self.assertEqual(([e["seq"] for e in page["entries"]], page["headSeq"]), ([2, 3], 5))
        page = await self.ben.call("conversation.log", id=self.conversation, after=5)
        self.assertEqual((page["entries"], page["headSeq"], page["complete"]), ([], 5, True))
        page = await self.ben.call("conversation.log", id=self.conversation, after=99)
        self.assertEqual((page["entries"], page["complete"]), ([], True))

    async def test_incomplete(self) -> None:
        """Where retention removed entries, complete is false and the rest comes."""
        await self.node.db.execute("DELETE FROM messages WHERE seq <= 2")
        page = await self.ben.call("conversation.log", id=self.conversation)
        self.assertEqual(([e["seq"] for e in page["entries"]], page["complete"]), ([3, 4, 5], False))
        page = await self.ben.call("conversation.log", id=self.conversation, after=2)
        self.assertTrue(page["complete"])

    async def test_limit(self) -> None:
        """At most 500 entries a call."""
        await self.refused(self.ben.call("conversation.log", id=self.conversation, limit=501), "invalid", "$.limit")


class FoldTests(OpsCase):
    """State before + events = state after."""

    async def test_state_before_plus_events_is_state_after(self) -> None:
        """A device that folds its events over its snapshot has what a fresh snapshot says; for each person."""
        ann, ben = await self.person("ann"), await self.person("ben")
        folded = {person.id: Fold(person) for person in (ann, ben)}
        for fold in folded.values():
            await fold.load()
        for number in range(3):
            message = await ann.send(ben, f"a{number}")
            await ben.send(ann, f"b{number}")
            await ben.call("message.mark_read", id=message["conversationId"], seq=message["seq"])
            await ann.call("message.mark_delivered", id=message["conversationId"], seq=message["seq"] + 1)
        for fold in folded.values():
            self.assertEqual(plain(fold.state()), plain(await fold.fresh()))
