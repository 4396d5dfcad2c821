"""How many connections there may be, each caller's and all, and how much their answers may take until they are read."""

from __future__ import annotations

import os
import resource
from typing import Any, Protocol

from twisted.internet.interfaces import IAddress, IDelayedCall, IReactorTime
from twisted.internet.protocol import Factory
from twisted.logger import Logger

from chatr.config import Config
from chatr.networks import caller_key, is_loopback
from chatr.process.incidents import Incidents
from chatr.process.tasks import Tasks
from chatr.sharing import Shared, Sharing

log = Logger()

#: Of answers that wait for their readers, in all connections together.
MAX_UNREAD_BYTES = 64 * 1024 * 1024
#: An answer that has waited for less is on its way.
UNREAD_PATIENCE_S = 1.0
#: Files that are open for other things than callers' connections: the database, mail, pages, bodies, what is uploaded
#: and downloaded (rest/transfers/transfers.py).
RESERVED_FILES = 512
#: Connections that there may be however few files there are.
LEAST_ROOM = 128
#: More than any process here needs, where the system sets no limit.
MAX_OPEN_FILES = 1024 * 1024


def raise_open_files() -> int:
    """Let the process have as many open files as it is permitted to, which is often far more; how many that are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            return wanted
        except (OSError, ValueError) as error:
            log.warn("the limit of open files stays at {soft}: {error}", soft=soft, error=error)
            return soft
    return wanted if soft == resource.RLIM_INFINITY else soft


def room_for_connections(open_files: int) -> int:
    """How many of so many files may be connections, beside those that are open now and those that are yet to come."""
    return max(LEAST_ROOM, open_files - len(os.listdir("/proc/self/fd")) - RESERVED_FILES)


class Connections:
    """Counts connections from the moment they are accepted. One too many is closed before anything is read from it.

    ``per_caller``: of one address, as :func:`chatr.networks.caller_key` tells callers apart; 0 for no limit. Nobody
    has more than half of ``room``, so that no single caller keeps all others out.
    """

    def __init__(
        self, *, per_caller: int, exempt_loopback: bool, incidents: Incidents, sharing: Sharing | None = None
    ) -> None:
        """``sharing``: how those who send take turns, if they do."""
        self._sharing = sharing
        self.room = MAX_OPEN_FILES
        self.open = 0
        self.refused = 0
        self._per_caller = per_caller
        self._exempt_loopback = exempt_loopback
        self._incidents = incidents
        self._of_caller: dict[str, int] = {}

    @classmethod
    def of(cls, config: Config, tasks: Tasks, sharing: Sharing) -> Connections:
        """What the operator has chosen. Proxies that are trusted have limits of their own."""
        server = config.server
        per_caller = 0 if server.trusted_proxies else server.max_connections_per_address
        exempt = config.exempt_loopback
        return cls(per_caller=per_caller, exempt_loopback=exempt, incidents=tasks.incidents, sharing=sharing)

    def guard(self, port: Any, *, knows_callers: bool = True) -> None:
        """Have a listening port keep to the limits. ``knows_callers``: its peers are callers, not a proxy."""
        port.factory = _Guarded(port.factory, self, knows_callers)
        # Whatever protocol a connection is handed on to, its transport is what knows of the end.
        port.transport = type("CountedServer", (_Counted, port.transport), {"connections": self})
        if self._sharing is not None:
            key = staticmethod(self._key if knows_callers else str)
            own = {"sharing": self._sharing, "key_of": key, "server": port, "reactor": port.reactor}
            port.transport = type("SharedServer", (Shared, port.transport), own)

    def enter(self, host: str, *, knows_callers: bool = True) -> bool:
        """Whether one more connection from there may be."""
        key = caller_key(host)
        if self.open >= self.room:
            self._refuse("room", f"{self.room} connections are open, as many as there are files for")
        elif knows_callers and self._limited(host) and self._of_caller.get(key, 0) >= self._most():
            self._refuse("caller", f"{key} has {self._most()} connections")
        else:
            self.open += 1
            self._of_caller[key] = self._of_caller.get(key, 0) + 1
            return True
        return False

    def left(self, host: str) -> None:
        """A connection from there has ended."""
        key = caller_key(host)
        self.open -= 1
        self._of_caller[key] -= 1
        if not self._of_caller[key]:
            del self._of_caller[key]

    def _key(self, host: str) -> str:
        """Whose turn it is where a connection comes from there; empty: nobody's that is known."""
        return caller_key(host) if self._limited(host) else ""

    def _limited(self, host: str) -> bool:
        """Unix sockets have no address, and whoever reaches them is on this machine."""
        return bool(self._per_caller and host) and not (self._exempt_loopback and is_loopback(host))

    def _most(self) -> int:
        return min(self._per_caller, self.room // 2)

    def _refuse(self, kind: str, why: str) -> None:
        """Count, and tell the log of the first: whoever floods us should not flood that too."""
        self.refused += 1
        said = f"a connection was refused: {why}"
        if self._incidents.first(("connections", kind), said):
            log.warn("{said}", said=said)


class _Guarded(Factory):
    """Stands before the factory of a port. Where it makes no protocol, the port closes the connection."""

    noisy = False

    def __init__(self, factory: Any, connections: Connections, knows_callers: bool) -> None:
        self._factory = factory
        self._connections = connections
        self._knows_callers = knows_callers

    def buildProtocol(self, addr: IAddress | None) -> Any:
        host = getattr(addr, "host", "")
        if not self._connections.enter(host, knows_callers=self._knows_callers):
            return None
        protocol = self._factory.buildProtocol(addr)
        if protocol is None:
            self._connections.left(host)
        return protocol

    def doStart(self) -> None:
        self._factory.doStart()

    def doStop(self) -> None:
        self._factory.doStop()


class _Counted:
    """Mixed into the transports of a port."""

    connections: Connections

    def connectionLost(self, reason: Any) -> None:
        """Make room."""
        try:
            super().connectionLost(reason)  # type: ignore[misc]
        finally:
            self.connections.left(getattr(self.getPeer(), "host", ""))  # type: ignore[attr-defined]


class AnswerReader(Protocol):
    """Who reads answers: a connection."""

    def cut(self) -> None:
        """End at once."""


class Unread:
    """The answers that wait for their readers. Beyond ``max_bytes`` whoever has waited longest is cut off."""

    def __init__(self, clock: IReactorTime, max_bytes: int = MAX_UNREAD_BYTES) -> None:
        self._clock = clock
        self._max_bytes = max_bytes
        self._waiting: dict[AnswerReader, tuple[float, int]] = {}
        self._call: IDelayedCall | None = None
        self.bytes = 0

    def waits(self, reader: AnswerReader, size: int) -> None:
        """So much of a connection's answers is not read."""
        since_s, before = self._waiting.get(reader, (self._clock.seconds(), 0))
        self._waiting[reader] = (since_s, size)
        self.bytes += size - before
        if self.bytes > self._max_bytes and self._call is None:
            self._trim()

    def gone(self, reader: AnswerReader) -> None:
        """A connection has read everything, or is no more."""
        _, size = self._waiting.pop(reader, (0.0, 0))
        self.bytes -= size
        if not self._waiting and self._call is not None:
            self._call.cancel()
            self._call = None

    def _trim(self) -> None:
        self._call = None
        while self.bytes > self._max_bytes:
            # In the order in which they began to wait.
            reader, (since_s, _) = next(iter(self._waiting.items()))
            left_s = since_s + UNREAD_PATIENCE_S - self._clock.seconds()
            if left_s > 0:
                self._call = self._clock.callLater(left_s, self._trim)
                return
            log.info("cut off a connection that does not read: {bytes} bytes of answers wait", bytes=self.bytes)
            self.gone(reader)
            reader.cut()
