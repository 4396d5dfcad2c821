"""What changes a conversation for somebody waits for its turn among the sends, so that its events keep their place."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from tests.ops.test_friends import FriendsCase


class TurnTests(FriendsCase):
    """While something else is being written."""

    async def in_turn(self, call: Any) -> Any:
        """The answer of a call, which waits while another change has its turn."""
        async with self.turn_taken():
            answer = Deferred.fromCoroutine(call)
            # Bounded: what takes no turn is long done by then.
            for _ in range(100):
                if self.node.writer._queue:
                    break
                await self.node.db.query("SELECT 1")
            self.assertFalse(answer.called)
            self.assertEqual(len(self.node.writer._queue), 1)
        return await answer

    async def test_requests_and_own_views(self) -> None:
        """Declining, accepting, and how one keeps a conversation."""
        where = {"id": (await self.ann.send(self.ben, "1"))["conversationId"]}
        await self.in_turn(self.ben.call("conversation.update", **where, pinned=True))
        await self.in_turn(self.ben.call("conversation.accept", **where))
        await self.in_turn(self.ben.call("conversation.delete", **where))
        eve = await self.person("eve")
        other = (await eve.send(self.ben, "1"))["conversationId"]
        await self.in_turn(self.ben.call("conversation.decline", id=other))

    async def test_relations(self) -> None:
        """Friends and blocks, as both are told of their conversation by them."""
        await self.ann.send(self.ben, "1")

        async def ask() -> dict[str, str]:
            asked = await self.in_turn(self.ann.call("friend.request", addresseeId=self.ben.id))
            return {"friendshipId": asked["friendship"]["id"]}

        await self.in_turn(self.ben.call("friend.decline", **await ask()))
        asked = await ask()
        await self.in_turn(self.ben.call("friend.accept", **asked))
        await self.in_turn(self.ben.call("friend.remove", **asked))
        await self.in_turn(self.ben.call("friend.block", userId=self.ann.id))
        await self.in_turn(self.ben.call("friend.unblock", userId=self.ann.id))
