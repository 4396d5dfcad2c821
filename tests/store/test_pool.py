"""The connection pool on a real PostgreSQL."""

from __future__ import annotations

import signal
from typing import Any

import psycopg2
from psycopg2.extensions import make_dsn, parse_dsn
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import TestCase

from chatr.api.errors import ApiError
from chatr.api.events.sessions import SyncRequired
from chatr.config import DatabaseSettings
from chatr.process.tasks import Tasks
from chatr.store.pool import Database
from tests.box import Box, box
from tests.logs import LogLines


class Recorder:
    """Stands where the publisher does and keeps what was announced."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def __call__(self, payload: Any, rooms: Any, *, exclude: str = "", but: Any = ()) -> None:
        self.reasons.append(payload.reason)


class PoolCase(TestCase):
    """A pool of two connections on a database of its own."""

    async def opened(self, dsn: str, **settings: Any) -> Database:
        self.recorder = Recorder()
        chosen = DatabaseSettings(**{"pool_size": 2, "queue_limit": 10, **settings})
        tasks: Any = Tasks(reactor)  # type: ignore[arg-type]
        db = Database(tasks, chosen, publish=self.recorder, on_doubt=self.recorder.reasons.append)
        await db.open(dsn)
        self.addCleanup(db.close)
        return db

    async def unavailable(self, work: Any) -> ApiError:
        error = await self.assertFailure(Deferred.fromCoroutine(work), ApiError)
        self.assertEqual(error.code, "unavailable")
        return error


class PoolTests(PoolCase):
    """Transactions, deadlines, bounds."""

    async def setUp(self) -> None:
        self.dsn = box().shared()
        self.addCleanup(box().clean, self.dsn)
        self.db = await self.opened(self.dsn)
        await self.db.execute("CREATE TABLE IF NOT EXISTS things (n int PRIMARY KEY)")
        await self.db.execute("DELETE FROM things")

    def emit(self, tx: Any, reason: str) -> None:
        tx.tell(SyncRequired(reason=reason), ["user:u"])

    async def test_a_room_that_is_not_for_it(self) -> None:
        """The call that tells somebody's news to a conversation fails, while its change can be taken back."""

        async def work() -> None:
            async with self.db.transaction() as tx:
                await tx.execute("INSERT INTO things VALUES (1)")
                self.emit(tx, "a")
                tx.tell(SyncRequired(reason="b"), ["conversation:c"])

        await self.assertFailure(Deferred.fromCoroutine(work()), TypeError)
        self.assertEqual((await self.things(), self.recorder.reasons), ([], []))

    async def things(self) -> list[int]:
        return [row[0] for row in await self.db.query("SELECT n FROM things ORDER BY n")]

    async def test_commit_then_publish(self) -> None:
        """Events leave after the commit, in order, and not before."""
        async with self.db.transaction() as tx:
            await tx.execute("INSERT INTO things VALUES (%s)", (1,))
            self.emit(tx, "a")
            self.emit(tx, "b")
            self.assertEqual(self.recorder.reasons, [])
            self.assertEqual(await self.things(), [])
        self.assertEqual(self.recorder.reasons, ["a", "b"])
        self.assertEqual(await self.things(), [1])

    async def test_rollback_announces_nothing(self) -> None:
        """A block that raises leaves neither rows nor events, and the connection is good for the next."""

        async def fails() -> None:
            async with self.db.transaction() as tx:
                await tx.execute("INSERT INTO things VALUES (1)")
                self.emit(tx, "a")
                raise KeyError

        for _ in range(4):
            await self.assertFailure(Deferred.fromCoroutine(fails()), KeyError)
        self.assertEqual((await self.things(), self.recorder.reasons), ([], []))

    async def test_ahead(self) -> None:
        """What nobody waits for goes with the next statement, or the commit, in order: no round trip of its own."""
        before = self.db.round_trips
        async with self.db.transaction() as tx:
            tx.ahead("INSERT INTO things VALUES (%s)", (1,))
            tx.ahead("INSERT INTO things VALUES (2) -- 100 %")
            self.assertEqual(await tx.query("SELECT n, '%%' FROM things WHERE n < %s", (9,)), [(1, "%"), (2, "%")])
            tx.ahead("DELETE FROM things WHERE n = 1")
        self.assertEqual(self.db.round_trips - before, 2)
        self.assertEqual(await self.things(), [2])

    async def test_what_fails_ahead(self) -> None:
        """The next statement fails with it, or the commit, and nothing of the transaction stays."""

        async def fails(*, at_once: bool) -> None:
            async with self.db.transaction() as tx:
                self.emit(tx, "a")
                await tx.execute("INSERT INTO things VALUES (1)")
                tx.ahead("INSERT INTO things VALUES (1)")
                if at_once:
                    await tx.query("SELECT 1")

        for at_once in (True, False) * 2:
            await self.assertFailure(Deferred.fromCoroutine(fails(at_once=at_once)), psycopg2.IntegrityError)
        self.assertEqual((await self.things(), self.recorder.reasons), ([], []))

    async def test_ahead_of_what_waits(self) -> None:
        """A statement behind a lock sees what was committed while the lock was waited for."""
        async with self.db.transaction() as one:
            await one.execute("LOCK TABLE things")
            await one.execute("INSERT INTO things VALUES (1)")

            async def behind() -> list[Any]:
                async with self.db.transaction() as two:
                    two.ahead("LOCK TABLE things")
                    return await two.query("SELECT n FROM things")

            seen = Deferred.fromCoroutine(behind())
            while not await one.query("SELECT 1 FROM pg_locks WHERE NOT granted"):
                pass
        self.assertEqual(await seen, [(1,)])

    async def test_failed_commit_announces_nothing(self) -> None:
        """A constraint that fails at COMMIT rolls everything back, events included."""
        await self.db.execute("CREATE TABLE late (n int REFERENCES things DEFERRABLE INITIALLY DEFERRED)")

        async def fails() -> None:
            async with self.db.transaction() as tx:
                await tx.execute("INSERT INTO late VALUES (99)")
                self.emit(tx, "a")

        try:
            await self.assertFailure(Deferred.fromCoroutine(fails()), psycopg2.IntegrityError)
            self.assertEqual(self.recorder.reasons, [])
        finally:
            await self.db.execute("DROP TABLE late")

    async def test_settings_of_a_connection(self) -> None:
        """What the DSN says stays; the rest is ours."""
        dsn = make_dsn(self.dsn, keepalives_idle=5, options="-c work_mem=8MB", application_name="another")
        db = await self.opened(dsn)
        rows = await db.query("SELECT name, setting FROM pg_settings WHERE name IN ('work_mem', 'jit', 'TimeZone')")
        self.assertEqual(dict(rows), {"work_mem": "8192", "jit": "off", "TimeZone": "UTC"})
        given = parse_dsn(db._dsn)
        self.assertEqual([given[f"keepalives_{name}"] for name in ("idle", "interval")], ["5", "10"])
        self.assertEqual(given["application_name"], "chatr")

    async def test_statement_timeout(self) -> None:
        """A statement that takes too long fails with unavailable."""
        db = await self.opened(self.dsn, statement_timeout_s=0.05)
        error = await self.unavailable(db.query("SELECT pg_sleep(10)"))
        self.assertIn("too long", error.detail)
        self.assertEqual(await db.query("SELECT 1"), [(1,)])

    async def test_acquire_deadline(self) -> None:
        """Who waits too long for a connection gets unavailable, and the others are served."""
        db = await self.opened(self.dsn, pool_size=1, acquire_timeout_s=0.05)
        async with db.transaction():
            await self.unavailable(db.query("SELECT 1"))
            self.assertEqual(db.waiting, 0)
        self.assertEqual(await db.query("SELECT 2"), [(2,)])

    async def test_bounded_wait_queue(self) -> None:
        """Beyond the queue's limit a call is refused at once; those in the queue are served in order."""
        db = await self.opened(self.dsn, pool_size=1, queue_limit=3)
        async with db.transaction():
            waiting = [Deferred.fromCoroutine(db.query("SELECT %s", (n,))) for n in range(3)]
            await self.unavailable(db.query("SELECT 1"))
        self.assertEqual(await gatherResults(waiting), [[(0,)], [(1,)], [(2,)]])

    async def test_cancelled_caller_leaves_the_connection_whole(self) -> None:
        """Cancelling whoever waits for a statement neither stops it nor leaks or poisons its connection."""
        for _ in range(5):
            call = Deferred.fromCoroutine(self.db.query("SELECT pg_sleep(0.01)"))
            call.addErrback(lambda _: None)
            call.cancel()

        async def block() -> None:
            async with self.db.transaction() as tx:
                await tx.execute("INSERT INTO things VALUES (7)")
                await tx.query("SELECT pg_sleep(0.01)")

        call = Deferred.fromCoroutine(block())
        call.addErrback(lambda _: None)
        reactor.callLater(0.005, call.cancel)  # type: ignore[attr-defined]
        await call
        self.assertEqual(await self.things(), [])
        both = [Deferred.fromCoroutine(self.db.query("SELECT pg_sleep(0.001)")) for _ in range(6)]
        await gatherResults(both)

    async def test_errors_that_a_repeat_may_mend(self) -> None:
        """A deadlock is unavailable, and does not count as a dead connection."""
        await self.db.execute("INSERT INTO things VALUES (1), (2)")
        first, second = Deferred[None](), Deferred[None]()

        async def lock(mine: int, theirs: int, held: Deferred[None], other: Deferred[None]) -> str:
            try:
                async with self.db.transaction() as tx:
                    await tx.query("SELECT 1 FROM things WHERE n = %s FOR UPDATE", (mine,))
                    held.callback(None)
                    await other
                    await tx.query("SELECT 1 FROM things WHERE n = %s FOR UPDATE", (theirs,))
                return "done"
            except ApiError as error:
                return error.code

        one = Deferred.fromCoroutine(lock(1, 2, first, second))
        two = Deferred.fromCoroutine(lock(2, 1, second, first))
        self.assertEqual(sorted(await gatherResults([one, two])), ["done", "unavailable"])
        self.assertEqual(len(self.db._connections), 2)

    async def test_closed(self) -> None:
        """After close every call is unavailable, those that waited or were under way too."""
        db = await self.opened(self.dsn, pool_size=1)
        other = await self.opened(self.dsn, pool_size=1)
        under_way = Deferred.fromCoroutine(self.unavailable(other.query("SELECT pg_sleep(1)")))
        other.close()
        await under_way

        async def half_done() -> None:
            async with db.transaction():
                waiting = Deferred.fromCoroutine(self.unavailable(db.query("SELECT 1")))
                db.close()
                await waiting

        await self.unavailable(half_done())
        self.assertFalse(await db.healthy())

    async def test_values_survive(self) -> None:
        """Text, arrays, JSON and times come back as they went in; times in UTC."""
        rows = await self.db.query(
            "SELECT %s::text, %s::text[], %s::jsonb, '2026-11-23T12:00:00+02'::timestamptz, %s::uuid",
            ("a'\\%\n😀", ["x", None, '"'], '{"a": [1]}', "00000000-0000-7000-8000-000000000001"),
        )
        text, array, document, moment, uuid = rows[0]
        self.assertEqual((text, array, document), ("a'\\%\n😀", ["x", None, '"'], {"a": [1]}))
        self.assertEqual(moment.isoformat(), "2026-11-23T10:00:00+00:00")
        self.assertEqual(uuid, "00000000-0000-7000-8000-000000000001")


class RestartTests(PoolCase):
    """PostgreSQL goes away and comes back."""

    async def test_killed_and_restarted(self) -> None:
        """Statements under way fail with unavailable, a dead pool answers unavailable, and it recovers by itself."""
        own = Box(durable=True)
        self.addCleanup(own.close)
        db = await self.opened(own.database(), acquire_timeout_s=20.0)
        under_way = [Deferred.fromCoroutine(self.unavailable(db.query("SELECT pg_sleep(60)")))]
        await db.query("SELECT 1")

        async def half_done() -> None:
            async with db.transaction() as tx:
                await tx.query("SELECT 1")
                own.stop_server()
                await tx.query("SELECT 2")

        await self.unavailable(half_done())
        await gatherResults(under_way)
        waits = Deferred.fromCoroutine(db.query("SELECT 3"))
        own.start_server()
        self.assertEqual(await waits, [(3,)])
        self.assertEqual(len(await gatherResults([Deferred.fromCoroutine(db.query("SELECT 1")) for _ in range(9)])), 9)

    async def test_restarted_in_the_ordinary_way(self) -> None:
        """Point 28 of issue 12: however many connections are lost, it is one line."""
        own = Box()
        self.addCleanup(own.close)
        db = await self.opened(own.database(), pool_size=8, queue_limit=100, acquire_timeout_s=20.0)
        log = LogLines("chatr.store.pool", "log_legacy")
        self.addCleanup(log.end)
        busy = [Deferred.fromCoroutine(self.unavailable(db.query("SELECT pg_sleep(60)"))) for _ in range(4)]
        await db.query("SELECT 1")
        own.stop_server(signal.SIGINT)
        await gatherResults(busy)
        self.assertEqual(self.flushLoggedErrors(), [])
        self.assertEqual(log.lines, ["a database connection was lost"])
        own.start_server()
        self.assertEqual(await db.query("SELECT 2"), [(2,)])

    async def test_closed_while_it_connects(self) -> None:
        """Point 28 of issue 12: a server that stops while we connect to it is an error, and no traceback in the log.

        Before, each such connection was an "Unhandled Error" of the reactor: four at a restart.
        """

        class Shuts(Protocol):
            def dataReceived(self, data: bytes) -> None:
                self.transport.loseConnection()

        port = reactor.listenTCP(0, Factory.forProtocol(Shuts), interface="127.0.0.1")  # type: ignore[attr-defined]
        self.addCleanup(port.stopListening)
        dsn = f"host=127.0.0.1 port={port.getHost().port} user=chatr dbname=chatr sslmode=disable"
        await self.assertFailure(Deferred.fromCoroutine(self.opened(dsn)), psycopg2.OperationalError)
        self.assertEqual(self.flushLoggedErrors(), [])

    async def test_idle_connections_notice(self) -> None:
        """A connection that dies while idle is replaced before anybody uses it."""
        db = await self.opened(box().database())
        before = set(db._connections)
        async with db.transaction() as tx:
            await tx.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'chatr' "
                "AND datname = current_database() AND pid <> pg_backend_pid()"
            )
        while len(db._connections) < 2 or not before - db._connections:
            await _turn()
        self.assertTrue(await db.healthy())


async def _turn() -> None:
    """One turn of the reactor."""
    turn: Deferred[None] = Deferred()
    reactor.callLater(0, turn.callback, None)  # type: ignore[attr-defined]
    await turn
