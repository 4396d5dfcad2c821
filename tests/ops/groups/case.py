"""What tests of groups stand on: people who create them, join them and listen."""

from __future__ import annotations

from typing import Any

from tests.ops.case import Device, OpsCase, Person


class GroupsCase(OpsCase):
    """Ann, Ben and Cat, who have nothing to do with each other; groups are made of whom a test wants."""

    async def setUp(self) -> None:
        await super().setUp()
        self.ann, self.ben, self.cat = [await self.person(name) for name in ("ann", "ben", "cat")]

    async def group(self, owner: Person, *members: Person, name: str = "Foxes", invited: Any = (), **kept: Any) -> str:
        """A group of an owner and of members who have joined, and its id; others are invited only."""
        ids = [person.id for person in (*members, *invited)]
        made = await owner.call("group.create", name=name, memberIds=ids)
        if kept:
            await owner.call("group.update", id=made["id"], **kept)
        for person in members:
            await person.call("group.accept", id=made["id"])
        return str(made["id"])

    async def give(self, giver: Person, group: str, **roles: Person) -> None:
        """Give members other roles, each by its name."""
        for role, person in roles.items():
            await giver.call("group.promote", id=group, userId=person.id, role=role)

    async def role_of(self, group: str, person: Person) -> str | None:
        """What somebody is in a group: a role, invited, requested or left; None: never was."""
        rows = await self.node.db.query(
            """SELECT CASE WHEN status = 'joined' THEN role ELSE status END FROM members
                WHERE conversation_id = %s AND user_id = %s""",
            (group, person.id),
        )
        return str(rows[0][0]) if rows else None

    async def roles(self, group: str, *people: Person) -> list[str | None]:
        """The same of several."""
        return [await self.role_of(group, person) for person in people]

    async def log(self, person: Person, group: str, after: int = 0) -> list[dict[str, Any]]:
        """The log of a group as somebody reads it."""
        entries: list[dict[str, Any]] = (await person.call("conversation.log", id=group, after=after))["entries"]
        return entries

    async def said(self, person: Person, group: str, after: int = 0) -> list[str]:
        """What the log of a group says: of each entry its event, of system entries what happened."""
        found = []
        for entry in await self.log(person, group, after):
            message = entry["data"].get("message", {})
            found.append(
                message.get("event", entry["event"]) if entry["event"] == "message.received" else entry["event"]
            )
        return found

    async def consistent(self, group: str) -> None:
        """The log has no gap, each message is where its entry is, and a group that is not deleted has an owner."""
        rows = await self.node.db.query("SELECT seq FROM entries WHERE conversation_id = %s ORDER BY seq", (group,))
        head, deleted, count = (
            await self.node.db.query(
                "SELECT head_seq, deleted_at IS NOT NULL, member_count FROM conversations WHERE id = %s", (group,)
            )
        )[0]
        self.assertEqual([row[0] for row in rows], list(range(1, head + 1)))
        joined = await self.node.db.query(
            "SELECT role FROM members WHERE conversation_id = %s AND status = 'joined'", (group,)
        )
        self.assertEqual(len(joined), count)
        self.assertEqual(any(row[0] == "owner" for row in joined), not deleted)


def seqs(device: Device, group: str) -> list[int]:
    """The numbers of the entries of a log that a device was told, in the order in which it was."""
    return [data["seq"] for _, data in device.events if data.get("conversationId") == group and "seq" in data]


def named(device: Device) -> list[str]:
    """What a device was told, by name, without presence."""
    return [name for name, _ in device.events if name != "presence.changed"]
