"""System entries: what the server tells in a conversation. Who makes them: tests/ops/groups."""

from __future__ import annotations

from typing import Any

from chatr.ops.conversations import system_entries
from chatr.store.pool import Transaction
from tests.ops.fold import Fold
from tests.ops.messages.test_messages import make_group
from tests.ops.people.test_friends import FriendsCase


class SystemEntryTests(FriendsCase):
    """Ann has renamed a group, and Ben is in it."""

    async def setUp(self) -> None:
        await super().setUp()
        self.group = await make_group(self, [self.ann, self.ben])
        first = await self.ann.send(self.group, "hello")
        self.device = self.ben.device()
        self.node.hub.join(self.device, [f"conversation:{self.group}"])
        await self.tell("renamed", user_ids=[self.ben.id], text="The foxes")
        [self.first, self.entry] = (await self.ben.call("message.history", conversationId=self.group))["items"]
        self.assertEqual(self.first["id"], first["id"])

    async def tell(self, event: str, **more: Any) -> None:
        async def change(tx: Transaction) -> None:
            await system_entries.add(tx, self.group, event, by_id=self.ann.id, **more)

        await self.node.ports.messages.writer.change(change, caller=self.ann.id, place=self.group)

    async def test_structured(self) -> None:
        """Who did what to whom, in the log, in the history and as an event, in its place among the messages."""
        entry = self.entry
        self.assertEqual((entry["type"], entry["event"], entry["content"]), ("system", "renamed", "The foxes"))
        self.assertEqual((entry["sender"]["id"], entry["userIds"], entry["seq"]), (self.ann.id, [self.ben.id], 2))
        self.assertNotIn("clientId", entry)
        self.assertNotIn("event", self.first)
        [told] = self.device.named("message.received")
        self.assertEqual((told["seq"], told["message"]), (2, entry))
        log = (await self.ben.call("conversation.log", id=self.group, after=1))["entries"]
        self.assertEqual([(item["event"], item["data"]["message"]) for item in log], [("message.received", entry)])
        await self.ann.send(self.group, "next")
        self.assertEqual([event["seq"] for event in self.device.named("message.received")], [2, 3])

    async def test_not_a_message_of_somebody(self) -> None:
        """It is not unread, not found, and nobody edits, unsends, quotes, hears or reacts to it."""
        view = await self.ben.call("conversation.get", id=self.group)
        self.assertEqual((view["unreadCount"], view["headSeq"], view["lastMessage"]["id"]), (1, 2, self.entry["id"]))
        which = {"id": self.entry["id"]}
        for person in (self.ann, self.ben):
            await self.refused(person.call("message.edit", **which, content="x"), "forbidden")
            await self.refused(person.call("message.unsend", **which), "forbidden")
            await self.refused(person.call("message.react", **which, emoji="👍"), "forbidden")
            await self.refused(person.call("message.mark_listened", **which), "forbidden")
            await self.refused(person.send(self.group, "x", replyToId=self.entry["id"]), "invalid", "$.replyToId")
        for _ in range(2):
            self.assertEqual((await self.ben.call("message.search", q="foxes"))["items"], [])
            await self.node.indexer.catch_up()

    async def test_state_before_and_events(self) -> None:
        """A device that folds it over an earlier snapshot has what a fresh one says."""
        fold = await Fold(self.ben).load()
        self.node.hub.join(fold.device, [f"conversation:{self.group}"])
        await self.tell("joined")
        self.assertEqual(fold.state(), await fold.fresh())
