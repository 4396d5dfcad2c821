"""Views of groups: what a list says of thousands of members, without reading them for each of its lines."""

from __future__ import annotations

from typing import Any

from chatr.store.conversations import conversations, views
from tests.ops.case import Person
from tests.ops.messages.test_messages import make_group
from tests.ops.people.test_friends import FriendsCase


class GroupCase(FriendsCase):
    """Ann and Ben in a group."""

    async def setUp(self) -> None:
        await super().setUp()
        self.group = await make_group(self, [self.ann, self.ben])

    async def view(self, viewer: Person) -> dict[str, Any]:
        view: dict[str, Any] = await viewer.call("conversation.get", id=self.group)
        return view

    async def status(self, viewer: Person) -> str:
        """The status of the last message, which is the viewer's own; a search says the same."""
        [found] = (await viewer.call("message.search", q="hello"))["items"]
        view = await self.view(viewer)
        self.assertEqual(found["status"], view["lastMessage"]["status"])
        return str(view["lastMessage"]["status"])


class MemberCountTests(GroupCase):
    """How many a group has is kept, not counted."""

    async def test_who_has_joined(self) -> None:
        """Whoever joins counts, and whoever leaves no longer does; invitations are not answered yet."""
        cat = await self.person("cat")
        insert = "INSERT INTO members (conversation_id, user_id, status) VALUES (%s, %s, 'invited')"
        await self.node.db.execute(insert, (self.group, cat.id))
        for status, count in (("invited", 2), ("joined", 3), ("joined", 3), ("left", 2), ("joined", 3)):
            await self.node.db.execute("UPDATE members SET status = %s WHERE user_id = %s", (status, cat.id))
            self.assertEqual((await self.view(self.ann))["memberCount"], count, status)
        await self.node.db.execute("DELETE FROM members WHERE user_id = %s", (cat.id,))
        self.assertEqual((await self.view(self.ann))["memberCount"], 2)

    async def test_many_at_once(self) -> None:
        """One statement may bring members to several groups, and to a direct conversation, which has no number."""
        await self.befriend(self.ann, self.ben)
        direct = (await self.ann.send(self.ben, "1"))["conversationId"]
        second = await make_group(self, [self.ann])
        cat, dan = await self.person("cat"), await self.person("dan")
        await self.node.db.execute(
            """INSERT INTO members (conversation_id, user_id)
               SELECT g, u FROM unnest(%s::uuid[]) g, unnest(%s::uuid[]) u""",
            ([self.group, second], [cat.id, dan.id]),
        )
        views = [await self.ann.call("conversation.get", id=each) for each in (self.group, second, direct)]
        self.assertEqual([view.get("memberCount") for view in views], [4, 3, None])


class LastMessageTests(GroupCase):
    """The status of one's own last message in a group."""

    async def test_by_all(self) -> None:
        """It is delivered, and read, when it is by all others."""
        cat = await self.person("cat")
        insert = "INSERT INTO members (conversation_id, user_id) VALUES (%s, %s)"
        await self.node.db.execute(insert, (self.group, cat.id))
        await self.ann.send(self.group, "hello")
        self.assertEqual(await self.status(self.ann), "sent")
        for person, mark, wanted in (
            (self.ben, "read", "sent"),
            (cat, "delivered", "delivered"),
            (cat, "read", "read"),
        ):
            await person.call(f"message.mark_{mark}", id=self.group, seq=1)
            self.assertEqual(await self.status(self.ann), wanted)
        await self.ann.call("user.update_settings", privacy={"readReceipts": False})
        self.assertEqual(await self.status(self.ann), "delivered")

    async def test_alone(self) -> None:
        """Where nobody else is, nobody has read it."""
        await self.node.db.execute("UPDATE members SET status = 'left' WHERE user_id = %s", (self.ben.id,))
        await self.ann.send(self.group, "hello")
        self.assertEqual(await self.status(self.ann), "sent")


class CostTests(GroupCase):
    """Rows that PostgreSQL reads for a list."""

    async def crowd(self, size: int) -> None:
        """So many more in each group."""
        await self.node.db.execute(
            """WITH u AS (INSERT INTO users (id, username, password_hash, display_name)
                          SELECT gen_random_uuid(), '@crowd' || gen_random_uuid(), '', 'C' FROM generate_series(1, %s)
                          RETURNING id)
               INSERT INTO members (conversation_id, user_id)
               SELECT c.id, u.id FROM u, conversations c WHERE c.kind = 'group'""",
            (size,),
        )

    async def members_read(self) -> int:
        sql = views._VIEWS + conversations._NEWEST + views._OF_CHOSEN
        await self.node.db.execute("ANALYZE messages, conversations, members, users")
        rows = await self.node.db.query(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", (self.ann.id, 50))
        return _read(rows[0][0][0]["Plan"], "members")

    async def test_groups_of_many(self) -> None:
        """A line costs a few rows of members, however many the group has, one's own message last or somebody's."""
        groups = [self.group, *[await make_group(self, [self.ann, self.ben]) for _ in range(7)]]
        for number, group in enumerate(groups):
            await (self.ann if number % 2 else self.ben).send(group, "hello")
        await self.crowd(1000)
        self.assertLess(await self.members_read(), 4 * len(groups))


def _read(plan: dict[str, Any], table: str) -> int:
    """Rows of a table that a plan and all below it have read."""
    own = 0
    if plan.get("Relation Name") == table:
        own = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    return int(own) + sum(_read(part, table) for part in plan.get("Plans", ()))
