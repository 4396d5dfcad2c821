"""What is read of a group of thousands costs no more on a server that has many people more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chatr.store.groups import groups, rosters
from chatr.store.pool import Queryable
from tests.ops.groups.case import GroupsCase

MEMBERS, PEOPLE = 2000, 20_000


class Explained:
    """Keeps of each query how many rows of people it has read."""

    def __init__(self, db: Queryable) -> None:
        self._db = db
        self.people_read: list[int] = []

    async def query(self, sql: str, params: Sequence[Any] = ()) -> list[Any]:
        [[[found]]] = await self._db.query(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
        self.people_read.append(_people_read(found["Plan"]))
        return await self._db.query(sql, params)

    async def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        raise AssertionError("what is read changes something")


class PlanTests(GroupsCase):
    """Ann's group."""

    async def setUp(self) -> None:
        await super().setUp()
        self.group_id = await self.group(self.ann, self.ben)
        await self.node.db.execute(
            """WITH made AS (INSERT INTO users (id, username, display_name, password_hash)
                 SELECT gen_random_uuid(), '@crowd' || n, 'Crowd ' || n, '' FROM generate_series(1, %s) n RETURNING id)
               INSERT INTO members (conversation_id, user_id) SELECT %s, id FROM made LIMIT %s""",
            (PEOPLE, self.group_id, MEMBERS),
        )
        await self.node.db.execute("ANALYZE users, members, conversations")
        self.explained = Explained(self.node.db)

    async def test_the_roster(self) -> None:
        """✔ A page is chosen among the members; by name of each of these one row is read."""
        page = await rosters.page(self.explained, self.group_id, self.ann.id, after=None, requested=True, limit=50)
        self.assertEqual([each.rank for each in page], [0, *[2] * 49])
        found = await rosters.page(
            self.explained, self.group_id, self.ann.id, called="be", after=None, requested=True, limit=50
        )
        self.assertEqual([each.member.user_id for each in found], [self.ben.id])
        unselective = await rosters.page(
            self.explained, self.group_id, self.ann.id, called="crowd", after=None, requested=True, limit=50
        )
        self.assertEqual(len(unselective), 50)
        nobody, *by_name = self.explained.people_read
        self.assertEqual(nobody, 0)
        self.assertLessEqual(max(by_name), MEMBERS + 2)

    async def test_who_inherits(self) -> None:
        """✔ Of whom it is looked at who is still there."""
        await self.node.db.execute(
            "UPDATE members SET joined_at = now() - interval '1 day' WHERE user_id = %s", (self.ben.id,)
        )
        self.assertEqual(await groups.heir(self.explained, self.group_id, self.ann.id), self.ben.id)
        self.assertLessEqual(self.explained.people_read[0], 2)


def _people_read(plan: dict[str, Any]) -> int:
    """Rows of users that a plan and all below it have read."""
    own = 0
    if plan.get("Relation Name") == "users":
        own = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    return round(own) + sum(map(_people_read, plan.get("Plans", ())))
