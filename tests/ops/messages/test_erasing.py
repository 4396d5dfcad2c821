"""What goes with a deleted account, where the operator wants that."""

from __future__ import annotations

from twisted.internet import reactor

from chatr.datadir import DataDirectory
from chatr.node import Node
from chatr.services import eraser
from tests.ops.case import PASSWORD, Person
from tests.ops.people.test_friends import FriendsCase


class ErasingCase(FriendsCase):
    """Ann has written, edited, and been quoted; Ben has reacted, and Ann to Ben."""

    async def setUp(self) -> None:
        await super().setUp()
        await self.befriend(self.ann, self.ben)
        self.patch(eraser, "BATCH", 2)
        self.written = [await self.ann.send(self.ben, f"secretword {number}") for number in range(5)]
        self.conversation = self.written[0]["conversationId"]
        await self.ann.call("message.edit", id=self.written[0]["id"], content="secretword edited")
        await self.ann.call("message.unsend", id=self.written[1]["id"])
        self.reply = await self.ben.send(self.ann, "what?", replyToId=self.written[2]["id"])
        await self.ann.call("message.react", id=self.reply["id"], emoji="👍")
        await self.ben.call("message.react", id=self.written[3]["id"], emoji="🎉")
        await self.node.indexer.catch_up()

    async def found(self, text: str) -> list[str]:
        """The tables in which any column holds a text."""
        rows = await self.node.db.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = []
        for (table,) in rows:
            if await self.node.db.query(f"SELECT 1 FROM {table} x WHERE x::text LIKE %s LIMIT 1", (f"%{text}%",)):
                tables.append(table)
        return sorted(tables)

    async def delete(self, person: Person) -> None:
        await person.call("account.delete", password=PASSWORD)

    async def log(self) -> list[tuple[int, str]]:
        page = await self.ben.call("conversation.log", id=self.conversation)
        return [(entry["seq"], entry["event"]) for entry in page["entries"]]


class KeptTests(ErasingCase):
    """Without the setting."""

    async def test_messages_stay(self) -> None:
        """What was written stays, from "Deleted user"."""
        await self.delete(self.ann)
        await self.node.ports.messages.eraser.settled()
        page = await self.ben.call("message.history", conversationId=self.conversation)
        self.assertEqual(page["items"][0]["content"], "secretword edited")
        self.assertEqual(page["items"][0]["sender"]["displayName"], "Deleted user")

    async def test_no_name_is_left(self) -> None:
        """Not even in quotes, by which others have answered."""
        await self.ann.call("user.update", displayName="Ann Realname")
        await self.ben.send(self.ann, "again", replyToId=self.written[3]["id"])
        await self.ann.call("message.edit", id=self.written[3]["id"], content="other")
        self.assertEqual(await self.found("Realname"), ["messages", "users"])
        await self.delete(self.ann)
        await self.node.ports.messages.eraser.settled()
        self.assertEqual(await self.found("Realname"), [])


class ErasedTests(ErasingCase):
    """With it."""

    settings = {"messages.erase_deleted": "true"}

    async def test_nothing_is_left(self) -> None:
        """The text is in no table any more: not as message, former text, quote, or word of the search."""
        self.assertEqual(await self.found("secretword"), ["message_edits", "message_words", "messages"])
        before = await self.log()
        device = self.ben.device()
        await self.delete(self.ann)
        await self.node.ports.messages.eraser.settled()
        self.assertEqual(await self.found("secretword"), [])
        self.assertEqual(await self.found("👍"), ["log"])
        page = await self.ben.call("message.history", conversationId=self.conversation)
        self.assertEqual([item["content"] for item in page["items"]], ["", "", "", "", "", "what?"])
        quote = page["items"][-1]["replyTo"]
        self.assertEqual((quote["content"], quote["unsent"], quote["senderName"]), ("", True, "Deleted user"))
        self.assertEqual(page["items"][-1]["reactions"], [])
        after = await self.log()
        self.assertEqual([seq for seq, _ in after], list(range(1, len(after) + 1)))
        news = [event for _, event in after[len(before) :]]
        # The one that was unsent before is no news.
        self.assertEqual(sorted(news), ["message.reaction"] + 4 * ["message.unsent"])
        heard = [(data["seq"], name) for name, data in device.events if "seq" in data]
        self.assertEqual(heard, after[len(before) :])
        self.assertEqual({data["senderDisplayName"] for data in device.named("message.unsent")}, {"Deleted user"})

    async def test_goes_on_after_a_restart(self) -> None:
        """A process that ended in the middle has left the rest to the next one; nothing is told twice."""
        await self.node.ports.messages.eraser.stop()
        await self.delete(self.ann)
        self.assertIn("messages", await self.found("secretword"))
        first = self.node
        self.node = Node(self.config(), reactor, DataDirectory.open(self.data.path), now=self.now)
        self.addCleanup(first.close)
        await self.node.open(self.dsn)
        first.ports.messages.eraser.start()
        await self.node.ports.messages.eraser.settled()
        await first.ports.messages.eraser.settled()
        self.assertEqual(await self.found("secretword"), [])
        unsent = [event for _, event in await self.log() if event == "message.unsent"]
        self.assertEqual(len(unsent), 5)
        self.assertEqual(await self.node.db.query("SELECT 1 FROM users WHERE erasing"), [])
