"""Serialisers: whatever comes in is a message or a WireError; whatever goes out others can read."""

from __future__ import annotations

import json
import struct
from typing import Any

import cbor2
import msgpack
from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatr.api.events import EVENTS
from chatr.api.events.activity import PresenceChanged
from chatr.wamp.codec import wire
from chatr.wamp.codec.frames import SERIALIZERS, Serializer, rawsocket_frame, websocket_frame
from chatr.wamp.codec.wire import WireError
from chatr.wamp.publication import Publication

SYNC_REQUIRED = EVENTS["sync.required"]

ENCODE = {"json": lambda v: json.dumps(v).encode(), "msgpack": msgpack.packb, "cbor": cbor2.dumps}
DECODE = {"json": json.loads, "msgpack": msgpack.unpackb, "cbor": cbor2.loads}
CALL = [48, 7, {}, "chatr.user.me", [], {"a": 1}]

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=8)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner))
codes = st.sampled_from([1, 2, 3, 5, 6, 8, 16, 32, 34, 36, 48, 49, 50, 64, 66, 70, 99])
shapes = st.tuples(codes, st.lists(values, max_size=6)).map(lambda pair: [pair[0], *pair[1]])


def encode(serializer: Serializer, *messages: Any, separator: bytes = b"\x1e") -> bytes:
    """Messages as a client of this serialiser sends them, by an encoder that is not ours."""
    encoded = [ENCODE[serializer.name](message) for message in messages]
    if not serializer.batched:
        return encoded[0]
    if serializer.binary:
        return b"".join(struct.pack("!L", len(one)) + one for one in encoded)
    return b"".join(one + separator for one in encoded)


class DecodeTests(SynchronousTestCase):
    """Bytes of all kinds."""

    def taken(self, serializer: Serializer, payload: bytes) -> int:
        try:
            return len(serializer.decode(payload))
        except WireError as error:
            self.assertLess(len(str(error)), 2000)
            self.assertNotIn("\n", str(error))
            return 0

    def test_messages(self) -> None:
        """Every kind of message of a client, in every serialisation."""
        messages = [
            [1, "chatr", {"roles": {"caller": {}}}],
            [3, {}, "wamp.close.normal"],
            [5, "ticket", {}],
            [6, {}, "wamp.close.normal"],
            [8, 68, 1, {}, "wamp.error.x"],
            [16, 1, {}, "topic"],
            [32, 1, {"match": "prefix"}, "chatr"],
            [34, 1, 2],
            CALL,
            [49, 1, {}],
            [64, 1, {}, "procedure"],
            [66, 1, 2],
            [70, 1, {}],
        ]
        for serializer in SERIALIZERS.values():
            for message in messages:
                [decoded] = serializer.decode(encode(serializer, message))
                self.assertEqual(decoded.__struct_config__.tag, message[0])
            if serializer.batched:
                self.assertEqual(len(serializer.decode(encode(serializer, *messages))), len(messages))

    def test_known_mistakes_of_clients(self) -> None:
        """undefined and null in options count as absent; integral floats are ids."""
        undefined = {
            "msgpack": msgpack.packb([32, 1, {"match": msgpack.ExtType(0, b"\x00")}, "chatr"]),
            "cbor": cbor2.dumps([32, 1, {"match": cbor2.undefined}, "chatr"]),
            "json": b'[32, 1, {"match": null}, "chatr"]',
        }
        for name, payload in undefined.items():
            [subscribe] = SERIALIZERS[f"wamp.2.{name}"].decode(payload)
            self.assertIsNone(subscribe.options.get("match"))  # type: ignore[union-attr]
        for serializer in SERIALIZERS.values():
            [call] = serializer.decode(encode(serializer, [48.0, 7.0, None, "chatr.user.me"]))
            self.assertEqual(call, wire.Call(7, {}, "chatr.user.me"))

    def test_refusals_that_explain(self) -> None:
        """The reason names what is wrong."""
        plain = SERIALIZERS["wamp.2.json"]
        for payload, text in (
            (b"", "not valid json"),
            (b"{}", "array"),
            (b"[]", "non-empty array"),
            (b"[2, 1, {}]", "only a router sends WELCOME"),
            (b"[99]", "99"),
            (b"[48]", "length"),
            (b'[48, 0, {}, "x"]', ">= 1"),
            (b'[48, 1.5, {}, "x"]', "int"),
            (b'[48, 1, {}, "\xff"]', "UTF-8"),
            (b"[" * 100_000, "not valid json"),
        ):
            error = self.assertRaises(WireError, plain.decode, payload)
            self.assertIn(text, str(error))

    def test_number_of_messages_in_a_batch(self) -> None:
        """All of a batch is handled in one turn: so many messages and no more."""
        for serializer in SERIALIZERS.values():
            if serializer.batched:
                self.assertEqual(len(serializer.decode(encode(serializer, *[CALL] * 128))), 128)
                error = self.assertRaises(WireError, serializer.decode, encode(serializer, *[CALL] * 129))
                self.assertEqual(str(error), "a batch has at most 128 messages")

    def test_separators_of_batches(self) -> None:
        """0x1e as the specification says, 0x18 as Autobahn has it, even mixed; the answer is as the client sent."""
        batched = SERIALIZERS["wamp.2.json.batched"]
        messages = [CALL, [49, 1, {}]]
        for separator in (b"\x1e", b"\x18"):
            payload = encode(batched, *messages, separator=separator)
            self.assertEqual(len(batched.decode(payload)), 2)
            self.assertEqual(batched.of(payload).encode([50, 1, {}]), b"[50,1,{}]" + separator)
        self.assertEqual(len(batched.decode(b"[49,1,{}]\x18[49,2,{}]\x1e")), 2)
        self.assertIn("0x1e", str(self.assertRaises(WireError, batched.decode, b"[49,1,{}]")))
        for other in SERIALIZERS.values():
            if other is not batched:
                self.assertIs(other.of(b"\x18"), other)

    @settings(max_examples=300, deadline=None)
    @given(st.sampled_from(sorted(SERIALIZERS)), st.binary(max_size=200))
    @example("wamp.2.cbor", b"\x9b" + b"\xff" * 8)
    @example("wamp.2.cbor", b"\xd8\x1d\x00")
    @example("wamp.2.cbor", b"\x9f" * 5000)
    @example("wamp.2.msgpack", b"\xdd\xff\xff\xff\xff")
    @example("wamp.2.msgpack", b"\x91" * 5000)
    @example("wamp.2.msgpack.batched", b"\xff\xff\xff\xff")
    @example("wamp.2.json.batched", b"\x18\x18")
    def test_any_bytes(self, subprotocol: str, payload: bytes) -> None:
        """Arbitrary bytes are messages or a WireError, nothing else."""
        self.taken(SERIALIZERS[subprotocol], payload)

    @settings(max_examples=300, deadline=None)
    @given(st.sampled_from(["msgpack", "cbor"]), shapes, st.integers(0, 60), st.integers(0, 255))
    def test_nearly_messages(self, name: str, message: list[Any], position: int, byte: int) -> None:
        """Messages of wrong shapes and with flipped bytes are messages or a WireError, nothing else."""
        try:
            payload = bytearray(ENCODE[name](message))
        except (OverflowError, ValueError):
            payload = bytearray(ENCODE[name](CALL))
        self.taken(SERIALIZERS[f"wamp.2.{name}"], bytes(payload))
        payload[position % len(payload)] = byte
        self.taken(SERIALIZERS[f"wamp.2.{name}"], bytes(payload))


class EncodeTests(SynchronousTestCase):
    """Bytes that others read."""

    def test_round_trip(self) -> None:
        """Structs come out as maps of their wire names, without what is absent, in every serialisation."""
        payload = PresenceChanged(user_id="u", status="online", revision=1)
        for serializer in SERIALIZERS.values():
            encoded = serializer.encode([50, 1, {}, [], payload])
            if serializer.batched:
                encoded = encoded[4:] if serializer.binary else encoded[:-1]
            told = {"userId": "u", "status": "online", "revision": 1}
            self.assertEqual(DECODE[serializer.name](encoded), [50, 1, {}, [], told])

    def test_websocket_frame(self) -> None:
        """Frames of each of the three forms of length."""
        for size, head in (
            (125, b"\x81\x7d"),
            (126, b"\x81\x7e\x00\x7e"),
            (65536, b"\x81\x7f" + b"\0" * 5 + b"\1\0\0"),
        ):
            self.assertEqual(websocket_frame(b"x" * size, False), head + b"x" * size)
        self.assertEqual(websocket_frame(b"x", True)[:1], b"\x82")
        self.assertEqual(rawsocket_frame(b"xy", True), b"\0\0\0\2xy")

    def test_event(self) -> None:
        """EVENT in every serialisation and framing, with the topic for pattern subscriptions only."""
        publication = Publication("a.topic", {"reason": "r"}, number=12345)
        for serializer in SERIALIZERS.values():
            for subscription, pattern in ((1, False), (300, True)):
                frame = publication.frame(serializer, rawsocket_frame, subscription, pattern)
                encoded = frame[4:]
                if serializer.batched:
                    encoded = encoded[4:] if serializer.binary else encoded[:-1]
                details = {"topic": "a.topic"} if pattern else {}
                expected = [36, subscription, 12345, details, [], {"reason": "r"}]
                self.assertEqual(DECODE[serializer.name](encoded), expected)

    def test_encoded_once_for_500(self) -> None:
        """500 receivers with mixed serialisers: the payload is encoded once a format, each frame once a form."""
        encoded: list[str] = []

        class Counted:
            def __init__(self, format: Any) -> None:
                self.format = format
                self.name, self.binary = format.name, format.binary
                self.event = format.event

            def encode(self, value: Any) -> bytes:
                encoded.append(self.name)
                result: bytes = self.format.encode(value)
                return result

        serializers = list(SERIALIZERS.values())
        for serializer in serializers:
            self.patch(serializer, "format", Counted(serializer.format))
        publication = Publication("a.topic", {"reason": "r"}, number=1)
        frames = [
            publication.frame(serializers[n % 6], (websocket_frame, rawsocket_frame)[n % 2], 1 + n % 3 // 2, False)
            for n in range(500)
        ]
        self.assertEqual(sorted(encoded), ["cbor", "json", "msgpack"])
        self.assertLessEqual(len({id(frame) for frame in frames}), 24)
