"""Targets: the decoders of WAMP messages, one for each serialisation and its batched form."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import cbor2
import msgpack

from chatr.wamp.frames import SERIALIZERS, Serializer
from chatr.wamp.wire import WireError
from tests.fuzz.harness import Bound, Hostile, Target

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
    if serializer.batched:
        hostile = [_batched(serializer, one) for one in hostile]
        corpus = [*(_batch(serializer, [one]) for one in corpus), _batch(serializer, corpus)]
    return Target(
        name=serializer.subprotocol.replace(".", "-"),
        run=serializer.decode,
        refuses=(WireError,),
        corpus=corpus,
        hostile=hostile,
        bound=Bound(),
    )


TARGETS = tuple(_target(serializer) for serializer in SERIALIZERS.values())
