"""The log: what is told of a message is what stands there."""

from __future__ import annotations

from typing import Any

from chatr.ops.catalog import CONTRACT
from tests.ops.case import OpsCase

#: What is told of a group, each behind the system entry that says the same.
IN_GROUPS = {
    *("group.member_joined", "group.member_left", "group.member_removed"),
    *("group.role_changed", "group.updated"),
}


class LogTests(OpsCase):
    """Each kind of entry."""

    async def setUp(self) -> None:
        await super().setUp()
        self.ann, self.ben = [await self.person(name) for name in ("ann", "ben")]
        await self.acquaint(self.ann, self.ben)
        self.where = (await self.ann.send(self.ben, "hello"))["conversationId"]
        self.device = self.ben.device()

    async def entry(self) -> dict[str, Any]:
        """The newest, as Ben reads it."""
        page = await self.ben.call("conversation.log", id=self.where)
        return page["entries"][-1]

    async def test_events_are_entries(self) -> None:
        """What is announced of a message is what the log says of it, whoever does what; and nothing else is told."""
        message = (await self.ann.send(self.where, "hi"))["id"]
        self.assertEqual((await self.entry())["data"], self.device.named("message.received")[0])
        await self.node.db.execute("UPDATE messages SET type = 'audio' WHERE id = %s", (message,))
        steps = [
            (self.ann, "message.edit", {"content": "hi there"}, "message.edited"),
            (self.ann, "message.react", {"emoji": "👍"}, "message.reaction"),
            (self.ann, "message.react", {"emoji": None}, "message.reaction"),
            (self.ben, "message.mark_listened", {}, "message.listened"),
            (self.ann, "message.unsend", {}, "message.unsent"),
        ]
        told = {"message.received"}
        for person, operation, params, event in steps:
            before = len(self.device.events)
            await person.call(operation, id=message, **params)
            entry = await self.entry()
            self.assertEqual(self.device.events[before:], [(event, entry["data"])])
            self.assertEqual((entry["event"], entry["seq"]), (event, entry["data"]["seq"]))
            told.add(event)
        logged = {name for name, each in CONTRACT.events.items() if each.logged}
        # Previews come from the server itself: tests/ops/messages/test_previews.py.
        self.assertEqual(logged - told, {"message.preview", *IN_GROUPS})

    async def test_groups(self) -> None:
        """The same of what is told of a group, to whoever is in it."""
        eve = await self.person("eve")
        group = (await self.ann.call("group.create", name="Foxes", memberIds=[self.ben.id, eve.id]))["id"]
        head = (await self.ben.call("group.accept", id=group))["headSeq"]
        before = len(self.device.events)
        await eve.call("group.accept", id=group)
        await self.ann.call("group.update", id=group, name="Wolves")
        await self.ann.call("group.promote", id=group, userId=eve.id)
        await self.ann.call("group.remove_member", id=group, userId=eve.id)
        await self.ann.call("group.transfer_ownership", id=group, userId=self.ben.id)
        await self.ann.call("group.leave", id=group)
        page = await self.ben.call("conversation.log", id=group, after=head)
        entries = [(entry["event"], entry["data"]) for entry in page["entries"]]
        self.assertEqual([event for event in self.device.events[before:] if "seq" in event[1]], entries)
        self.assertEqual({name for name, _ in entries}, {"message.received", *IN_GROUPS})

    async def test_what_was_deleted_from_the_own_view(self) -> None:
        """Of that the log says that there is an entry, and nobody hears of it: the conversation has moved on."""
        message = (await self.ann.send(self.where, "hi"))["id"]
        await self.ben.call("conversation.delete", id=self.where)
        await self.ann.send(self.where, "back")
        before = len(self.device.events)
        await self.ann.call("message.edit", id=message, content="secret")
        self.assertEqual([name for name, _ in self.device.events[before:]], ["conversation.updated"])
        entry = await self.entry()
        cleared = {"conversationId": self.where, "seq": entry["seq"], "cleared": True}
        self.assertEqual((entry["event"], entry["data"]), ("message.edited", cleared))
