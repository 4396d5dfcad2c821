"""WAMP over RawSocket: handshake, frames, pings, closing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet import reactor
from twisted.internet.address import UNIXAddress
from twisted.internet.defer import Deferred, DeferredQueue
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

from chatr.api.events import EVENTS
from chatr.api.events.sessions import SyncRequired
from chatr.realtime.hub import Announcement
from chatr.wamp.transports.rawsocket import WampRawSocketFactory, length_nibble
from tests.wamp.case import ALICE, HELLO, Setting
from tests.wamp.codec.test_formats import doubled, hello
from tests.wamp.wires import CBOR, JSON, MSGPACK, Codec, over_tls

SYNC_REQUIRED = EVENTS["sync.required"]

VIOLATION = "wamp.error.protocol_violation"
REGULAR, PING, PONG = 0, 1, 2


def frame(kind: int, payload: bytes) -> bytes:
    """One RawSocket frame."""
    return bytes((kind,)) + len(payload).to_bytes(3, "big") + payload


def frames(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The frames in ``data``."""
    while data:
        length = int.from_bytes(data[1:4], "big")
        yield data[0], data[4 : 4 + length]
        data = data[4 + length :]


class LocalTransport(StringTransport):
    """A Unix socket in memory that can close one way."""

    def __init__(self) -> None:
        super().__init__(hostAddress=UNIXAddress(None), peerAddress=UNIXAddress(None))
        self.half_closed = False

    def loseWriteConnection(self) -> None:
        """No more from this side."""
        self.half_closed = True


class MemoryClient:
    """A RawSocket client in memory."""

    def __init__(self, setting: Setting, codec: Codec = JSON, *, handshake: bytes | None = None) -> None:
        self.codec = codec
        self.transport = LocalTransport()
        self.server = WampRawSocketFactory(setting.door.router).buildProtocol(None)
        self.server.makeConnection(self.transport)
        self.send(bytes((0x7F, 0xF0 | codec.rawsocket_id, 0, 0)) if handshake is None else handshake)
        self.answer = self.transport.value()[:4]
        self.transport.clear()

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.server.dataReceived(data)

    def say(self, message: Any) -> None:
        """Send one WAMP message."""
        self.send(frame(REGULAR, self.codec.dumps(message)))

    def lose(self) -> None:
        """Close this side."""
        self.server.connectionLost(Failure(ConnectionDone()))


class MemoryCase(SynchronousTestCase):
    """RawSocket connections on a test clock."""

    def setUp(self) -> None:
        self.serve()

    def serve(self, **limits: Any) -> None:
        self.clock = Clock()
        self.setting = Setting(self.clock, **limits)

    def frames(self, client: MemoryClient) -> list[tuple[int, bytes]]:
        self.clock.advance(0)
        data = client.transport.value()
        client.transport.clear()
        return list(frames(data))

    def heard(self, client: MemoryClient) -> list[Any]:
        return [client.codec.loads(payload) for kind, payload in self.frames(client) if kind == REGULAR]

    def joined(self, codec: Codec = JSON, *, handshake: bytes | None = None) -> MemoryClient:
        client = MemoryClient(self.setting, codec, handshake=handshake)
        client.say(HELLO)
        client.say([5, "alice", {}])
        self.assertEqual([message[0] for message in self.heard(client)], [4, 2])
        return client

    def leave(self, client: MemoryClient) -> None:
        client.lose()
        self.clock.advance(0)
        self.assertEqual(len(self.setting.door.router.sessions), 0)
        self.assertEqual(self.clock.getDelayedCalls(), [])


class HandshakeTests(MemoryCase):
    """Four octets each way."""

    def test_answer_repeats_the_serializer_and_names_our_limit(self) -> None:
        """The server takes 1 MiB: 2 ** (9 + 11)."""
        for codec in (JSON, MSGPACK, CBOR):
            client = MemoryClient(self.setting, codec)
            self.assertEqual(client.answer, bytes((0x7F, 0xB0 | codec.rawsocket_id, 0, 0)))
            self.leave(client)

    def test_length_is_never_over_the_limit(self) -> None:
        """The announced length is the largest power of two that the limit holds, as far as it can be written."""
        self.assertEqual([length_nibble(size) for size in (1024, 1025, 2047, 2048)], [1, 1, 1, 2])
        self.assertEqual([length_nibble(2**24), length_nibble(2**30)], [15, 15])

    def test_unknown_serializer(self) -> None:
        """Error 1, then closed."""
        for number in (0, 4, 15):
            client = MemoryClient(self.setting, handshake=bytes((0x7F, 0xF0 | number, 0, 0)))
            self.assertEqual((client.answer, client.transport.half_closed), (b"\x7f\x10\0\0", True))
            self.leave(client)

    def test_reserved_octets(self) -> None:
        """Error 3, then closed."""
        for reserved in (b"\0\1", b"\1\0"):
            client = MemoryClient(self.setting, handshake=b"\x7f\xf1" + reserved)
            self.assertEqual((client.answer, client.transport.half_closed), (b"\x7f\x30\0\0", True))
            self.leave(client)

    def test_other_protocol(self) -> None:
        """What does not begin with 0x7F is closed without an answer."""
        client = MemoryClient(self.setting, handshake=b"GET / HTTP/1.1\r\n\r\n")
        self.assertEqual((client.answer, client.transport.half_closed), (b"", True))
        self.leave(client)

    def test_deadline(self) -> None:
        """A peer that does not finish the handshake is dropped."""
        client = MemoryClient(self.setting, handshake=b"\x7f\xf1")
        self.clock.advance(9.9)
        self.assertFalse(client.transport.disconnected)
        self.clock.advance(0.2)
        self.assertTrue(client.transport.disconnected)
        self.leave(client)

    def test_session_follows_in_pieces(self) -> None:
        """Octets may come one by one."""
        client = MemoryClient(self.setting, handshake=b"")
        for octet in b"\x7f\xf1\0\0" + frame(REGULAR, JSON.dumps(HELLO)):
            client.send(bytes((octet,)))
        self.clock.advance(0)
        self.assertEqual(list(frames(client.transport.value()[4:])), [(REGULAR, b'[4,"ticket",{}]')])
        self.leave(client)


class FrameTests(MemoryCase):
    """Messages, pings and limits."""

    def test_session_in_every_serializer(self) -> None:
        """A whole session with an event in between, closed after GOODBYE."""
        for codec in (JSON, MSGPACK, CBOR):
            client = self.joined(codec)
            client.say([32, 1, {}, SYNC_REQUIRED.topic])
            ((_, _, number),) = self.heard(client)
            announcement = Announcement(SYNC_REQUIRED, SyncRequired(reason="x"), 7)
            self.setting.hub.deliver([f"user:{ALICE}"], announcement)
            client.say([48, 2, {}, "chatr.echo.get", [], {"text": "é" * 1000}])
            self.assertEqual(
                self.heard(client),
                [[36, number, 7, {}, [], {"reason": "x"}], [50, 2, {}, [], {"text": "é" * 1000}]],
            )
            client.say([6, {}, "wamp.close.close_realm"])
            self.assertEqual(self.heard(client), [[6, {}, "wamp.close.goodbye_and_out"]])
            self.assertTrue(client.transport.half_closed)
            self.leave(client)

    def test_ping_is_answered_in_order(self) -> None:
        """A PING is answered with its payload, behind what was queued before."""
        client = self.joined()
        client.say([48, 1, {}, "chatr.echo.whoami"])
        client.send(frame(PING, b"payload") + frame(PONG, b"unasked"))
        (result, pong) = self.frames(client)
        self.assertEqual((result[0], pong), (REGULAR, (PONG, b"payload")))
        self.leave(client)

    def test_who_pings_is_pinged(self) -> None:
        """A peer that knows PING has to answer ours; one that does not know it is never sent one."""
        quiet, client = self.joined(), self.joined()
        client.send(frame(PING, b""))
        self.frames(client)
        self.clock.advance(25)
        self.assertEqual((self.frames(client), self.frames(quiet)), ([(PING, b"")], []))
        client.send(frame(PONG, b""))
        self.clock.advance(10)
        self.clock.advance(25)
        self.assertEqual(self.frames(client), [(PING, b"")])
        self.clock.advance(10)
        self.assertTrue(client.transport.disconnected)
        self.assertFalse(quiet.transport.disconnected)
        client.lose()
        self.leave(quiet)

    def test_message_over_our_limit(self) -> None:
        """A message over the announced length is refused with the numbers before it has come in."""
        self.serve(max_message_bytes=1024)
        client = self.joined()
        client.send(frame(REGULAR, b"x" * 1025)[:4])
        (abort,) = self.heard(client)
        self.assertEqual((abort[0], abort[2]), (3, VIOLATION))
        self.assertIn("1025", abort[1]["message"])
        self.assertIn("1024", abort[1]["message"])
        client.send(b"x" * 5000)
        self.assertTrue(client.transport.half_closed)
        self.leave(client)

    def test_garbled_while_closing(self) -> None:
        """Frames that can't be told apart end a connection whose session is closing already, without another word."""
        for garbled in (b"\3\0\0\0", b"\0\xff\xff\xff"):
            client = self.joined()
            self.setting.hub.end(f"user:{ALICE}", "unauthenticated", "Signed out")
            self.assertEqual(self.heard(client)[0][0], 6)
            client.send(garbled)
            self.assertEqual(self.heard(client), [])
            self.assertTrue(client.transport.half_closed)
            self.leave(client)

    def test_small_messages_before_welcome(self) -> None:
        """Of whom nothing is known yet 4 KiB are taken, whatever was announced; pings, too."""
        for kind in (REGULAR, PING):
            client = MemoryClient(self.setting, JSON)
            client.send(frame(kind, b"x" * 4097)[:4])
            (abort,) = self.heard(client)
            self.assertEqual(
                (abort[2], abort[1]["message"]),
                (VIOLATION, "a message of 4097 bytes is longer than the 4096 before WELCOME"),
            )
            self.leave(client)
        client = self.joined()
        client.say([48, 1, {}, "chatr.echo.get", [], {"text": "x" * 100_000}])
        self.assertEqual([message[0] for message in self.heard(client)], [50])
        self.leave(client)

    def test_few_frames_before_welcome(self) -> None:
        """Of strangers a few frames are taken, of the others any number."""
        client = MemoryClient(self.setting, JSON)
        client.send(frame(PING, b"") * 100)
        *pongs, (kind, abort) = self.frames(client)
        self.assertEqual((len(pongs), kind), (64, REGULAR))
        self.assertEqual(json.loads(abort)[1]["message"], "at most 64 frames before WELCOME")
        self.leave(client)
        client = self.joined()
        client.send(frame(PING, b"") * 100)
        self.assertEqual(len(self.frames(client)), 100)
        self.leave(client)

    def test_reasons_fit_small_peers(self) -> None:
        """A peer that takes 512 bytes gets every refusal, however long what it quotes."""
        for sent in (
            [48, 1, {}, "chatr.echo.get", [], {"é" * 100: {"é" * 100: {"é" * 100: b"x"}}}],
            [32, 1, {"é" * 100: {"é" * 100: {"é" * 100: b"x"}}}, "x"],
            [6, {"é" * 100: {"é" * 100: {"é" * 100: b"x"}}}, "x"],
        ):
            client = self.joined(MSGPACK, handshake=b"\x7f\x02\0\0")
            client.say(sent)
            self.assertIn(self.heard(client)[0][0], (8, 3))
            self.leave(client)

    def test_hostile_hello(self) -> None:
        """A HELLO with shared values, before sign-in, is refused with the reason."""
        client = MemoryClient(self.setting, CBOR)
        client.send(frame(REGULAR, hello(doubled(5))))
        (abort,) = self.heard(client)
        self.assertEqual(
            (abort[2], abort[1]["message"]), (VIOLATION, "a CBOR tag has no place in a message, at $[2].x[0]")
        )
        self.leave(client)

    def test_result_over_the_peers_limit(self) -> None:
        """A peer that takes 512 bytes gets an error instead of a longer result."""
        client = self.joined(handshake=b"\x7f\x01\0\0")
        client.say([48, 1, {}, "chatr.echo.get", [], {"text": "x" * 600}])
        ((_, _, _, _, uri, *_),) = self.heard(client)
        self.assertEqual(uri, "wamp.error.payload_size_exceeded")
        self.leave(client)

    def test_event_over_the_peers_limit(self) -> None:
        """A peer that can't take an event is told that it missed one."""
        client = self.joined(handshake=b"\x7f\x01\0\0")
        client.say([32, 1, {}, SYNC_REQUIRED.topic])
        self.heard(client)
        announcement = Announcement(SYNC_REQUIRED, SyncRequired(reason="x" * 600), 7)
        self.setting.hub.deliver([f"user:{ALICE}"], announcement)
        self.assertEqual([message[2] for message in self.heard(client)], ["chatr.error.too_large"])
        self.leave(client)

    def test_reserved_frame_type(self) -> None:
        """Frame types that the specification reserves are a violation."""
        for kind in (3, 7, 8, 0x80):
            client = self.joined()
            client.send(frame(kind, b""))
            (abort,) = self.heard(client)
            self.assertEqual((abort[0], abort[2]), (3, VIOLATION))
            self.leave(client)

    @settings(max_examples=200, deadline=None)
    @given(data=st.binary(max_size=40), codec=st.sampled_from([JSON, MSGPACK, CBOR]), joined=st.booleans())
    def test_any_bytes(self, data: bytes, codec: Codec, joined: bool) -> None:
        """Whatever comes in: an ABORT, a close, or waiting for more, and never a traceback or a timer left."""
        self.serve()
        client = self.joined(codec) if joined else MemoryClient(self.setting, codec, handshake=b"")
        client.send(data)
        self.assertEqual(self.flushLoggedErrors(), [])
        self.leave(client)

    @settings(max_examples=200, deadline=None)
    @given(payload=st.binary(max_size=40), codec=st.sampled_from([JSON, MSGPACK, CBOR]))
    def test_malformed_messages(self, payload: bytes, codec: Codec) -> None:
        """A frame whose content is no message ends in ABORT."""
        self.serve()
        client = self.joined(codec)
        client.send(frame(REGULAR, b"\xc1" + payload))
        (abort,) = self.heard(client)
        self.assertEqual((abort[0], abort[2], self.flushLoggedErrors()), (3, VIOLATION, []))
        self.assertTrue(client.transport.half_closed)
        self.leave(client)


class CloseTests(MemoryCase):
    """Closing, and peers that don't follow."""

    def test_peer_does_not_close(self) -> None:
        """A peer that does not close after us is cut off."""
        client = self.joined()
        client.say([6, {}, "wamp.close.close_realm"])
        self.clock.advance(2)
        self.assertTrue(client.transport.disconnected)
        self.leave(client)

    def test_slow_consumer(self) -> None:
        """A full queue is dropped and the connection closed."""
        self.serve(max_output_bytes=4096, max_message_bytes=1024)
        client = self.joined()
        client.say([32, 1, {}, SYNC_REQUIRED.topic])
        self.heard(client)
        client.transport.producer.pauseProducing()
        for _ in range(10):
            announcement = Announcement(SYNC_REQUIRED, SyncRequired(reason="x" * 1000), 7)
            self.setting.hub.deliver([f"user:{ALICE}"], announcement)
        self.assertEqual((self.frames(client), client.transport.half_closed), ([], True))
        self.clock.advance(2)
        self.assertTrue(client.transport.disconnected)
        self.assertEqual(self.setting.door.router.counters.slow_consumers, 1)
        self.leave(client)


class SocketClient(Protocol):
    """A RawSocket client on a real socket."""

    def __init__(self) -> None:
        self.data = b""
        self.inbox: DeferredQueue[bytes] = DeferredQueue()
        self.closed: Deferred[None] = Deferred()

    def connectionMade(self) -> None:
        self.transport.write(b"\x7f\xf1\0\0")

    def dataReceived(self, data: bytes) -> None:
        self.data += data
        while len(self.data) >= 4:
            size = 4 + (0 if self.data[0] == 0x7F else int.from_bytes(self.data[1:4], "big"))
            if len(self.data) < size:
                return
            self.inbox.put(self.data[:size])
            self.data = self.data[size:]

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.closed.callback(None)


class _Single(Factory):
    """Connects one client that the test knows."""

    noisy = False

    def __init__(self, client: SocketClient) -> None:
        self._client = client

    def buildProtocol(self, addr: object) -> SocketClient:
        return self._client


class SocketTests(TestCase):
    """A real socket."""

    async def test_abort_arrives(self) -> None:
        """The reason of an ABORT reaches a peer that is still sending, and then the connection closes."""
        await self.check_abort(tls=False)

    async def test_abort_arrives_over_tls(self) -> None:
        """The same below TLS."""
        await self.check_abort(tls=True)

    async def check_abort(self, *, tls: bool) -> None:
        setting = Setting(reactor)
        factory: Factory = WampRawSocketFactory(setting.door.router)
        if tls:
            factory = over_tls(factory, self.mktemp())
        listening = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(listening.stopListening)
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", listening.getHost().port)
        client = SocketClient()
        connecting = _Single(client)
        await endpoint.connect(over_tls(connecting) if tls else connecting)
        self.assertEqual(await client.inbox.get(), b"\x7f\xb1\0\0")
        client.transport.write(frame(REGULAR, JSON.dumps(HELLO)))
        self.assertEqual(JSON.loads((await client.inbox.get())[4:]), [4, "ticket", {}])
        client.transport.write(frame(REGULAR, JSON.dumps([5, "alice", {}])))
        self.assertEqual(JSON.loads((await client.inbox.get())[4:])[0], 2)
        self.assertEqual(setting.tickets.seen, [("alice", "127.0.0.1")])
        client.transport.write(b"\x00\xff\xff\xff" + b"x" * 200_000)
        self.assertEqual(JSON.loads((await client.inbox.get())[4:])[2], VIOLATION)
        await client.closed
        await setting.door.router.sessions.open.zero()
        self.assertEqual(self.flushLoggedErrors(), [])
