"""The socket of a PostgreSQL connection: one message goes out, and its answer is handed on in the turn it comes in.

txpostgres connects. Its own way to run a statement takes a lock, a cursor with a poll cycle, two turns of the reactor,
and its reader in and out of it: here the reader stays.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg2
from psycopg2.extensions import POLL_OK, POLL_WRITE
from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IDelayedCall, IReadWriteDescriptor
from txpostgres import txpostgres
from zope.interface import implementer


class Connecting(txpostgres.Connection):
    """txpostgres raises into the reactor when a connection dies on the way; here only whoever connects is told."""

    def continuePolling(self, swallowErrors: bool = False) -> None:
        with suppress(psycopg2.Error):
            super().continuePolling(swallowErrors)

    def doRead(self) -> None:
        # libpq has closed its socket and psycopg2 does not say so yet: there is nothing left to watch.
        with suppress(ValueError):
            super().doRead()


@implementer(IReadWriteDescriptor)
class Socket:
    """Carries messages over a connection of psycopg2 that has been made, one at a time."""

    def __init__(self, reactor: Any, connection: Any, on_answer: Callable[[Exception | None], None]) -> None:
        """``on_answer``: the message was answered, by an error or else by :meth:`rows`, and the next may be sent.

        With an error and no message under way the connection has died. Never called while :meth:`send` runs.
        """
        self._reactor = reactor
        self._connection = connection
        self._mogrify = connection.cursor().mogrify
        self._cursor: Any = None
        self._on_answer = on_answer
        self._asked = self._writes = False
        self._at_once: IDelayedCall | None = None
        # libpq closes its own descriptor as soon as it notices that the connection is dead, and the number may be
        # another file's before the reactor is told.
        self._descriptor = os.dup(connection.fileno())
        reactor.addReader(self)

    @property
    def closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._descriptor < 0 or bool(self._connection.closed)

    @property
    def transaction_status(self) -> int:
        """One of psycopg2's TRANSACTION_STATUS."""
        return int(self._connection.get_transaction_status())

    def mogrify(self, sql: str, params: Any = None) -> bytes:
        """Write parameters into a statement. Raises what psycopg2 says of those that can't be."""
        written: bytes = self._mogrify(sql, params)
        return written

    def send(self, message: bytes) -> None:
        """Send a message: statements. Raises psycopg2.Error."""
        # One for each: it keeps the whole answer as long as it is there.
        self._cursor = self._connection.cursor()
        self._cursor.execute(message)
        self._asked = True
        # What the socket does not take at once goes out from here.
        try:
            state = self._connection.poll()
        except psycopg2.Error as error:
            self._at_once = self._reactor.callLater(0, self._answered, error)
        else:
            if state == POLL_OK:
                self._at_once = self._reactor.callLater(0, self._answered, None)
            else:
                self._go_on(state)

    def rows(self) -> list[tuple[Any, ...]]:
        """Take the rows of the answer. Raises psycopg2.ProgrammingError when there are none to take."""
        cursor, self._cursor = self._cursor, None
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def close(self) -> None:
        """Disconnect; a message under way has no answer."""
        if self._descriptor < 0:
            return
        self._asked = False
        self._reactor.removeReader(self)
        self._reactor.removeWriter(self)
        os.close(self._descriptor)
        self._descriptor = -1
        self._connection.close()

    def doRead(self) -> None:
        """Go on with the message under way; or the connection has died, or the server says something by itself."""
        if self._descriptor < 0:
            return
        try:
            state = self._connection.poll()
        except psycopg2.Error as error:
            self._answered(error, died=not self._asked)
        else:
            self._go_on(state)

    doWrite = doRead

    def fileno(self) -> int:
        """The descriptor for the reactor."""
        return self._descriptor

    def logPrefix(self) -> str:
        """How the reactor names it in its log."""
        return "postgresql"

    def connectionLost(self, reason: Any) -> None:
        """The reactor has found the socket closed, with nothing in it to read."""
        if self._descriptor >= 0:
            self._answered(ConnectionLost(), died=True)

    def _go_on(self, state: int) -> None:
        writes = state == POLL_WRITE
        if writes != self._writes:
            self._writes = writes
            (self._reactor.addWriter if writes else self._reactor.removeWriter)(self)
        if state == POLL_OK and self._asked:
            self._answered(None)

    def _answered(self, error: Exception | None, *, died: bool = False) -> None:
        if self._at_once is not None and self._at_once.active():
            self._at_once.cancel()
        if self._asked or died:
            # Before all else: whoever hears of it sends the next.
            self._asked = False
            self._on_answer(error)
