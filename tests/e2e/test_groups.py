"""Groups on a whole server: real sessions, which enter and leave rooms as people join and are removed."""

from __future__ import annotations

from typing import Any

from chatr.client import AccessToken, Client, MemoryState, Replica
from tests.client.case import ClientCase
from tests.e2e.client import Wamp
from tests.e2e.server import Account


class GroupTests(ClientCase):
    """Ann has a group; Ben has two sessions, and Cat comes later."""

    async def setUp(self) -> None:
        await super().setUp()
        self.cat = await self.person("cat")
        self.bens = [await Wamp.connect(self.http_port, self.ben.token) for _ in range(2)]
        self.addCleanup(self.leave)
        made = await self.ann.rest("POST", "/groups", {"name": "Foxes", "memberIds": [self.ben.id]}, 201)
        self.group = made["id"]
        await self.bens[0].call("group.accept", id=self.group)

    async def leave(self) -> None:
        for wamp in self.bens:
            if not wamp.is_closed:
                await wamp.leave()

    async def say(self, text: str) -> dict[str, Any]:
        body = {"conversationId": self.group, "content": text, "clientId": self.group[:-1] + text[-1]}
        answer: dict[str, Any] = await self.ann.rest("POST", "/messages", body, 201)
        # What was announced before the answer of a call comes before that.
        for wamp in self.bens:
            if not wamp.is_closed:
                await wamp.call("user.me")
        return answer

    def texts_of(self, wamp: Wamp) -> list[str]:
        received = [data for name, data in wamp.events if name == "chatr.message.received"]
        return [data["message"]["content"] for data in received if data["message"]["type"] == "text"]

    async def test_rooms(self) -> None:
        """✔ Open sessions hear from the joining on, new ones too; of the removal's own entry they hear nothing more."""
        await self.say("text 1")
        later = await Wamp.connect(self.http_port, self.ben.token)
        self.bens.append(later)
        await self.say("text 2")
        await self.ann.rest("DELETE", f"/groups/{self.group}/members/{self.ben.id}")
        await self.say("text 3")
        again = await Wamp.connect(self.http_port, self.ben.token)
        self.bens.append(again)
        await self.say("text 4")
        found = [self.texts_of(wamp) for wamp in self.bens]
        self.assertEqual(found, [["text 1", "text 2"], ["text 1", "text 2"], ["text 2"], []])
        for wamp in (self.bens[1], later):
            names = [name for name, data in wamp.events if data.get("conversationId") == self.group]
            self.assertEqual(names[-1], "chatr.conversation.removed")
            self.assertNotIn("chatr.group.member_removed", names)
        self.assertEqual(self.service.node.hub.named(f"conversation:{self.group}"), [])

    async def test_client(self) -> None:
        """chatr.client folds what happens in a group, and has missed nothing when it comes back."""
        state = MemoryState()
        replicas = {person.id: Replica(person.id) for person in (self.ben, self.cat)}
        ben = self.replicating(self.ben, replicas[self.ben.id], state=state)
        cat = self.replicating(self.cat, replicas[self.cat.id])
        await ben.start()
        await cat.start()
        await self.ann.rest("POST", f"/groups/{self.group}/members", {"userIds": [self.cat.id]})
        await cat.call("group.accept", id=self.group)
        await cat.send("hello", conversation=self.group)
        await ben.stop()
        await self.ann.rest("PATCH", f"/groups/{self.group}", {"name": "Wolves"})
        await self.ann.rest("PATCH", f"/groups/{self.group}/members/{self.ben.id}/promote")
        ben = self.replicating(self.ben, replicas[self.ben.id], state=state)
        await ben.start()
        await ben.call("group.promote", id=self.group, userId=self.cat.id)
        await self.ann.rest("POST", f"/groups/{self.group}/transfer-ownership", {"userId": self.ben.id})
        for person, client in ((self.ben, ben), (self.cat, cat)):
            await client.settled()
            view = await person.rest("GET", f"/conversations/{self.group}")
            shown = replicas[person.id].conversations()[self.group]
            for key in ("title", "role", "memberCount", "headSeq", "unreadCount", "lastMessage"):
                self.assertEqual(shown[key], view[key], key)
            page = await person.rest("GET", f"/messages/history?conversationId={self.group}")
            self.assertEqual(replicas[person.id].messages(self.group), page["items"])
        await ben.call("group.leave", id=self.group)
        await ben.settled()
        self.assertNotIn(self.group, replicas[self.ben.id].conversations())

    def replicating(self, person: Account, replica: Replica, **options: Any) -> Client:
        return self.client(replica.apply, AccessToken(person.token), history=True, **options)
