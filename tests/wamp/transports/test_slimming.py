"""What an open connection keeps: little, and it behaves as before."""

from __future__ import annotations

from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred

from chatr.process.incidents import Incidents
from chatr.rest.http.connections import Connections
from chatr.sharing import Sharing
from chatr.wamp.transports import shortcuts
from chatr.wamp.transports.slimming import AT_REST, BYGONE, HANDSHAKE, UNUSED
from chatr.wamp.transports.websocket import WampWebSocket
from tests.wamp.case import HELLO
from tests.wamp.transports.test_sockets import SocketCase
from tests.wamp.transports.test_websocket import MemoryCase
from tests.wamp.wires import JSON, PING, PONG, TEXT, MemoryWebSocket, client_frame

#: What differs from connection to connection.
OWN = {"_output", "_serializer", "autoPingPendingCall", "session", "transport"}
#: And of its transport.
TRANSPORTS = {
    "_known",
    "_known_since_s",
    "_tempDataBuffer",
    "_turn_key",
    "client",
    "fileno",
    "producer",
    "protocol",
    "socket",
}
#: Set to what the factory says: they are the same as in the class.
OPTIONS = {"maxFramePayloadSize", "maxMessagePayloadSize"}
CALL = client_frame(TEXT, JSON.dumps([48, 1, {}, "chatr.echo.whoami"]))


class SlimmingTests(MemoryCase):
    """Connections in memory."""

    def rested(self) -> MemoryWebSocket:
        """A client whose session is open and at rest."""
        client = self.joined()
        self.clock.advance(0)
        return client

    def answered(self, client: MemoryWebSocket) -> None:
        """A ping of the server's is answered."""
        self.clock.advance(20)
        *_, (opcode, payload) = client.frames()
        self.assertEqual(opcode, PING)
        client.server.dataReceived(client_frame(PONG, payload))
        self.clock.advance(0)

    def test_names(self) -> None:
        """Each attribute that is named is one of the installed Autobahn's, with that value at rest; none is left out.

        Where this fails after an upgrade: what is new goes to the list that says when it is read.
        """
        self.serve(ping_interval_s=20)
        self.factory.protocol = shortcuts.with_options_of(self.factory, WampWebSocket)
        client = self.joined()
        client.server.dataReceived(_part(CALL, fin=False) + client_frame(0, b"", fin=True))
        self.answered(client)
        found = vars(client.server)
        named = {**HANDSHAKE, **UNUSED, **BYGONE, **AT_REST}
        self.assertEqual({*found} - {*named}, {*OWN, *OPTIONS, "factory"})
        self.assertEqual({*named} - {*found}, set())
        at_rest = {name: value for name, value in AT_REST.items() if name != "autoPingPendingSeq"}
        self.assertEqual({name: found[name] for name in at_rest}, at_rest)
        self.leave(client)

    def test_kept(self) -> None:
        """A connection at rest keeps what is its own; after a ping, its number as well."""
        self.serve(ping_interval_s=20)
        client = self.rested()
        self.assertEqual({*vars(client.server)}, OWN)
        for _ in range(3):
            self.answered(client)
            self.assertEqual({*vars(client.server)}, {*OWN, "autoPingPendingSeq"})
        self.leave(client)

    def test_in_the_middle_of_a_message(self) -> None:
        """A client may send half a message, or part of it, before it is welcomed: nothing of that is lost."""
        for first, second in ((CALL[:20], CALL[20:]), (_part(CALL, fin=False), client_frame(0, b"", fin=True))):
            self.serve()
            client = self.connected()
            self.setting.tickets.hold = Deferred()
            client.say(HELLO)
            client.say([5, "alice", {}])
            client.server.dataReceived(first)
            self.setting.tickets.hold.callback(None)
            self.clock.advance(0)
            client.server.dataReceived(second)
            self.assertEqual([message[0] for message in self.heard(client)], [4, 2, 50])
            self.leave(client)

    def test_nothing_is_shared_that_matters(self) -> None:
        """Of two connections at rest one closes, and the other goes on."""
        one = self.rested()
        other = self.rested()
        one.say([6, {}, "wamp.close.close_realm"])
        self.assertEqual([message[0] for message in self.heard(one)], [6, 1000])
        other.server.dataReceived(CALL)
        self.assertEqual([message[0] for message in self.heard(other)], [50])

    def test_compressed(self) -> None:
        """A connection that compresses is left as it is."""
        self.serve(compression=True)
        client = self.connected(Sec_WebSocket_Extensions="permessage-deflate")
        client.say(HELLO)
        client.say([5, "alice", {}])
        self.clock.advance(0)
        self.assertEqual(client.server.session.state, "open")
        self.assertIn("http_headers", vars(client.server))
        self.leave(client)


class TransportTests(SocketCase):
    """The connection below, on real sockets."""

    async def test_kept(self) -> None:
        """It keeps what is its own, and goes on: long messages both ways, and a clean close."""
        await self.serve()
        connections = Connections(
            per_caller=0, exempt_loopback=True, incidents=Incidents(reactor.seconds), sharing=Sharing(reactor)
        )
        connections.guard(self.listening)
        client = await self.join()
        server: Any = next(iter(self.setting.door.router.sessions.everyone()))
        transport = server._link._protocol.transport
        self.assertEqual({*vars(transport)}, TRANSPORTS)
        client.say([48, 2, {}, "chatr.echo.get", [], {"text": "é" * 100_000}])
        self.assertEqual(await client.hear(), [50, 2, {}, [], {"text": "é" * 100_000}])
        client.say([6, {}, "wamp.close.close_realm"])
        self.assertEqual(await client.hear(), [6, {}, "wamp.close.goodbye_and_out"])
        self.assertEqual(await client.factory.closed, (True, 1000, None))
        await self.setting.door.router.sessions.open.zero()
        self.assertEqual(connections.open, 0)


def _part(frame: bytes, *, fin: bool) -> bytes:
    """The frame as one that is followed by others, or not."""
    return bytes((frame[0] & 0x7F | 0x80 * fin,)) + frame[1:]
