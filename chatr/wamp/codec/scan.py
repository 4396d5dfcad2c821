"""A look at msgpack and CBOR before a decoder sees them: one pass, linear, without recursion, without making a value.

It refuses what costs a decoder more than a little for a byte: CBOR's tags, deep nesting, lengths that are not there,
maps whose numeric keys collide. And it finds, with its path, what only these formats can carry and JSON can't: payloads
are the same in every serialisation.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from chatr.wamp.codec.flaws import MAX_DEPTH, MAX_VALUES, TOO_DEEP, TOO_MANY, Flaw, text_flaw
from chatr.wamp.codec.wire import WireError

#: Of a key in a path.
MAX_KEY_BYTES = 64

#: ``float``: a number of so many bytes. ``scalar``: all others of one value. ``empty``: a container of nothing.
#: ``simple``: of CBOR's simple values, those that are no data. ``open_array`` and ``open_map``: up to ``break``.
#: ``reserved``: not in the format, or not taken.
Kind: TypeAlias = Literal[
    "scalar", "empty", "float", "text", "bytes", "array", "map", "extension", "tag", "simple", "open_array", "open_map",
    "break", "reserved",
]  # fmt: skip


class Head(NamedTuple):
    """What the first byte of a value says."""

    kind: Kind
    size: int = 0
    """Bytes that follow; of arrays and maps, values or pairs."""
    width: int = 0
    """Or how many bytes, before those, tell the size."""


_CONTAINERS = frozenset({"array", "map", "open_array", "open_map"})
#: What most values are, and what can be stepped over without a look.
_PLAIN = frozenset({"scalar", "text", "empty"})

#: By first byte.
Format: TypeAlias = Sequence[Head]

_SCALAR, _EMPTY, _RESERVED = Head("scalar"), Head("empty"), Head("reserved")


def _sized(kind: Kind, widths: Sequence[int]) -> list[Head]:
    return [Head(kind, 0, width) for width in widths]


def _msgpack() -> Format:
    """https://github.com/msgpack/msgpack/blob/master/spec.md, "Formats"."""
    heads = [_SCALAR] * 0x80
    heads += [_EMPTY] + [Head("map", size) for size in range(1, 16)]
    heads += [_EMPTY] + [Head("array", size) for size in range(1, 16)]
    heads += [Head("text", size) for size in range(32)]
    heads += [_SCALAR, _RESERVED, _SCALAR, _SCALAR]
    heads += _sized("bytes", (1, 2, 4)) + _sized("extension", (1, 2, 4))
    heads += [Head("float", 4), Head("float", 8)]
    heads += [Head("scalar", size) for size in (1, 2, 4, 8)] * 2
    heads += [Head("extension", size) for size in (1, 2, 4, 8, 16)]
    heads += _sized("text", (1, 2, 4)) + _sized("array", (2, 4)) + _sized("map", (2, 4))
    return (*heads, *[_SCALAR] * 0x20)


def _cbor() -> Format:
    """RFC 8949, section 3: the major type in three bits, the additional information in five."""
    widths = (1, 2, 4, 8)
    numbers = [_SCALAR] * 24 + [Head("scalar", size) for size in widths] + [_RESERVED] * 4
    heads = numbers * 2
    containers: tuple[tuple[Kind, Kind], ...] = (
        ("bytes", "reserved"),
        # In pieces, texts would be joined again and again; no client of WAMP sends them so.
        ("text", "reserved"),
        ("array", "open_array"),
        ("map", "open_map"),
    )
    for kind, unending in containers:
        heads += [_EMPTY if kind in _CONTAINERS else Head(kind)] + [Head(kind, size) for size in range(1, 24)]
        heads += _sized(kind, widths) + [_RESERVED] * 3 + [Head(unending)]
    heads += [Head("tag")] * 24 + [Head("tag", size) for size in widths] + [_RESERVED] * 4
    # false, true, null and undefined are data.
    heads += [Head("simple")] * 20 + [_SCALAR] * 4 + [Head("simple", 1)]
    heads += [Head("float", size) for size in (2, 4, 8)] + [_RESERVED] * 3 + [Head("break")]
    return tuple(heads)


FORMATS: Mapping[str, Format] = MappingProxyType({"msgpack": _msgpack(), "cbor": _cbor()})

_FLOATS = {size: struct.Struct(code) for size, code in ((2, "!e"), (4, "!f"), (8, "!d"))}
#: The extension type of msgpack's times. JavaScript's undefined is another, and counts as absent.
_TIME = 0xFF
_FOREIGN: Mapping[str, str] = MappingProxyType({"bytes": "bytes have", "simple": "a simple value of CBOR has"})

TRUNCATED = "the message ends within a value"


class Outline(NamedTuple):
    """The structure of a message: where its elements begin, where the last ends, and the first flaw in it."""

    offsets: tuple[int, ...]
    flaw: Flaw | None


class _Open:
    """A container that is not read to its end."""

    __slots__ = ("key", "left", "pairs", "total")

    def __init__(self, total: int, *, pairs: bool) -> None:
        self.total = total
        self.left = total
        """Values to come, keys included. Without an end it falls from -2, so that it is even before a key, too."""
        self.pairs = pairs
        self.key = 0
        """Where the last key is."""


class _Scan:
    """One pass over one message."""

    def __init__(self, payload: bytes, format: Format, *, texts: bool) -> None:
        self._payload = payload
        self._format = format
        self._texts = texts
        self._position = 0
        self._room = MAX_VALUES
        self._stack = [_Open(1, pairs=False)]
        self._offsets: list[int] = []
        self._flaw: Flaw | None = None

    def outline(self) -> Outline:
        """Read everything."""
        stack, format, payload = self._stack, self._format, self._payload
        try:
            while stack:
                innermost = stack[-1]
                if 2 < len(stack) <= MAX_DEPTH and not self._texts:
                    self._skip(innermost)
                if not innermost.left:
                    stack.pop()
                    continue
                if len(stack) == 2 and len(self._offsets) == innermost.total - innermost.left:
                    self._offsets.append(self._position)
                self._room -= 1
                if self._room < 0:
                    raise WireError(TOO_MANY)
                self._value(innermost, *format[payload[self._position]])
        except IndexError:
            raise WireError(TRUNCATED) from None
        if self._position != len(payload):
            raise WireError("bytes behind the message" if self._position < len(payload) else TRUNCATED)
        return Outline((*self._offsets, self._position), self._flaw)

    def _skip(self, innermost: _Open) -> None:
        """Step over plain values, quickly."""
        payload, format, position = self._payload, self._format, self._position
        left, pairs = innermost.left, innermost.pairs
        for _ in range(self._room):
            if not left:
                break
            kind, size, width = format[payload[position]]
            if width == 1 and kind == "text":
                size = 1 + payload[position + 1]
            elif width or kind not in _PLAIN:
                break
            if pairs and not left & 1:
                if kind != "text":
                    break
                innermost.key = position
            left -= 1
            position += 1 + size
        self._room -= innermost.left - left
        self._position, innermost.left = position, left

    def _value(self, innermost: _Open, kind: Kind, size: int, width: int) -> None:
        """Read one value, or the head of one that contains others."""
        start = self._position + 1 + width
        if width:
            size = int.from_bytes(self._payload[start - width : start], "big")
        # Each value has a byte at the least: what a container says that it holds must be there, too.
        if size > len(self._payload) - start:
            raise WireError(TRUNCATED)
        self._position = start
        if kind == "tag":
            self._tag(innermost, size)
            return
        if kind == "break":
            self._break(innermost)
            return
        innermost.left -= 1
        if innermost.pairs and innermost.left & 1:
            innermost.key = start - 1 - width
            if kind != "text":
                self._found("keys of a map are strings", above=1)
        if kind in _CONTAINERS:
            self._open(kind, size)
            return
        self._position += size
        if kind == "empty" and len(self._stack) > MAX_DEPTH:
            raise WireError(TOO_DEEP)
        if kind not in ("scalar", "empty"):
            self._check(kind, start, size)

    def _tag(self, innermost: _Open, size: int) -> None:
        """Step over a tag: the value that it is about follows, and stands where the tag stands."""
        self._position += size
        innermost.left -= 1
        self._found("a CBOR tag has no place in a message", above=innermost.pairs and innermost.left & 1)
        innermost.left += 1

    def _open(self, kind: Kind, size: int) -> None:
        if len(self._stack) > MAX_DEPTH:
            raise WireError(TOO_DEEP)
        pairs = kind in ("map", "open_map")
        self._stack.append(_Open(-2 if kind in ("open_array", "open_map") else size * (1 + pairs), pairs=pairs))

    def _break(self, innermost: _Open) -> None:
        if innermost.left >= 0 or (innermost.pairs and innermost.left & 1):
            raise WireError("a break in the wrong place")
        self._stack.pop()

    def _check(self, kind: Kind, start: int, size: int) -> None:
        """What a value is beyond its length."""
        payload = self._payload
        if kind == "text":
            flaw = text_flaw(payload[start : start + size]) if self._texts else ""
            if flaw:
                self._found(flaw, above=self._stack[-1].pairs and self._stack[-1].left & 1)
        elif kind == "float":
            if not math.isfinite(_FLOATS[size].unpack_from(payload, start)[0]):
                self._found("NaN and infinities have no place in a message")
        elif kind == "extension":
            self._position += 1
            if payload[start] == _TIME:
                self._found("a time has no place in a message: send it as text")
        elif kind == "reserved":
            raise WireError("a reserved first byte, or a text of unknown length")
        else:
            self._found(f"{_FOREIGN[kind]} no place in a message")

    def _found(self, reason: str, *, above: int = 0) -> None:
        """Remember the first flaw, at the value that is being read or, with ``above``, at its container."""
        if self._flaw is None:
            frames = self._stack[1 : len(self._stack) - above]
            self._flaw = Flaw(tuple(self._step(frame) for frame in frames), reason)

    def _step(self, frame: _Open) -> int | str:
        if frame.pairs:
            _, size, width = self._format[self._payload[frame.key]]
            start = frame.key + 1 + width
            size = int.from_bytes(self._payload[start - width : start], "big") if width else size
            return self._payload[start : start + min(size, MAX_KEY_BYTES)].decode(errors="replace")
        return frame.total - frame.left - 1


def outline(payload: bytes, format: Format, *, texts: bool = False) -> Outline:
    """The structure of one message. With ``texts``, what is no Unicode is a flaw, too.

    Raises :class:`WireError` for what is not in the format, is over a limit, or ends too soon or too late.
    """
    return _Scan(payload, format, texts=texts).outline()
