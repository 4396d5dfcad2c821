"""Two things at one moment, in one process and in two: a group has an owner, and nobody writes who is not in it."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults

from chatr.api.context import Caller
from chatr.node import Node
from chatr.store.accounts import accounts
from chatr.store.conversations import conversations
from tests.ops.case import PASSWORD, Person, outcome
from tests.ops.groups.case import GroupsCase


class RaceCase(GroupsCase):
    """Two nodes on one database."""

    async def setUp(self) -> None:
        await super().setUp()
        self.other = Node(self.config(), reactor, self.data, now=self.now)
        await self.other.open(self.dsn)
        self.addCleanup(lambda: Deferred.fromCoroutine(self.other.close()))
        self.dan = await self.person("dan")

    async def there(self, person: Person, procedure: str, **params: Any) -> Any:
        """A call that comes in at the other node."""
        caller = Caller(role="user", user_id=person.id, session_id=person.session_id, address="192.0.2.1")
        operation = self.other.dispatcher.contract.operations[procedure]
        return await self.other.dispatcher.call(operation, params, caller, request_id="test")

    async def race(self, group: str, *calls: Awaitable[Any], nodes: int = 2) -> list[Any]:
        """Begin all while the group is held, the first first; and let go when all that can wait for it do.

        ``nodes``: on how many they are done; of each one waits, as it does one thing at a time in a group.
        """
        async with self.node.db.transaction() as tx:
            conversations.lock(tx, group)
            await tx.query("SELECT 1")
            begun = []
            for count, call in enumerate(calls, 1):
                begun.append(Deferred.fromCoroutine(outcome(call)))
                await self.waiting(min(count, nodes))
        found = await gatherResults(begun)
        await self.consistent(group)
        return [each if isinstance(each, str) else "done" for each in found]

    async def waiting(self, count: int) -> None:
        """Until so many statements wait for a lock."""
        for _ in range(2000):
            rows = await self.other.db.query(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if rows[0][0] >= count:
                return
        self.fail("they do not wait")

    async def both(self, group: str, one: Any, two: Any) -> list[Any]:
        """The first here and the second there."""
        return await self.race(group, self.node_call(one), self.there(*two[:2], **two[2]))

    async def node_call(self, what: Any) -> Any:
        person, name, params = what
        return await person.call(name, **params)


class OwnerTests(RaceCase):
    """Never an ownerless group."""

    async def test_two_owners_leave_at_once(self) -> None:
        """✔ The second is the last, and somebody inherits."""
        for _ in range(5):
            group = await self.group(self.ann, self.ben, self.cat)
            await self.give(self.ann, group, owner=self.ben)
            found = await self.both(
                group, (self.ann, "group.leave", {"id": group}), (self.ben, "group.leave", {"id": group})
            )
            self.assertEqual(found, ["done", "done"])
            self.assertEqual(await self.roles(group, self.ann, self.ben, self.cat), ["left", "left", "owner"])

    async def test_all_leave_at_once(self) -> None:
        """Whoever is last deletes it."""
        group = await self.group(self.ann, self.ben, self.cat)
        await self.give(self.ann, group, owner=self.ben)
        calls = [self.ann.call("group.leave", id=group), self.there(self.ben, "group.leave", id=group)]
        calls.append(self.there(self.cat, "group.leave", id=group))
        self.assertEqual(await self.race(group, *calls), ["done"] * 3)
        await self.refused(self.ann.call("group.get", id=group), "not_found")

    async def test_two_owners_step_down_at_once(self) -> None:
        """One of them can't."""
        group = await self.group(self.ann, self.ben)
        await self.give(self.ann, group, owner=self.ben)
        found = await self.both(
            group, (self.ann, "group.step_down", {"id": group}), (self.ben, "group.step_down", {"id": group})
        )
        self.assertEqual(sorted(found), ["conflict", "done"])

    async def test_promote_against_leave(self) -> None:
        """✔ Who has left is promoted to nothing; who is promoted first leaves as that."""
        for role in ("admin", "owner"):
            for first in (True, False):
                group = await self.group(self.ann, self.ben)
                promote = (self.ann, "group.promote", {"id": group, "userId": self.ben.id, "role": role})
                leave = (self.ben, "group.leave", {"id": group})
                found = await self.both(group, *((promote, leave) if first else (leave, promote)))
                self.assertEqual(sorted(found), ["done", "done"] if first else ["done", "not_found"])
                self.assertEqual(await self.roles(group, self.ann, self.ben), ["owner", "left"])

    async def test_transfer_against_leave(self) -> None:
        """✔ To whoever leaves nothing is handed on, or they pass it on again."""
        for first in (True, False):
            group = await self.group(self.ann, self.ben)
            hand_on = (self.ann, "group.transfer_ownership", {"id": group, "userId": self.ben.id})
            leave = (self.ben, "group.leave", {"id": group})
            found = await self.both(group, *((hand_on, leave) if first else (leave, hand_on)))
            self.assertEqual(found, ["done", "done"] if first else ["done", "not_found"])
            self.assertEqual(await self.role_of(group, self.ann), "owner")


class MemberTests(RaceCase):
    """Nobody in it who should not be, and no word of theirs."""

    async def test_remove_against_send(self) -> None:
        """✔ A message is before the removal in the log, or is refused."""
        for first in (True, False):
            for here in (True, False):
                group = await self.group(self.ann, self.ben)
                remove = (self.ann, "group.remove_member", {"id": group, "userId": self.ben.id})
                client_id = "00000000-0000-4000-8000-000000000001"
                send = (self.ben, "message.send", {"conversationId": group, "content": "x", "clientId": client_id})
                calls = (send, remove) if first else (remove, send)
                if here:
                    found = await self.race(group, *map(self.node_call, calls), nodes=1)
                else:
                    found = await self.both(group, *calls)
                self.assertEqual(found, ["done", "done"] if first else ["done", "not_found"])
                said = await self.said(self.ann, group)
                end = ["removed", "group.member_removed"]
                self.assertEqual(said[-3:], ["message.received", *end] if first else ["group.member_joined", *end])

    async def test_accept_against_delete(self) -> None:
        """✔ Who comes first is told that it is gone, and who comes later that there is none."""
        for first in (True, False):
            group = await self.group(self.ann, invited=[self.ben])
            accept, delete = (self.ben, "group.accept", {"id": group}), (self.ann, "group.delete", {"id": group})
            found = await self.both(group, *((accept, delete) if first else (delete, accept)))
            self.assertEqual(found, ["done", "done"] if first else ["done", "not_found"])
            self.assertEqual(await self.roles(group, self.ann, self.ben), ["left", "left"])

    async def test_accept_against_revoke(self) -> None:
        """Who has come in is removed; who was revoked does not come in."""
        for first in (True, False):
            group = await self.group(self.ann, invited=[self.ben])
            accept = (self.ben, "group.accept", {"id": group})
            revoke = (self.ann, "group.remove_member", {"id": group, "userId": self.ben.id})
            found = await self.both(group, *((accept, revoke) if first else (revoke, accept)))
            self.assertEqual(found, ["done", "done"] if first else ["done", "not_found"])
            self.assertEqual(await self.role_of(group, self.ben), "left")

    async def test_many_things_at_once(self) -> None:
        """Everybody does everything on both nodes: one log without a gap, and all agree on who is in it."""
        for _ in range(3):
            group = await self.group(self.ann, self.ben, self.cat, invited=[self.dan])
            await self.give(self.ann, group, admin=self.ben)
            calls = [
                self.ann.call("group.promote", id=group, userId=self.cat.id),
                self.there(self.ben, "group.remove_member", id=group, userId=self.cat.id),
                self.cat.send(group, "one"),
                self.there(self.cat, "group.leave", id=group),
                self.dan.call("group.accept", id=group),
                self.there(self.ann, "group.transfer_ownership", id=group, userId=self.ben.id),
                self.ann.call("group.leave", id=group),
                self.there(self.ben, "group.update", id=group, name="Wolves"),
                self.dan.send(group, "two"),
            ]
            found = await gatherResults([Deferred.fromCoroutine(outcome(call)) for call in calls])
            codes = {each for each in found if isinstance(each, str)}
            self.assertLessEqual(codes, {"not_found", "forbidden", "conflict"})
            await self.consistent(group)
            reader = self.dan if await self.role_of(group, self.dan) == "member" else self.ben
            inside: set[str] = {self.ann.id}
            for entry in await self.log(reader, group):
                data = entry["data"]
                if entry["event"] == "group.member_joined":
                    inside.add(data["member"]["user"]["id"])
                elif entry["event"] in ("group.member_left", "group.member_removed"):
                    inside.remove(data["member"]["user"]["id"])
                elif data.get("message", {}).get("type") == "text":
                    self.assertIn(data["message"]["sender"]["id"], inside)
                if "memberCount" in data:
                    self.assertEqual(data["memberCount"], len(inside))
            rows = await self.node.db.query(
                "SELECT user_id FROM members WHERE conversation_id = %s AND status = 'joined'", (group,)
            )
            self.assertEqual({row[0] for row in rows}, inside)


class DeletedAccountTests(RaceCase):
    """An account is deleted while what it is in a group is about to be stored: whatever it left would find no end."""

    async def deleted(self, person: Person, call: Awaitable[Any]) -> Any:
        """Delete an account while a call waits for it. Returns what becomes of the call."""
        async with self.node.db.transaction() as tx:
            await tx.query("SELECT 1 FROM users WHERE id = %s FOR UPDATE", (person.id,))
            begun = Deferred.fromCoroutine(outcome(call))
            await self.waiting(1)
            await accounts.erase(tx, person.id)
        return await begun

    async def test_who_creates(self) -> None:
        """✔ No group is left without an owner."""
        eraser = self.node.ports.messages.eraser
        async with self.node.db.transaction() as tx:
            await tx.query("SELECT 1 FROM users WHERE id = %s FOR UPDATE", (self.ben.id,))
            creating = Deferred.fromCoroutine(self.ann.call("group.create", name="Foxes", memberIds=[self.ben.id]))
            await self.waiting(1)
            deleting = Deferred.fromCoroutine(self.ann.call("account.delete", password=PASSWORD))
            # It waits for the group.
            await self.waiting(2)
        group = (await creating)["id"]
        await deleting
        await eraser.settled()
        self.assertEqual(await self.roles(group, self.ann, self.ben), ["left", "left"])
        await self.consistent(group)

    async def test_who_is_invited(self) -> None:
        """✔ Nobody who is no more has a place among those who may come in."""
        group = await self.group(self.ann)
        await self.deleted(self.cat, self.ann.call("group.invite", id=group, userIds=[self.cat.id, self.ben.id]))
        self.assertEqual(await self.roles(group, self.cat, self.ben), [None, "invited"])

    async def test_who_asks(self) -> None:
        """✔ Nor among those who ask."""
        group = await self.group(self.ann, joinPolicy="request")
        await self.deleted(self.cat, self.cat.call("group.request_to_join", id=group))
        self.assertEqual(await self.role_of(group, self.cat), None)

    async def test_whose_group_is_deleted(self) -> None:
        """✔ What a deleted person leaves may be gone when it is its turn: the rest is left behind all the same."""
        group, other = await self.group(self.ann, self.ben), await self.group(self.cat, self.ben)
        eraser = self.node.ports.messages.eraser
        async with self.node.db.transaction() as tx:
            conversations.lock(tx, group)
            await tx.query("SELECT 1")
            deleting = Deferred.fromCoroutine(self.there(self.ann, "group.delete", id=group))
            await self.waiting(1)
            await self.ben.call("account.delete", password=PASSWORD)
            await self.waiting(2)
        await deleting
        await eraser.settled()
        self.assertEqual(await self.roles(group, self.ann, self.ben), ["left", "left"])
        self.assertEqual(await self.roles(other, self.cat, self.ben), ["owner", "left"])
