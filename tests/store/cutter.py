"""A way to PostgreSQL that can be cut between a statement and its answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from psycopg2.extensions import make_dsn, parse_dsn
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import ServerFactory
from twisted.protocols.portforward import ProxyClient, ProxyClientFactory, ProxyServer


class _There(ProxyServer):
    cut = False

    def connectionMade(self) -> None:
        self.transport.pauseProducing()
        client = _BackFactory()
        client.setServer(self)
        reactor.connectUNIX(self.factory.socket, client)  # type: ignore[attr-defined]

    late = False

    def dataReceived(self, data: bytes) -> None:
        if self.factory.lost and self.factory.lost in data:
            self.factory.lost, self.cut = b"", True
        if self.factory.late and self.factory.late in data:
            self.factory.late, self.late = b"", True
        super().dataReceived(data)


class _Back(ProxyClient):
    def dataReceived(self, data: bytes) -> None:
        if self.peer.cut:
            self.peer.transport.abortConnection()
        elif self.peer.late:
            self.peer.late = False
            self.peer.factory.kept.callback(lambda: self.dataReceived(data))
        else:
            super().dataReceived(data)


class _BackFactory(ProxyClientFactory):
    protocol = _Back
    noisy = False


class Cutter(ServerFactory):
    """Listens in front of a server. ``lost``: the next statement with this in it is done, and its answer is lost.

    ``late``: it is done, and its answer comes when that is called which ``kept`` fires with.
    """

    protocol = _There
    noisy = False

    def __init__(self, dsn: str) -> None:
        self.lost = self.late = b""
        self.kept: Deferred[Callable[[], None]] = Deferred()
        self.socket = f"{parse_dsn(dsn)['host']}/.s.PGSQL.5432"
        self.port: Any = reactor.listenTCP(0, self, interface="127.0.0.1")  # type: ignore[attr-defined]
        self.dsn = make_dsn(dsn, host="127.0.0.1", port=self.port.getHost().port, sslmode="disable")
