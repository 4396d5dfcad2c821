"""Messages that come after others or not at all: afterClientId."""

from __future__ import annotations

import uuid
from typing import Any

from twisted.internet.defer import Deferred, DeferredList, gatherResults

from tests.ops.case import OpsCase, outcome


class AfterTests(OpsCase):
    """Ann writes to Ben, several at once, each behind the one before."""

    async def setUp(self) -> None:
        await super().setUp()
        self.ann, self.ben = await self.person("ann"), await self.person("ben")
        self.ids = [str(uuid.uuid4()) for _ in range(4)]

    async def chain(self, *numbers: int) -> list[Any]:
        """Send some of them at once; what became of each: its seq, or the code of its refusal."""
        sends = []
        for number in numbers:
            more = {"afterClientId": self.ids[number - 1]} if number else {}
            sends.append(
                Deferred.fromCoroutine(self.ann.send(self.ben, f"text {number}", clientId=self.ids[number], **more))
            )
        outcomes = await DeferredList(sends, consumeErrors=True)
        return [result["seq"] if ok else result.value.code for ok, result in outcomes]

    async def test_at_once(self) -> None:
        """All are stored, in their order; the first of them begins the conversation."""
        self.assertEqual(await self.chain(0, 1, 2, 3), [1, 2, 3, 4])

    async def test_not_without_the_one_before(self) -> None:
        """None of those behind what is missing is stored, whoever it is that they name; then all are."""
        self.assertEqual(await self.chain(0), [1])
        self.assertEqual(await self.chain(2, 3), ["unavailable", "unavailable"])
        self.assertEqual(await self.chain(1, 2, 3), [2, 3, 4])
        # A repeat is what it was.
        self.assertEqual(await self.chain(3), [4])

    async def test_not_behind_one_in_another_conversation(self) -> None:
        """The message before it is one of the same conversation, however that is named, and of no other."""
        cat = await self.person("cat")
        await self.acquaint(self.ann, self.ben)
        await self.acquaint(self.ann, cat)
        where = (await self.ann.send(cat, "hi"))["conversationId"]
        self.assertEqual(await self.chain(0), [1])
        sending = self.ann.send(cat, "x", afterClientId=self.ids[0])
        await self.refused(sending, "unavailable")
        # Nor when both are stored together.
        async with self.batch_taken():
            calls = [
                self.ann.send(self.ben, "one", clientId=self.ids[1], afterClientId=self.ids[0]),
                self.ann.send(cat, "two", clientId=self.ids[2], afterClientId=self.ids[1]),
                self.ann.send(cat, "three", clientId=self.ids[1]),
                self.ann.send(where, "four", clientId=self.ids[3], afterClientId=self.ids[1]),
            ]
            sends = [Deferred.fromCoroutine(outcome(call)) for call in calls]
        one, two, three, four = await gatherResults(sends)
        self.assertEqual((one["seq"], two, three["seq"], four["seq"]), (2, "unavailable", 2, 3))

    async def test_not_behind_what_is_refused(self) -> None:
        """A refusal of the first is not got around by those behind it, and they begin no conversation."""
        await self.ben.call("friend.block", userId=self.ann.id)
        first, *others = await self.chain(0, 1, 2)
        self.assertEqual((first, set(others) <= {"blocked", "unavailable"}), ("blocked", True))
        await self.ben.call("friend.unblock", userId=self.ann.id)
        self.assertEqual(await self.chain(1, 2), ["unavailable", "unavailable"])
        self.assertEqual(await self.node.db.query("SELECT 1 FROM conversations"), [])
