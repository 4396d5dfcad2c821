"""Groups that begin, and people who are invited to them."""

from __future__ import annotations

import uuid

from chatr.api.context import Caller
from tests.ops.groups.case import GroupsCase, named, seqs


class CreateTests(GroupsCase):
    """group.create"""

    async def test_owner(self) -> None:
        """Who creates a group is its owner and in it alone; the log begins with that."""
        made = await self.ann.call("group.create", name="  The foxes ", description="Who\nlike foxes", memberIds=[])
        self.assertEqual((made["kind"], made["title"], made["description"]), ("group", "The foxes", "Who\nlike foxes"))
        self.assertEqual((made["role"], made["memberCount"], made["headSeq"]), ("owner", 1, 1))
        self.assertEqual((made["unreadCount"], made["lastMessage"]["event"]), (0, "created"))
        self.assertEqual(made["lastMessage"]["content"], "The foxes")
        self.assertEqual((await self.ann.call("group.list"))["items"], [made])
        self.assertEqual((await self.ann.call("conversation.list"))["items"], [made])
        self.assertEqual(await self.said(self.ann, made["id"]), ["created"])

    async def test_other_sessions(self) -> None:
        """One's other sessions are told, and hear from then on what is written; the one that calls has the answer."""
        calling, other = self.ann.device(), self.ann.device()
        made = await self.ann.call("group.create", calling, name="Foxes", memberIds=[])
        self.assertEqual((named(calling), named(other)), ([], ["conversation.created", "group.created"]))
        self.assertEqual(other.named("conversation.created")[0]["conversation"], made)
        [created] = other.named("group.created")
        self.assertEqual((created["group"]["name"], created["invitedBy"]["id"]), ("Foxes", self.ann.id))
        await self.ann.send(made["id"], "hello", calling)
        self.assertEqual((seqs(calling, made["id"]), seqs(other, made["id"])), ([], [2]))

    async def test_names(self) -> None:
        """1 to 64 visible characters on one line; a description has up to 500 and may have lines."""
        for wrong in ("", "  ", "\u200b", "a\nb", "x" * 65, "a\u202eb"):
            await self.refused(self.ann.call("group.create", name=wrong, memberIds=[]), "invalid", "$.name")
        for wrong in ("x" * 501, "\u202e"):
            call = self.ann.call("group.create", name="x", description=wrong, memberIds=[])
            await self.refused(call, "invalid", "$.description")
        made = await self.ann.call("group.create", name="x" * 64, description="\u200b", memberIds=[])
        self.assertNotIn("description", made)

    async def test_guests_create_none(self) -> None:
        """Groups are of people with an account."""
        guest = Caller(role="guest", user_id=self.ann.id, session_id=self.ann.session_id, address="192.0.2.1")
        await self.refused(self.call("group.create", guest, name="x", memberIds=[]), "forbidden")


class InviteTests(GroupsCase):
    """Ann invites Ben and Cat."""

    async def test_what_the_invited_see(self) -> None:
        """✔ Name, inviter and member count; no roster, no messages, and none of what is written meanwhile."""
        device = self.ben.device()
        group = await self.group(self.ann, self.cat, invited=[self.ben], description="secret")
        message = await self.ann.send(group, "hello")
        self.assertEqual(named(device), ["group.invited"])
        [told] = device.named("group.invited")
        shown = {"id": group, "name": "Foxes", "title": "Foxes", "memberCount": 2}
        self.assertEqual((told["group"], told["memberCount"]), ({**shown, "memberCount": 1}, 1))
        self.assertEqual((told["invitedBy"]["username"], told["invitedBy"]["revision"]), ("@ann", 0))
        [invite] = (await self.ben.call("group.invites"))["items"]
        self.assertEqual((invite["group"], invite["memberCount"]), (shown, 2))
        self.assertEqual(invite["invitedBy"]["username"], "@ann")
        got = await self.ben.call("group.get", id=group)
        self.assertEqual((got["group"], got["members"], got["myStatus"]), (shown, [], "invited"))
        for name, params in (
            ("conversation.get", {"id": group}),
            ("conversation.log", {"id": group}),
            ("message.history", {"conversationId": group}),
            ("message.get", {"id": message["id"]}),
            ("message.readers", {"id": message["id"]}),
            ("message.mark_read", {"id": group, "seq": 1}),
            ("message.react", {"id": message["id"], "emoji": "👍"}),
            ("activity.typing", {"conversationId": group, "active": True}),
        ):
            await self.refused(self.ben.call(name, **params), "not_found")
        await self.refused(self.ben.send(group, "x"), "not_found")
        self.assertEqual((await self.ben.call("message.search", q="hello"))["items"], [])
        self.assertEqual((await self.ben.call("group.list"))["items"], [])
        self.assertEqual((await self.ben.call("sync.changes"))["conversations"], [])

    async def test_accept(self) -> None:
        """All are told, the inviter among them; one's sessions hear what comes from then on, and nothing twice."""
        group = await self.group(self.ann, invited=[self.ben])
        await self.ann.send(group, "before")
        anns, calling, other = self.ann.device(), self.ben.device(), self.ben.device()
        self.node.hub.join(anns, [f"conversation:{group}"])
        view = await self.ben.call("group.accept", calling, id=group)
        self.assertEqual((view["id"], view["role"], view["memberCount"]), (group, "member", 2))
        self.assertEqual((view["headSeq"], view["readSeq"], view["unreadCount"]), (4, 2, 0))
        self.assertEqual(named(anns), ["message.received", "group.member_joined"])
        [joined] = anns.named("group.member_joined")
        self.assertEqual((joined["seq"], joined["groupId"], joined["memberCount"]), (4, group, 2))
        self.assertEqual((joined["member"]["user"]["username"], joined["member"]["role"]), ("@ben", "member"))
        self.assertEqual((joined["member"]["status"], joined["member"]["invitedBy"]), ("joined", self.ann.id))
        self.assertEqual((named(calling), named(other)), ([], ["conversation.created"]))
        self.assertEqual(other.named("conversation.created")[0]["conversation"], view)
        await self.ann.send(group, "after")
        self.assertEqual([seqs(device, group) for device in (calling, other, anns)], [[5], [5], [3, 4, 5]])
        self.assertEqual((await self.ben.call("group.invites"))["items"], [])
        entries = await self.log(self.ben, group)
        self.assertEqual(entries[3]["data"], joined)
        self.assertEqual(
            await self.said(self.ben, group),
            [*("created", "message.received", "joined"), entries[3]["event"], "message.received"],
        )
        await self.refused(self.ben.call("group.accept", id=group), "conflict")

    async def test_decline(self) -> None:
        """Who has invited is told, and nobody else; the invitation is gone and may come again."""
        group = await self.group(self.ann, self.cat, invited=[self.ben])
        anns, cats, other = self.ann.device(), self.cat.device(), self.ben.device()
        await self.ben.call("group.decline", id=group)
        for device in (anns, other):
            [told] = device.named("group.invite_declined")
            self.assertEqual((told["groupId"], told["user"]["username"]), (group, "@ben"))
        self.assertEqual(named(cats), [])
        self.assertEqual((await self.ben.call("group.invites"))["items"], [])
        await self.refused(self.ben.call("group.accept", id=group), "not_found")
        await self.ann.call("group.invite", id=group, userIds=[self.ben.id])
        await self.ben.call("group.accept", id=group)
        await self.refused(self.ben.call("group.decline", id=group), "conflict")
        await self.consistent(group)

    async def test_revoke(self) -> None:
        """An invitation that is taken back can't be accepted; who was invited is told, and the group is not."""
        group = await self.group(self.ann, invited=[self.ben])
        [invite] = (await self.ben.call("group.invites"))["items"]
        device, anns = self.ben.device(), self.ann.device()
        got = await self.ann.call("group.remove_member", id=group, userId=self.ben.id)
        self.assertEqual([item["user"]["username"] for item in got["members"]], ["@ann"])
        [told] = device.named("group.invite_revoked")
        self.assertEqual((told["groupId"], len(device.events)), (group, 1))
        self.assertGreater(told["revision"], invite["revision"])
        self.assertEqual(named(anns), [])
        await self.refused(self.ben.call("group.accept", id=group), "not_found")

    async def test_repeats_are_ignored(self) -> None:
        """Who is in it or invited already is passed over, named twice or oneself too."""
        group = await self.group(self.ann, self.ben, invited=[self.cat])
        device = self.cat.device()
        ids = [self.ann.id, self.ben.id, self.cat.id, self.cat.id]
        got = await self.ann.call("group.invite", id=group, userIds=ids)
        self.assertEqual([item["status"] for item in got["members"]], ["joined", "joined", "invited"])
        self.assertEqual(named(device), [])

    async def test_unknown_ids_are_refused_by_name(self) -> None:
        """✔ Who is not there is named, and then nobody is invited; a group is not created either."""
        unknown = str(uuid.uuid4())
        group = await self.group(self.ann)
        call = self.ann.call("group.invite", id=group, userIds=[self.ben.id, unknown])
        error = await self.refused(call, "not_found", "$.userIds[1]")
        self.assertIn(unknown, error.detail)
        call = self.ann.call("group.create", name="x", memberIds=[unknown])
        await self.refused(call, "not_found", "$.memberIds[0]")
        self.assertEqual((await self.ben.call("group.invites"))["items"], [])
        self.assertEqual(len((await self.ann.call("group.list"))["items"]), 1)

    async def test_blocked(self) -> None:
        """✔ Who has blocked somebody is not invited by them, nor the other way round."""
        await self.ben.call("friend.block", userId=self.ann.id)
        group = await self.group(self.ann)
        call = self.ann.call("group.invite", id=group, userIds=[self.cat.id, self.ben.id])
        await self.refused(call, "blocked", "$.userIds[1]")
        other = await self.group(self.ben)
        await self.refused(self.ben.call("group.invite", id=other, userIds=[self.ann.id]), "blocked")
        self.assertEqual((await self.cat.call("group.invites"))["items"], [])

    async def test_members_may_invite_where_the_group_says_so(self) -> None:
        """``invitePolicy``: admins, or all members."""
        group = await self.group(self.ann, self.ben)
        call = {"id": group, "userIds": [self.cat.id]}
        await self.refused(self.ben.call("group.invite", **call), "forbidden")
        await self.ann.call("group.update", id=group, invitePolicy="members")
        await self.ben.call("group.invite", **call)
        [invite] = (await self.cat.call("group.invites"))["items"]
        self.assertEqual(invite["invitedBy"]["username"], "@ben")

    async def test_pages(self) -> None:
        """Invitations, groups and members come page by page, each once."""
        groups = [await self.group(self.ann, self.cat, invited=[self.ben], name=f"g{number}") for number in range(3)]
        for name, person in (("group.invites", self.ben), ("group.list", self.cat)):
            found, cursor = list[str](), None
            for _ in range(3):
                page = await person.call(name, limit=1, cursor=cursor)
                found += [item.get("group", item)["id"] for item in page["items"]]
                cursor = page["nextCursor"]
            self.assertEqual((found, cursor), (groups[::-1], None))
        names, cursor = list[str](), None
        for _ in range(3):
            page = await self.ann.call("group.get", id=groups[0], limit=1, cursor=cursor)
            names += [item["user"]["username"] for item in page["members"]]
            cursor = page["nextCursor"]
        self.assertEqual((names, cursor), (["@ann", "@cat", "@ben"], None))
        for name in ("group.invites", "group.list", "group.get"):
            more = {"id": groups[0]} if name == "group.get" else {}
            await self.refused(self.ann.call(name, cursor="x", **more), "invalid", "$.cursor")

    async def test_found_by_name(self) -> None:
        """By how the username or a word of the display name begins; not of whoever has blocked the caller."""
        group = await self.group(self.ann, self.ben, invited=[self.cat])
        await self.ben.call("user.update", displayName="Benedict O'Fox 100%")
        for text, wanted in (
            ("b", ["@ben"]),
            ("@BE", ["@ben"]),
            ("o'f", ["@ben"]),
            ("100%", ["@ben"]),
            ("%", []),
            ("ox", []),
            ("ca", ["@cat"]),
            ("", ["@ann", "@ben", "@cat"]),
        ):
            page = await self.ann.call("group.get", id=group, q=text)
            self.assertEqual([item["user"]["username"] for item in page["members"]], wanted, text)
        await self.ben.call("friend.block", userId=self.ann.id)
        self.assertEqual((await self.ann.call("group.get", id=group, q="b"))["members"], [])


class FullTests(GroupsCase):
    """A group may have three members."""

    settings = {"messages.max_group_members": "3"}

    async def test_full(self) -> None:
        """The invited count, so that whoever is invited may come."""
        dan = await self.person("dan")
        group = await self.group(self.ann, self.ben)
        call = self.ann.call("group.invite", id=group, userIds=[self.cat.id, dan.id])
        await self.refused(call, "conflict")
        await self.ann.call("group.invite", id=group, userIds=[self.cat.id])
        await self.refused(self.ann.call("group.invite", id=group, userIds=[dan.id]), "conflict")
        ids = [self.ben.id, self.cat.id, dan.id]
        await self.refused(self.ann.call("group.create", name="x", memberIds=ids), "conflict")
        await self.cat.call("group.accept", id=group)
        await self.consistent(group)
