"""Who may see what of whom: rules that stand in Python, for one person, and in SQL, for many, say the same."""

from __future__ import annotations

import typing

import msgspec

from chatr.api.model import Privacy, PrivacyLevel
from chatr.ops.people import privacy
from chatr.store.people import relations
from tests.ops.case import OpsCase, Person

#: The parts of a profile that have a level, as they are stored.
PARTS = [part for part, level in msgspec.to_builtins(Privacy()).items() if isinstance(level, str)]
#: How somebody stands to Ben: as a friend, as who asks or is asked, writes first or answers, blocks or is blocked.
FRIENDS = ("friend", "blocks", "blocked", "former")
OTHERS = ("stranger", "asks", "asked", "writes", "written_to", "answered")


class SameRuleTests(OpsCase):
    """Ben, and somebody in each relation to him."""

    async def setUp(self) -> None:
        await super().setUp()
        ben = self.ben = await self.person("ben")
        some = self.viewers = {name: await self.person(f"{name}_1") for name in (*FRIENDS, *OTHERS)}
        for name in FRIENDS:
            await self.acquaint(some[name], ben)
        await some["blocks"].call("friend.block", userId=ben.id)
        await ben.call("friend.block", userId=some["blocked"].id)
        ended = await relations.by_id(self.node.db, ben.id, some["former"].id)
        await ben.call("friend.remove", friendshipId=ended.relation.friendship_id)  # type: ignore[union-attr]
        await some["asks"].call("friend.request", addresseeId=ben.id)
        await ben.call("friend.request", addresseeId=some["asked"].id)
        await some["writes"].send(ben, "hi")
        await ben.send(some["written_to"], "hi")
        await ben.send((await some["answered"].send(ben, "hi"))["conversationId"], "hi")

    async def choose(self, level: str | None) -> None:
        """Give all parts of Ben's profile a level; None: as if he had never chosen any."""
        chosen = dict.fromkeys(PARTS, level) if level else {}
        await self.node.db.execute(
            "UPDATE users SET privacy = %s::jsonb WHERE id = %s", (msgspec.json.encode(chosen).decode(), self.ben.id)
        )

    async def shown(self, viewer: Person) -> dict[str, bool]:
        """Which parts are shown, by the conditions in SQL."""
        conditions = ", ".join(map(relations.shown, PARTS))
        [row] = await self.node.db.query(
            f"SELECT {conditions} FROM (SELECT %s::uuid AS id) v CROSS JOIN users u {relations.JOINS} WHERE u.id = %s",
            (viewer.id, self.ben.id),
        )
        return dict(zip(PARTS, row, strict=True))

    async def test_every_level_and_relation(self) -> None:
        """Parts of a profile, and presence: by each level, and by none, to each who stands to Ben in some way."""
        db, ben_id = self.node.db, self.ben.id
        told: set[tuple[str | None, str]] = set()
        for level in (*typing.get_args(PrivacyLevel), None):
            await self.choose(level)
            circle = (await relations.circles(db, [ben_id]))[ben_id]
            for name, viewer in self.viewers.items():
                found = await relations.by_id(db, viewer.id, ben_id)
                assert found is not None
                levels = msgspec.to_builtins(found.person.privacy)
                said = {part: privacy.shown(levels[part], found.relation) for part in PARTS}
                self.assertEqual(said, await self.shown(viewer), (level, name))
                sees = privacy.sees_presence(found.person, found.relation)
                one, all_ = await relations.showing(db, viewer.id, [ben_id]), await relations.showing(db, viewer.id)
                self.assertEqual((ben_id in one, ben_id in all_, viewer.id in circle.presence), (sees, sees, sees))
                if sees:
                    told.add((level, name))
        near = {(level, name) for level in ("everyone", None) for name in ("friend", "written_to", "answered")}
        self.assertEqual(told, {*near, ("friends", "friend")})
