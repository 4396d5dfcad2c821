"""Every operation and event that shows a person × a block: the blocked see the blocker as they were then."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from chatr.api.errors import ApiError
from tests.ops import shown
from tests.ops.case import Person
from tests.ops.fold import Fold, plain
from tests.ops.messages.test_messages import make_group
from tests.ops.people.test_friends import FriendsCase

Params = Callable[["BlockedCase"], dict[str, Any]]

#: What Ben calls, who is blocked by Ann; and the refusals of what he can't do. Before, the answers of the first nine
#: brought her new name, those with a profile also her e-mail address and full name.
CALLS: dict[str, Params | str] = {
    "conversation.get": lambda case: {"id": case.direct},
    "conversation.list": lambda case: {},
    "conversation.with_user": lambda case: {"userId": case.ann.id},
    "conversation.files": lambda case: {"id": case.direct, "kind": "file"},
    "conversation.update": lambda case: {"id": case.direct, "pinned": True},
    "conversation.log": lambda case: {"id": case.direct},
    "sync.changes": lambda case: {},
    "message.history": lambda case: {"conversationId": case.direct},
    "message.get": lambda case: {"id": case.hers},
    "message.search": lambda case: {"q": "word"},
    "friend.list": lambda case: {},
    "friend.incoming": lambda case: {},
    "friend.outgoing": lambda case: {},
    "friend.blocked": lambda case: {},
    "user.search": lambda case: {"q": "ann"},
    "user.get": "not_found",
    "user.get_by_username": "not_found",
    "message.send": "blocked",
    "message.edit": "blocked",
    "message.react": "blocked",
    "message.readers": "forbidden",
    "message.set_waveform": "forbidden",
    "conversation.accept": "conflict",
    "message.unsend": lambda case: {"id": case.his},
    # In a group of his in which she is, which she invites him to, and which they join.
    "group.create": lambda case: {"name": "Den", "memberIds": []},
    "group.list": lambda case: {},
    "group.invites": lambda case: {},
    "group.get": lambda case: {"id": case.club},
    "group.messages": lambda case: {"id": case.club},
    "group.update": lambda case: {"id": case.club, "description": "for all"},
    "group.invite": lambda case: {"id": case.club, "userIds": [case.cat.id]},
    "group.promote": lambda case: {"id": case.club, "userId": case.dan.id},
    "group.demote": lambda case: {"id": case.club, "userId": case.dan.id},
    "group.join_by_link": lambda case: {"code": case.code},
    "group.accept": lambda case: {"id": case.invited},
    "group.transfer_ownership": lambda case: {"id": case.club, "userId": case.dan.id},
    "group.remove_member": lambda case: {"id": case.club, "userId": case.cat.id},
    "group.step_down": "forbidden",
    "group.leave": lambda case: {"id": case.club},
}
REFUSED: dict[str, Params] = {
    "user.get": lambda case: {"userId": case.ann.id},
    "user.get_by_username": lambda case: {"username": "ann"},
    "message.send": lambda case: {"recipientId": case.ann.id, "content": "x", "clientId": case.hers},
    "message.edit": lambda case: {"id": case.his, "content": "x"},
    "message.react": lambda case: {"id": case.hers, "emoji": "👍"},
    "message.readers": lambda case: {"id": case.hers},
    "message.set_waveform": lambda case: {"id": case.hers, "waveform": [0.5]},
    "conversation.accept": lambda case: {"id": case.direct},
    "group.step_down": lambda case: {"id": case.club},
}
#: In a group of both, where Ann goes on writing and is quoted.
IN_GROUP: dict[str, Params] = {
    "conversation.get": lambda case: {"id": case.group},
    "conversation.list": lambda case: {},
    "conversation.log": lambda case: {"id": case.group},
    "message.history": lambda case: {"conversationId": case.group},
    "message.search": lambda case: {"q": "fox", "conversationId": case.group},
    "message.readers": lambda case: {"id": case.foxes},
    "sync.changes": lambda case: {},
    "group.list": lambda case: {},
    "group.messages": lambda case: {"id": case.group},
}
#: What Ben's sessions hear while the block lasts, and what nothing between the two makes as long.
HEARD = {"conversation.updated", "user.updated", "message.unsent", "friend.blocked", "friend.unblocked"}
UNHEARD = {
    *("message.received", "message.edited", "message.preview", "message.reaction", "conversation.created"),
    *("friend.requested", "friend.accepted", "friend.declined", "friend.removed"),
    *("conversation.accepted", "conversation.declined"),
}
#: In groups both go on, and all hear of all: of whom they know no better what they are called there.
IN_GROUPS = {
    *("group.created", "group.invited", "group.invite_declined", "group.join_requested"),
    *("group.member_joined", "group.member_left", "group.member_removed"),
}
#: All that Ann is made to show to everybody, after the block.
CANARY = "canary"


class BlockedCase(FriendsCase):
    """Ann, who shows everything to everybody, has blocked Ben; since then she has another name and picture."""

    async def setUp(self) -> None:
        await super().setUp()
        levels = dict.fromkeys(("phone", "email", "fullName", "gender", "joinedDate"), "everyone")
        await self.ann.call("user.update_settings", privacy=levels)
        await self.ann.call("user.update", displayName="Ann as she was", firstName="Anna", lastName="Ander")
        await self.picture("/before.png")
        await self.befriend(self.ann, self.ben)
        first = await self.ann.send(self.ben, "a word of hers")
        self.direct, self.hers = first["conversationId"], first["id"]
        await self.node.db.execute(
            """WITH file AS (INSERT INTO files (id, owner_id, purpose, state, name, sent)
                             SELECT gen_random_uuid(), %s, 'message', 'ready', 'a.txt', true RETURNING id)
               UPDATE messages SET type = 'file', file_id = file.id FROM file WHERE messages.id = %s""",
            (self.ann.id, self.hers),
        )
        self.his = (await self.ben.send(self.ann, "a word of his", replyToId=self.hers))["id"]
        for message_id in (self.hers, self.his):
            await self.ann.call("message.react", id=message_id, emoji="👍")
        self.cat, self.dan = [await self.person(name) for name in ("cat", "dan")]
        await self.clubs()
        self.group = await make_group(self, [self.ann, self.ben, self.cat])
        await self.ann.send(self.group, "a fox before")
        await self.ann.call("friend.block", userId=self.ben.id)
        await self.change()
        after = await self.ann.send(self.group, "a fox after")
        last = await self.cat.send(self.group, "what fox", replyToId=after["id"])
        await self.ann.call("message.mark_read", id=self.group, seq=last["seq"])
        self.foxes = last["id"]

    async def clubs(self) -> None:
        """A group of Ben's with Ann and Dan, where she has written last, and one to which she has invited him."""
        made = await self.ben.call("group.create", name="Club", memberIds=[self.ann.id, self.dan.id])
        self.club = made["id"]
        for person in (self.ann, self.dan):
            await person.call("group.accept", id=self.club)
        self.code = (await self.ben.call("group.link_create", id=self.club))["code"]
        await self.ann.send(self.club, "a word in the club")
        made = await self.ann.call("group.create", name="Hers", memberIds=[self.ben.id])
        self.invited = made["id"]

    async def picture(self, path: str) -> None:
        await self.node.db.execute(
            "UPDATE users SET profile_image = %s, cover_image = %s WHERE id = %s", (path, path, self.ann.id)
        )

    async def change(self) -> None:
        """Ann is another person."""
        await self.picture(f"/{CANARY}.png")
        names = dict.fromkeys(("displayName", "firstName", "lastName"), CANARY)
        await self.ann.call("user.update", gender="female", **names)
        await self.node.db.execute(
            "UPDATE users SET email = %s, phone_number = '+15550100', phone_verified_at = now() WHERE id = %s",
            (f"{CANARY}@example.org", self.ann.id),
        )

    def as_she_was(self, value: Any, where: str) -> None:
        """Nothing of what Ann is now is in it, and of what she was no more than name and picture."""
        for secret in (CANARY, "Anna", "ann@example.org", "female", "+15550100"):
            self.assertNotIn(secret, json.dumps(value), where)
        for seen in shown.people(value, self.ann.id):
            told = {key: each for key, each in seen.items() if each is not False and key not in ("id", "revision")}
            wanted = {"username": "@ann", "displayName": "Ann as she was", "profileImage": "/before.png"}
            # Of who has reacted only the username is told.
            self.assertIn(told, (wanted, {"username": "@ann"}), where)

    def senders(self, value: Any) -> int:
        return sum("displayName" in seen for seen in shown.people(value, self.ann.id))


class AcrossABlockTests(BlockedCase):
    """The table, against the contract."""

    def test_everything_is_in_the_table(self) -> None:
        """Each operation and each event that shows another person."""
        self.assertEqual(set(CALLS), shown.operations())
        self.assertEqual(HEARD | UNHEARD | IN_GROUPS, shown.events())
        self.assertEqual(set(REFUSED), {name for name, call in CALLS.items() if isinstance(call, str)})

    async def test_operations(self) -> None:
        """What Ben is answered shows Ann as she was when she blocked him."""
        found: dict[str, int] = {}
        for name, call in CALLS.items():
            if isinstance(call, str):
                error = await self.refused(self.ben.call(name, **REFUSED[name](self)), call)
                self.as_she_was(str(error), name)
            else:
                answer = await self.ben.call(name, **call(self))
                self.as_she_was(answer, name)
                found[name] = self.senders(answer)
        # She is in all of them but in lists of people, where a block ends everything.
        self.assertEqual([name for name, count in found.items() if not count and name not in ELSEWHERE], NOBODY)

    async def test_groups(self) -> None:
        """The same where both still write; a quote of what she wrote since has the name too."""
        for name, call in IN_GROUP.items():
            answer = await self.ben.call(name, **call(self))
            self.as_she_was(answer, name)
        self.assertEqual(self.senders(await self.ben.call("message.readers", id=self.foxes)), 1)
        page = await self.ben.call("message.history", conversationId=self.group)
        self.assertEqual(page["items"][-1]["replyTo"]["senderName"], "Ann as she was")
        page = await self.cat.call("message.history", conversationId=self.group)
        self.assertEqual(page["items"][-1]["replyTo"]["senderName"], CANARY)
        self.assertEqual(page["items"][0]["sender"]["displayName"], CANARY)

    async def test_events(self) -> None:
        """Whatever either does, Ben's sessions hear nothing of what she is called by now; nor of the block."""
        device, unsent = self.ben.device(), {"id": self.hers}
        acts: list[tuple[Person, str, dict[str, Any]]] = [
            (self.ann, "message.edit", {"id": self.hers, "content": CANARY}),
            (self.ann, "message.react", {"id": self.his, "emoji": "🎉"}),
            (self.ann, "message.send", REFUSED["message.send"](self) | {"recipientId": self.ben.id}),
            (self.ann, "friend.request", {"addresseeId": self.ben.id}),
            (self.ann, "activity.typing", {"conversationId": self.direct}),
            (self.ann, "user.update", {"displayName": f"{CANARY} again"}),
            (self.ann, "user.update_settings", {"privacy": {"email": "friends"}}),
            (self.ann, "conversation.update", {"id": self.direct, "archived": True}),
            (self.ben, "friend.request", {"addresseeId": self.ann.id}),
            (self.ben, "conversation.update", {"id": self.direct, "archived": True}),
            (self.ben, "friend.block", {"userId": self.ann.id}),
            (self.ben, "friend.unblock", {"userId": self.ann.id}),
            (self.ann, "message.unsend", unsent),
        ]
        for person, name, params in acts:
            try:
                await person.call(name, **params)
            except ApiError as error:
                self.assertIn(error.code, ("blocked", "conflict"), name)
        self.as_she_was(device.events, "events")
        self.assertEqual({name for name, _ in device.events} - {"presence.changed"}, HEARD - {"user.updated"})
        self.assertEqual(device.named("message.unsent")[0]["senderDisplayName"], "Ann as she was")
        log = await self.ben.call("conversation.log", id=self.direct)
        self.assertEqual(log["entries"][-1]["data"]["senderDisplayName"], "Ann as she was")

    async def test_lists_of_who_blocked_back(self) -> None:
        """Ben blocks Ann too: his list has her as she was, and as she is once she lifts hers; he is told then."""
        await self.ben.call("friend.block", userId=self.ann.id)
        self.as_she_was(await self.ben.call("friend.blocked"), "friend.blocked")
        device = self.ben.device()
        await self.ann.call("friend.unblock", userId=self.ben.id)
        [item] = (await self.ben.call("friend.blocked"))["items"]
        self.assertEqual((item["user"]["displayName"], item["user"]["email"]), (CANARY, f"{CANARY}@example.org"))
        self.assertEqual(device.named("user.updated")[-1]["user"], item["user"])

    async def test_afterwards(self) -> None:
        """Lifting the block shows her as she is, tells so, and what a second one freezes is new."""
        device = self.ben.device()
        await self.ann.call("friend.unblock", userId=self.ben.id)
        view = await self.ben.call("conversation.get", id=self.direct)
        self.assertEqual((view["other"]["displayName"], view["other"]["email"]), (CANARY, f"{CANARY}@example.org"))
        self.assertEqual(device.named("conversation.updated")[-1]["conversation"]["other"], view["other"])
        page = await self.ben.call("message.history", conversationId=self.direct)
        self.assertEqual(page["items"][0]["sender"]["displayName"], CANARY)
        self.assertEqual((await self.ben.call("user.get", userId=self.ann.id))["displayName"], CANARY)
        await self.ann.call("friend.block", userId=self.ben.id)
        await self.ann.call("user.update", displayName="third")
        view = await self.ben.call("conversation.get", id=self.direct)
        self.assertEqual(view["other"]["displayName"], CANARY)

    async def test_who_blocks_sees_more(self) -> None:
        """Ann sees Ben as a stranger may: hers is the block."""
        await self.ben.call("user.update", displayName="Benny")
        seen = await self.ann.call("user.get", userId=self.ben.id)
        self.assertEqual((seen["displayName"], "createdAt" in seen), ("Benny", True))

    async def test_the_block_status_is_ones_own(self) -> None:
        """Neither block_status nor a conversation says that one is blocked."""
        status = await self.ben.call("friend.block_status", userId=self.ann.id)
        self.assertEqual(status, {"blocked": False, "blockedByMe": False})
        view = await self.ben.call("conversation.get", id=self.direct)
        self.assertEqual((view["isBlocked"], view["blockedByMe"]), (False, False))
        status = await self.ann.call("friend.block_status", userId=self.ben.id)
        self.assertEqual(status, {"blocked": True, "blockedByMe": True})

    async def test_the_end_of_who_blocked(self) -> None:
        """When Ann's account ends, nothing of her stays frozen: Ben is told, and finds nobody."""
        device = self.ben.device()
        await self.ann.call("account.delete", password="Correct-horse-7")
        await self.node.ports.messages.eraser.settled()
        view = await self.ben.call("conversation.get", id=self.direct)
        self.assertEqual(view["other"]["displayName"], "Deleted user")
        self.assertEqual(device.named("conversation.updated")[-1]["conversation"]["other"], view["other"])
        self.assertNotIn("as she was", json.dumps(await self.ben.call("message.history", conversationId=self.direct)))


#: Answers about something else.
ELSEWHERE = {"message.unsend", "group.create", "group.join_by_link", "group.accept", "group.leave"}
#: Where Ben does not find her at all.
NOBODY = ["friend.list", "friend.incoming", "friend.outgoing", "friend.blocked", "user.search"]


class FoldTests(FriendsCase):
    """State before + events = state after, through blocks and changes of profiles, where two only talk."""

    async def test_state_before_plus_events_is_state_after(self) -> None:
        """For who is blocked, on two devices, after every step; who blocks is not told of the other's new names."""
        await self.ann.call("user.update", firstName="Anna")
        first = await self.ann.send(self.ben, "hi")
        folds = [await Fold(self.ben).load() for _ in range(2)]
        block, unblock, rename = "friend.block", "friend.unblock", "user.update"
        reply = {"content": "hi too", "clientId": first["id"]}
        steps: list[tuple[Person, str, dict[str, Any]]] = [
            (self.ben, "message.send", {**reply, "recipientId": self.ann.id, "replyToId": first["id"]}),
            (self.ann, block, {"userId": self.ben.id}),
            (self.ann, rename, {"displayName": "Annie", "lastName": "Lee"}),
            (self.ben, block, {"userId": self.ann.id}),
            (self.ann, rename, {"displayName": "Anouk"}),
            (self.ann, "message.unsend", {"id": first["id"]}),
            (self.ann, unblock, {"userId": self.ben.id}),
            (self.ann, block, {"userId": self.ben.id}),
            (self.ben, unblock, {"userId": self.ann.id}),
            (self.ann, rename, {"displayName": "Ann"}),
            (self.ann, unblock, {"userId": self.ben.id}),
        ]
        for number, (person, name, params) in enumerate(steps):
            await person.call(name, **params)
            for fold in folds:
                self.assertEqual(plain(fold.state()), plain(await fold.fresh()), (number, name, person.username))
