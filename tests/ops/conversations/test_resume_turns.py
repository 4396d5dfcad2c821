"""What those who come back all at once, as after a restart, cost the others."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred, gatherResults

from chatr.api.context import Caller, HangUp
from tests.ops.case import OpsCase, outcome


class ResumeTurnsTests(OpsCase):
    """Point 35 of issue 12: they wait for their turn, are never refused, and leave connections to everybody else."""

    settings = {"database.pool_size": "4", "database.queue_limit": "20"}

    async def test_a_storm(self) -> None:
        """A hundred of each kind, five times as many as may wait for a connection: all are answered.

        Before, 6,398 of a storm of 3,600 sessions were ``unavailable``, and each cost its client the session.
        """
        ann, ben, cat = [await self.person(name) for name in ("ann", "ben", "cat")]
        where = (await ann.send(ben, "hi"))["conversationId"]
        calls: list[Deferred[Any]] = []
        async with self.node.db.transaction() as tx:
            # Each looks at these, and waits for as long as this lasts.
            await tx.execute("LOCK TABLE conversations, members IN ACCESS EXCLUSIVE MODE")
            for person in (ann, ben):
                calls += [Deferred.fromCoroutine(outcome(person.call("sync.changes"))) for _ in range(50)]
                calls += [Deferred.fromCoroutine(outcome(person.call("conversation.log", id=where))) for _ in range(50)]
            self.assertEqual((self.node.ports.limits.resumes.running, len(self.node.ports.limits.resumes)), (2, 198))
            self.assertEqual(self.node.db.waiting, 0)
            # On the fourth connection.
            self.assertEqual((await cat.call("user.me"))["id"], cat.id)
        heard = await gatherResults(calls)
        self.assertEqual([each for each in heard if isinstance(each, str)], [])
        self.assertEqual(
            (sum("cursor" in each for each in heard), sum("entries" in each for each in heard)), (100, 100)
        )

    async def test_who_has_gone(self) -> None:
        """Whoever has hung up before their turn has none."""
        ann, ben = await self.person("ann"), await self.person("ben")
        where = (await ann.send(ben, "hi"))["conversationId"]
        caller, resumes = Caller(role="user", user_id=ann.id, session_id=ann.session_id), self.node.ports.limits.resumes
        async with self.node.db.transaction() as tx:
            await tx.execute("LOCK TABLE conversations, members IN ACCESS EXCLUSIVE MODE")
            calls = [Deferred.fromCoroutine(ann.call("sync.changes")) for _ in range(2)]
            for name, params in (("sync.changes", {}), ("conversation.log", {"id": where})):
                operation, gone = self.node.dispatcher.contract.operations[name], HangUp()
                call = self.node.dispatcher.call(operation, params, caller, request_id="test", hang_up=gone)
                waits = Deferred.fromCoroutine(call)
                self.assertEqual(len(resumes), 1)
                gone.happens()
                self.assertEqual(len(resumes), 0)
                await self.assertFailure(waits, CancelledError)
        await gatherResults(calls)
