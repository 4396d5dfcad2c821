"""What changes a conversation for somebody waits for its turn in the lane of that: so its events keep their place."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from chatr.realtime.hub import Announcement
from chatr.store.writing.places import Place, between
from tests.ops.case import Device
from tests.ops.people.test_friends import FriendsCase


class TurnTests(FriendsCase):
    """While something else is being written there."""

    async def in_turn(self, call: Any, place: Place) -> Any:
        """The answer of a call, which waits in the lane of the place while that is taken."""
        async with self.lane_taken(place) as lane:
            answer = Deferred.fromCoroutine(call)
            # What takes no turn, or takes it elsewhere, is answered.
            while not lane.turns and not answer.called:
                await self.node.db.query("SELECT 1")
            self.assertFalse(answer.called)
            self.assertEqual([len(waiting) for waiting in lane.turns.values()], [1])
        return await answer

    async def test_requests_and_own_views(self) -> None:
        """Declining, accepting, and how one keeps a conversation."""
        where = (await self.ann.send(self.ben, "1"))["conversationId"]
        await self.in_turn(self.ben.call("conversation.update", id=where, pinned=True), where)
        await self.in_turn(self.ben.call("conversation.accept", id=where), where)
        await self.in_turn(self.ben.call("conversation.delete", id=where), where)
        eve = await self.person("eve")
        other = (await eve.send(self.ben, "1"))["conversationId"]
        await self.in_turn(self.ben.call("conversation.decline", id=other), other)

    async def test_relations(self) -> None:
        """Friends and blocks, as both are told of their conversation by them: named by the pair or by its id."""
        where = (await self.ann.send(self.ben, "1"))["conversationId"]
        pair = between(self.ben.id, self.ann.id)

        async def ask() -> dict[str, str]:
            asked = await self.in_turn(self.ann.call("friend.request", addresseeId=self.ben.id), where)
            return {"friendshipId": asked["friendship"]["id"]}

        await self.in_turn(self.ben.call("friend.decline", **await ask()), pair)
        asked = await ask()
        await self.in_turn(self.ben.call("friend.accept", **asked), where)
        await self.in_turn(self.ben.call("friend.remove", **asked), pair)
        await self.in_turn(self.ben.call("friend.block", userId=self.ann.id), where)
        await self.in_turn(self.ben.call("friend.unblock", userId=self.ann.id), where)

    async def test_messages(self) -> None:
        """Sends, named by the person or by the conversation; edits, reactions, unsends, and what was heard."""
        await self.befriend(self.ann, self.ben)
        sent = await self.ann.send(self.ben, "1")
        where, message = sent["conversationId"], {"id": sent["id"]}
        for to in (self.ben, where):
            await self.in_turn(self.ann.send(to, "2"), where)
        await self.in_turn(self.ann.call("message.edit", **message, content="3"), where)
        await self.in_turn(self.ben.call("message.react", **message, emoji="👍"), where)
        await self.node.db.execute("UPDATE messages SET type = 'audio' WHERE id = %s", (sent["id"],))
        await self.in_turn(self.ben.call("message.mark_listened", **message), where)
        await self.in_turn(self.ann.call("message.unsend", **message), where)

    async def test_receipts(self) -> None:
        """How far somebody has come, as what it withholds or reveals is changed there."""
        where = (await self.ann.send(self.ben, "1"))["conversationId"]
        await self.in_turn(self.ben.call("message.mark_delivered", id=where, seq=1), where)
        await self.in_turn(self.ben.call("message.mark_read", id=where, seq=1), where)

    async def test_a_conversation_that_is_begun(self) -> None:
        """From the first moment at which anybody hears of it, what is meant for it waits in the lane of the two."""
        lanes, where = self.node.ports.messages.writer._lanes._lanes, between(self.ann.id, self.ben.id).name
        heard: list[tuple[str, bool]] = []

        class Watch(Device):
            def deliver(self, announcement: Announcement) -> None:
                super().deliver(announcement)
                name, payload = self.events[-1]
                if name in ("conversation.created", "message.received"):
                    made = payload["conversation"]["id"] if "conversation" in payload else payload["conversationId"]
                    heard.append((name, lanes[made].held and lanes[made] is lanes[where]))

        self.node.hub.join(Watch("watch"), [f"user:{self.ben.id}"])
        await self.ann.send(self.ben, "first")
        self.assertEqual(heard, [("conversation.created", True), ("message.received", True)])
        # It is let go when all have been told, this too.
        await self.node.db.query("SELECT 1")
        self.assertEqual(lanes, {})
