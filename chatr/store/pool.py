"""The connection pool: transactions with events on commit, deadlines, and recovery after PostgreSQL restarts.

txpostgres makes each connection. Its own pool has no deadline, no bound on waiting and commits an empty transaction
when handed a coroutine, so the pool is ours.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Protocol

import psycopg2
from psycopg2.extensions import make_dsn, parse_dsn
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatr.api.errors import ApiError
from chatr.api.model import Wire
from chatr.api.topics import event_of
from chatr.config import DatabaseSettings
from chatr.process.tasks import Tasks
from chatr.store.connections.connection import Connection, Done, StatementBatch
from chatr.store.connections.errors import ConnectionDead, NoConnection, Unavailable, is_death
from chatr.store.connections.prepared import KnownTexts, PreparedStatements, Statement

log = Logger()
Row = tuple[Any, ...]

FIRST_RETRY_S = 0.1
LAST_RETRY_S = 2.0
#: Some connections may be idle for long: what stands between keeps them, and their death is noticed.
_KEEPALIVES = {"keepalives_idle": 60, "keepalives_interval": 10, "keepalives_count": 3}


class Queryable(Protocol):
    """Something SQL can be run on: the pool (a transaction per statement) or one transaction."""

    async def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Run one statement that answers rows."""

    async def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        """Run one statement without rows."""


class PublishEvent(Protocol):
    """How a committed event leaves."""

    def __call__(self, payload: Wire, rooms: Iterable[str], *, exclude: str = "", but: Iterable[str] = ()) -> None:
        """Announce ``payload`` to the rooms, without the connection ``exclude`` and whoever sits in ``but``."""


class Transaction:
    """One open transaction. Events emitted in it leave after its commit, in order, or never."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._batch = StatementBatch()
        self._batch.add("BEGIN")
        self.emitted: list[Callable[[PublishEvent], None]] = []

    async def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Run one statement that answers rows."""
        rows: list[Row] = await self._connection.run(*self._batch.take(sql, params), rows=True)
        return rows

    async def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        """Run one statement without rows."""
        await self._connection.run(*self._batch.take(sql, params), rows=False)

    def ahead(self, sql: str, params: Sequence[Any] = ()) -> None:
        """Run a statement without rows together with the next, or the commit. If it fails, that does.

        Nothing but SQL may count on its having been run before something behind it is awaited.
        """
        self._batch.add(sql, params)

    def commit(self, done: Done) -> Deferred[Any]:
        """Commit, with what waits."""
        return self._connection.run(*self._batch.take("COMMIT"), rows=False, done=done)

    def tell(self, payload: Wire, rooms: Iterable[str], *, exclude: str = "", but: Iterable[str] = ()) -> None:
        """Announce an event once the transaction has committed; not to whoever sits in one of the rooms ``but``."""
        rooms, but = tuple(rooms), tuple(but)
        # What would fail when it is too late to go back fails now.
        event_of(type(payload)).check(rooms)
        self.emitted.append(lambda publish: publish(payload, rooms, exclude=exclude, but=but))

    def then(self, action: Callable[[], None]) -> None:
        """Do something once the transaction has committed, in order with its events."""
        self.emitted.append(lambda _: action())


class Database:
    """A fixed number of connections, shared. Every failure that trying again may mend is ``unavailable``."""

    def __init__(
        self,
        tasks: Tasks,
        settings: DatabaseSettings,
        *,
        publish: PublishEvent,
        on_doubt: Callable[[str], None],
    ) -> None:
        """``on_doubt``: something may have been committed whose events never leave, as its connection died over it.

        Called with a sentence, once the database can be asked again what became of it.
        """
        self._clock = tasks.clock
        self._acquire_timeout_s = settings.acquire_timeout_s
        self._queue_limit = settings.queue_limit
        self._statement_timeout_ms = int(settings.statement_timeout_s * 1000)
        self._publish = publish
        self._on_doubt = on_doubt
        self._in_doubt = False
        self._size = settings.pool_size
        self._idle: list[Connection] = []
        self._waiting: deque[Deferred[Connection]] = deque()
        self._connections: set[Connection] = set()
        self._retries: set[IDelayedCall] = set()
        self._dsn = ""
        self._closed = True
        self._incidents = tasks.incidents
        self._connecting = tasks.pulse("database_connections")
        self._statements_of_the_dead = 0
        self.texts = KnownTexts(prepare=settings.prepare)

    async def open(self, dsn: str) -> None:
        """Connect. Raises psycopg2.Error when the first connection can't be made."""
        self._closed = False
        self._dsn = self._with_options(dsn)
        for _ in range(self._size):
            await self._connect()

    def close(self) -> None:
        """Close all connections; waiting calls fail with ``unavailable``."""
        self._closed = True
        for retry in self._retries:
            retry.cancel()
        self._retries.clear()
        for connection in list(self._connections):
            connection.close()
        self._connections.clear()
        self._idle.clear()
        while self._waiting:
            self._waiting.popleft().errback(NoConnection())

    async def query(
        self,
        sql: str,
        params: Sequence[Any] = (),
        *,
        ahead: Sequence[Statement] = (),
        announced: bool = False,
        first: bool = False,
    ) -> list[Row]:
        """Run one statement in a transaction of its own, or in one with those ``ahead`` of it.

        ``announced``: the caller has events of what it does. ``first``: before all others that wait for a connection,
        for what is done once for many.
        """
        connection = self._free() or await self._turn(first=first)
        done = self._announced if announced else self._returned
        rows: list[Row] = await connection.run(*ahead, (sql, params), rows=True, done=done)
        return rows

    async def execute(self, sql: str, params: Sequence[Any] = (), *, ahead: Sequence[Statement] = ()) -> None:
        """Run one statement without rows in a transaction of its own, or in one with those ``ahead`` of it."""
        connection = self._free() or await self._turn()
        await connection.run(*ahead, (sql, params), rows=False, done=self._returned)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Begin a transaction: committed when the block ends, rolled back when it raises.

        Never query the pool inside the block: when all connections do, none is left to answer.
        """
        connection = self._free() or await self._turn()
        tx = Transaction(connection)
        try:
            yield tx
            # A caller that is cancelled here stops waiting; the commit goes on and its events leave all the same.
            await tx.commit(partial(self._committed, tx))
        except BaseException:
            if connection.alive and connection.in_transaction:
                connection.run(("ROLLBACK", ()), rows=False).addErrback(_log_rollback)
            raise
        finally:
            # Behind the last of the statements that queue up on it.
            connection.when_quiet(self._returned)

    async def healthy(self) -> bool:
        """Tell whether a statement comes back."""
        try:
            return bool(await self.query("SELECT 1"))
        except ApiError:
            return False

    @property
    def waiting(self) -> int:
        """How many calls wait for a connection."""
        return len(self._waiting)

    @property
    def round_trips(self) -> int:
        """How many times statements were sent."""
        return self._statements_of_the_dead + sum(connection.statements for connection in self._connections)

    async def _connect(self) -> None:
        prepared = PreparedStatements(self.texts)
        connection = Connection(self._clock, prepared, on_lost=self._lost, on_lack=self._lacks)
        self._connections.add(connection)
        try:
            await connection.open(self._dsn)
        except BaseException:
            self._connections.discard(connection)
            raise
        self._ready(connection)
        if self._in_doubt:
            self._in_doubt = False
            self._on_doubt("the database was interrupted")

    def _lost(self, connection: Connection) -> None:
        if self._incidents.first("a database connection was lost", "a database connection was lost"):
            log.warn("a database connection was lost")
        self._connections.discard(connection)
        self._statements_of_the_dead += connection.statements
        self._retry(FIRST_RETRY_S)

    def _lacks(self, error: psycopg2.Error) -> None:
        words = f"the database refuses: {error.diag.message_primary} ({error.pgcode})"
        if self._incidents.first(("the database refuses", error.pgcode), words):
            log.error("{words}", words=words)

    def _retry(self, delay_s: float) -> None:
        if self._closed:
            return

        def again() -> None:
            self._retries.discard(call)
            Deferred.fromCoroutine(self._connect()).addCallbacks(lambda _: self._connecting.succeeded(), failed)

        def failed(failure: Failure) -> None:
            if self._closed:
                return
            # Whatever it was: a connection that nobody makes again is gone for good.
            words = " ".join(failure.getErrorMessage().split())
            expected = failure.check(psycopg2.Error) is not None
            self._connecting.failed(failure, said=f"no connection to the database: {words}" if expected else "")
            self._retry(min(delay_s * 2, LAST_RETRY_S))

        call = self._clock.callLater(delay_s, again)
        self._retries.add(call)

    def _with_options(self, dsn: str) -> str:
        settings = _KEEPALIVES | parse_dsn(dsn)
        ours = f"-c statement_timeout={self._statement_timeout_ms} -c timezone=UTC -c synchronous_commit=on"
        idle = f"-c idle_in_transaction_session_timeout={2 * self._statement_timeout_ms}"
        # Compiling a statement takes longer than any of ours; PostgreSQL guesses that searches would be worth it.
        options = f"{settings.get('options', '')} {ours} {idle} -c jit=off".strip()
        return str(make_dsn(**settings | {"options": options, "application_name": "chatr"}))

    def _committed(self, tx: Transaction, connection: Connection, error: BaseException | None) -> None:
        if error is None:
            for emit in tx.emitted:
                emit(self._publish)
        elif tx.emitted:
            self._doubt(error)

    def _announced(self, connection: Connection, error: BaseException | None) -> None:
        if error is not None:
            self._doubt(error)
        self._returned(connection, error)

    def _doubt(self, error: BaseException) -> None:
        """When the connection dies over a statement that commits, nobody knows if it has."""
        if is_death(error) and not isinstance(error, ConnectionDead):
            self._in_doubt = True

    def _free(self) -> Connection | None:
        """Take the connection that came back last: it is the one that most is prepared on."""
        if self._closed:
            raise NoConnection
        while self._idle:
            connection = self._idle.pop()
            if connection.alive:
                return connection
        return None

    async def _turn(self, *, first: bool = False) -> Connection:
        """Wait for a connection. Raises NoConnection."""
        if len(self._waiting) >= self._queue_limit and not first:
            raise Unavailable
        waiter: Deferred[Connection] = Deferred(self._waiting_cancelled)
        if first:
            self._waiting.appendleft(waiter)
        else:
            self._waiting.append(waiter)
        deadline = self._clock.callLater(self._acquire_timeout_s, self._give_up, waiter)
        try:
            return await waiter
        finally:
            if deadline.active():
                deadline.cancel()

    def _waiting_cancelled(self, waiter: Deferred[Connection]) -> None:
        if waiter in self._waiting:
            self._waiting.remove(waiter)

    def _give_up(self, waiter: Deferred[Connection]) -> None:
        self._waiting_cancelled(waiter)
        waiter.errback(NoConnection())

    def _returned(self, connection: Connection, error: BaseException | None) -> None:
        if connection.alive:
            self._ready(connection)

    def _ready(self, connection: Connection) -> None:
        if self._closed:
            connection.close()
        elif self._waiting:
            self._waiting.popleft().callback(connection)
        else:
            self._idle.append(connection)


def _log_rollback(failure: Failure) -> None:
    log.warn("rollback failed: {error}", error=failure.getErrorMessage())
