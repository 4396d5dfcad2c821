"""A database that refuses, for reasons of its own or ours: nothing ends for good, and one incident is one line."""

from __future__ import annotations

from functools import partial
from typing import Any

import psycopg2
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults

from chatr.outbound.senders import NotSent
from chatr.services import indexer
from chatr.store import outbound
from tests.logs import LogLines
from tests.ops.case import OpsCase
from tests.refusing import refusing, run


class BrokenCase(OpsCase):
    """Two friends, on a database that can be made to refuse."""

    async def setUp(self) -> None:
        # The indexer looks at once and again and again.
        self.patch(indexer, "EVERY_S", 0.02)
        await super().setUp()
        self.ann, self.ben = await self.person("ann"), await self.person("ben")
        await self.acquaint(self.ann, self.ben)
        self.log = LogLines("chatr.store.pool", "chatr.process.tasks", "chatr.process.incidents", "chatr.api.dispatch")
        self.addCleanup(self.log.end)

    async def until(self, reached: Any) -> None:
        """Turn the reactor until something is so; the test's time limit is the bound."""
        while not await reached():
            turn: Deferred[None] = Deferred()
            reactor.callLater(0.01, turn.callback, None)  # type: ignore[attr-defined]
            await turn

    async def fails(self, task: str) -> None:
        """Wait until a task has failed once more."""
        pulse = self.node.tasks.pulses[task]
        before = pulse.failures

        async def failed() -> bool:
            return pulse.failures > before

        await self.until(failed)


class FullDiskTests(BrokenCase):
    """Point 33 of issue 12: what the server lacks is unavailable, and passes."""

    async def test_classes(self) -> None:
        """Of disk, memory, connections and I/O: ``unavailable`` with the time after which to try again.

        Before, each was ``internal``, with a traceback for each call: 24 MB in 15 s, and kept sends were given up.
        """
        for code in ("53100", "53200", "53300", "58030", "58000"):
            with refusing(self.dsn, "messages", code):
                error = await self.refused(self.ann.send(self.ben, "hi"), "unavailable")
                self.assertEqual((error.retry_after_s, error.kind.status), (5, 503), code)
        self.assertEqual(self.flushLoggedErrors(), [])
        self.assertEqual((await self.ann.send(self.ben, "hi"))["seq"], 1)

    async def test_at_commit(self) -> None:
        """A transaction that is refused when it commits is unavailable, and announces nothing."""
        cay, device = await self.person("cay"), self.ben.device()
        with refusing(self.dsn, "friendships", "53100", deferred=True):
            await self.refused(cay.call("friend.request", addresseeId=self.ben.id), "unavailable")
        self.assertEqual(device.events, [])
        await cay.call("friend.request", addresseeId=self.ben.id)
        self.assertEqual([name for name, _ in device.events], ["friend.requested"])

    async def test_one_incident_one_line(self) -> None:
        """Of a hundred sends at once, and all the tasks beside them, one line remains."""
        with refusing(self.dsn, "messages", "53100"):
            sends = [self.refused(self.ann.send(self.ben, "hi"), "unavailable") for _ in range(100)]
            await gatherResults([Deferred.fromCoroutine(send) for send in sends])
        self.assertEqual(len(self.log.lines), 1, self.log.lines)
        self.assertIn("No space left on device", self.log.lines[0])
        self.assertEqual(self.flushLoggedErrors(), [])


class TaskTests(BrokenCase):
    """Point 32 of issue 12: what watches and follows goes on after any error of the database."""

    async def found(self, word: str) -> bool:
        rows = await self.node.db.query("SELECT 1 FROM message_words WHERE text LIKE %s", (f"%{word}%",))
        return bool(rows)

    async def test_indexer(self) -> None:
        """Full disk, then a mistake, then all is well: messages of that time are indexed.

        Before, the first error that was no ApiError ended it: 0 of 47 messages.
        """
        for code in ("53100", "XX000"):
            with refusing(self.dsn, "message_words", code):
                await self.ann.send(self.ben, f"word{code}")
                await self.fails("message_index")
                self.assertFalse(await self.found(f"word{code.lower()}"))
            await self.until(partial(self.found, f"word{code.lower()}"))
        self.assertEqual(len(self.flushLoggedErrors(psycopg2.Error)), 1)
        self.assertIn("message_index failed", self.log.lines)

    async def test_revocation_watch(self) -> None:
        """Sessions that are ended elsewhere end here, also when the table could not be read for a while.

        Before, ``chatr sessions revoke`` said "ended", and session and token lived on.
        """
        run(self.dsn, "ALTER TABLE sessions RENAME TO elsewhere")
        try:
            await self.fails("revocations")
        finally:
            run(self.dsn, "ALTER TABLE elsewhere RENAME TO sessions")
        device = self.ann.device()
        run(self.dsn, f"UPDATE sessions SET revoked_at = now() WHERE id = '{self.ann.session_id}'")

        async def ended() -> bool:
            return bool(device.ended)

        await self.until(ended)
        self.assertEqual(len(self.flushLoggedErrors(psycopg2.Error)), 1)
        self.assertTrue(self.node.ports.accounts.tokens.knows_revoked(self.ann.session_id))

    async def test_outbound_queue(self) -> None:
        """When what became of a letter can't be written, the others are delivered, and it is tried again."""
        sent: list[str] = []

        class Fails:
            async def send(self, letter: Any) -> None:
                sent.append(letter.to)
                raise NotSent("the relay is away")

        self.node.ports.accounts.outbound._senders = {"email": Fails()}
        failing = psycopg2.errors.InternalError_("broken")

        async def broken(*_: Any) -> None:
            raise failing

        self.patch(outbound, "retry", broken)
        for name in ("cay", "dan"):
            params = {"username": name, "email": f"{name}@example.org", "password": "Correct-horse-7"}
            await self.call("account.register", **params)
        await self.until(self.both(sent))
        self.assertGreater(self.node.tasks.pulses["outbound"].failures, 0)
        self.assertEqual(len(self.flushLoggedErrors(psycopg2.Error)), 1)

    def both(self, sent: list[str]) -> Any:
        async def reached() -> bool:
            return len(sent) >= 2

        return reached

    async def test_connections(self) -> None:
        """A connection that could not be made again, for whatever reason, is tried again."""
        made = self.node.db._connect

        async def mistaken() -> None:
            self.node.db._connect = made  # type: ignore[method-assign]
            raise KeyError("no error of the database")

        self.node.db._connect = mistaken  # type: ignore[method-assign]
        next(iter(self.node.db._connections))._lost()

        async def whole() -> bool:
            return len(self.node.db._connections) == 4 and all(each.alive for each in self.node.db._connections)

        await self.until(whole)
        self.assertEqual(self.node.tasks.pulses["database_connections"].failures, 1)
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)


class ClosingTests(BrokenCase):
    """Point 31 of issue 12: each part closes by itself."""

    settings = {"server.stop_timeout_s": "0.1"}

    async def test_a_part_that_fails(self) -> None:
        """One that raises when it is closed, and one that never is: all others are closed all the same.

        Before, the indexer's stop asserted and nothing behind it was stopped: the process stayed for ever.
        """

        async def asserts() -> None:
            raise AssertionError("tried to stop what was not running")

        never: Deferred[None] = Deferred()
        real = self.node.indexer.stop
        self.node.indexer.stop = asserts  # type: ignore[assignment,method-assign]
        self.node.ports.live.presence.stop = lambda: never  # type: ignore[assignment,method-assign]
        await self.node.close()
        self.assertFalse(await self.node.db.healthy())
        self.assertEqual(len(self.flushLoggedErrors(AssertionError)), 1)
        await self.refused(self.node.ports.accounts.passwords.compare("x", None), "unavailable")
        await real()
        await self.node.ports.live.presence._beats.stop()
