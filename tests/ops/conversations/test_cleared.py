"""What somebody deleted from their own view does not come back by what becomes of it later."""

from __future__ import annotations

import json
from typing import Any

from tests.ops.fold import Fold, plain
from tests.ops.previews import PreviewsCase

#: What the message says that Ben has deleted, and what it says later.
SECRET, LATER = "the secret word", "the later secret"


class ClearedCase(PreviewsCase):
    """Ben has deleted his conversation with Ann, in which both have written."""

    async def setUp(self) -> None:
        await super().setUp()
        self.hers = await self.sent(f"{SECRET} {self.url}")
        self.his = await self.ben.send(self.ann, f"{SECRET} of his")
        self.where = {"id": self.hers["conversationId"]}
        await self.ben.call("conversation.delete", **self.where)
        self.device = self.ben.device()

    async def everything(self) -> None:
        """All that can become of the two messages, by Ann; each is an entry of the log, eight with the preview."""
        await self.ann.call("message.edit", id=self.hers["id"], content=f"{LATER} {self.url}/other")
        await self.settled()
        for emoji in ("👍", "🎉"):
            await self.ann.call("message.react", id=self.hers["id"], emoji=emoji)
        await self.ann.call("message.react", id=self.his["id"], emoji="👍")
        await self.node.db.execute("UPDATE messages SET type = 'audio' WHERE id = %s", (self.his["id"],))
        await self.ann.call("activity.listening", messageId=self.his["id"])
        await self.ann.call("message.mark_listened", id=self.his["id"])
        await self.ann.call("message.unsend", id=self.hers["id"])

    def nothing_of_it(self, value: Any) -> None:
        text = json.dumps(value)
        for secret in ("secret", "👍", "🎉", "Other", self.hers["id"], self.his["id"]):
            self.assertNotIn(secret, text)


class ClearedTests(ClearedCase):
    """For Ben, who deleted it; Ann has all of it."""

    async def test_events(self) -> None:
        """Seven changes of what he deleted: no event of them reaches him, all reach Ann's other session.

        Before, seven came, with both texts, who had reacted, and what the link leads to.
        """
        anns = self.ann.device()
        await self.everything()
        self.assertEqual(self.device.events, [])
        heard = [name for name, data in anns.events if "seq" in data]
        reactions = ["message.reaction"] * 3
        self.assertEqual(heard, ["message.edited", "message.preview", *reactions, "message.listened", "message.unsent"])

    async def test_the_log(self) -> None:
        """It has an entry for each, without a gap, that says no more than that it is there."""
        await self.everything()
        page = await self.ben.call("conversation.log", **self.where)
        seqs = [entry["seq"] for entry in page["entries"]]
        self.assertEqual((seqs, page["complete"]), (list(range(4, page["headSeq"] + 1)), True))
        self.assertEqual(len(seqs), 7)
        self.nothing_of_it(page)
        for entry in page["entries"]:
            wanted = {"conversationId": self.where["id"], "seq": entry["seq"], "cleared": True}
            self.assertEqual(entry["data"], wanted)
        page = await self.ann.call("conversation.log", **self.where)
        self.assertIn("of his", json.dumps(page))

    async def test_after_it_came_back(self) -> None:
        """A new message brings the conversation back, not what was deleted: he is told that the log has grown."""
        fold = await Fold(self.ben).load()
        await self.ann.send(self.ben, "a new one")
        await self.everything()
        names = {name for name, _ in fold.device.events}
        self.assertEqual(names, {"conversation.created", "message.received", "conversation.updated"})
        self.nothing_of_it(fold.device.events)
        self.assertEqual(plain(fold.state()), plain(await fold.fresh()))
        for call in ("get", "edits"):
            await self.refused(self.ben.call(f"message.{call}", id=self.hers["id"]), "not_found")
        self.nothing_of_it(await self.ben.call("message.search", q="secret"))

    async def test_quoting_it(self) -> None:
        """He can't quote it: for him it is no message of the conversation. Before, it brought the text back."""
        await self.ann.send(self.ben, "a new one")
        quote = {"content": "x", "clientId": self.hers["id"], "replyToId": self.hers["id"]}
        refused = self.ben.call("message.send", conversationId=self.where["id"], **quote)
        await self.refused(refused, "invalid", "$.replyToId")
        refused = self.ben.call("message.send", recipientId=self.ann.id, **quote)
        await self.refused(refused, "invalid", "$.replyToId")
        await self.ann.call("message.send", conversationId=self.where["id"], **quote)

    async def test_quotes_of_others(self) -> None:
        """Ann quotes it and edits that: he hears both, without what the original said. Ann's session has it whole."""
        fold, anns = await Fold(self.ben).load(), self.ann.device()
        quoting = await self.ann.send(self.ben, "you said", replyToId=self.his["id"])
        await self.ann.call("message.edit", id=quoting["id"], content="he said")
        await self.ann.call("message.edit", id=quoting["id"], content="he said so")
        hidden = {"id": self.his["id"], "senderName": "ben", "type": "text", "content": "", "cleared": True}
        for name in ("message.received", "message.edited"):
            self.assertEqual(fold.device.named(name)[0]["message"]["replyTo"], hidden)
            self.assertEqual(anns.named(name)[0]["message"]["replyTo"]["content"], f"{SECRET} of his")
        self.assertEqual(plain(fold.state()), plain(await fold.fresh()))
        page = await self.ben.call("message.history", conversationId=self.where["id"])
        self.assertEqual(page["items"][-1]["replyTo"], hidden)
        self.assertNotIn("secret", json.dumps(await self.ben.call("message.search", q="said")))
        self.assertNotIn("secret", json.dumps(await self.ben.call("conversation.log", **self.where)))

    async def test_quotes_of_what_is_unsent_later(self) -> None:
        """To who deleted the original its end changes nothing at the quote."""
        fold = await Fold(self.ben).load()
        await self.ann.send(self.ben, "I said", replyToId=self.hers["id"])
        await self.ann.call("message.unsend", id=self.hers["id"])
        self.assertEqual(plain(fold.state()), plain(await fold.fresh()))

    async def test_ones_own(self) -> None:
        """What somebody else does to a message of one's own does not bring that back either: no receipt of hearing."""
        await self.ann.send(self.ben, "a new one")
        self.device.events.clear()
        await self.node.db.execute("UPDATE messages SET type = 'audio' WHERE id = %s", (self.his["id"],))
        await self.ann.call("activity.listening", messageId=self.his["id"])
        self.assertEqual(self.device.events, [])
        await self.ann.call("activity.listening", messageId=self.his["id"], ended=True)
        self.assertEqual([name for name, _ in self.device.events], ["conversation.updated"])
