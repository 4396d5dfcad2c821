"""Roles that are given, taken and handed on, and how a group is kept."""

from __future__ import annotations

from tests.ops.groups.case import GroupsCase, named, seqs


class RoleTests(GroupsCase):
    """Ann has a group with Ben and Cat."""

    async def setUp(self) -> None:
        await super().setUp()
        self.group_id = await self.group(self.ann, self.ben, self.cat)
        self.device = self.cat.device()
        self.node.hub.join(self.device, [f"conversation:{self.group_id}"])
        self.head = (await self.ann.call("conversation.get", id=self.group_id))["headSeq"]

    async def all_roles(self) -> list[str | None]:
        return await self.roles(self.group_id, self.ann, self.ben, self.cat)

    def given(self) -> list[tuple[str, str, str]]:
        """What the device was told: whose role, which, by whom."""
        told = self.device.named("group.role_changed")
        return [(data["userId"], data["role"], data["by"]) for data in told]

    async def test_promote_and_demote(self) -> None:
        """A member becomes an admin and is one no more; the answer has all, the log says who did it."""
        answer = await self.ann.call("group.promote", id=self.group_id, userId=self.ben.id)
        roles = [(item["user"]["username"], item["role"]) for item in answer["members"]]
        self.assertEqual(roles, [("@ann", "owner"), ("@ben", "admin"), ("@cat", "member")])
        self.assertEqual((answer["myRole"], answer["group"]["headSeq"]), ("owner", self.head + 2))
        await self.ann.call("group.demote", id=self.group_id, userId=self.ben.id)
        self.assertEqual(await self.all_roles(), ["owner", "member", "member"])
        self.assertEqual(self.given(), [(self.ben.id, role, self.ann.id) for role in ("admin", "member")])
        said = [data["message"] for data in self.device.named("message.received")]
        self.assertEqual(
            [(each["event"], each["content"]) for each in said], [("promoted", "admin"), ("demoted", "member")]
        )
        self.assertEqual(seqs(self.device, self.group_id), [self.head + number for number in (1, 2, 3, 4)])
        entries = await self.log(self.cat, self.group_id, self.head)
        self.assertEqual([entry["data"] for entry in entries], [data for _, data in self.device.events])

    async def test_co_owners(self) -> None:
        """✔ Promoted with role owner, an admin or member is owner beside the first, who may step down then."""
        await self.refused(self.ann.call("group.step_down", id=self.group_id), "conflict")
        await self.give(self.ann, self.group_id, owner=self.ben)
        self.assertEqual(await self.all_roles(), ["owner", "owner", "member"])
        await self.ann.call("group.step_down", id=self.group_id)
        self.assertEqual(await self.all_roles(), ["admin", "owner", "member"])
        self.assertEqual(self.given(), [(self.ben.id, "owner", self.ann.id), (self.ann.id, "admin", self.ann.id)])

    async def test_transfer(self) -> None:
        """✔ The target becomes owner and the caller admin: one act, told together."""
        calling = self.ann.device()
        self.node.hub.join(calling, [f"conversation:{self.group_id}"])
        await self.ann.call("group.transfer_ownership", calling, id=self.group_id, userId=self.ben.id)
        self.assertEqual(await self.all_roles(), ["admin", "owner", "member"])
        self.assertEqual(self.given(), [(self.ben.id, "owner", self.ann.id), (self.ann.id, "admin", self.ann.id)])
        self.assertEqual(named(self.device), ["message.received", "group.role_changed", "group.role_changed"])
        # The system entry comes to all; what the answer says too does not.
        self.assertEqual(named(calling), ["message.received"])
        await self.consistent(self.group_id)

    async def test_own_view(self) -> None:
        """One's conversation says which role one has, with a greater revision than before."""
        before = await self.ben.call("conversation.get", id=self.group_id)
        await self.give(self.ann, self.group_id, admin=self.ben)
        after = await self.ben.call("conversation.get", id=self.group_id)
        self.assertEqual((before["role"], after["role"]), ("member", "admin"))
        self.assertGreater(after["revision"], before["revision"])


class UpdateTests(GroupsCase):
    """group.update"""

    async def setUp(self) -> None:
        await super().setUp()
        self.group_id = await self.group(self.ann, self.ben)
        self.device = self.ben.device()
        self.node.hub.join(self.device, [f"conversation:{self.group_id}"])

    async def update(self, **changed: object) -> dict[str, object]:
        answer: dict[str, object] = (await self.ann.call("group.update", id=self.group_id, **changed))["group"]
        return answer

    async def test_renamed(self) -> None:
        """The log says so, and all have the new name."""
        group = await self.update(name="Wolves")
        self.assertEqual((group["name"], group["title"]), ("Wolves", "Wolves"))
        self.assertEqual(named(self.device), ["message.received", "group.updated"])
        said, told = self.device.events[0][1]["message"], self.device.events[1][1]
        self.assertEqual((said["event"], said["content"]), ("renamed", "Wolves"))
        self.assertEqual({key: value for key, value in group.items() if key != "headSeq"}, told["group"])
        self.assertEqual((await self.ben.call("conversation.get", id=self.group_id))["title"], "Wolves")

    async def test_described_and_kept(self) -> None:
        """What is left out stays; null takes a description away; how it is kept is shown to members."""
        await self.update(description="about", joinPolicy="request", historyVisible=False, invitePolicy="members")
        group = await self.update(name="Wolves")
        kept = [group[key] for key in ("description", "joinPolicy", "historyVisible", "invitePolicy")]
        self.assertEqual(kept, ["about", "request", False, "members"])
        self.assertNotIn("description", await self.update(description=None))
        await self.update(joinPolicy="closed")
        said = [data["message"]["event"] for data in self.device.named("message.received")]
        self.assertEqual(said, ["described", "renamed", "described", "settings_changed"])

    async def test_nothing_changed(self) -> None:
        """What is so already is no entry."""
        await self.update(name=" Foxes ", historyVisible=True, description="")
        await self.update()
        self.assertEqual(named(self.device), [])
