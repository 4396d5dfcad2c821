"""What nobody knows to have happened: its events never left, and nobody is left to think that nothing did."""

from __future__ import annotations

import uuid
from typing import Any

from twisted.internet import reactor

from chatr.node import Node
from tests.ops.messages.test_message_changes import ChangesCase
from tests.store.cutter import Cutter


class DoubtTests(ChangesCase):
    """The connection to the database is cut right after a commit."""

    async def setUp(self) -> None:
        await super().setUp()
        await self.node.close()
        self.cutter = Cutter(self.dsn)
        self.addCleanup(self.cutter.port.stopListening)
        self.node = Node(self.config(), reactor, self.data, now=self.now)
        await self.node.open(self.cutter.dsn)
        self.device = self.ben.device()

    async def whole_again(self) -> None:
        """Wait for the connection that replaces the one that was cut."""
        while len(self.node.db._connections) < 4 or not all(each.alive for each in self.node.db._connections):
            await self.node.db.query("SELECT 1")

    async def cut(self, lost: bytes, name: str, **params: Any) -> None:
        """Call something whose answer from the database is lost."""
        self.cutter.lost = lost
        await self.refused(self.ann.call(name, **params), "unavailable")
        self.assertEqual(self.cutter.lost, b"")
        await self.whole_again()

    async def test_change(self) -> None:
        """An edit that was committed: its event is missing, and the devices are told that something may be."""
        await self.cut(b"COMMIT", "message.edit", **self.where, content="two")
        self.assertEqual([name for name, _ in self.device.events], ["sync.required"])
        self.assertEqual(await self.log(self.ben), [(1, "message.received"), (2, "message.edited")])

    async def test_send(self) -> None:
        """So for a message; sent again it is the first one, of which nobody hears any more."""
        message = {"recipientId": self.ben.id, "content": "two", "clientId": str(uuid.uuid4())}
        await self.cut(b"append_one", "message.send", **message)
        self.assertEqual((await self.ann.call("message.send", **message))["seq"], 2)
        self.assertEqual([name for name, _ in self.device.events], ["sync.required"])

    async def test_what_follows_a_send(self) -> None:
        """The message is sent and told of; whoever can't be told that it brought a conversation back is to look."""
        await self.ben.call("conversation.delete", id=self.conversation)
        self.device.events.clear()
        self.cutter.lost = b"o.shown_read_seq"
        sent = await self.ann.send(self.ben, "two")
        self.assertEqual((sent["seq"], self.cutter.lost), (2, b""))
        self.assertEqual([name for name, _ in self.device.events], ["message.received", "sync.required"])
        await self.whole_again()

    async def test_receipt(self) -> None:
        """So for a watermark."""
        await self.ann.send(self.ben, "two")
        self.device.events.clear()
        await self.cut(b"UPDATE members", "message.mark_read", id=self.conversation, seq=2)
        self.assertEqual([name for name, _ in self.device.events], ["sync.required"])

    async def test_no_doubt(self) -> None:
        """What only reads, and what had not come as far as its commit, leaves nothing open."""
        await self.cut(b"head_seq", "conversation.get", id=self.conversation)
        await self.cut(b"UPDATE messages", "message.edit", **self.where, content="two")
        self.assertEqual(self.device.events, [])
        self.assertEqual(await self.log(self.ben), [(1, "message.received")])
