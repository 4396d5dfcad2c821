"""Targets: the decoders of WAMP messages, one for each serialisation and its batched form."""

from __future__ import annotations

import dataclasses
import json
import struct
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import cbor2
import msgpack
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from chatr.wamp.codec.frames import SERIALIZERS, Serializer
from chatr.wamp.codec.wire import WireError
from chatr.wamp.session import WampSession
from chatr.wamp.transports.rawsocket import WampRawSocketFactory
from chatr.wamp.transports.upgrade import WampWebSocketFactory, WebSocketOptions
from tests.fuzz.harness import Bound, Hostile, Target
from tests.wamp.case import Setting
from tests.wamp.link import MemoryLink
from tests.wamp.transports.test_rawsocket import LocalTransport
from tests.wamp.wires import MemoryWebSocket, client_frame

_TEXT = "Grüße 👍 aus Köln, 你好" * 3
MESSAGES: tuple[list[Any], ...] = (
    [1, "chatr", {"roles": {"caller": {"features": {"call_canceling": True}}}, "authmethods": ["ticket"]}],
    [5, "eyJhbGciOiJIUzI1NiJ9.e30.x", {}],
    [6, {}, "wamp.close.close_realm"],
    [32, 1, {"match": "prefix"}, "chatr."],
    [34, 2, 17],
    [48, 3, {"timeout": 5000}, "chatr.message.send", [], {"clientId": "0" * 36, "content": _TEXT, "x": [1, -2.5]}],
    [48, 2**53, {}, "chatr.settings.update", [{"settings": {"a": [True, None, {"b": [[], {}]}], "c": 2**40}}]],
    [49, 3, {"mode": "kill"}],
    [16, 4, {"acknowledge": True}, "chatr.x", ["é", 1.5], {}],
)  # fmt: skip

#: A value in an array in an array …, and the value that a map has under a key: by format.
DEEP = {
    "json": (b"[", b'{"a":'),
    "msgpack": (b"\x91", b"\x81\xa1a"),
    "cbor": (b"\x81", b"\xa1\x61a", b"\x9f", b"\xbf\x61a"),
}
HEAD = {
    "json": b'[48,1,{},"chatr.user.me",[],',
    "msgpack": b"\x96\x30\x01\x80\xadchatr.user.me\x90",
    "cbor": b"\x86\x18\x30\x01\xa0\x6dchatr.user.me\x80",
}
_MSGPACK = """
90 80 01 a0 a161 a3eda0bd c0 c40161 cb7ff0000000000000 d40000 d6ff00000000 ddffffffff dfffffffff dbffffffff
cfffffffffffffffff 810101 81a161 91 dc0002 c1
"""
#: From the second half on, tags: shared values, decimal fractions, big numbers, rationals, patterns, dates, sets,
#: strings by number.
_CBOR = """
80 a0 01 60 6161 63eda0bd f6 f7 4161 f97c00 9bffffffffffffffff bbffffffffffffffff 7bffffffffffffffff
1bffffffffffffffff 9a00100000 9f bf 7f 5f ff 1c 3f f820 fc a10101 81
d81c d81d00 c4821a7fffffff01 c249010000000000000000 c34101 d81e820103 d8236428612b29 c06a323032362d30312d3031
d901028101 d9010081 d81900 c5821b7fffffffffffffff01 dbffffffffffffffff c1fb7ff0000000000000
"""
_JSON = rb"""[], {}, 1, "", "a", "\ud83d", "\u0000", 1e999, -0.1e-5, [[ ]] {"a":1}, null, \ " \u"""

PIECES: dict[str, Sequence[bytes]] = {
    "json": [*_JSON.split(), b"9" * 400 + b",", b" ", "é".encode(), b"\xed\xa0\xbd"],
    "msgpack": [bytes.fromhex(piece) for piece in _MSGPACK.split()],
    "cbor": [bytes.fromhex(piece) for piece in _CBOR.split()],
}
_ENCODE: dict[str, Callable[[Any], bytes]] = {
    "json": lambda value: json.dumps(value, ensure_ascii=False).encode(),
    "msgpack": msgpack.packb,
    "cbor": cbor2.dumps,
}


def _nested(name: str) -> Hostile:
    def make(random: Random, size: int) -> bytes:
        """Containers in containers, about as deep as is allowed and much deeper."""
        opening = random.choice(DEEP[name])
        depth = random.choice((random.randrange(55, 75), size // len(opening)))
        return HEAD[name] + opening * depth + random.choice(PIECES[name])

    return make


def _repeated(name: str) -> Hostile:
    def make(random: Random, size: int) -> bytes:
        """One or two small pieces very often: what costs most for a byte."""
        piece = b"".join(random.choices(PIECES[name], k=random.choice((1, 1, 2, 3))))
        return HEAD[name] + _open(name, size // len(piece), random) + piece * (size // len(piece) + 1)

    return make


def _soup(name: str) -> Hostile:
    def make(random: Random, size: int) -> bytes:
        """Pieces in any order."""
        return HEAD[name] + b"".join(random.choices(PIECES[name], k=min(size, 400)))

    return make


def _open(name: str, items: int, random: Random) -> bytes:
    """The head of an array or map of so many items."""
    array = random.random() < 0.6
    if name == "json":
        return b"[" if array else b'{"a":'
    if name == "msgpack":
        return (b"\xdd" if array else b"\xdf") + struct.pack("!L", items)
    return (b"\x9a" if array else b"\xba") + struct.pack("!L", items)


def _shared_values(random: Random, size: int) -> bytes:
    """Lists that hold the one before many times over, through shared values (tags 28 and 29), or themselves."""
    levels, width = random.randrange(1, 12), random.randrange(1, 23)
    value = b"\xd8\x1c\x80"
    for level in range(levels):
        value = b"\xd8\x1c" + bytes((0x81 + width,)) + value + (b"\xd8\x1d" + bytes((levels - level,))) * width
    return random.choice((HEAD["cbor"], b"\x83\x01\x65chatr\xa1\x61x")) + value


def _batched(serializer: Serializer, hostile: Hostile) -> Hostile:
    def make(random: Random, size: int) -> bytes:
        """Hostile messages behind and before innocent ones; sometimes with a wrong length."""
        parts = [_ENCODE[serializer.name](random.choice(MESSAGES)) for _ in range(random.randrange(3))]
        parts.insert(random.randrange(len(parts) + 1), hostile(random, size))
        return _batch(serializer, parts)

    return make


def _batch(serializer: Serializer, parts: Sequence[bytes]) -> bytes:
    if not serializer.binary:
        return b"".join(part + b"\x18" for part in parts)
    return b"".join(struct.pack("!L", len(part)) + part for part in parts)


def _target(serializer: Serializer) -> Target:
    name = serializer.name
    corpus = [_ENCODE[name](message) for message in MESSAGES]
    hostile = [_nested(name), _repeated(name), _soup(name)]
    if name == "cbor":
        hostile.append(_shared_values)
    if serializer.batched:
        hostile = [_batched(serializer, one) for one in hostile]
        corpus = [*(_batch(serializer, [one]) for one in corpus), _batch(serializer, corpus)]
    return Target(
        name=serializer.subprotocol.replace(".", "-"),
        run=serializer.decode,
        refuses=(WireError,),
        corpus=corpus,
        hostile=hostile,
        # What a message costs, however short it is, has its place in the base of a batch.
        bound=Bound(base_ms=60 if serializer.batched else 5, ns_per_byte=2_000),
    )


class _Deaf(MemoryLink):
    """A transport whose peer takes short messages and reads none."""

    def __init__(self, serializer: Serializer) -> None:
        super().__init__(max_bytes=512)
        self.serializer = serializer

    def send(self, frame: bytes, ephemeral: bool = False) -> None:
        """Nobody reads it."""


def _answers(serializer: Serializer) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        """Everything that a message causes, in a session that is open and in one that is not."""
        for joined in (True, False):
            setting = Setting(Clock())
            session = WampSession(setting.door.router, _Deaf(serializer))
            session.opened()
            if joined:
                session.received(
                    _batched_as(serializer, [1, "chatr", {"roles": {"caller": {}}, "authmethods": ["ticket"]}])
                )
                session.received(_batched_as(serializer, [5, "alice", {}]))
            session.received(data)
            session.lost()

    return run


def _batched_as(serializer: Serializer, message: Any) -> bytes:
    encoded = _ENCODE[serializer.name](message)
    return _batch(serializer, [encoded]) if serializer.batched else encoded


def _session_target(serializer: Serializer) -> Target:
    target = _target(serializer)
    bound = Bound(base_ms=target.bound.base_ms * 3, ns_per_byte=3 * target.bound.ns_per_byte)
    return dataclasses.replace(target, name=f"session-{target.name}", run=_answers(serializer), refuses=(), bound=bound)


def _frames(random: Random, size: int) -> bytes:
    """WebSocket frames of all kinds, many of them tiny."""
    made = bytearray()
    while len(made) < size:
        opcode, fin = random.choice((0, 1, 2, 8, 9, 10, 3, 11)), random.random() < 0.5
        made += client_frame(opcode, random.choice((b"", b"x", b"\x03\xe8", b"[", random.randbytes(130))), fin=fin)
    return bytes(made)


def _pings(random: Random, size: int) -> bytes:
    """The cheapest frames, over and over."""
    frame = random.choice((client_frame(9, b""), client_frame(0, b"", fin=False), client_frame(10, b"")))
    return client_frame(1, b"", fin=False) + frame * (size // len(frame))


def _websocket(data: bytes) -> None:
    """Bytes behind the upgrade, as one read of the socket has them."""
    clock = Clock()
    setting = Setting(clock)
    client = MemoryWebSocket(WampWebSocketFactory(setting.door.router, WebSocketOptions()).buildProtocol(None))
    client.server.dataReceived(data)
    client.server.connectionLost(Failure(ConnectionDone()))
    clock.advance(0)


def _rawsocket(data: bytes) -> None:
    """Bytes behind the handshake of RawSocket."""
    clock = Clock()
    setting = Setting(clock)
    server = WampRawSocketFactory(setting.door.router).buildProtocol(None)
    server.makeConnection(LocalTransport())
    server.dataReceived(b"\x7f\xf1\0\0" + data)
    server.connectionLost(Failure(ConnectionDone()))
    clock.advance(0)


_HELLO = json.dumps(MESSAGES[0]).encode()
_TRANSPORTS = (
    Target(
        name="websocket",
        run=_websocket,
        corpus=[
            client_frame(1, _HELLO),
            client_frame(9, b"") * 3 + client_frame(1, _HELLO),
            client_frame(8, b"\x03\xe8"),
        ],
        hostile=[_frames, _pings],
        max_bytes=64 * 1024,
        bound=Bound(base_ms=30),
    ),
    Target(
        name="rawsocket",
        run=_rawsocket,
        corpus=[len(_HELLO).to_bytes(4, "big") + _HELLO, b"\1\0\0\0" * 3, b"\1\0\0\1x\2\0\0\0"],
        hostile=[lambda random, size: random.choice((b"\1\0\0\0", b"\2\0\0\0", b"\0\0\0\0")) * (size // 4)],
        max_bytes=64 * 1024,
        bound=Bound(base_ms=30),
    ),
)
TARGETS = (
    *(_target(serializer) for serializer in SERIALIZERS.values()),
    *(_session_target(serializer) for serializer in SERIALIZERS.values()),
    *_TRANSPORTS,
)
