"""The system's resolver, in threads of one's own."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, IHostnameResolver, IHostResolution, IResolutionReceiver
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool
from zope.interface import implementer


@implementer(IHostResolution)
class _Resolution:
    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """Nobody can stop the system: what it finds is not looked at."""


@implementer(IHostnameResolver)
class ThreadedResolver:
    """Asks getaddrinfo, whatever that asks. Whoever waits long waits in ``pool``, and in nobody else's way."""

    def __init__(self, reactor: Any, pool: ThreadPool) -> None:
        self._reactor = reactor
        self._pool = pool

    def resolveHostName(
        self,
        resolutionReceiver: IResolutionReceiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: str = "TCP",
    ) -> IHostResolution:
        resolution: IHostResolution = _Resolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        looking = deferToThreadPool(self._reactor, self._pool, _addresses, hostName, portNumber)
        looking.addCallback(_tell, resolutionReceiver)
        return resolution


def _tell(found: list[IPv4Address | IPv6Address], receiver: IResolutionReceiver) -> None:
    for address in found:
        receiver.addressResolved(address)
    receiver.resolutionComplete()


def _addresses(host: str, port: int) -> list[IPv4Address | IPv6Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [
        # An IPv6 address with a zone (%eth0) keeps it: it is no public one.
        (IPv6Address if family == socket.AF_INET6 else IPv4Address)("TCP", str(where[0]), port)
        for family, _, _, _, where in found
        if family in (socket.AF_INET, socket.AF_INET6)
    ]
