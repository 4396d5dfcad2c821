"""Whoever leaves a group, or is removed from it, hears nothing of it any more; a group always has an owner."""

from __future__ import annotations

from typing import Any

from chatr.store.ids import NIL
from tests.ops.case import PASSWORD, outcome
from tests.ops.groups.case import GroupsCase, named, seqs


class RemoveTests(GroupsCase):
    """Ann removes Ben."""

    async def setUp(self) -> None:
        await super().setUp()
        self.group_id = await self.group(self.ann, self.ben, self.cat)
        self.message = await self.ben.send(self.group_id, "his own")
        self.devices = [self.ben.device(), self.ben.device()]
        for device in self.devices:
            self.node.hub.join(device, [f"conversation:{self.group_id}"])
        self.cats = self.cat.device()
        self.node.hub.join(self.cats, [f"conversation:{self.group_id}"])
        self.head = (await self.ann.call("conversation.get", id=self.group_id))["headSeq"]

    async def test_nothing_after_the_removal(self) -> None:
        """✔ No device of theirs hears anything from the removal's entry on but that they have the group no more."""
        cursor = (await self.ben.call("sync.changes"))["cursor"]
        before = await self.ben.call("conversation.get", id=self.group_id)
        await self.ann.call("group.remove_member", id=self.group_id, userId=self.ben.id)
        await self.ann.send(self.group_id, "without him")
        await self.cat.call("message.react", id=self.message["id"], emoji="👍")
        for device in self.devices:
            self.assertEqual(named(device), ["conversation.removed"])
            [gone] = device.named("conversation.removed")
            self.assertEqual(gone["conversationId"], self.group_id)
            self.assertGreater(gone["revision"], before["revision"])
        changes = await self.ben.call("sync.changes", cursor=cursor)
        self.assertEqual((changes["conversations"], changes["removed"]), ([], [self.group_id]))
        # Nor is it there for a device that comes back when they are invited again.
        await self.ann.call("group.invite", id=self.group_id, userIds=[self.ben.id])
        changes = await self.ben.call("sync.changes", cursor=cursor)
        self.assertEqual((changes["conversations"], changes["removed"]), ([], [self.group_id]))
        await self.ann.call("group.remove_member", id=self.group_id, userId=self.ben.id)
        for name, params in (
            ("conversation.get", {"id": self.group_id}),
            ("conversation.log", {"id": self.group_id}),
            ("group.get", {"id": self.group_id}),
            ("message.history", {"conversationId": self.group_id}),
            ("message.get", {"id": self.message["id"]}),
            ("message.edit", {"id": self.message["id"], "content": "x"}),
            ("message.unsend", {"id": self.message["id"]}),
            ("message.react", {"id": self.message["id"], "emoji": "👍"}),
            ("activity.typing", {"conversationId": self.group_id, "active": True}),
        ):
            await self.refused(self.ben.call(name, **params), "not_found")
        await self.refused(self.ben.send(self.group_id, "x"), "not_found")
        self.assertEqual((await self.ben.call("message.search", q="his"))["items"], [])
        await self.consistent(self.group_id)

    async def test_a_send_repeated_after_it(self) -> None:
        """✔ The answer to what was sent before is the same, without what others have made of it since."""
        sent = await self.ben.send(self.group_id, "once", clientId=NIL)
        await self.ann.call("message.react", id=sent["id"], emoji="👍")
        self.assertEqual(len((await self.ben.send(self.group_id, "once", clientId=NIL))["reactions"]), 1)
        await self.ann.call("group.remove_member", id=self.group_id, userId=self.ben.id)
        self.assertEqual(await self.ben.send(self.group_id, "once", clientId=NIL), sent)
        await self.ann.call("group.update", id=self.group_id, historyVisible=False)
        await self.ann.call("group.invite", id=self.group_id, userIds=[self.ben.id])
        await self.ben.call("group.accept", id=self.group_id)
        again = await self.ben.send(self.group_id, "once", clientId=NIL)
        self.assertEqual((again["id"], again["reactions"]), (sent["id"], []))

    async def test_while_they_are_reading(self) -> None:
        """✔ Nor does what they asked for before and is answered after it have anything from there."""
        calls: list[tuple[str, dict[str, object]]] = [
            ("message.history", {"conversationId": self.group_id}),
            ("message.history", {"conversationId": self.group_id, "after": 1}),
            ("message.history", {"conversationId": self.group_id, "around": 1}),
            ("conversation.log", {"id": self.group_id}),
        ]
        query, said = self.node.db.query, "without him, for the {}. time".format
        times = 0

        async def out() -> None:
            self.patch(self.node.db, "query", query)
            await self.ann.call("group.remove_member", id=self.group_id, userId=self.ben.id)
            await self.ann.send(self.group_id, said(times))

        async def early(*args: Any, **options: Any) -> Any:
            await out()
            return await query(*args, **options)

        async def late(*args: Any, **options: Any) -> Any:
            found = await query(*args, **options)
            await out()
            return found

        for name, params in calls:
            for slowly in (early, late):
                times += 1
                self.patch(self.node.db, "query", slowly)
                answer = await outcome(self.ben.call(name, **params))
                self.assertNotIn(said(times), str(answer))
                await self.ann.call("group.invite", id=self.group_id, userIds=[self.ben.id])
                await self.ben.call("group.accept", id=self.group_id)
                self.assertIn(said(times), str(await self.ben.call(name, **params)))

    async def test_what_becomes_of_their_invitations(self) -> None:
        """✔ Whoever is not in the group hears no more who comes in, or does not."""
        await self.ann.call("group.update", id=self.group_id, invitePolicy="members")
        dan = await self.person("dan")
        await self.ben.call("group.invite", id=self.group_id, userIds=[dan.id])
        await self.ann.call("group.remove_member", id=self.group_id, userId=self.ben.id)
        await dan.call("group.decline", id=self.group_id)
        self.assertEqual(named(self.devices[0]), ["message.received", "group.updated", "conversation.removed"])

    async def test_all_others_are_told(self) -> None:
        """In the log and by events: who, what they were, and how many are left."""
        await self.ann.call("group.remove_member", id=self.group_id, userId=self.ben.id)
        self.assertEqual(named(self.cats), ["message.received", "group.member_removed"])
        self.assertEqual(seqs(self.cats, self.group_id), [self.head + 1, self.head + 2])
        said, removed = self.cats.events[0][1]["message"], self.cats.events[1][1]
        self.assertEqual(
            (said["event"], said["userIds"], said["sender"]["id"]), ("removed", [self.ben.id], self.ann.id)
        )
        self.assertEqual([user["username"] for user in said["users"]], ["@ben"])
        self.assertEqual((removed["groupId"], removed["memberCount"]), (self.group_id, 2))
        self.assertEqual((removed["member"]["user"]["id"], removed["member"]["role"]), (self.ben.id, "member"))
        [one, two] = await self.log(self.cat, self.group_id, self.head)
        self.assertEqual([one["data"], two["data"]], [data for _, data in self.cats.events])

    async def test_and_back(self) -> None:
        """Who is invited again and comes has all that was said meanwhile, and hears what comes."""
        await self.ann.call("group.remove_member", id=self.group_id, userId=self.ben.id)
        missed = await self.ann.send(self.group_id, "without him")
        await self.ann.call("group.invite", id=self.group_id, userIds=[self.ben.id])
        removed = self.devices[0].named("conversation.removed")[0]["revision"]
        view = await self.ben.call("group.accept", id=self.group_id)
        self.assertEqual((view["role"], view["unreadCount"]), ("member", 0))
        self.assertGreater(view["revision"], removed)
        page = await self.ben.call("message.history", conversationId=self.group_id)
        self.assertIn(missed["id"], [item["id"] for item in page["items"]])
        await self.ann.send(self.group_id, "with him")
        self.assertEqual(self.devices[0].named("message.received")[-1]["message"]["content"], "with him")


class LeaveTests(GroupsCase):
    """Who goes, and who is owner then."""

    async def test_a_member(self) -> None:
        """One's other sessions have the group no more; the answer names no members."""
        group = await self.group(self.ann, self.ben)
        calling, other, anns = self.ben.device(), self.ben.device(), self.ann.device()
        for device in (calling, other, anns):
            self.node.hub.join(device, [f"conversation:{group}"])
        answer = await self.ben.call("group.leave", calling, id=group)
        self.assertEqual((answer["members"], "myRole" in answer), ([], False))
        self.assertEqual((named(calling), named(other)), ([], ["conversation.removed"]))
        self.assertEqual(named(anns), ["message.received", "group.member_left"])
        self.assertEqual(anns.events[0][1]["message"]["event"], "left")
        await self.refused(self.ben.call("group.leave", id=group), "not_found")
        await self.consistent(group)

    async def test_the_longest_serving_admin_inherits(self) -> None:
        """✔ Of the last owner an admin becomes owner, though a member has been there longer."""
        group = await self.group(self.ann, self.ben, self.cat)
        await self.give(self.ann, group, admin=self.cat)
        device = self.cat.device()
        self.node.hub.join(device, [f"conversation:{group}"])
        await self.ann.call("group.leave", id=group)
        self.assertEqual(await self.roles(group, self.ann, self.ben, self.cat), ["left", "member", "owner"])
        events = ["message.received", "group.role_changed", "message.received", "group.member_left"]
        self.assertEqual(named(device), events)
        [given] = device.named("group.role_changed")
        self.assertEqual((given["userId"], given["role"], given["by"]), (self.cat.id, "owner", self.ann.id))
        self.assertEqual((await self.cat.call("conversation.get", id=group))["role"], "owner")

    async def test_else_the_longest_serving_member(self) -> None:
        """✔ Of those who have joined: who is only invited inherits nothing, nor does a deleted account."""
        dan, eve = await self.person("dan"), await self.person("eve")
        group = await self.group(self.ann, dan, self.cat, eve, invited=[self.ben])
        await self.node.ports.messages.eraser.stop()
        await dan.call("account.delete", password=PASSWORD)
        await self.ann.call("group.leave", id=group)
        self.assertEqual(await self.roles(group, self.ben, self.cat, eve), ["invited", "owner", "member"])

    async def test_one_of_two_owners(self) -> None:
        """Nobody inherits where there is another owner."""
        group = await self.group(self.ann, self.ben, self.cat)
        await self.give(self.ann, group, owner=self.ben)
        await self.ann.call("group.leave", id=group)
        self.assertEqual(await self.roles(group, self.ben, self.cat), ["owner", "member"])

    async def test_the_last_one_deletes_it(self) -> None:
        """Nobody is left who could; the invited are told."""
        group = await self.group(self.ann, invited=[self.ben])
        device = self.ben.device()
        await self.ann.call("group.leave", id=group)
        self.assertEqual(device.named("group.deleted"), [{"groupId": group, "name": "Foxes"}])
        self.assertEqual((await self.ben.call("group.invites"))["items"], [])
        await self.refused(self.ben.call("group.accept", id=group), "not_found")
        await self.consistent(group)

    async def test_deleted_accounts_leave(self) -> None:
        """✔ Owned groups pass on; who was invited is so no more."""
        group = await self.group(self.ann, self.ben)
        alone = await self.group(self.ann)
        other = await self.group(self.cat, invited=[self.ann])
        device = self.ben.device()
        self.node.hub.join(device, [f"conversation:{group}"])
        await self.ann.call("account.delete", password=PASSWORD)
        await self.node.ports.messages.eraser.settled()
        self.assertEqual(await self.roles(group, self.ann, self.ben), ["left", "owner"])
        self.assertEqual(await self.role_of(other, self.ann), "left")
        self.assertEqual(device.named("group.member_left")[0]["member"]["user"]["displayName"], "Deleted user")
        for each in (group, alone, other):
            await self.consistent(each)


class DeleteTests(GroupsCase):
    """group.delete"""

    async def test_all_are_told(self) -> None:
        """Members and invited, on all devices; nobody has it any more, nor finds anything in it."""
        dan = await self.person("dan")
        group = await self.group(self.ann, self.ben, invited=[self.cat, dan])
        message = await self.ben.send(group, "hello")
        cursors = {person.id: (await person.call("sync.changes"))["cursor"] for person in (self.ann, self.ben)}
        calling, *devices = [person.device() for person in (self.ann, self.ann, self.ben, self.cat)]
        for device in (calling, *devices[:2]):
            self.node.hub.join(device, [f"conversation:{group}"])
        await self.ann.call("group.delete", calling, id=group)
        self.assertEqual(named(calling), [])
        for device in devices:
            self.assertEqual(named(device), ["group.deleted", "conversation.removed"])
            self.assertEqual(device.named("group.deleted"), [{"groupId": group, "name": "Foxes"}])
        for person in (self.ann, self.ben):
            self.assertEqual((await person.call("conversation.list"))["items"], [])
            changes = await person.call("sync.changes", cursor=cursors[person.id])
            self.assertEqual((changes["conversations"], changes["removed"]), ([], [group]))
            await self.refused(person.call("group.get", id=group), "not_found")
            await self.refused(person.call("message.get", id=message["id"]), "not_found")
            await self.refused(person.send(group, "x"), "not_found")
        self.assertEqual((await self.cat.call("group.invites"))["items"], [])
        self.assertEqual(self.node.hub.named(f"conversation:{group}"), [])
        await self.consistent(group)
