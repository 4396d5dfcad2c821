"""Groups as the replica of a client keeps them: what its own calls change, and how far messages have come there."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from chatr.client import Replica
from chatr.services import receipt_counts
from tests.client.case import ClientCase
from tests.e2e.server import Account


class GroupCase(ClientCase):
    """Ben calls by his client, to whose session no event comes of that; Ann and Cat are others."""

    async def setUp(self) -> None:
        await super().setUp()
        self.cat = await self.person("cat")
        self.replica = Replica(self.ben.id)
        self.bens = self.client(self.hear)
        await self.bens.start()

    def hear(self, name: str, data: dict[str, Any]) -> None:
        self.listen(name, data)
        self.replica.apply(name, data)

    async def agrees(self) -> None:
        """The replica shows what a fresh look does."""
        await self.bens.settled()
        page = await self.ben.rest("GET", "/conversations")
        views = {view["id"]: view for view in page["items"]}
        self.assertEqual(unrevised(self.replica.conversations()), unrevised(views))
        for group_id in views:
            history = await self.ben.rest("GET", f"/messages/history?conversationId={group_id}&limit=100")
            self.assertEqual(self.replica.messages(group_id), history["items"])


class OwnTests(GroupCase):
    """What Ben's calls change."""

    async def test_as_owner(self) -> None:
        """Each act on a group of one's own."""
        call = self.bens.call
        group = (await call("group.create", name="Foxes", memberIds=[self.ann.id]))["id"]
        await self.agrees()
        for person in (self.ann, self.cat):
            await call("group.invite", id=group, userIds=[person.id])
            await person.rest("POST", f"/groups/{group}/accept")
        await self.agrees()
        acts: list[tuple[str, dict[str, Any]]] = [
            ("update", {"name": "Wolves", "description": "howl"}),
            ("update", {"description": "", "joinPolicy": "request"}),
            ("promote", {"userId": self.cat.id}),
            ("demote", {"userId": self.cat.id}),
            ("remove_member", {"userId": self.cat.id}),
            ("promote", {"userId": self.ann.id, "role": "owner"}),
            ("step_down", {}),
            ("link_create", {}),
        ]
        for name, params in acts:
            await call(f"group.{name}", id=group, **params)
            await self.agrees()
        await self.ann.rest("POST", f"/groups/{group}/transfer-ownership", {"userId": self.ben.id})
        await call("group.transfer_ownership", id=group, userId=self.ann.id)
        await self.agrees()
        await call("group.leave", id=group)
        await self.agrees()
        self.assertEqual(self.replica.conversations(), {})

    async def test_as_guest_of_others(self) -> None:
        """Invitations that are answered, a link that is followed, who has asked and is let in, and the end of it."""
        call = self.bens.call
        body = {"name": "Foxes", "memberIds": [self.ben.id]}
        group = (await self.ann.rest("POST", "/groups", body, 201))["id"]
        await call("group.decline", id=group)
        await self.bens.settled()
        self.assertEqual([data for name, data in self.heard if name == "group.invite_revoked"], [{"groupId": group}])
        await self.ann.rest("POST", f"/groups/{group}/members", {"userIds": [self.ben.id]})
        await call("group.accept", id=group)
        await self.agrees()
        await call("group.leave", id=group)
        link = await self.ann.rest("POST", f"/groups/{group}/links", {}, 201)
        await call("group.join_by_link", code=link["code"])
        await self.agrees()
        await self.ann.rest("PATCH", f"/groups/{group}", {"joinPolicy": "request"})
        await self.cat.rest("POST", f"/groups/{group}/join")
        await self.ann.rest("PATCH", f"/groups/{group}/members/{self.ben.id}/promote", {"role": "owner"})
        await call("group.invite", id=group, userIds=[self.cat.id])
        await self.agrees()
        self.assertEqual(self.replica.conversations()[group]["memberCount"], 3)
        await call("group.delete", id=group)
        await self.agrees()

    async def test_back_where_more_is_shown(self) -> None:
        """✔ Who comes in again has what was hidden when they first came, where the group shows it by now."""
        body = {"name": "Foxes", "memberIds": [self.ben.id]}
        group = (await self.ann.rest("POST", "/groups", body, 201))["id"]
        await self.ann.rest("PATCH", f"/groups/{group}", {"historyVisible": False})
        await self.bens.call("group.accept", id=group)
        await self.agrees()
        for visible in (True, False):
            await self.ann.rest("DELETE", f"/groups/{group}/members/{self.ben.id}")
            await self.ann.rest("PATCH", f"/groups/{group}", {"historyVisible": visible})
            await self.ann.rest("POST", f"/groups/{group}/members", {"userIds": [self.ben.id]})
            await self.bens.call("group.accept", id=group)
            await self.agrees()


class ReachedTests(GroupCase):
    """How far Ben's messages have come."""

    async def setUp(self) -> None:
        await super().setUp()
        self.patch(receipt_counts, "EVERY_S", 0.0)
        self.group = (await self.bens.call("group.create", name="Foxes", memberIds=[self.ann.id]))["id"]

    async def say(self, text: str) -> int:
        """Ben writes; the seq of it."""
        message = await self.bens.send(text, conversation=self.group)
        return int(message["seq"])

    async def shows(self, *statuses: str) -> None:
        """His messages have come so far, here and on the server."""
        await self.service.node.ports.messages.receipt_counts.settled()
        await self.agrees()
        texts = [message for message in self.replica.messages(self.group) if message["type"] == "text"]
        self.assertEqual(tuple(message["status"] for message in texts), statuses)

    async def read(self, person: Account, seq: int) -> None:
        await person.rest("POST", f"/conversations/{self.group}/read", {"seq": seq})

    async def test_alone_and_not(self) -> None:
        """What nobody else could read is sent; whoever comes has read what was before them."""
        await self.say("1")
        await self.shows("sent")
        await self.ann.rest("POST", f"/groups/{self.group}/accept")
        await self.shows("read")
        seq = await self.say("2")
        await self.shows("read", "sent")
        await self.read(self.ann, seq)
        await self.shows("read", "read")
        await self.ann.rest("POST", f"/groups/{self.group}/leave")
        await self.shows("sent", "sent")

    async def test_the_last_who_has_not_read(self) -> None:
        """The lowest of the others counts, until they are there no more."""
        await self.ann.rest("POST", f"/groups/{self.group}/accept")
        await self.bens.call("group.invite", id=self.group, userIds=[self.cat.id])
        await self.cat.rest("POST", f"/groups/{self.group}/accept")
        one, two = await self.say("1"), await self.say("2")
        await self.read(self.ann, two)
        await self.shows("sent", "sent")
        await self.read(self.cat, one)
        await self.shows("read", "sent")
        await self.cat.rest("POST", f"/groups/{self.group}/leave")
        await self.shows("read", "read")
        # Who came while one was not there says nothing of those who were there before.
        await self.say("3")
        await self.bens.call("group.leave", id=self.group)
        for person in (self.cat, self.ben):
            await self.ann.rest("POST", f"/groups/{self.group}/members", {"userIds": [person.id]})
        await self.cat.rest("POST", f"/groups/{self.group}/accept")
        await self.bens.call("group.accept", id=self.group)
        await self.shows("read", "read", "sent")

    async def test_without_receipts(self) -> None:
        """Who gives none is shown none; what was read meanwhile says a page of history."""
        await self.ann.rest("POST", f"/groups/{self.group}/accept")
        await self.bens.call("user.update_settings", privacy={"readReceipts": False})
        await self.read(self.ann, await self.say("1"))
        await self.shows("delivered")
        await self.bens.call("user.update_settings", privacy={"readReceipts": True})
        page = await self.ben.rest("GET", f"/messages/history?conversationId={self.group}")
        marks = {key: page[key] for key in ("otherDeliveredSeq", "otherReadSeq")}
        self.replica.apply("message.receipts", {"conversationId": self.group, **marks})
        await self.shows("read")


class EpochTests(SynchronousTestCase):
    """What is known of a history that is no more."""

    def test_another_epoch(self) -> None:
        """How far messages had come, and what was removed, is void."""
        replica = Replica("me")
        view = {
            "id": "g",
            "kind": "group",
            "memberCount": 2,
            "revision": 3,
            "headSeq": 1,
            "readSeq": 0,
            "deliveredSeq": 0,
        }
        sender = {"id": "me", "username": "@me", "displayName": "Me"}
        message = {"id": "m", "conversationId": "g", "seq": 1, "sender": sender, "type": "text", "unsent": False}
        said = {"conversationId": "g", "seq": 1, "message": {**message, "status": "sent", "createdAt": ""}}
        replica.apply("conversation.created", {"conversation": view})
        replica.apply("message.received", said)
        replica.apply("message.receipts", {"conversationId": "g", "otherDeliveredSeq": 1, "otherReadSeq": 1})
        self.assertEqual(replica.messages("g")[0]["status"], "read")
        replica.apply("conversation.removed", {"conversationId": "g", "revision": 8})
        replica.apply("epoch.begun", {"epoch": "another"})
        replica.apply("sync.changes", {"reset": True, "removed": [], "conversations": [view]})
        replica.apply("message.received", said)
        self.assertEqual(replica.conversations()["g"]["lastMessage"]["status"], "sent")


def unrevised(views: dict[str, Any]) -> dict[str, Any]:
    """Views without revisions, which also grow where one is told nothing."""
    return {key: {**view, "revision": 0} for key, view in views.items()}
