"""Long items: pages hold what fits into a message of a realtime session, and from page to page nothing is missed."""

from __future__ import annotations

from typing import Any

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from chatr.api.context import Caller
from chatr.ops import pages
from tests.ops.people.test_friends import FriendsCase

LONG = "é" * 5000
MAX = 64 * 1024


class Item(msgspec.Struct):
    text: str


class FitTests(SynchronousTestCase):
    """Cutting a list."""

    def test_cut(self) -> None:
        """As many as fit, and always one."""
        items = [Item("x" * 89) for _ in range(10)]
        self.assertEqual([len(pages.first(items, size)) for size in (0, 101, 202, 303, 5000)], [1, 1, 2, 3, 10])
        self.assertEqual(pages.last([Item("a"), Item("b"), Item("c")], 30), [Item("b"), Item("c")])
        self.assertEqual(pages.first(list[Item](), 10), [])


class PageTests(FriendsCase):
    """Twelve messages of 10 kB, where a message of a session may have 64."""

    settings = {"wamp.max_message_bytes": str(MAX), "wamp.max_output_bytes": str(MAX)}

    async def setUp(self) -> None:
        await super().setUp()
        await self.befriend(self.ann, self.ben)
        for _ in range(12):
            self.last = await self.ann.send(self.ben, LONG)
        self.where = self.last["conversationId"]

    async def page(self, name: str, **params: Any) -> dict[str, Any]:
        answer: dict[str, Any] = await self.ben.call(name, **params)
        self.assertLess(len(msgspec.json.encode(answer)), MAX)
        return answer

    async def test_log(self) -> None:
        """From entry to entry up to the head."""
        seqs: list[int] = []
        while len(seqs) < 12:
            page = await self.page("conversation.log", id=self.where, after=len(seqs))
            self.assertEqual((page["headSeq"], page["complete"]), (12, True))
            seqs += [entry["seq"] for entry in page["entries"]]
        self.assertEqual(seqs, list(range(1, 13)))

    async def test_history(self) -> None:
        """The newest, then before; after; and around, where the one in the middle is always there."""
        page = await self.page("message.history", conversationId=self.where)
        self.assertEqual((page["items"][-1]["seq"], page["hasBefore"], page["hasAfter"]), (12, True, False))
        first = page["items"][0]["seq"]
        page = await self.page("message.history", conversationId=self.where, before=first)
        self.assertEqual((page["items"][-1]["seq"], page["hasAfter"]), (first - 1, True))
        page = await self.page("message.history", conversationId=self.where, after=0)
        self.assertEqual((page["items"][0]["seq"], page["hasBefore"], page["hasAfter"]), (1, False, True))
        page = await self.page("message.history", conversationId=self.where, around=6)
        seqs = [item["seq"] for item in page["items"]]
        self.assertEqual(seqs, list(range(seqs[0], seqs[-1] + 1)))
        self.assertIn(6, seqs)
        self.assertEqual((page["hasBefore"], page["hasAfter"]), (True, True))

    async def test_history_as_json(self) -> None:
        """What PostgreSQL writes is cut where it would be if it were made here."""
        node, caller = self.node, Caller(role="user", user_id=self.ben.id, address="192.0.2.1")
        history = node.dispatcher.contract.operations["message.history"]
        for stretch in ({}, {"before": 9}, {"after": 2}, {"around": 6}, {"after": 2, "limit": 3}):
            where = {"conversationId": self.where, **stretch}
            answer = await node.dispatcher.call(history, where, caller, request_id="test", as_json=True)
            self.assertTrue(all(isinstance(item, msgspec.Raw) for item in answer.items))
            self.assertEqual(
                msgspec.json.decode(msgspec.json.encode(answer)), await self.page("message.history", **where)
            )

    async def test_search(self) -> None:
        """Found ones, page after page."""
        seqs, cursor = list[int](), dict[str, str]()
        while len(seqs) < 12:
            page = await self.page("message.search", q="ééé", **cursor)
            seqs += [item["seq"] for item in page["items"]]
            cursor = {"before": page["nextCursor"]}
        self.assertEqual((seqs, page["nextCursor"]), (list(range(12, 0, -1)), None))

    async def test_edits(self) -> None:
        """Former texts, page after page."""
        for number in range(8):
            await self.ann.call("message.edit", id=self.last["id"], content=f"{number} {LONG[:4000]}")
        texts, after = list[str](), dict[str, str]()
        while True:
            page = await self.page("message.edits", id=self.last["id"], **after)
            texts += [edit["previousContent"][:1] for edit in page["edits"]]
            if "more" not in page:
                break
            after = {"after": page["edits"][-1]["id"]}
        self.assertEqual(texts, ["é", *"0123456"])

    async def test_conversations(self) -> None:
        """The list, page after page; what changed is all of it, or else a new beginning."""
        cursor = (await self.page("sync.changes"))["cursor"]
        for number in range(8):
            other = await self.person(f"other{number}")
            await self.befriend(other, self.ben)
            await other.send(self.ben, LONG)
        page = await self.page("sync.changes", cursor=cursor)
        self.assertTrue(page["reset"])
        self.assertLess(len(page["conversations"]), 9)
        ids, more = set[str](), dict[str, str]()
        while True:
            page = await self.page("conversation.list", **more)
            ids |= {item["id"] for item in page["items"]}
            if page["nextCursor"] is None:
                break
            more = {"cursor": page["nextCursor"]}
        self.assertEqual(len(ids), 9)
