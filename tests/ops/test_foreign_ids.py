"""No id of something of others is ever of use: a sweep made from the contract, so that new operations are in it."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec

from chatr.api.contract import Operation
from chatr.api.errors import ApiError
from tests.ops.people.test_friends import FriendsCase

#: What a call needs beside the id in question.
VALUES: dict[str, Any] = {
    "content": "x",
    "emoji": "👍",
    "text": "x",
    "seq": 1,
    "status": "away",
    "q": "xx",
    "password": "x",
    "code": "123456",
    "purpose": "email",
    "email": "x@example.org",
    "current": "x",
    "username": "somebody",
    "name": "somebody",
    "userId": str(uuid.uuid4()),
    "userIds": [str(uuid.uuid4())],
    "memberIds": [],
    "linkId": str(uuid.uuid4()),
    "waveform": [0.5],
}
#: Ids that everybody may know: a profile is shown by them or not, by rules of its own (tests/e2e/test_relations.py).
PEOPLE = {"userId", "userIds", "addresseeId", "recipientId", "otherUserId", "senderId", "memberIds"}
#: Chosen by the caller.
OWN = {"clientId", "afterClientId", "groupId"}


class ForeignIdTests(FriendsCase):
    """Eve tries what belongs to Ann and Ben."""

    async def setUp(self) -> None:
        await super().setUp()
        friendship_id = await self.befriend(self.ann, self.ben)
        message = await self.ann.send(self.ben, "theirs")
        self.eve = await self.person("eve")
        await self.befriend(self.eve, self.ann)
        self.own = await self.eve.send(self.ann, "hers")
        conversation_id = message["conversationId"]
        group = await self.ann.call("group.create", name="theirs", memberIds=[self.ben.id])
        await self.ben.call("group.accept", id=group["id"])
        file = await self.ann.upload("file.upload", b"theirs", "a.txt")
        link = await self.ann.call("group.link_create", id=group["id"])
        self.group = await self.eve.call("group.create", name="hers", memberIds=[])
        self.foreign = {
            "conversationId": conversation_id,
            "messageId": message["id"],
            "replyToId": message["id"],
            "friendshipId": friendship_id,
            "conversation.id": conversation_id,
            "message.id": message["id"],
            "message.mark_read.id": conversation_id,
            "message.mark_delivered.id": conversation_id,
            "session.id": self.ann.session_id,
            "group.id": group["id"],
            "linkId": link["id"],
            "fileId": file["id"],
            "file.id": file["id"],
        }

    async def test_sweep(self) -> None:
        """Each operation, with each foreign id: the same answer as to an id of nothing, and nothing has changed."""
        swept = 0
        for operation in self.node.dispatcher.contract.operations.values():
            if "user" not in operation.who:
                continue
            for name in self.ids(operation):
                foreign = self.foreign.get(f"{operation.name}.{name}") or self.foreign.get(
                    name if name != "id" else f"{operation.name.partition('.')[0]}.id"
                )
                self.assertIsNotNone(foreign, f"{operation.name}: say here what kind of id {name} is")
                before = await self.everything()
                refusals = [await self.outcome(operation, name, value) for value in (foreign, str(uuid.uuid4()))]
                self.assertEqual(refusals[0], refusals[1], f"{operation.name}: {name}")
                self.assertIn(refusals[0][0], ("not_found", "invalid"), f"{operation.name}: {name}")
                self.assertEqual(await self.everything(), before, operation.name)
                swept += 1
        self.assertGreater(swept, 20)

    def ids(self, operation: Operation) -> list[str]:
        """The parameters that are ids of things."""
        schema = msgspec.json.schema(operation.params)["$defs"][operation.params.__name__]
        names = [name for name in schema["properties"] if name == "id" or name.endswith(("Id", "Ids"))]
        return [name for name in names if name not in PEOPLE | OWN]

    async def outcome(self, operation: Operation, name: str, value: str) -> tuple[str, str]:
        """What Eve is answered; she gives valid values for everything else."""
        params = {name: value}
        for field in msgspec.structs.fields(operation.params):
            key = field.encode_name
            if key == name or (not field.required and key not in VALUES):
                continue
            if key == "clientId":
                params[key] = str(uuid.uuid4())
            elif name == "linkId" and key == "id":
                params[key] = self.group["id"]
            elif key in VALUES:
                params[key] = VALUES[key]
            else:
                self.fail(f"{operation.name}: say here what a valid {key} is")
        if operation.name in ("message.send", "message.upload") and name == "replyToId":
            params["conversationId"] = self.own["conversationId"]
        try:
            if operation.route.upload:
                answer = await self.eve.upload(operation.name, b"hers", "a.txt", **params)
            else:
                answer = await self.eve.call(operation.name, **params)
        except ApiError as error:
            return error.code, error.detail
        self.fail(f"{operation.name} with a foreign {name} answered {answer}")

    async def everything(self) -> dict[str, Any]:
        """All rows of what people have made."""
        tables = ("conversations", "members", "messages", "message_edits", "reactions", "listens", "log")
        found: dict[str, Any] = {}
        for table in (*tables, "preview_jobs", "friendships", "blocks", "sessions"):
            rows = await self.node.db.query(f"SELECT x::text FROM {table} x ORDER BY 1")
            found[table] = [row[0] for row in rows]
        return found
