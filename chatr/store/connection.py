"""One PostgreSQL connection on txpostgres that notices its death, even when idle, and what goes over it at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE
from twisted.internet.defer import Deferred, fail
from twisted.internet.error import ConnectionClosed
from twisted.python.failure import Failure
from txpostgres import txpostgres


def is_death(error: BaseException | None) -> bool:
    """Tell whether an error means that the connection is gone.

    Deadlocks and lock timeouts are OperationalErrors too, but leave the connection usable: only errors without a
    code, of class 08 (connection) or 57P (the server is going down) count. ConnectionClosed is what txpostgres says of
    a statement that was under way when we closed.
    """
    if isinstance(error, psycopg2.InterfaceError | ConnectionDead | ConnectionClosed):
        return True
    if not isinstance(error, psycopg2.OperationalError):
        return False
    code = error.pgcode
    return code is None or code.startswith(("08", "57P"))


def is_lack(error: BaseException | None) -> bool:
    """Tell whether the server lacks what a statement needs, and nothing is wrong with the statement.

    Class 53: room on its disk, memory, connections; class 58: the system below it (58030: an I/O error).
    """
    return isinstance(error, psycopg2.Error) and (error.pgcode or "").startswith(("53", "58"))


class ConnectionDead(Exception):
    """The connection is down."""


class _Wire(txpostgres.Connection):
    """txpostgres raises into the reactor when an idle connection dies: here it is reported instead."""

    def __init__(self, reactor: Any, on_lost: Callable[[], None]) -> None:
        super().__init__(reactor)
        self._on_lost = on_lost

    def continuePolling(self, swallowErrors: bool = False) -> None:
        try:
            super().continuePolling(swallowErrors)
        except psycopg2.Error:
            self._on_lost()

    def doRead(self) -> None:
        try:
            super().doRead()
        except ValueError:
            # libpq has closed its socket, while it connected for example, and psycopg2 does not say so yet: there is
            # nothing left to watch.
            self._on_lost()


class Connection:
    """A connection that runs one statement at a time, in order. Once dead it stays dead: the pool makes another."""

    def __init__(
        self, reactor: Any, *, on_lost: Callable[[Connection], None], on_lack: Callable[[psycopg2.Error], None]
    ) -> None:
        self._on_lost = on_lost
        self._on_lack = on_lack
        self._wire: Any = _Wire(reactor, self._lost)
        self.alive = False
        self.statements = 0

    async def open(self, dsn: str) -> None:
        """Connect. Raises psycopg2.Error."""
        await self._wire.connect(dsn)
        self.alive = True

    def close(self) -> None:
        """Disconnect; statements under way fail."""
        self.alive = False
        if self._wire.pollable() is not None:
            self._wire.close()

    def run(self, sql: str, params: Sequence[Any], *, rows: bool) -> Deferred[Any]:
        """Run one statement behind those already queued. Never cancel what this returns."""
        if not self.alive:
            return fail(ConnectionDead())
        self.statements += 1
        run = self._wire.runQuery if rows else self._wire.runOperation
        done: Deferred[Any] = run(sql, tuple(params) if params else None)
        return done.addErrback(self._check)

    def quiet(self) -> Deferred[None]:
        """Wait until the statements queued so far have come back."""
        quiet: Deferred[None] = self._wire.lock.run(lambda: None)
        return quiet

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open or a statement under way."""
        return bool(self._wire.info.transaction_status != TRANSACTION_STATUS_IDLE)

    def _check(self, failure: Failure) -> Failure:
        if is_death(failure.value):
            self._lost()
        elif is_lack(failure.value):
            self._on_lack(failure.value)
        return failure

    def _lost(self) -> None:
        if self.alive:
            self.close()
            self._on_lost(self)


class StatementBatch:
    """Statements that wait for one that is waited for. In one message each still sees what was committed before it.

    PostgreSQL 55.2.2.1 "Multiple Statements in a Simple Query": they are run in order, each with a snapshot of its own;
    the first that fails ends all, and the answer is that of the last.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[str, Sequence[Any]]] = []

    def add(self, sql: str, params: Sequence[Any] = ()) -> None:
        """Let a statement wait for the next, in order."""
        self._waiting.append((sql, params))

    def take(self, sql: str, params: Sequence[Any] = ()) -> tuple[str, Sequence[Any]]:
        """Put all that waits before a statement, in one; nothing waits any more."""
        if not self._waiting:
            return sql, params
        statements = [*self._waiting, (sql, params)]
        self._waiting = []
        together = [value for _, values in statements for value in values]
        # What has no parameters is taken as it is, unless it stands beside some: there % is for them.
        texts = [text if values or not together else text.replace("%", "%%") for text, values in statements]
        # On lines of their own: a statement may end with a comment.
        return "\n;\n".join(texts), together
