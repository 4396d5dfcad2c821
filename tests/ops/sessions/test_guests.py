"""What guests may do with conversations and messages: as much as spec/api.md marks with a G, and nothing else."""

from __future__ import annotations

from typing import Any

from tests.guests import admit
from tests.ops.case import Person
from tests.ops.messages.test_message_relations import CALLS, Scene
from tests.ops.people.test_friends import FriendsCase

SECTION = ("conversation.", "message.", "activity.", "sync.")
#: spec/api.md, "Conversations and messages", the rows with U G.
FOR_GUESTS = {
    *("conversation.get", "conversation.with_user", "conversation.log", "conversation.files", "sync.changes"),
    "message.set_waveform",
    *("message.send", "message.history", "message.edit", "message.unsend", "message.react"),
    *("message.mark_delivered", "message.mark_read", "message.mark_listened"),
    *("activity.typing", "activity.recording", "activity.draft", "activity.listening"),
}


class GuestTests(FriendsCase):
    """A guest, to whom Ann has written back."""

    async def setUp(self) -> None:
        await super().setUp()
        await self.ann.call("user.update_settings", privacy={"ghostTyping": True})
        self.guest = Person(self, await admit(self.node, "guest"))
        mine = await self.guest.send(self.ann, "a word")
        theirs = await self.ann.send(self.guest, "a word")
        await self.node.db.execute("UPDATE messages SET type = 'audio'")
        self.scene = Scene(
            ben=self.ann,
            device=self.ann.device(),
            conversation=mine["conversationId"],
            mine=mine["id"],
            theirs=theirs["id"],
            either=mine["id"],
        )
        self.operations = {
            name: operation
            for name, operation in self.node.dispatcher.contract.operations.items()
            # What comes with a file: tests/ops/files.
            if name.startswith(SECTION) and not operation.route.upload
        }

    def params(self, name: str) -> dict[str, Any]:
        """What is valid for everybody who is in the conversation."""
        return CALLS[name](self.scene) if name in CALLS else {}

    def test_contract(self) -> None:
        """The contract has for guests what the specification marks."""
        self.assertEqual({name for name, each in self.operations.items() if "guest" in each.who}, FOR_GUESTS)

    async def test_what_is_for_guests(self) -> None:
        """Each of it works."""
        # What was unsent can't be used for the others.
        for name in sorted(FOR_GUESTS, key=lambda name: name == "message.unsend"):
            await self.guest.call(name, **self.params(name))

    async def test_what_is_for_users(self) -> None:
        """All else is forbidden, whatever the parameters."""
        for name in self.operations.keys() - FOR_GUESTS:
            await self.refused(self.guest.call(name, **self.params(name)), "forbidden")
            await self.refused(self.guest.call(name, nonsense=1), "forbidden")

    async def test_nobody_elses(self) -> None:
        """A guest is as much a stranger to the conversations of others as anybody."""
        one, two = [await self.ann.send(self.ben, "not for guests") for _ in range(2)]
        await self.node.db.execute("UPDATE messages SET type = 'audio' WHERE id = %s", (two["id"],))
        foreign = self.scene._replace(
            ben=self.ben, conversation=one["conversationId"], mine=one["id"], theirs=two["id"], either=one["id"]
        )
        for name in FOR_GUESTS - {"sync.changes"}:
            await self.refused(self.guest.call(name, **CALLS[name](foreign)), "not_found")
        synced = await self.guest.call("sync.changes")
        self.assertEqual([item["id"] for item in synced["conversations"]], [self.scene.conversation])
