"""WAMP over real sockets: autobahn's WebSocket client below twisted.web, slow and healthy peers side by side."""

from __future__ import annotations

import json
import os
from typing import Any

from autobahn.websocket.compress import (
    PerMessageDeflateOffer,
    PerMessageDeflateResponseAccept,
)
from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource
from twisted.web.server import Site

from chatr.api.events import EVENTS
from chatr.api.events.activity import PresenceChanged
from chatr.api.events.sessions import SyncRequired
from chatr.realtime.hub import Announcement
from tests.wamp.case import ALICE, BOB, HELLO, Setting
from tests.wamp.wires import CODECS, TEXT, SocketClient, SocketClientFactory, client_frame, over_tls

PRESENCE_CHANGED = EVENTS["presence.changed"]
SYNC_REQUIRED = EVENTS["sync.required"]

VIOLATION = "wamp.error.protocol_violation"


UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: wamp.2.json\r\n\r\n"
)


class EagerClient(Protocol):
    """Sends everything at once and waits for CHALLENGE."""

    def __init__(self, first: bytes) -> None:
        self.data = b""
        self.challenged: Deferred[None] = Deferred()
        self._first = first

    def connectionMade(self) -> None:
        self.transport.write(self._first)

    def dataReceived(self, data: bytes) -> None:
        self.data += data
        if b'[4,"ticket",{}]' in self.data and not self.challenged.called:
            self.challenged.callback(None)


class SocketCase(TestCase):
    """A site with the WebSocket resource on a port of its own."""

    async def serve(self, *, tls: bool = False, **limits: Any) -> None:
        self.setting = Setting(reactor, exempt_loopback=True, **limits)
        root = Resource()
        root.putChild(b"ws", self.setting.door.websocket())
        site: Factory = Site(root)
        if tls:
            site = over_tls(site, self.mktemp())
        self.listening = reactor.listenTCP(0, site, interface="127.0.0.1")
        self.tls = tls
        self.clients: list[SocketClientFactory] = []
        self.addCleanup(lambda: Deferred.fromCoroutine(self.close_sockets()))

    async def close_sockets(self) -> None:
        for factory in self.clients:
            if factory.opened.called and not factory.closed.called:
                (await factory.opened).transport.abortConnection()
        await DeferredList([factory.closed for factory in self.clients])
        await self.setting.door.router.sessions.open.zero()
        await maybeDeferred(self.listening.stopListening)

    async def connect(self, subprotocol: str = "wamp.2.json", **options: Any) -> SocketClient:
        port = self.listening.getHost().port
        factory = SocketClientFactory(reactor, port, subprotocol)
        factory.setProtocolOptions(**options)
        self.clients.append(factory)
        await TCP4ClientEndpoint(reactor, "127.0.0.1", port).connect(over_tls(factory) if self.tls else factory)
        client = await factory.opened
        # A Deferred that was awaited has no result any more; tearDown asks again.
        factory.opened.addCallback(lambda _: client)
        return client

    async def join(self, ticket: str = "alice", subprotocol: str = "wamp.2.json", **options: Any) -> SocketClient:
        client = await self.connect(subprotocol, **options)
        client.say(HELLO)
        challenge = await client.hear()
        client.say([5, ticket, {}])
        welcome = await client.hear()
        self.assertEqual((challenge[0], welcome[0]), (4, 2))
        return client

    def announce(self, reason: str, user_id: str = ALICE) -> None:
        announcement = Announcement(SYNC_REQUIRED, SyncRequired(reason=reason), 1)
        self.setting.hub.deliver([f"user:{user_id}"], announcement)


class SessionTests(SocketCase):
    """Whole sessions."""

    async def test_every_serializer(self) -> None:
        """HELLO to GOODBYE in each serialisation, with a clean close at the end."""
        await self.serve()
        for subprotocol in CODECS:
            client = await self.join(subprotocol=subprotocol)
            client.say([32, 1, {}, SYNC_REQUIRED.topic])
            (_, _, subscription) = await client.hear()
            self.announce("because")
            self.assertEqual(await client.hear(), [36, subscription, 1, {}, [], {"reason": "because"}])
            client.say([48, 2, {}, "chatr.echo.get", [], {"text": "é" * 70_000}])
            self.assertEqual(await client.hear(), [50, 2, {}, [], {"text": "é" * 70_000}])
            client.say([6, {}, "wamp.close.close_realm"])
            self.assertEqual(await client.hear(), [6, {}, "wamp.close.goodbye_and_out"])
            self.assertEqual(await client.factory.closed, (True, 1000, None))

    async def test_compression(self) -> None:
        """A connection that agreed on compression carries the same messages, events included."""
        await self.serve(compression=True)
        client = await self.join(
            perMessageCompressionOffers=[PerMessageDeflateOffer()],
            perMessageCompressionAccept=PerMessageDeflateResponseAccept,
        )
        self.assertTrue(client.websocket_extensions_in_use)
        client.say([32, 1, {}, SYNC_REQUIRED.topic])
        await client.hear()
        for number in range(3):
            self.announce(f"reason {number}")
            client.say([48, 2 + number, {}, "chatr.echo.get", [], {"text": "x" * 5000}])
            self.assertEqual((await client.hear())[5], {"reason": f"reason {number}"})
            self.assertEqual((await client.hear())[4], {"text": "x" * 5000})
        self.assertLess(client.trafficStats.incomingOctetsWireLevel, 3000)

    async def test_tls(self) -> None:
        """The same below TLS, where no socket can be written to directly."""
        await self.serve(tls=True)
        client = await self.join()
        client.say([32, 1, {}, SYNC_REQUIRED.topic])
        await client.hear()
        self.announce("because")
        client.say([48, 2, {}, "chatr.echo.get", [], {"text": "x" * 300_000}])
        self.assertEqual((await client.hear())[5], {"reason": "because"})
        self.assertEqual((await client.hear())[4], {"text": "x" * 300_000})
        client.sendMessage(b"nonsense", False)
        self.assertEqual((await client.hear())[2], VIOLATION)
        self.assertEqual(await client.factory.closed, (True, 1000, VIOLATION))

    async def test_malformed_messages(self) -> None:
        """A message that is none ends in ABORT with a reason and a clean close, in each serialisation."""
        await self.serve()
        for subprotocol, codec in CODECS.items():
            for payload in (b"\xc1\xff", codec.dumps([48, "1", {}, "x"]), codec.dumps([99]), codec.dumps([2, 1, {}])):
                client = await self.join(subprotocol=subprotocol)
                client.sendMessage(payload, codec.binary)
                abort = await client.hear()
                self.assertEqual((abort[0], abort[2]), (3, VIOLATION))
                (clean, code, reason) = await client.factory.closed
                self.assertTrue(clean)
                self.assertIn((code, reason), ((1000, VIOLATION), (1007, VIOLATION)))
        self.assertEqual(self.flushLoggedErrors(), [])

    async def test_text_on_a_binary_serializer(self) -> None:
        """A text message on msgpack is a violation that says what is expected."""
        await self.serve()
        client = await self.join(subprotocol="wamp.2.msgpack")
        client.sendMessage(b"[]", False)
        abort = await client.hear()
        self.assertEqual(abort[2], VIOLATION)
        self.assertIn("binary", abort[1]["message"])
        self.assertEqual((await client.factory.closed)[1], 1003)

    async def test_oversize_message(self) -> None:
        """A message over the limit closes with 1009 and the limit."""
        await self.serve(max_message_bytes=2048)
        client = await self.join()
        client.sendMessage(b"x" * 100_000, False)
        abort = await client.hear()
        self.assertEqual((abort[2], abort[1]["message"]), (VIOLATION, "a message has at most 2048 bytes"))
        self.assertEqual(await client.factory.closed, (True, 1009, VIOLATION))

    async def test_hello_with_the_upgrade(self) -> None:
        """HELLO in the packet of the upgrade request is answered: before, it was lost."""
        await self.serve()
        await self.be_eager()

    async def test_hello_with_the_upgrade_over_tls(self) -> None:
        """The same below TLS, where other parts hand the connection over."""
        await self.serve(tls=True)
        await self.be_eager()

    async def be_eager(self) -> None:
        eager = EagerClient(UPGRADE + client_frame(TEXT, json.dumps(HELLO).encode()))
        factory = Factory.forProtocol(lambda: eager)
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", self.listening.getHost().port)
        await endpoint.connect(over_tls(factory) if self.tls else factory)
        await eager.challenged.addTimeout(10, reactor)
        self.assertIn(b"101 Switching Protocols", eager.data)
        eager.transport.abortConnection()
        await self.setting.door.router.sessions.open.zero()

    async def test_server_stops(self) -> None:
        """A drain says GOODBYE to everyone and is over when all sockets are closed."""
        await self.serve()
        clients = [await self.join() for _ in range(3)]
        stopped = self.setting.door.router.drain(5)
        for client in clients:
            self.assertEqual((await client.hear())[2], "wamp.close.system_shutdown")
            client.say([6, {}, "wamp.close.goodbye_and_out"])
        await stopped
        self.assertEqual(len(self.setting.door.router.sessions), 0)
        self.assertEqual([(await client.factory.closed)[1] for client in clients], [1000] * 3)


class SlowConsumerTests(SocketCase):
    """One peer that does not read, others that do."""

    async def test_stalled_subscriber_is_closed_and_others_get_everything(self) -> None:
        """A stalled subscriber is closed with slow_consumer; the healthy ones get every event in order."""
        await self.serve(max_output_bytes=128 * 1024, max_message_bytes=64 * 1024)
        healthy = [await self.join("alice", subprotocol) for subprotocol in ("wamp.2.json", "wamp.2.cbor")]
        stalled = await self.join("bob")
        for client in (*healthy, stalled):
            client.say([32, 1, {"match": "prefix"}, "chatr."])
            await client.hear()
        stalled.transport.pauseProducing()
        # Random, so that nothing on the way makes it smaller; larger than what the kernel's buffers hold together.
        filler = os.urandom(25_000).hex()
        sent = 0
        while not self.setting.door.router.counters.slow_consumers:
            announcement = Announcement(SYNC_REQUIRED, SyncRequired(reason=f"{sent} {filler}"), 1)
            self.setting.hub.deliver([f"user:{ALICE}", f"user:{BOB}"], announcement)
            for client in healthy:
                event = await client.hear()
                self.assertEqual(event[5]["reason"].split()[0], str(sent))
            sent += 1
            self.assertLess(sent, 2000, "the stalled subscriber is never noticed")
        self.assertIn(("left", BOB), self.setting.attendance.events)
        stalled.transport.resumeProducing()
        # It reads what the kernel still held, then the close frame in time, or a reset.
        await stalled.factory.closed
        for client in healthy:
            client.say([48, 2, {}, "chatr.echo.whoami"])
            self.assertEqual((await client.hear())[0], 50)
        self.assertEqual(self.setting.door.router.counters.slow_consumers, 1)

    async def test_ephemeral_events_are_dropped_first(self) -> None:
        """A subscriber that stalls while only presence comes loses presence, not the session."""
        await self.serve(max_output_bytes=64 * 1024, max_message_bytes=64 * 1024)
        client = await self.join()
        client.say([32, 1, {"match": "prefix"}, "chatr."])
        await client.hear()
        (session,) = self.setting.door.router.sessions.everyone()
        client.transport.pauseProducing()
        payload = PresenceChanged(user_id=BOB, status="online", revision=1)
        for _ in range(100_000):
            self.setting.hub.deliver([f"user:{ALICE}"], Announcement(PRESENCE_CHANGED, payload, 1))
        self.assertEqual((session.state, self.setting.door.router.counters.slow_consumers), ("open", 0))
