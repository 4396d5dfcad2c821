"""How many connections there may be."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, UNIXClientEndpoint, serverFromString
from twisted.internet.interfaces import IProtocol
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from chatr.process.incidents import QUIET_S, Incidents
from chatr.rest.http.connections import Connections
from tests.logs import LogLines
from tests.rest.test_app import Raw, RestCase
from tests.wamp.wires import over_tls


class Speaker(Protocol):
    """A server that greets."""

    def connectionMade(self) -> None:
        self.transport.write(b"hello")  # type: ignore[union-attr]


class CountTests(SynchronousTestCase):
    """Counting callers."""

    def setUp(self) -> None:
        self.clock = Clock()

    def connections(self, **options: Any) -> Connections:
        chosen = {"per_caller": 2, "exempt_loopback": False, **options}
        return Connections(incidents=Incidents(self.clock.seconds), **chosen)

    def entered(self, connections: Connections, *hosts: str) -> list[bool]:
        return [connections.enter(host) for host in hosts]

    def test_per_caller(self) -> None:
        """One too many is refused; one less makes room; others have a count of their own."""
        connections = self.connections()
        self.assertEqual(self.entered(connections, *["192.0.2.1"] * 3, "192.0.2.2"), [True, True, False, True])
        connections.left("192.0.2.1")
        self.assertEqual(self.entered(connections, "192.0.2.1", "192.0.2.1"), [True, False])
        self.assertEqual((connections.open, connections.refused), (3, 2))

    def test_a_network_is_one_caller(self) -> None:
        """Who holds a /64 of IPv6 addresses is one, and so is an address in both its forms."""
        hosts = ("2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1")
        self.assertEqual(self.entered(self.connections(), *hosts), [True, True, False, True])
        self.assertEqual(
            self.entered(self.connections(), *["::ffff:192.0.2.1", "192.0.2.1"] * 2), [True] * 2 + [False] * 2
        )

    def test_who_is_not_limited(self) -> None:
        """In development this machine; Unix sockets; and everybody where a proxy is the peer."""
        exempt = self.connections(exempt_loopback=True)
        self.assertTrue(all(self.entered(exempt, *["127.0.0.1", "::1", "::ffff:127.0.0.1", ""] * 3)))
        self.assertEqual(self.entered(exempt, *["192.0.2.1"] * 3), [True, True, False])
        self.assertTrue(all(self.entered(self.connections(per_caller=0), *["192.0.2.1"] * 9)))
        behind = self.connections()
        self.assertTrue(all(behind.enter("192.0.2.1", knows_callers=False) for _ in range(9)))

    def test_room(self) -> None:
        """All together have as much room as there are files, of which no caller gets more than half."""
        connections = self.connections(per_caller=100)
        connections.room = 6
        self.assertEqual(self.entered(connections, *["192.0.2.1"] * 4), [True] * 3 + [False])
        self.assertEqual(self.entered(connections, "", "192.0.2.2", "192.0.2.3", "192.0.2.4"), [True] * 3 + [False])

    def test_log(self) -> None:
        """A flood is one line, and one a minute that counts it."""
        first, counts = LogLines("chatr.rest.http.connections"), LogLines("chatr.process.incidents")
        self.addCleanup(first.end)
        self.addCleanup(counts.end)
        connections = self.connections()
        self.entered(connections, *["192.0.2.1"] * 1000)
        self.clock.advance(QUIET_S)
        self.entered(connections, "192.0.2.1")
        said = "a connection was refused: 192.0.2.1 has 2 connections"
        self.assertEqual((first.lines, counts.lines), ([said], [f"998 times more in 60 s: {said}"]))


class PortTests(TestCase):
    """Real ports."""

    async def guarded(self, description: str, *, factory: Any = None) -> Any:
        incidents = Incidents(reactor.seconds)  # type: ignore[attr-defined]
        self.connections = Connections(per_caller=2, exempt_loopback=False, incidents=incidents)
        port = await serverFromString(reactor, description).listen(factory or Factory.forProtocol(Speaker))
        self.connections.guard(port)
        self.addCleanup(port.stopListening)
        return port

    async def connect(self, port: Any) -> Raw:
        raw: Raw = await TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port).connect(Factory.forProtocol(Raw))
        return raw

    async def gone(self, *clients: Raw) -> None:
        """Close, and wait until the server has seen it."""
        before = self.connections.open
        for client in clients:
            client.transport.abortConnection()  # type: ignore[union-attr]
            await client.closed
        while self.connections.open > before - len(clients):
            await _turn()

    async def test_tcp(self) -> None:
        """The third is closed before a byte was exchanged, and one that ends makes room."""
        port = await self.guarded("tcp:0:interface=127.0.0.1")
        clients = [await self.connect(port) for _ in range(2)]
        for client in clients:
            await client.hears(b"hello")
        self.assertEqual(await (await self.connect(port)).closed, b"")
        await self.gone(clients[0])
        again = await self.connect(port)
        await again.hears(b"hello")
        await self.gone(again, clients[1])
        self.assertEqual(self.connections.open, 0)

    async def test_handed_over(self) -> None:
        """A connection that another protocol has taken over, as a WebSocket does, is counted until it ends."""

        class Taken(Speaker):
            def dataReceived(self, data: bytes) -> None:
                successor: IProtocol = Speaker()
                self.transport.protocol = successor  # type: ignore[union-attr]
                successor.makeConnection(self.transport)

        port = await self.guarded("tcp:0:interface=127.0.0.1", factory=Factory.forProtocol(Taken))
        client = await self.connect(port)
        client.transport.write(b"x")  # type: ignore[union-attr]
        await client.hears(b"hellohello")
        self.assertEqual(self.connections.open, 1)
        await self.gone(client)

    async def test_a_protocol_that_fails_at_its_end(self) -> None:
        """What a protocol raises when its connection is lost takes no room for good."""

        class Broken(Speaker):
            def connectionLost(self, reason: Any = None) -> None:
                raise ValueError("at the end")

        port = await self.guarded("tcp:0:interface=127.0.0.1", factory=Factory.forProtocol(Broken))
        client = await self.connect(port)
        await client.hears(b"hello")
        await self.gone(client)
        self.assertEqual((self.connections.open, self.connections._of_caller), (0, {}))
        self.flushLoggedErrors(ValueError)

    async def test_tls(self) -> None:
        """Below TLS too: what is refused costs no handshake."""
        factory = over_tls(Factory.forProtocol(Speaker), self.mktemp())
        port = await self.guarded("tcp:0:interface=127.0.0.1", factory=factory)
        clients = [await self.connect(port) for _ in range(2)]
        self.assertEqual(await (await self.connect(port)).closed, b"")
        await self.gone(*clients)

    async def test_unix(self) -> None:
        """A Unix socket has no addresses to tell apart, and its connections are counted with the others."""
        path = f"{self.mktemp()[-40:]}.sock".replace("/", "_")
        await self.guarded(f"unix:{path}")
        clients = [await UNIXClientEndpoint(reactor, path).connect(Factory.forProtocol(Raw)) for _ in range(4)]
        for client in clients:
            await client.hears(b"hello")
        self.assertEqual(self.connections.open, 4)
        await self.gone(*clients)


class ServerTests(RestCase):
    """The server keeps to its settings."""

    settings = {"server.max_connections_per_address": "5", "limits.exempt_loopback": "false"}

    async def test_both_ports(self) -> None:
        """Connections of HTTP and RawSocket count together; what they say does not matter."""
        connections = self.service.node.connections  # type: ignore[union-attr]
        held = [await self.raw(b"") for _ in range(3)]
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", self.rawsocket_port)
        held += [await endpoint.connect(Factory.forProtocol(Raw)) for _ in range(2)]
        for late in (await self.raw(b""), await endpoint.connect(Factory.forProtocol(Raw))):
            self.assertEqual(await late.closed, b"")
        self.assertEqual((connections.open, connections.refused), (5, 2))
        held[0].transport.abortConnection()
        while connections.open == 5:
            await _turn()
        self.assertEqual((await self.answer("GET", "/health"))[0], 200)
        for each in held[1:]:
            each.transport.abortConnection()


class ProxyTests(RestCase):
    """Behind a proxy all come from its address."""

    settings = {
        "server.max_connections_per_address": "1",
        "server.trusted_proxies": "1",
        "limits.exempt_loopback": "false",
    }

    async def test_not_limited(self) -> None:
        """The proxy is not one caller."""
        held = [await self.raw(b"") for _ in range(4)]
        self.assertEqual((await self.answer("GET", "/health"))[0], 200)
        for each in held:
            each.transport.abortConnection()  # type: ignore[union-attr]


class OpenFilesTests(SynchronousTestCase):
    """The limit of open files."""

    def test_raised(self) -> None:
        """The soft limit becomes the hard one: a process of its own shows it."""
        code = (
            "import json, resource as r; from chatr.rest.http.connections import *;"
            "r.setrlimit(r.RLIMIT_NOFILE, (256, 900));"
            "print(json.dumps([raise_open_files(), *r.getrlimit(r.RLIMIT_NOFILE), room_for_connections(900)]))"
        )
        said = json.loads(
            subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
        )
        self.assertEqual(said[:3], [900, 900, 900])
        self.assertTrue(300 < said[3] < 900 - 512, said)

    def test_permitted(self) -> None:
        """Whatever the limits are here, raising them asks for nothing that is not permitted."""
        from chatr.rest.http.connections import raise_open_files

        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        self.assertEqual(raise_open_files(), 1024 * 1024 if hard == resource.RLIM_INFINITY else hard)


async def _turn() -> None:
    turn: Deferred[None] = Deferred()
    reactor.callLater(0, turn.callback, None)  # type: ignore[attr-defined]
    await turn
