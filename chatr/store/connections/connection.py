"""One PostgreSQL connection that notices its death, even when idle, and what goes over it at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from chatr.store.connections.errors import ConnectionDead, Undone, is_death, is_lack, translate
from chatr.store.connections.prepared import Prepared, PreparedStatements, Statement
from chatr.store.connections.sockets import Connecting, Socket

#: What is to be done when statements have come back; with the error, if they failed.
Done: TypeAlias = Callable[["Connection", BaseException | None], None]


class _Message:
    """Statements that go together, or one to prepare; or none, and it is only that ``done`` is called in its turn."""

    __slots__ = ("again", "done", "prepares", "rows", "statements", "waiter")

    def __init__(
        self,
        statements: Sequence[Statement] = (),
        *,
        rows: bool = False,
        done: Done | None = None,
        waiter: Deferred[Any] | None = None,
        prepares: Prepared | None = None,
    ) -> None:
        self.statements = statements
        self.rows = rows
        self.done = done
        self.waiter = waiter
        self.prepares = prepares
        self.again = False


class Connection:
    """A connection that runs one message of statements at a time, in order.

    Once dead it stays dead: the pool makes another.
    """

    def __init__(
        self,
        reactor: Any,
        prepared: PreparedStatements,
        *,
        on_lost: Callable[[Connection], None],
        on_lack: Callable[[psycopg2.Error], None],
    ) -> None:
        self._reactor = reactor
        self._prepared = prepared
        self._on_lost = on_lost
        self._on_lack = on_lack
        self._connecting: Any = Connecting(reactor)
        self._socket: Any = None
        self._under_way: _Message | None = None
        self._queue: deque[_Message] = deque()
        self.alive = False
        self.statements = 0

    async def open(self, dsn: str) -> None:
        """Connect. Raises psycopg2.Error."""
        await self._connecting.connect(dsn)
        self._reactor.removeReader(self._connecting)
        self._socket = Socket(self._reactor, self._connecting.pollable(), self._answered)
        self.alive = True

    def close(self) -> None:
        """Disconnect; statements under way fail."""
        self.alive = False
        if self._socket is not None:
            self._socket.close()
        elif self._connecting.pollable() is not None:
            self._connecting.close()
        under_way, self._under_way = self._under_way, None
        queue, self._queue = self._queue, deque()
        if under_way is not None:
            self._end(under_way, None, ConnectionDone())
        for message in queue:
            self._end(message, None, ConnectionDead())

    def run(self, *statements: Statement, rows: bool, done: Done | None = None) -> Deferred[Any]:
        """Run statements at once, behind those already queued; the rows are those of the last.

        ``done`` is called when they have come back, before the Deferred fires. Whoever cancels that waits no more; the
        statements are run all the same. Fails with ``unavailable`` where trying again may help, or psycopg2.Error.
        """
        waiter: Deferred[Any] = Deferred()
        message = _Message(statements, rows=rows, done=done, waiter=waiter)
        if not self.alive:
            self._end(message, None, ConnectionDead())
            return waiter
        self.statements += 1
        if self._under_way is None and not self._queue:
            self._send(message)
        else:
            self._queue.append(message)
        return waiter

    def when_quiet(self, done: Done) -> None:
        """Do something when the statements queued so far have come back, or failed."""
        if self._under_way is None and not self._queue:
            done(self, None)
        else:
            self._queue.append(_Message(done=done))

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open or a statement under way."""
        return bool(self._socket.transaction_status != TRANSACTION_STATUS_IDLE)

    def _send(self, message: _Message) -> None:
        self._under_way = message
        try:
            if message.prepares is not None:
                self._socket.send(message.prepares.message)
            else:
                self._socket.send(self._prepared.message(self._socket.mogrify, message.statements))
        except Exception as error:
            self._failed(error)

    def _answered(self, error: Exception | None) -> None:
        message = self._under_way
        if error is not None or message is None:
            self._failed(error or ConnectionDead())
            return
        self._under_way = None
        rows = None
        if message.rows:
            try:
                rows = self._socket.rows()
            except Exception as failed:
                error = failed
        self._prepare()
        self._end(message, rows, error)
        self._go_on()

    def _failed(self, error: Exception) -> None:
        message, self._under_way = self._under_way, None
        if is_death(error) or self._socket.closed:
            self._lost()
            if message is not None:
                # A server that goes takes all connections with it: before anybody goes on, each has noticed.
                self._reactor.callLater(0, self._end, message, None, error)
            return
        if isinstance(error, psycopg2.Error) and is_lack(error):
            self._on_lack(error)
        if message is None:
            return
        stale = message.prepares is None and self._prepared.failed(error)
        if stale and not message.again and not self.in_transaction:
            message.again = True
            self._send(message)
            return
        # Within a transaction all of it has to be done again: that is for whoever does it.
        self._end(message, None, Undone() if stale and not message.again else error)
        self._go_on()

    def _go_on(self) -> None:
        """Send what is next."""
        while self._under_way is None and self._queue:
            message = self._queue.popleft()
            if message.statements:
                self._send(message)
            else:
                self._end(message, None, None)

    def _prepare(self) -> None:
        """Prepare what is to be, before somebody else has the connection: it is but once."""
        statement = self._prepared.candidate
        if statement is not None and not self._queue and not self.in_transaction:
            self._send(_Message(rows=True, prepares=self._prepared.prepare(statement)))

    def _end(self, message: _Message, rows: list[Any] | None, error: BaseException | None) -> None:
        if message.prepares is not None:
            if rows is not None:
                self._prepared.done(message.prepares, rows[0][0])
            elif error is not None:
                self._prepared.refused(message.prepares, error)
            return
        try:
            if message.done is not None:
                message.done(self, error)
        except Exception as failed:
            error = failed
        if message.waiter is None:
            return
        if error is None:
            message.waiter.callback(rows)
        else:
            message.waiter.errback(Failure(translate(error)))

    def _lost(self) -> None:
        if self.alive:
            self.close()
            self._on_lost(self)


class StatementBatch:
    """Statements that wait for one that is waited for. In one message each still sees what was committed before it."""

    def __init__(self) -> None:
        self._waiting: list[Statement] = []

    def add(self, sql: str, params: Sequence[Any] = ()) -> None:
        """Let a statement wait for the next, in order."""
        self._waiting.append((sql, params))

    def take(self, sql: str, params: Sequence[Any] = ()) -> list[Statement]:
        """Put all that waits before a statement; nothing waits any more."""
        statements, self._waiting = [*self._waiting, (sql, params)], []
        return statements
