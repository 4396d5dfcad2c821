"""How many search at a time."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred, gatherResults

from chatr.api.context import Caller, HangUp
from chatr.api.errors import ApiError
from tests.ops.case import OpsCase, Person


class SearchTurnsTests(OpsCase):
    """Nobody else waits for those who search: of the connections two are theirs at most."""

    settings = {"database.pool_size": "4"}

    async def begun(self, person: Person, name: str, **params: Any) -> str:
        try:
            await person.call(name, q="kiwi", **params)
        except ApiError as error:
            return error.code
        return "found"

    async def test_others_go_on(self) -> None:
        """While 55 searches take as long as they like, other calls have connections; those that are too many are told.

        Before, 55 at once took all connections, and others waited 2 s.
        """
        people = [await self.person(name) for name in ("ann", "ben")]
        await self.acquaint(people[0], people[1])
        searches: list[Deferred[str]] = []
        async with self.node.db.transaction() as tx:
            # Both kinds look at these, and wait for as long as this lasts.
            await tx.execute("LOCK TABLE messages, users IN ACCESS EXCLUSIVE MODE")
            for number in range(55):
                name = "message.search" if number % 2 else "user.search"
                searches.append(Deferred.fromCoroutine(self.begun(people[0], name)))
            searches.append(Deferred.fromCoroutine(self.begun(people[1], "user.search")))
            self.assertEqual((self.node.ports.limits.searches.running, len(self.node.ports.limits.searches)), (2, 9))
            self.assertEqual(self.node.db.waiting, 0)
            # On the fourth connection.
            self.assertEqual(await self.node.db.query("SELECT count(*) FROM friendships"), [(1,)])
        heard = await gatherResults(searches)
        self.assertEqual((heard[:55].count("found"), heard[:55].count("unavailable"), heard[55]), (10, 45, "found"))

    async def test_who_has_gone(self) -> None:
        """A search that waits is not made when nobody would hear what it finds."""
        ann = await self.person("ann")
        caller, gone = Caller(role="user", user_id=ann.id, session_id=ann.session_id), HangUp()
        async with self.node.db.transaction() as tx:
            await tx.execute("LOCK TABLE messages, users IN ACCESS EXCLUSIVE MODE")
            searches = [Deferred.fromCoroutine(self.begun(ann, "user.search")) for _ in range(2)]
            for name in ("message.search", "user.search"):
                operation = self.node.dispatcher.contract.operations[name]
                call = self.node.dispatcher.call(operation, {"q": "kiwi"}, caller, request_id="test", hang_up=gone)
                waits = Deferred.fromCoroutine(call)
                self.assertEqual(len(self.node.ports.limits.searches), 1)
                gone.happens()
                self.assertEqual(len(self.node.ports.limits.searches), 0)
                await self.assertFailure(waits, CancelledError)
                gone = HangUp()
        self.assertEqual(await gatherResults(searches), ["found"] * 2)
