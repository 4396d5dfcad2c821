"""WAMP over WebSocket: the handshake, close codes and timers in memory."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from chatr.api.events import EVENTS
from chatr.api.events.sessions import SyncRequired
from chatr.config import ServerSettings
from chatr.live.settings import websocket_options
from chatr.realtime.hub import Announcement
from chatr.wamp.transports.upgrade import WampWebSocketFactory, origin_patterns
from tests.wamp.case import ALICE, HELLO, Client, Setting
from tests.wamp.codec.test_formats import doubled, hello
from tests.wamp.wires import CODECS, PING, PONG, TEXT, MemoryWebSocket, TakenTransport, client_frame

SYNC_REQUIRED = EVENTS["sync.required"]

VIOLATION = "wamp.error.protocol_violation"


class MemoryCase(SynchronousTestCase):
    """A WebSocket factory on a test clock."""

    def setUp(self) -> None:
        self.serve()

    def serve(self, *, server: ServerSettings = ServerSettings(), **limits: Any) -> None:  # noqa: B008 - frozen
        self.clock = Clock()
        self.setting = Setting(self.clock, server=server, **limits)
        self.factory = WampWebSocketFactory(self.setting.door.router, websocket_options(self.setting.config))

    def connected(self, subprotocol: str = "wamp.2.json", **headers: str) -> MemoryWebSocket:
        return MemoryWebSocket(self.factory.buildProtocol(None), subprotocol, **headers)

    def heard(self, client: MemoryWebSocket) -> list[Any]:
        self.clock.advance(0)
        return client.heard()

    def joined(self, subprotocol: str = "wamp.2.json", **headers: str) -> MemoryWebSocket:
        client = self.connected(subprotocol, **headers)
        client.say(HELLO)
        client.say([5, "alice", {}])
        self.assertEqual([message[0] for message in self.heard(client)], [4, 2])
        return client

    def leave(self, client: MemoryWebSocket) -> None:
        client.server.connectionLost(Failure(ConnectionDone()))
        self.clock.advance(0)
        self.assertEqual(len(self.setting.door.router.sessions), 0)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def announce(self, reason: str = "x") -> Announcement:
        announcement = Announcement(SYNC_REQUIRED, SyncRequired(reason=reason), 1)
        self.setting.hub.deliver([f"user:{ALICE}"], announcement)
        return announcement


class HandshakeTests(MemoryCase):
    """The opening handshake."""

    def test_first_known_subprotocol_of_the_client_is_chosen(self) -> None:
        """The client's order counts, what we don't know is passed over."""
        client = self.connected("wamp.3.json, wamp.2.cbor, wamp.2.json")
        self.assertEqual(client.status, 101)
        self.assertIn(b"Sec-WebSocket-Protocol: wamp.2.cbor", client.response)
        self.leave(client)

    def test_no_known_subprotocol(self) -> None:
        """Without a subprotocol that we know there is no connection, and the answer names those."""
        for offered in ("", "wamp.2.ubjson"):
            client = self.connected(offered)
            self.assertEqual(client.status, 400)
            self.assertIn(b"wamp.2.json, wamp.2.msgpack, wamp.2.cbor", client.response)
            self.assertTrue(client.transport.disconnecting)
            self.leave(client)

    def test_request_without_upgrade(self) -> None:
        """A plain GET is told to upgrade."""
        transport, server = TakenTransport(), self.factory.buildProtocol(None)
        server.makeConnection(transport)
        server.dataReceived(b"GET /ws HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertTrue(transport.value().startswith(b"HTTP/1.1 426 "))
        self.assertTrue(transport.disconnecting)

    def test_all_origins_may_come_unless_configured(self) -> None:
        """A token is needed in any case, so that any page may connect by default."""
        for origin in ("https://elsewhere.example", "null"):
            self.assertEqual(self.connected(Origin=origin).status, 101)

    def test_allowed_origins(self) -> None:
        """Configured origins need no port, our own is among them, and others stay out."""
        self.serve(
            server=ServerSettings(public_url="https://chat.example/base"),
            allowed_origins=("https://a.example", "http://b.example", "http://c.example:8080", "https://*.d.example"),
        )
        for origin, status in (
            ("https://a.example", 101),
            ("https://chat.example", 101),
            ("http://b.example", 101),
            ("http://c.example:8080", 101),
            ("https://x.d.example", 101),
            ("http://a.example", 400),
            ("https://a.example:8443", 400),
            ("http://c.example", 400),
            ("https://a.example.evil.example", 400),
            ("null", 400),
        ):
            self.assertEqual(self.connected(Origin=origin).status, status, origin)

    def test_origin_patterns_name_the_port(self) -> None:
        """Autobahn compares origins with their port."""
        origins = ("https://a", "http://[::1]", "http://[::1]:81", "*", "https://b:*")
        self.assertEqual(
            origin_patterns(origins),
            ["https://a:443", "http://[::1]:80", "http://[::1]:81", "*", "https://b:*"],
        )

    def test_address_behind_trusted_proxies(self) -> None:
        """The address is the peer's, or the one that the trusted proxy reports; others' reports are ignored."""
        client = self.joined(X_Forwarded_For="203.0.113.9", User_Agent="agent/1")
        self.assertEqual(self.setting.tickets.seen, [("alice", "192.168.1.1")])
        client.say([48, 1, {}, "chatr.echo.whoami"])
        ((*_, who),) = self.heard(client)
        self.assertEqual((who["address"], who["userAgent"]), ("192.168.1.1", "agent/1"))
        self.leave(client)
        self.serve(server=ServerSettings(trusted_proxies=1))
        client = self.joined(X_Forwarded_For="6.6.6.6, 203.0.113.9")
        self.assertEqual(self.setting.tickets.seen, [("alice", "203.0.113.9")])
        self.leave(client)

    def test_compression_only_when_configured(self) -> None:
        """permessage-deflate is declined unless the operator wants it."""
        offer = {"Sec_WebSocket_Extensions": "permessage-deflate; client_max_window_bits"}
        self.assertNotIn(b"permessage-deflate", self.connected(**offer).response)
        self.serve(compression=True)
        self.assertIn(b"permessage-deflate", self.connected(**offer).response)


class MessageTests(MemoryCase):
    """What comes in and goes out once the connection is open."""

    def test_every_serializer(self) -> None:
        """A whole session in each serialisation, with an event in between."""
        for subprotocol in CODECS:
            client = self.joined(subprotocol)
            client.say([32, 1, {}, SYNC_REQUIRED.topic])
            client.say([32, 2, {"match": "prefix"}, "chatr."])
            (_, _, exact), (_, _, pattern) = self.heard(client)
            self.announce("because")
            client.say([48, 3, {}, "chatr.echo.get", [], {"text": "é" * 200}])
            client.say([48, 4, {}, "chatr.echo.get", [], {"text": 1}])
            *events, result, error = self.heard(client)
            self.assertEqual(
                events,
                [
                    [36, exact, 1, {}, [], {"reason": "because"}],
                    [36, pattern, 1, {"topic": SYNC_REQUIRED.topic}, [], {"reason": "because"}],
                ],
            )
            self.assertEqual(result, [50, 3, {}, [], {"text": "é" * 200}])
            self.assertEqual((error[:5], error[6]["code"]), ([8, 48, 4, {}, "chatr.error.invalid"], "invalid"))
            client.say([6, {}, "wamp.close.close_realm"])
            self.assertEqual(self.heard(client), [[6, {}, "wamp.close.goodbye_and_out"], (1000, "")])
            self.leave(client)

    def test_batch(self) -> None:
        """Several messages may come in one."""
        client = self.joined("wamp.2.json.batched")
        calls = [client.codec.dumps([48, number, {}, "chatr.echo.whoami"]) for number in (1, 2)]
        client.send(b"".join(calls))
        self.assertEqual([message[:2] for message in map(tuple, self.heard(client))], [(50, 1), (50, 2)])

    def test_fragments(self) -> None:
        """A message may come in fragments with a ping between them."""
        client = self.joined()
        payload = json.dumps([48, 1, {}, "chatr.echo.get", [], {"text": "é"}], ensure_ascii=False).encode()
        cut = payload.index("é".encode()) + 1
        client.server.dataReceived(client_frame(TEXT, payload[:cut], fin=False))
        client.server.dataReceived(client_frame(PING, b"?"))
        client.server.dataReceived(client_frame(0, payload[cut:]))
        self.clock.advance(0)
        (pong, body), (_, result) = client.frames()
        self.assertEqual((pong, body, json.loads(result)[4]), (PONG, b"?", {"text": "é"}))

    def test_oversize_message(self) -> None:
        """A message over the limit closes with 1009 and says how much would be fine."""
        self.serve(max_message_bytes=1024)
        for frames in (
            [client_frame(TEXT, b"x" * 1025)],
            [client_frame(TEXT, b"x" * 1000, fin=False), client_frame(0, b"x" * 1000)],
        ):
            client = self.joined()
            client.say([32, 1, {}, SYNC_REQUIRED.topic])
            self.heard(client)
            for frame in frames:
                client.server.dataReceived(frame)
            abort, close = self.heard(client)
            self.assertEqual((abort[2], close), (VIOLATION, (1009, VIOLATION)))
            self.assertEqual(abort[1]["message"], "a message has at most 1024 bytes")
            self.announce()
            self.assertEqual(self.heard(client), [])
            self.leave(client)

    def test_oversize_message_while_closing(self) -> None:
        """A session that has said GOODBYE says nothing to a message that is too long; it still has its time."""
        self.serve(max_message_bytes=1024)
        client = self.joined()
        self.setting.hub.end(f"user:{ALICE}", "unauthenticated", "Signed out")
        self.assertEqual([message[0] for message in self.heard(client)], [6])
        client.server.dataReceived(client_frame(TEXT, b"x" * 1025))
        self.assertEqual(self.heard(client), [])
        self.clock.advance(2)
        self.assertEqual(self.heard(client), [(1000, "")])
        self.leave(client)

    def test_small_messages_before_welcome(self) -> None:
        """Of whom nothing is known yet 4 KiB are taken, in one frame or in many; after WELCOME the whole length."""
        for frames in (
            [client_frame(TEXT, b"x" * 4097)[:8]],
            [client_frame(TEXT, b"x" * 4000, fin=False), client_frame(0, b"x" * 97)[:8]],
        ):
            client = self.connected()
            client.server.dataReceived(b"".join(frames))
            abort, close = self.heard(client)
            self.assertEqual((abort[2], close), (VIOLATION, (1009, VIOLATION)))
            self.assertEqual(abort[1]["message"], "a message has at most 4096 bytes before WELCOME")
            self.leave(client)
        client = self.connected()
        client.say([1, "chatr", {**HELLO[2], "x": "x" * 3900}])
        client.say([5, "alice", {}])
        client.say([48, 1, {}, "chatr.echo.get", [], {"text": "x" * 100_000}])
        self.assertEqual([message[0] for message in self.heard(client)], [4, 2, 50])
        self.leave(client)

    def test_few_frames_before_welcome(self) -> None:
        """Frames of nothing cost more to read than to send: of strangers a few are taken, then the connection ends."""
        for frame in (client_frame(PING, b""), client_frame(0, b"", fin=False)):
            client = self.connected()
            client.server.dataReceived(client_frame(TEXT, b"", fin=False) + frame * 10_000)
            *pongs, abort, close = self.heard(client)[-66:]
            self.assertEqual((abort[1]["message"], close), ("at most 64 frames before WELCOME", (1008, VIOLATION)))
            self.assertTrue(client.transport.disconnecting)
            self.assertEqual(client.server.trafficStats.incomingWebSocketFrames < 70, True)
            self.leave(client)
        client = self.joined()
        client.server.dataReceived(client_frame(PING, b"") * 100)
        self.clock.advance(0)
        self.assertEqual(len(client.frames()), 100)
        self.leave(client)

    def test_small_messages_when_compressed(self) -> None:
        """The same for what a compressed frame grows to."""
        self.serve(compression=True)
        client = self.connected(Sec_WebSocket_Extensions="permessage-deflate")
        packed = zlib.compressobj(wbits=-15)
        data = packed.compress(b" " * 1_000_000) + packed.flush(zlib.Z_SYNC_FLUSH)
        frame = bytearray(client_frame(TEXT, data[:-4]))
        frame[0] |= 0x40
        client.server.dataReceived(bytes(frame))
        self.clock.advance(0)
        (_, abort), (opcode, close) = client.frames()
        self.assertIn(b"4096 bytes before WELCOME", zlib.decompressobj(-15).decompress(abort))
        self.assertEqual((opcode, close[:2]), (8, struct.pack("!H", 1009)))
        self.leave(client)

    def test_frames_of_nothing_leave_nothing(self) -> None:
        """A message may have any number of empty frames; none of them is kept."""
        client = self.joined()
        client.server.dataReceived(client_frame(TEXT, b"[48, 1, {}, ", fin=False))
        client.server.dataReceived(client_frame(0, b"", fin=False) * 1000)
        self.assertEqual(len(client.server.message_data), 1)
        client.server.dataReceived(client_frame(0, b'"chatr.echo.whoami"]'))
        self.assertEqual([message[0] for message in self.heard(client)], [50])
        self.leave(client)

    def test_hostile_hello(self) -> None:
        """A HELLO with shared values, before sign-in, is refused with the reason."""
        for subprotocol in ("wamp.2.cbor", "wamp.2.cbor.batched"):
            client = self.connected(subprotocol)
            payload = hello(doubled(5))
            client.send(payload if subprotocol == "wamp.2.cbor" else len(payload).to_bytes(4, "big") + payload)
            abort, close = self.heard(client)
            self.assertEqual((abort[2], close), (VIOLATION, (1000, VIOLATION)))
            self.assertEqual(abort[1]["message"], "a CBOR tag has no place in a message, at $[2].x[0]")
            self.leave(client)

    def test_the_separator_of_the_client(self) -> None:
        """Batches of JSON are answered, and events are sent, with the separator that the client uses."""
        for separator in (b"\x18", b"\x1e"):
            client = self.connected("wamp.2.json.batched")
            for message in (HELLO, [5, "alice", {}], [32, 1, {}, SYNC_REQUIRED.topic]):
                client.send(json.dumps(message).encode() + separator)
            self.clock.advance(0)
            self.announce()
            self.clock.advance(0)
            answers = [payload for _, payload in client.frames()]
            self.assertEqual([json.loads(answer[:-1])[0] for answer in answers], [4, 2, 33, 36])
            self.assertEqual({answer[-1:] for answer in answers}, {separator})
            self.leave(client)

    def test_wrong_message_type(self) -> None:
        """Text on a binary serialisation, or the other way round, is a violation."""
        for subprotocol, binary in (("wamp.2.json", True), ("wamp.2.msgpack", False), ("wamp.2.cbor", False)):
            client = self.joined(subprotocol)
            client.send(client.codec.dumps([48, 1, {}, "chatr.echo.whoami"]), binary=binary)
            (abort, close) = self.heard(client)
            self.assertEqual((abort[0], abort[2], close), (3, VIOLATION, (1003, VIOLATION)))
            self.leave(client)

    def test_text_that_is_not_utf8(self) -> None:
        """Text that is not UTF-8 gets the ABORT of WAMP and the close code of RFC 6455."""
        client = self.joined()
        client.send(b'[48, 1, {}, "chatr.echo.get", [], {"text": "\xff"}]')
        (abort, close) = self.heard(client)
        self.assertEqual((abort[0], abort[2], close), (3, VIOLATION, (1007, VIOLATION)))
        self.leave(client)

    @settings(max_examples=300, deadline=None)
    @given(subprotocol=st.sampled_from(sorted(CODECS)), data=st.data())
    def test_malformed_messages(self, subprotocol: str, data: st.DataObject) -> None:
        """Bytes of any kind that are no message end in ABORT and close, without a traceback or a timer left."""
        self.serve()
        client = self.joined(subprotocol)
        payload = data.draw(malformed(subprotocol))
        client.send(payload)
        messages = self.heard(client)
        self.assertEqual(self.flushLoggedErrors(), [])
        abort, close = messages[-2:]
        self.assertEqual((abort[0], abort[2]), (3, VIOLATION))
        self.assertTrue(abort[1]["message"])
        self.assertIn(close, ((1000, VIOLATION), (1007, VIOLATION)))
        client.say([48, 1, {}, "chatr.echo.whoami"])
        self.assertEqual(self.heard(client), [])
        self.leave(client)

    @settings(max_examples=200, deadline=None)
    @given(frames=st.binary(min_size=1, max_size=60), joined=st.booleans())
    def test_any_bytes_after_the_handshake(self, frames: bytes, joined: bool) -> None:
        """Bytes that are no WebSocket frames end in a close, or wait for more: never in a traceback."""
        self.serve()
        client = self.joined() if joined else self.connected()
        client.server.dataReceived(frames)
        self.clock.advance(0)
        self.assertEqual(self.flushLoggedErrors(), [])
        self.leave(client)


class CloseTests(MemoryCase):
    """Who closes how, and what stays in order."""

    def test_peer_closes(self) -> None:
        """What is queued goes out before the answer to a close frame, and nothing after it."""
        client = self.joined()
        client.say([48, 1, {}, "chatr.echo.whoami"])
        client.server.dataReceived(client_frame(8, b"\x03\xe8"))
        self.announce()
        result, close = self.heard(client)
        self.assertEqual((result[0], close), (50, (1000, "")))
        self.assertTrue(client.transport.disconnecting)
        self.leave(client)

    def test_invalid_close_frames(self) -> None:
        """Codes that nobody may send, and half of one, are answered with 1002; a reason that is no text with 1007.

        Before, our close frame was queued and then dropped with the connection.
        """
        codes = (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535)
        for payload in (b"\x03", *(struct.pack("!H", code) for code in codes), b"\x03\xe8\xff"):
            client = self.joined()
            client.server.dataReceived(client_frame(8, payload))
            ((code, reason),) = self.heard(client)
            self.assertEqual(code, 1007 if payload.endswith(b"\xff") and len(payload) == 3 else 1002)
            self.assertTrue(reason)
            self.assertTrue(client.transport.disconnecting)
            self.leave(client)
        for code in (1000, 1001, 1003, 1009, 3000, 4999):
            client = self.joined()
            client.server.dataReceived(client_frame(8, struct.pack("!H", code)))
            self.assertEqual(self.heard(client), [(1000, "")])
            self.leave(client)

    def test_peer_does_not_read_the_end(self) -> None:
        """A peer that closes and does not take our last bytes is cut off after a moment."""
        client = self.joined()
        client.server.dataReceived(client_frame(8, b"\x03\xe8"))
        self.assertFalse(client.transport.disconnected)
        self.clock.advance(2)
        self.assertTrue(client.transport.disconnected)
        self.leave(client)

    def test_peer_does_not_answer_close(self) -> None:
        """A peer that does not answer a close frame is cut off after a moment."""
        client = self.joined()
        client.send(b"nonsense")
        self.clock.advance(1.9)
        self.assertFalse(client.transport.disconnected)
        self.clock.advance(0.2)
        self.assertTrue(client.transport.disconnected)
        self.leave(client)

    def test_peer_drops_the_connection_while_closing(self) -> None:
        """A peer that is gone leaves no timer, at whatever moment it goes."""
        client = self.joined()
        client.send(b"nonsense")
        self.leave(client)

    def test_end_by_the_server(self) -> None:
        """GOODBYE, its answer, the closing handshake: each in its order."""
        client = self.joined()
        self.setting.hub.end(f"user:{ALICE}", "unauthenticated", "revoked")
        self.assertEqual(self.heard(client), [[6, {"message": "revoked"}, "chatr.error.unauthenticated"]])
        client.say([6, {}, "wamp.close.goodbye_and_out"])
        self.assertEqual(self.heard(client), [(1000, "")])
        client.server.dataReceived(client_frame(8, b"\x03\xe8"))
        self.assertTrue(client.transport.disconnecting)
        self.leave(client)

    def test_both_close(self) -> None:
        """Who closes at once behind what ends the session hears how that ended, and our close frame."""
        goodbye = client_frame(TEXT, b'[6,{},"wamp.close.close_realm"]')
        for last, answer, code in ((goodbye, 6, 1000), (client_frame(TEXT, b"\xff"), 3, 1007)):
            client = self.joined()
            client.server.dataReceived(last + client_frame(8, b"\x03\xe8"))
            message, close = self.heard(client)
            self.assertEqual((message[0], close[0]), (answer, code))
            self.assertTrue(client.transport.disconnecting)
            self.leave(client)

    def test_nothing_is_kept_behind_the_end(self) -> None:
        """What still comes when both have closed, as over TLS it does, is void."""
        client = self.joined()
        client.server.dataReceived(client_frame(8, b"\x03\xe8"))
        for _ in range(3):
            client.server.dataReceived(b"x" * 1000)
        self.assertEqual(client.server.data, b"")
        self.leave(client)

    def test_slow_consumer(self) -> None:
        """A full queue is dropped, and the close frame says why."""
        self.serve(max_output_bytes=4096, max_message_bytes=1024)
        client = self.joined()
        client.say([32, 1, {}, SYNC_REQUIRED.topic])
        self.heard(client)
        client.transport.producer.pauseProducing()
        for _ in range(10):
            self.announce("x" * 1000)
        self.assertEqual(self.heard(client), [(1008, "chatr.error.slow_consumer")])
        self.assertEqual(self.setting.attendance.events[-1], ("left", ALICE))
        self.clock.advance(2)
        self.assertTrue(client.transport.disconnected)
        self.leave(client)

    def test_burst_in_one_turn_is_not_a_slow_consumer(self) -> None:
        """A peer that reads may get more in one turn than the queue holds."""
        self.serve(max_output_bytes=4096, max_message_bytes=1024)
        client = self.joined()
        client.say([32, 1, {}, SYNC_REQUIRED.topic])
        self.heard(client)
        for _ in range(10):
            self.announce("x" * 1000)
        self.assertEqual([message[0] for message in self.heard(client)], [36] * 10)

    def test_pings_are_bounded(self) -> None:
        """A peer that pings and does not read can't make us keep its answers without end."""
        self.serve(max_output_bytes=1024, max_message_bytes=1024)
        client = self.joined()
        client.transport.producer.pauseProducing()
        for _ in range(20):
            client.server.dataReceived(client_frame(PING, b"x" * 100))
        self.assertEqual(self.heard(client), [(1008, "chatr.error.slow_consumer")])
        self.leave(client)

    def test_mute_peer(self) -> None:
        """A peer that does not answer pings is dropped; one that does is pinged again."""
        client = self.joined()
        self.clock.advance(25)
        self.clock.advance(0)
        ((opcode, payload),) = client.frames()
        self.assertEqual(opcode, PING)
        client.server.dataReceived(client_frame(PONG, payload))
        self.clock.advance(25)
        self.clock.advance(0)
        self.assertEqual([opcode for opcode, _ in client.frames()], [PING])
        self.clock.advance(9.9)
        self.assertFalse(client.transport.disconnected)
        self.clock.advance(0.2)
        self.assertTrue(client.transport.disconnected)
        self.leave(client)


class EncodeOnceTests(MemoryCase):
    """One event for many."""

    def test_payload_is_encoded_once_a_format(self) -> None:
        """500 subscribers over all serialisations and both framings: three encodings of the payload."""
        self.serve(max_sessions_per_user=500, max_sessions_per_address=500)
        names = sorted(CODECS)
        clients = [self.joined(names[index % len(names)]) for index in range(500)]
        for client in clients:
            client.say([32, 1, {}, SYNC_REQUIRED.topic])
            self.heard(client)
        encoded: list[str] = []
        payload = SyncRequired(reason="x")
        announcement = Announcement(SYNC_REQUIRED, payload, 1)
        self.patch_formats(payload, encoded)
        self.setting.hub.deliver([f"user:{ALICE}"], announcement)
        self.clock.advance(0)
        for client in clients:
            self.assertEqual([message[5] for message in client.heard()], [{"reason": "x"}])
        self.assertEqual(sorted(encoded), ["cbor", "json", "msgpack"])

    def patch_formats(self, payload: SyncRequired, encoded: list[str]) -> None:
        from chatr.wamp.codec.frames import FORMATS

        for name, form in FORMATS.items():

            def encode(value: Any, name: str = name, real: Any = form.encode) -> bytes:
                if value is payload:
                    encoded.append(name)
                return bytes(real(value))

            self.patch(form, "encode", encode)

    def test_sessions_in_memory_and_on_sockets_share_a_door(self) -> None:
        """An event reaches each session of the room, and not the one that caused it."""
        client, other = self.joined(), Client(self.setting)
        other.join()
        for one in (client, other):
            one.say([32, 1, {}, SYNC_REQUIRED.topic])
        self.heard(client), other.heard()
        announcement = Announcement(SYNC_REQUIRED, SyncRequired(reason="x"), 1)
        self.setting.hub.deliver([f"user:{ALICE}"], announcement, other.session.connection)
        self.assertEqual((len(self.heard(client)), other.heard()), (1, []))


WELL_FORMED = [
    [48, 1, {}, "chatr.echo.get", [], {"text": "x"}],
    [32, 1, {}, "chatr.message.received"],
    [6, {}, "wamp.close.close_realm"],
]


@st.composite
def malformed(draw: st.DrawFn, subprotocol: str) -> bytes:
    """Bytes that are no message of a client in the open state, in one subprotocol."""
    codec = CODECS[subprotocol]
    plain = st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=6,
    )
    kind = draw(st.sampled_from(["not an array", "unknown code", "wrong field", "truncated", "garbage", "too short"]))
    if kind == "not an array":
        return codec.dumps(draw(plain.filter(lambda value: not isinstance(value, list))))
    if kind == "unknown code":
        known = {3, 6, 16, 32, 34, 48, 49, 64, 66}
        code = draw(st.integers(-5, 300).filter(lambda code: code not in known) | st.text(max_size=3) | st.none())
        return codec.dumps([code, *draw(st.lists(plain, max_size=5))])
    message = list(draw(st.sampled_from(WELL_FORMED[:2])))
    if kind == "wrong field":
        wrong = draw(st.sampled_from([(1, "1"), (1, -1), (1, 0), (1, 2**60), (1, True), (2, []), (2, "x"), (3, 5)]))
        message[wrong[0]] = wrong[1]
        return codec.dumps(message)
    if kind == "too short":
        return codec.dumps(message[: draw(st.integers(1, 3))])
    data = codec.dumps(message)
    if kind == "truncated":
        return data[: draw(st.integers(1, len(data) - 1))]
    # No JSON, msgpack or CBOR begins with this octet: 0xc1 is never used, a CBOR tag is refused.
    return b"\xc1" + draw(st.binary(max_size=20))
