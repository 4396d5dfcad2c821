"""A way to the server that breaks where a test wants it to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint
from twisted.internet.protocol import Factory, Protocol
from twisted.python.failure import Failure

HOST = "127.0.0.1"


class Way(Protocol):
    """One connection through it, and how many bytes have come from either side."""

    def __init__(self, cutter: Cutter) -> None:
        self.up = self.down = 0
        self._cutter = cutter
        self._waiting = b""
        self._server: Any = None

    def connectionMade(self) -> None:
        self._cutter.ways.add(self)
        factory = Factory.forProtocol(_ServerSide)
        factory.way = self  # type: ignore[attr-defined]
        port = self._cutter.server_port()
        TCP4ClientEndpoint(reactor, HOST, port, timeout=5).connect(factory).addCallbacks(self._connected, self._gone)

    def dataReceived(self, data: bytes) -> None:
        self.up += len(data)
        self._cutter.sent += len(data)
        if self._cut():
            return
        if self._server is None:
            self._waiting += data
        else:
            self._server.transport.write(data)

    def answered(self, data: bytes) -> None:
        """The server says something."""
        self.down += len(data)
        if not self._cut():
            self.transport.write(data)  # type: ignore[union-attr]

    def abort(self) -> None:
        """End it on both sides, without a word."""
        self.transport.abortConnection()  # type: ignore[union-attr]
        if self._server is not None:
            self._server.transport.abortConnection()

    def connectionLost(self, reason: Any = None) -> None:
        self._cutter.ways.discard(self)
        if self._server is not None:
            self._server.transport.abortConnection()
        self._cutter.fire()

    def _cut(self) -> bool:
        cut = self._cutter.cut_when
        if cut is None or not cut(self):
            return False
        self._cutter.cut_when = None
        self._cutter.cuts += 1
        self.abort()
        return True

    def _connected(self, server: Any) -> None:
        self._server = server
        server.transport.write(self._waiting)

    def _gone(self, failure: Failure) -> None:
        self.transport.abortConnection()  # type: ignore[union-attr]


class _ServerSide(Protocol):
    def dataReceived(self, data: bytes) -> None:
        self.factory.way.answered(data)  # type: ignore[union-attr]

    def connectionLost(self, reason: Any = None) -> None:
        self.factory.way.transport.loseConnection()  # type: ignore[union-attr]


class Cutter(Factory):
    """Takes connections, and passes on what comes. ``cut_when`` says of one that it is to be cut: once in all."""

    def __init__(self, server_port: Callable[[], int]) -> None:
        self.server_port = server_port
        self.cut_when: Callable[[Way], bool] | None = None
        self.cuts = self.sent = 0
        self.ways: set[Way] = set()
        self._port: Any = None
        self._empty: Deferred[None] | None = None

    def buildProtocol(self, address: Any) -> Way:
        return Way(self)

    async def start(self) -> int:
        """Listen; the port."""
        self._port = await TCP4ServerEndpoint(reactor, 0, interface=HOST).listen(self)
        return int(self._port.getHost().port)

    async def stop(self) -> None:
        """Listen no more; returns when nothing is open."""
        await self._port.stopListening()
        for way in list(self.ways):
            way.abort()
        if self.ways:
            self._empty = Deferred()
            await self._empty

    def fire(self) -> None:
        """Note that a connection is gone."""
        if self._empty is not None and not self.ways:
            empty, self._empty = self._empty, None
            empty.callback(None)
