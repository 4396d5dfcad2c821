"""Everybody coming back at once."""

from __future__ import annotations

from twisted.internet.defer import Deferred, gatherResults

from tests.ops.case import OpsCase


class ResumeTurnsTests(OpsCase):
    """Who comes back waits, and nobody else does."""

    settings = {"database.pool_size": "4", "database.queue_limit": "20"}

    async def test_none_is_refused(self) -> None:
        """300 resumes and logs at once are all answered, on two of four connections; others write meanwhile.

        Before, each took a place in the queue for a connection: 276 of these were refused (6,398 in a storm of 3,600
        sessions), and each refusal cost a client its session.
        """
        ann, ben = await self.person("ann"), await self.person("ben")
        await self.acquaint(ann, ben)
        sent = await ann.send(ben, "hello")
        conversation = sent["conversationId"]
        async with self.node.db.transaction() as tx:
            # All of them read these, and wait for as long as this lasts.
            await tx.execute("LOCK TABLE members, log IN ACCESS EXCLUSIVE MODE")
            coming = [Deferred.fromCoroutine(ann.call("sync.changes")) for _ in range(150)]
            coming += [Deferred.fromCoroutine(ben.call("conversation.log", id=conversation)) for _ in range(150)]
            self.assertEqual((self.node.ports.resumes.running, len(self.node.ports.resumes)), (2, 298))
            self.assertEqual(self.node.db.waiting, 0)
            # On the fourth connection.
            self.assertEqual((await ben.call("user.me"))["id"], ben.id)
        answers = await gatherResults(coming)
        self.assertEqual({view["headSeq"] for answer in answers[:150] for view in answer["conversations"]}, {1})
        self.assertEqual({answer["headSeq"] for answer in answers[150:]}, {1})
