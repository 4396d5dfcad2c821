"""Ways into a group without an invitation: asking, and links."""

from __future__ import annotations

from datetime import timedelta

from twisted.internet.defer import Deferred, gatherResults

from tests.ops.case import Person, outcome
from tests.ops.groups.case import GroupsCase, named

#: What a group says of itself to whoever is not in it.
SHOWN = {"id", "name", "title", "memberCount"}


class RequestTests(GroupsCase):
    """group.request_to_join"""

    async def test_an_admin_lets_in(self) -> None:
        """✔ Who asks waits for an owner or admin, sees nothing meanwhile, and never lets themselves in."""
        group = await self.group(self.ann, self.cat, joinPolicy="request")
        anns, cats, bens = self.ann.device(), self.cat.device(), self.ben.device()
        for _ in range(2):
            await self.ben.call("group.request_to_join", id=group)
        [asked] = anns.named("group.join_requested")
        self.assertEqual((asked["groupId"], asked["user"]["username"]), (group, "@ben"))
        self.assertEqual((named(cats), await self.role_of(group, self.ben)), ([], "requested"))
        shown = await self.ben.call("group.get", id=group)
        self.assertEqual((shown["myStatus"], shown["members"], set(shown["group"])), ("requested", [], SHOWN))
        for name in ("group.accept", "group.messages", "conversation.get", "conversation.log"):
            await self.refused(self.ben.call(name, id=group), "not_found")
        await self.refused(self.ben.call("group.invite", id=group, userIds=[self.ben.id]), "not_found")
        await self.refused(self.ben.send(group, "x"), "not_found")
        self.assertEqual((await self.ben.call("group.invites"))["items"], [])
        shown = {
            person.username: [item["status"] for item in (await person.call("group.get", id=group))["members"]]
            for person in (self.ann, self.cat)
        }
        self.assertEqual(shown, {"@ann": ["joined", "joined", "requested"], "@cat": ["joined", "joined"]})
        for person, names in ((self.ann, ["@ben"]), (self.cat, [])):
            page = await person.call("group.get", id=group, status="requested", limit=1)
            self.assertEqual([item["user"]["username"] for item in page["members"]], names)
        answer = await self.ann.call("group.invite", id=group, userIds=[self.ben.id])
        self.assertEqual([item["status"] for item in answer["members"]], ["joined"] * 3)
        [view] = [data["conversation"] for data in bens.named("conversation.created")]
        self.assertEqual((view["id"], view["memberCount"], view["lastMessage"]["event"]), (group, 3, "let_in"))
        await self.ann.send(group, "welcome")
        self.assertEqual(bens.named("message.received")[-1]["message"]["content"], "welcome")
        await self.refused(self.ben.call("group.request_to_join", id=group), "conflict")
        await self.consistent(group)

    async def test_members_don_t_let_in(self) -> None:
        """Who may invite only because all members may lets nobody in who asks."""
        group = await self.group(self.ann, self.cat, joinPolicy="request", invitePolicy="members")
        await self.ben.call("group.request_to_join", id=group)
        await self.cat.call("group.invite", id=group, userIds=[self.ben.id])
        self.assertEqual(await self.role_of(group, self.ben), "requested")

    async def test_many_are_let_in(self) -> None:
        """✔ However many are let in at once, others have their turn between."""
        group = await self.group(self.ann, self.ben, joinPolicy="request")
        await self.node.db.execute(
            """WITH made AS (INSERT INTO users (id, username, display_name, password_hash, email, email_verified_at)
                 SELECT gen_random_uuid(), '@many' || n, 'Many', '', n || '@example.org', now()
                   FROM generate_series(1, 60) n RETURNING id)
               INSERT INTO members (conversation_id, user_id, status) SELECT %s, id, 'requested' FROM made""",
            (group,),
        )
        found = await self.ann.call("group.get", id=group)
        asking = [item["user"]["id"] for item in found["members"] if item["status"] == "requested"]
        calls = self.ann.call("group.invite", id=group, userIds=[*asking, self.cat.id]), self.ben.send(group, "hello")
        answer, sent = await gatherResults([Deferred.fromCoroutine(call) for call in calls])
        self.assertEqual([item["status"] for item in answer["members"]], ["joined"] * 62 + ["invited"])
        self.assertLess(sent["seq"], (await self.ben.call("conversation.get", id=group))["headSeq"])
        await self.consistent(group)

    async def test_refused(self) -> None:
        """Who asks is told, and may ask again."""
        group = await self.group(self.ann, joinPolicy="request")
        await self.ben.call("group.request_to_join", id=group)
        device = self.ben.device()
        await self.ann.call("group.remove_member", id=group, userId=self.ben.id)
        self.assertEqual(named(device), ["group.invite_revoked"])
        await self.ben.call("group.request_to_join", id=group)
        self.assertEqual(await self.role_of(group, self.ben), "requested")

    async def test_withdrawn(self) -> None:
        """Who asks may think better of it: whom it concerns is told."""
        group = await self.group(self.ann, self.cat, joinPolicy="request")
        anns, cats, bens = self.ann.device(), self.cat.device(), self.ben.device()
        await self.ben.call("group.request_to_join", id=group)
        await self.ben.call("group.decline", id=group)
        self.assertEqual((named(cats), await self.role_of(group, self.ben)), ([], "left"))
        for device in (anns, bens):
            [told] = device.named("group.invite_declined")
            self.assertEqual(told["user"]["username"], "@ben")
        await self.refused(self.ben.call("group.decline", id=group), "not_found")

    async def test_before_one_asks(self) -> None:
        """Whoever has its id sees what it is called where they may ask, and nothing of it elsewhere."""
        group = await self.group(self.ann, joinPolicy="request")
        shown = await self.ben.call("group.get", id=group)
        self.assertEqual((set(shown["group"]), shown["members"], "myStatus" in shown), (SHOWN, [], False))
        for policy in ("closed", "link"):
            await self.ann.call("group.update", id=group, joinPolicy=policy)
            await self.refused(self.ben.call("group.get", id=group), "not_found")

    async def test_where_nobody_may_ask(self) -> None:
        """It is as if there was no such group."""
        for policy in ("closed", "link"):
            group = await self.group(self.ann, joinPolicy=policy)
            await self.refused(self.ben.call("group.request_to_join", id=group), "not_found")
        group = await self.group(self.ann, invited=[self.ben], joinPolicy="request")
        await self.refused(self.ben.call("group.request_to_join", id=group), "conflict")


class LinkTests(GroupsCase):
    """Ann's group."""

    async def setUp(self) -> None:
        await super().setUp()
        self.group_id = await self.group(self.ann)

    async def link(self, **params: object) -> str:
        made = await self.ann.call("group.link_create", id=self.group_id, **params)
        self.assertTrue(made["url"].endswith(f"/join#{made['code']}"))
        return str(made["code"])

    async def test_join(self) -> None:
        """Whoever has it sees where it leads and comes in, at once; again it changes nothing."""
        code, device = await self.link(), self.ben.device()
        leads = await self.ben.call("group.link_target", code=code)
        self.assertEqual((leads["group"]["name"], set(leads["group"]), "myStatus" in leads), ("Foxes", SHOWN, False))
        view = await self.ben.call("group.join_by_link", code=code)
        self.assertEqual((view["id"], view["role"], view["memberCount"]), (self.group_id, "member", 2))
        self.assertEqual(await self.ben.call("group.join_by_link", code=code), view)
        self.assertEqual((await self.ben.call("group.link_target", code=code))["myStatus"], "joined")
        await self.ann.send(self.group_id, "welcome")
        self.assertEqual(named(device), ["conversation.created", "message.received"])
        await self.consistent(self.group_id)

    async def test_counted(self) -> None:
        """✔ At its last count many use it: one comes in. Who is in it already uses nothing up."""
        code, dan = await self.link(uses=2), await self.person("dan")
        await self.ben.call("group.join_by_link", code=code)
        await self.ben.call("group.join_by_link", code=code)
        [item] = (await self.ann.call("group.link_list", id=self.group_id))["items"]
        self.assertEqual((item["code"], item["uses"]), (code, 1))
        calls = [outcome(person.call("group.join_by_link", code=code)) for person in (self.cat, dan)]
        found = await gatherResults([Deferred.fromCoroutine(call) for call in calls])
        self.assertEqual(sorted(each if isinstance(each, str) else "in" for each in found), ["gone", "in"])
        self.assertEqual((await self.ann.call("group.link_list", id=self.group_id))["items"], [])
        await self.consistent(self.group_id)

    async def test_expired_and_revoked(self) -> None:
        """✔ Then it lets nobody in, and neither do codes that nobody has made."""
        soon = (self.now() + timedelta(hours=1)).isoformat()
        code, other = await self.link(expiresAt=soon), await self.link()
        await self.node.db.execute("UPDATE group_links SET expires_at = now() WHERE code = %s", (code,))
        [item] = (await self.ann.call("group.link_list", id=self.group_id))["items"]
        await self.ann.call("group.link_revoke", id=self.group_id, linkId=item["id"])
        for each in (code, other, "nonsense"):
            await self.refused(self.ben.call("group.join_by_link", code=each), "gone")
            await self.refused(self.ben.call("group.link_target", code=each), "gone")
        await self.refused(self.ann.call("group.link_revoke", id=self.group_id, linkId=item["id"]), "not_found")
        past = (self.now() - timedelta(hours=1)).isoformat()
        await self.refused(
            self.ann.call("group.link_create", id=self.group_id, expiresAt=past), "invalid", "$.expiresAt"
        )

    async def test_who_was_removed(self) -> None:
        """✔ A link does not let somebody in again whom an admin has removed; an invitation does."""
        code = await self.link()
        await self.ben.call("group.join_by_link", code=code)
        await self.ben.call("group.leave", id=self.group_id)
        await self.ben.call("group.join_by_link", code=code)
        await self.ann.call("group.remove_member", id=self.group_id, userId=self.ben.id)
        await self.refused(self.ben.call("group.join_by_link", code=code), "forbidden")
        await self.ann.call("group.invite", id=self.group_id, userIds=[self.ben.id])
        await self.ben.call("group.accept", id=self.group_id)

    async def test_who_was_removed_asks(self) -> None:
        """✔ Nor does asking open the way by a link again, be it withdrawn or refused; to be let in does."""
        code = await self.link()
        await self.ann.call("group.update", id=self.group_id, joinPolicy="request")
        await self.ben.call("group.join_by_link", code=code)
        await self.ann.call("group.remove_member", id=self.group_id, userId=self.ben.id)
        for answer in (self.ben.call("group.decline", id=self.group_id), self.remove(self.ben)):
            await self.ben.call("group.request_to_join", id=self.group_id)
            await self.refused(self.ben.call("group.join_by_link", code=code), "forbidden")
            await answer
            await self.refused(self.ben.call("group.join_by_link", code=code), "forbidden")
        await self.ben.call("group.request_to_join", id=self.group_id)
        await self.ann.call("group.invite", id=self.group_id, userIds=[self.ben.id])
        await self.ben.call("group.leave", id=self.group_id)
        await self.ben.call("group.join_by_link", code=code)

    async def remove(self, person: Person) -> None:
        await self.ann.call("group.remove_member", id=self.group_id, userId=person.id)

    async def test_where_it_leads_nobody(self) -> None:
        """✔ To whom a link is of no use it does not tell what the group is called by now."""
        code = await self.link()
        await self.ben.call("group.join_by_link", code=code)
        await self.remove(self.ben)
        await self.refused(self.ben.call("group.link_target", code=code), "gone")
        await self.ann.call("group.update", id=self.group_id, joinPolicy="closed")
        await self.refused(self.cat.call("group.link_target", code=code), "gone")
        self.assertEqual((await self.ann.call("group.link_target", code=code))["myStatus"], "joined")

    async def test_the_policy(self) -> None:
        """A closed group is open to links from the first on; closed again they wait; with the group they are gone."""
        code = await self.link()
        self.assertEqual(await self.said(self.ann, self.group_id, after=1), ["settings_changed", "group.updated"])
        for policy in ("closed", "request"):
            await self.ann.call("group.update", id=self.group_id, joinPolicy=policy)
            if policy == "closed":
                await self.refused(self.ben.call("group.join_by_link", code=code), "forbidden")
        await self.link()
        shown = await self.ann.call("group.get", id=self.group_id)
        self.assertEqual(shown["group"]["joinPolicy"], "request")
        await self.ben.call("group.join_by_link", code=code)
        await self.ann.call("group.delete", id=self.group_id)
        await self.refused(self.ben.call("group.join_by_link", code=code), "gone")
