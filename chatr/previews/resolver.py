"""Names, looked up without threads: a name server that is silent holds a socket for seconds, and nobody else.

As the system's resolver does it: numbers, then hosts(5), then the servers of resolv.conf(5) with its search list.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import CancelledError, Deferred, FirstError, TimeoutError, gatherResults
from twisted.internet.interfaces import IAddress, IHostnameResolver, IHostResolution, IResolutionReceiver
from twisted.logger import Logger
from twisted.names import dns
from twisted.python.failure import Failure
from zope.interface import implementer

from chatr.previews.dnswire import NoAnswer, ask

log = Logger()

#: For a look-up with all servers, tries and names of the search list.
DEADLINE_S = 3.0
#: Until the next server is asked; all are asked twice.
TIMEOUTS_S = (0.8, 1.5)
#: As the system's resolver has it (resolv.conf(5)).
_MAX_SERVERS, _MAX_SEARCH, _MAX_NDOTS = 3, 6, 15
_MAX_NAME, _MAX_LABEL = 253, 63

Kept = TypeVar("Kept")


class Servers(msgspec.Struct, frozen=True):
    """What resolv.conf says."""

    addresses: tuple[str, ...] = ("127.0.0.1",)
    search: tuple[str, ...] = ()
    ndots: int = 1

    def candidates(self, name: str) -> list[str]:
        """The names to ask for, in order."""
        if name.endswith("."):
            return [name[:-1]]
        searched = [f"{name}.{domain}" for domain in self.search]
        return [name, *searched] if name.count(".") >= self.ndots else [*searched, name]


class Reread(Generic[Kept]):
    """A small file of the system, read again when it is another; one that is not there is empty."""

    def __init__(self, path: str, parsed: Callable[[str], Kept]) -> None:
        self._path = Path(path)
        self._parsed = parsed
        self._version: tuple[int, int] | None = None
        self._kept = parsed("")

    def get(self) -> Kept:
        """Return what it says."""
        try:
            status = os.stat(self._path)
            version = (status.st_mtime_ns, status.st_ino)
            if version != self._version:
                self._kept = self._parsed(self._path.read_text(encoding="utf-8", errors="replace"))
                self._version = version
        except OSError:
            self._version, self._kept = None, self._parsed("")
        return self._kept


@implementer(IHostResolution)
class _Resolution:
    """A look-up that is under way."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.v4: list[str] = []
        self.v6: list[str] = []
        self.looking: Deferred[None] = Deferred()

    @property
    def found(self) -> list[str]:
        """One kind after the other by turns: which of them leads somewhere from here is not known."""
        return [address for address in chain(*zip_longest(self.v4, self.v6)) if address]

    def cancel(self) -> None:
        """Stop it."""
        self.looking.cancel()


@implementer(IHostnameResolver)
class Resolver:
    """Looks names up, each for at most :data:`DEADLINE_S`; what is known by then is told."""

    def __init__(
        self, reactor: Any, *, hosts: str = "/etc/hosts", resolv: str = "/etc/resolv.conf", port: int = dns.PORT
    ) -> None:
        self._reactor = reactor
        self._hosts = Reread(hosts, parse_hosts)
        self._servers = Reread(resolv, parse_servers)
        self._port = port

    def resolveHostName(
        self,
        resolutionReceiver: IResolutionReceiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: str = "TCP",
    ) -> IHostResolution:
        """IHostnameResolver."""
        resolution = _Resolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        resolution.looking = Deferred.fromCoroutine(self._look(resolution)).addTimeout(DEADLINE_S, self._reactor)

        def tell(result: Failure | None) -> None:
            if isinstance(result, Failure) and not result.check(TimeoutError, CancelledError):
                log.failure("a name could not be looked up", result)
            for address in resolution.found:
                kind = IPv6Address if ":" in address else IPv4Address
                resolutionReceiver.addressResolved(kind("TCP", address, portNumber))
            resolutionReceiver.resolutionComplete()

        resolution.looking.addBoth(tell)
        return resolution

    async def _look(self, into: _Resolution) -> None:
        known = _numeric(into.name) or self._hosts.get().get(into.name.lower().rstrip("."), [])
        into.v4 += [address for address in known if ":" not in address]
        into.v6 += [address for address in known if ":" in address]
        for candidate in () if known else self._servers.get().candidates(into.name):
            if _is_name(candidate):
                asking = (self._records(candidate, dns.A, into.v4), self._records(candidate, dns.AAAA, into.v6))
                try:
                    await gatherResults([Deferred.fromCoroutine(each) for each in asking], consumeErrors=True)
                except FirstError as error:
                    error.subFailure.raiseException()
            if into.found:
                return

    async def _records(self, name: str, kind: int, into: list[str]) -> None:
        """The addresses of one kind, from the first server that knows about the name."""
        servers = self._servers.get().addresses
        for timeout_s in TIMEOUTS_S:
            for server in servers:
                try:
                    into += await ask(self._reactor, (server, self._port), name, kind, timeout_s)
                except NoAnswer:
                    continue
                return


def parse_hosts(text: str) -> dict[str, list[str]]:
    """Parse hosts(5): the addresses of each name."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        if _is_address(address):
            for name in names:
                found.setdefault(name.lower(), []).append(address)
    return found


def parse_servers(text: str) -> Servers:
    """resolv.conf(5)."""
    addresses: list[str] = []
    search: list[str] = []
    ndots = 1
    for line in text.splitlines():
        key, *values = line.split() or [""]
        if key == "nameserver" and values and _is_address(values[0]):
            addresses.append(values[0])
        elif key in ("search", "domain"):
            search = values
        elif key == "options":
            numbers = [value[len("ndots:") :] for value in values if value.startswith("ndots:")]
            ndots = next((min(int(number), _MAX_NDOTS) for number in numbers if number.isdecimal()), ndots)
    domains = [domain.strip(".") for domain in search]
    return Servers(
        tuple(addresses[:_MAX_SERVERS]) or Servers().addresses, tuple(filter(None, domains))[:_MAX_SEARCH], ndots
    )


def _numeric(host: str) -> list[str]:
    """What the system takes for an address without asking anybody, such as 0x7f.1."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return []
    # An IPv6 address with a zone (%eth0) keeps it: it is no public one.
    return [str(where[0]) for _, _, _, _, where in found]


def _is_address(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def _is_name(name: str) -> bool:
    return name.isascii() and len(name) <= _MAX_NAME and all(0 < len(part) <= _MAX_LABEL for part in name.split("."))
