"""Finding messages by their words."""

from __future__ import annotations

from typing import Any

from tests.ops.case import Person
from tests.ops.test_friends import FriendsCase


class SearchTests(FriendsCase):
    """message.search"""

    async def setUp(self) -> None:
        await super().setUp()
        await self.befriend(self.ann, self.ben)
        texts = ("The quick brown fox", "Füchse sind schnell", "foxes & <b>brown</b> bears", "nothing")
        self.sent = [await self.ann.send(self.ben, text) for text in texts]
        self.conversation = self.sent[0]["conversationId"]

    async def found(self, q: str, person: Person | None = None, **params: Any) -> list[str]:
        """What somebody finds, in order: before the index has it, and after."""
        person = person or self.ben
        before = (await person.call("message.search", q=q, **params))["items"]
        await self.node.indexer.catch_up()
        after = (await person.call("message.search", q=q, **params))["items"]
        self.assertEqual(before, after)
        return [item["content"] for item in after]

    async def test_words(self) -> None:
        """All words, each at least the beginning of one, whatever the case; newest first."""
        self.assertEqual(await self.found("FOX"), ["foxes & <b>brown</b> bears", "The quick brown fox"])
        self.assertEqual(await self.found("brown qu"), ["The quick brown fox"])
        self.assertEqual(await self.found("füch"), ["Füchse sind schnell"])
        self.assertEqual(await self.found("' | ! :* fox'; --"), ["foxes & <b>brown</b> bears", "The quick brown fox"])
        self.assertEqual(await self.found("fox nothing"), [])
        await self.refused(self.ben.call("message.search", q=" !? "), "invalid", "$.q")

    async def test_snippet(self) -> None:
        """What was found is marked, and nothing else is HTML: all is escaped."""
        [item] = (await self.ben.call("message.search", q="bears"))["items"]
        self.assertEqual(item["snippet"], "foxes &amp; &lt;b&gt;brown&lt;/b&gt; <mark>bears</mark>")
        self.assertEqual((item["id"], item["seq"]), (self.sent[2]["id"], 3))
        [item] = (await self.ann.call("message.search", q="bears"))["items"]
        self.assertEqual(item["status"], "sent")

    async def test_own_conversations_only(self) -> None:
        """Strangers find nothing; nobody finds what they deleted from their view, or what was unsent."""
        eve = await self.person("eve")
        self.assertEqual(await self.found("fox", eve), [])
        where = {"conversationId": self.conversation}
        await self.refused(eve.call("message.search", q="fox", **where), "not_found")
        await self.befriend(self.ann, eve)
        await self.ann.send(eve, "another fox")
        self.assertEqual(len(await self.found("fox", self.ann)), 3)
        self.assertEqual(len(await self.found("fox", self.ann, **where)), 2)
        self.assertEqual(await self.found("fox", eve), ["another fox"])
        await self.ann.call("message.unsend", id=self.sent[0]["id"])
        self.assertEqual(await self.found("fox"), ["foxes & <b>brown</b> bears"])
        await self.ben.call("conversation.delete", id=self.conversation)
        self.assertEqual(await self.found("fox"), [])
        self.assertEqual(len(await self.found("fox", self.ann)), 2)

    async def test_edits(self) -> None:
        """What a message says now is found, what it said before is not; edited before it was indexed, or after."""
        for number in (0, 3):
            await self.ann.call("message.edit", id=self.sent[number]["id"], content=f"a cat {number}")
            self.assertEqual(await self.found(f"cat {number}"), [f"a cat {number}"])
        self.assertEqual((await self.found("quick"), await self.found("nothing")), ([], []))

    async def test_sender_and_pages(self) -> None:
        """Only of one sender; page by page without gap or repeat."""
        for number in range(5):
            await self.ben.send(self.ann, f"page {number}")
        await self.ann.send(self.ben, "page of ann")
        self.assertEqual(await self.found("page", senderId=self.ann.id), ["page of ann"])
        found: list[str] = []
        cursor: dict[str, Any] = {}
        while True:
            page = await self.ann.call("message.search", q="page", limit=2, **cursor)
            found += [item["content"] for item in page["items"]]
            if page["nextCursor"] is None:
                break
            cursor = {"before": page["nextCursor"]}
        self.assertEqual(found, ["page of ann", *(f"page {number}" for number in range(4, -1, -1))])
        await self.refused(self.ann.call("message.search", q="page", before="x"), "invalid", "$.before")
