"""A guest and a user, from the first word to the last."""

from __future__ import annotations

import uuid
from typing import Any

from tests.e2e.client import Refused, Wamp, whole_log
from tests.e2e.server import Account
from tests.e2e.test_sessions import SessionCase
from tests.guests import admit


class GuestTests(SessionCase):
    """A guest writes to Ann."""

    async def setUp(self) -> None:
        await super().setUp()
        assert self.service.node is not None
        self.guest = Account(self, await admit(self.service.node, "guest"))
        self.guests, self.anns = await self.connect(await self.guest.ticket()), await self.connect(self.ann.token)
        self.first = await self.send(self.guests, "hello", recipientId=self.ann.id)
        self.conversation = {"conversationId": self.first["conversationId"]}
        self.where = {"id": self.first["conversationId"]}

    async def send(self, wamp: Wamp, content: str, **where: str) -> Any:
        """Send a message."""
        return await wamp.call("message.send", content=content, clientId=str(uuid.uuid4()), **where)

    async def hears(self, wamp: Wamp, name: str, **wanted: Any) -> dict[str, Any]:
        """Wait for an event with these fields."""
        return await self.event(wamp, f"chatr.{name}", lambda payload: wanted.items() <= payload.items())

    async def refused(self, call: Any) -> None:
        """Assert that a call is forbidden."""
        error = await self.assertFailure(call, Refused)
        self.assertEqual(error.uri, "chatr.error.forbidden")

    async def test_request(self) -> None:
        """A guest asks like anybody who is no friend, and is told that they may write."""
        await self.hears(self.anns, "message.received", seq=1, message=self.first)
        await self.refused(self.guests.begin("activity.typing", **self.conversation))
        await self.anns.call("conversation.accept", **self.where)
        await self.hears(self.guests, "conversation.accepted", **self.conversation, acceptedBy=self.ann.id)
        await self.guests.call("activity.typing", **self.conversation)
        await self.hears(self.anns, "activity.typing", **self.conversation, userId=self.guest.id, active=True)

    async def test_conversation(self) -> None:
        """Each hears what the other does, and both have the same log in the end."""
        answer = await self.send(self.anns, "good morning", recipientId=self.guest.id)
        await self.hears(self.guests, "message.received", seq=2, message=answer)
        sides = ((self.guest, self.guests, self.anns, self.first), (self.ann, self.anns, self.guests, answer))
        for person, own, others, message in sides:
            what = {"id": message["id"]}
            await own.call("activity.typing", **self.conversation)
            await self.hears(others, "activity.typing", **self.conversation, userId=person.id, active=True)
            await own.call("message.mark_delivered", **self.where, seq=1)
            await self.hears(others, "message.status", userId=person.id, deliveredSeq=1, readSeq=0)
            await own.call("message.mark_read", **self.where, seq=2)
            await self.hears(others, "message.status", userId=person.id, deliveredSeq=2, readSeq=2)
            await own.call("message.edit", **what, content="edited")
            edited = await self.hears(others, "message.edited", **self.conversation)
            self.assertEqual((edited["message"]["id"], edited["message"]["content"]), (message["id"], "edited"))
            await others.call("message.react", **what, emoji="👍")
            await self.hears(own, "message.reaction", messageId=message["id"], emoji="👍")
            await own.call("message.unsend", **what)
            await self.hears(others, "message.unsent", messageId=message["id"])
        logs = [await whole_log(wamp, self.first["conversationId"]) for wamp in (self.guests, self.anns)]
        told = [[(entry["seq"], entry["event"].partition(".")[2]) for entry in log] for log in logs]
        changes = ["edited", "reaction", "unsent"]
        self.assertEqual(told[0], list(enumerate(["received", "received", *changes, *changes], 1)))
        self.assertEqual(told[1], told[0])

    async def test_resume(self) -> None:
        """A guest who was away finds what they missed, over both doors; lists that guests don't have are no change."""
        self.guests.cut()
        await self.guests.closed
        answer = await self.send(self.anns, "good morning", **self.conversation)
        guests = await self.connect(self.guest.token)
        synced = await guests.call("sync.changes")
        [view] = synced["conversations"]
        self.assertEqual((view["lastMessage"], view["unreadCount"], "friends" in synced), (answer, 1, False))
        again = await guests.call("sync.changes", cursor=synced["cursor"])
        self.assertEqual((again["conversations"], "friends" in again), ([view], False))
        self.assertEqual(await guests.call("conversation.get", **self.where), view)
        self.assertEqual(await self.guest.rest("GET", f"/conversations/with/{self.ann.id}"), view)
        page = await guests.call("message.history", **self.conversation)
        self.assertEqual([item["id"] for item in page["items"]], [self.first["id"], answer["id"]])
        entries = await whole_log(guests, self.first["conversationId"], 1)
        self.assertEqual([entry["data"]["message"] for entry in entries], [answer])

    async def test_refusals(self) -> None:
        """What is for users only is forbidden over both doors."""
        for name, params in (
            ("conversation.list", {}),
            ("conversation.delete", self.where),
            ("message.get", {"id": self.first["id"]}),
            ("message.search", {"q": "hello"}),
            ("user.search", {"q": "ann"}),
        ):
            await self.refused(self.guests.begin(name, **params))
        for verb, path in (("GET", "/conversations"), ("GET", f"/messages/{self.first['id']}"), ("GET", "/users/me")):
            problem = await self.guest.rest(verb, path, None, 403)
            self.assertEqual(problem["code"], "forbidden")
