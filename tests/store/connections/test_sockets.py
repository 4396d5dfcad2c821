"""Connections on a real PostgreSQL: what goes out, what comes back, and in which order."""

from __future__ import annotations

from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone

from chatr.api.errors import ApiError
from chatr.store.connections.connection import Connection
from chatr.store.connections.errors import ConnectionDead
from chatr.store.connections.prepared import KnownTexts, PreparedStatements
from tests.box import box
from tests.store.test_pool import PoolCase


class ConnectionTests(PoolCase):
    """Connection"""

    async def setUp(self) -> None:
        self.lost: list[Connection] = []
        self.connection = await self.connected()

    async def connected(self) -> Connection:
        connection = Connection(
            reactor, PreparedStatements(KnownTexts()), on_lost=self.lost.append, on_lack=lambda _: None
        )
        await connection.open(box().shared())
        self.addCleanup(connection.close)
        return connection

    def query(self, sql: str, *params: Any, **options: Any) -> Deferred[Any]:
        return self.connection.run((sql, params), rows=True, **options)

    async def test_more_than_the_socket_takes(self) -> None:
        """A statement and an answer of many megabytes."""
        text = "0123456789abcdef" * 600_000
        for _ in range(3):
            self.assertEqual(await self.query("SELECT %s::text, length(%s)", text, text), [(text, len(text))])

    async def test_in_order(self) -> None:
        """Statements are run as they came, one that fails in their midst, and who waits for quiet waits for all."""
        order: list[Any] = []
        for n in (1, 0, 2):
            self.query("SELECT 2 / %s::int", n).addBoth(lambda found: order.append(found))
        self.connection.when_quiet(lambda *_: order.append("quiet"))
        await self.query("SELECT 3")
        self.assertEqual([order[0], order[2], order[3]], [[(2,)], [(1,)], "quiet"])
        self.assertEqual(order[1].value.pgcode, "22012")

    async def test_handed_out_before_it_is_told(self) -> None:
        """Who is done with the connection says so before whoever waits for the answer goes on."""
        order: list[str] = []
        await self.query("SELECT 1", done=lambda *_: order.append("done")).addCallback(lambda _: order.append("told"))
        self.assertEqual(order, ["done", "told"])

    async def test_the_next_from_within_an_answer(self) -> None:
        """Whoever is handed an answer may run the next statement there and then."""
        found = await self.query("SELECT 1").addCallback(lambda _: self.query("SELECT 2"))
        self.assertEqual(found, [(2,)])

    async def test_what_can_not_be_written(self) -> None:
        """It fails, and what comes behind it does not."""
        wrong = [self.query("SELECT %s, %s", 1), self.query("SELECT %s", "\x00"), self.query("SELECT %s", object())]
        kinds = [type(await each.addErrback(lambda failure: failure.value)).__name__ for each in wrong]
        self.assertEqual(kinds, ["IndexError", "ValueError", "ProgrammingError"])
        self.assertEqual(await self.query("SELECT 1"), [(1,)])

    async def test_cancelled(self) -> None:
        """Whoever waits no more changes nothing for the others."""
        order: list[str] = []
        first = self.query("SELECT pg_sleep(0.01)", done=lambda *_: order.append("done"))
        first.addErrback(lambda failure: order.append(failure.type.__name__))
        first.cancel()
        self.assertEqual(await self.query("SELECT 1"), [(1,)])
        self.assertEqual(order, ["CancelledError", "done"])

    async def test_closed(self) -> None:
        """What is under way may have been done; what was not sent has not; nothing goes behind it."""
        errors: list[Any] = []
        waiting = [self.query("SELECT pg_sleep(1)", done=lambda _, error: errors.append(error)) for _ in range(2)]
        self.connection.close()
        waiting.append(self.query("SELECT 1", done=lambda _, error: errors.append(error)))
        for each in waiting:
            await self.assertFailure(each, ApiError)
        self.assertEqual([type(error) for error in errors], [ConnectionDone, ConnectionDead, ConnectionDead])
        self.assertEqual(self.lost, [])
        self.connection.close()

    async def test_it_dies(self) -> None:
        """Over a statement, or while nobody asks it anything: it is said once, and nothing is sent any more."""
        others = [await self.connected() for _ in range(2)]
        pids = [(await each.run(("SELECT pg_backend_pid()", ()), rows=True))[0][0] for each in others]
        busy = others[0].run(("SELECT pg_sleep(9)", ()), rows=True)
        await self.query("SELECT pg_terminate_backend(n) FROM unnest(%s::int[]) n", pids)
        await self.assertFailure(busy, ApiError)
        while others[1].alive:
            await _turn()
        await self.assertFailure(others[1].run(("SELECT 1", ()), rows=True), ApiError)
        self.assertCountEqual(self.lost, others)


async def _turn() -> None:
    """One turn of the reactor."""
    turn: Deferred[None] = Deferred()
    reactor.callLater(0, turn.callback, None)  # type: ignore[attr-defined]
    await turn
