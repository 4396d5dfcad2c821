"""Messages that come after others or not at all: afterClientId."""

from __future__ import annotations

import uuid
from typing import Any

from twisted.internet.defer import Deferred, DeferredList

from tests.ops.case import OpsCase


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

    async def test_not_behind_what_is_refused(self) -> None:
        """A refusal of the first is not got around by those behind it, and they begin no conversation."""
        await self.ben.call("friend.block", userId=self.ann.id)
        first, *others = await self.chain(0, 1, 2)
        self.assertEqual((first, set(others) <= {"blocked", "unavailable"}), ("blocked", True))
        await self.ben.call("friend.unblock", userId=self.ann.id)
        self.assertEqual(await self.chain(1, 2), ["unavailable", "unavailable"])
        self.assertEqual(await self.node.db.query("SELECT 1 FROM conversations"), [])
