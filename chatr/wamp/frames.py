"""Serialisers and framings: messages to bytes and back, events encoded once for all who take the same form."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

import cbor2
import msgspec

from chatr.realtime.hub import Announcement
from chatr.wamp import wire
from chatr.wamp.wire import Incoming, WireError

#: (payload, binary) -> the bytes that go on the wire.
Framing: TypeAlias = Callable[[bytes, bool], bytes]

_SEPARATOR = b"\x18"
_LENGTH = struct.Struct("!L")


class Format(Protocol):
    """One object serialisation."""

    name: str
    binary: bool

    def decode(self, payload: bytes) -> Incoming:
        """One message. Raises :class:`WireError`, whatever the bytes."""

    def encode(self, value: Any) -> bytes:
        """Plain data or structs; a struct comes out as a map of its wire names."""

    def event(self, head: Sequence[Any], payload: bytes) -> bytes:
        """An array of ``head`` and, as its last element, what is encoded already."""


class _Typed:
    """Formats that msgspec decodes straight into structs; what it refuses gets a second, lenient look."""

    def __init__(
        self,
        name: str,
        binary: bool,
        decode: Callable[[bytes], Incoming],
        loose: Callable[[bytes], Any],
        encode: Callable[[Any], bytes],
    ) -> None:
        self.name = name
        self.binary = binary
        self._decode = decode
        self._loose = loose
        self._encode = encode

    def decode(self, payload: bytes) -> Incoming:
        """One message. Raises :class:`WireError`."""
        try:
            message = self._decode(payload)
        except msgspec.ValidationError:
            message = wire.from_raw(self._loosely(payload))
        except UnicodeDecodeError:
            raise WireError("text is not valid UTF-8") from None
        except (msgspec.DecodeError, RecursionError, ValueError, OverflowError) as error:
            raise WireError(f"not valid {self.name}: {error}") from None
        if self.binary:
            _refuse_foreign(message)
        return message

    def encode(self, value: Any) -> bytes:
        """Plain data or structs."""
        return self._encode(value)

    def event(self, head: Sequence[Any], payload: bytes) -> bytes:
        """An array of ``head`` and what is encoded already."""
        return self._encode([*head, msgspec.Raw(payload)])

    def _loosely(self, payload: bytes) -> Any:
        try:
            return self._loose(payload)
        except UnicodeDecodeError:
            raise WireError("text is not valid UTF-8") from None
        except (msgspec.DecodeError, RecursionError, ValueError, OverflowError) as error:
            raise WireError(f"not valid {self.name}: {error}") from None


class _Cbor:
    """CBOR (RFC 8949) by cbor2."""

    name = "cbor"
    binary = True

    def decode(self, payload: bytes) -> Incoming:
        """One message. Raises :class:`WireError`."""
        try:
            stream = io.BytesIO(payload)
            raw = cbor2.CBORDecoder(stream, tag_hook=_no_tags).decode()
            if stream.tell() != len(payload) and stream.read(1):
                raise WireError("not valid cbor: bytes behind the message")
        except WireError:
            raise
        except Exception as error:
            if isinstance(error.__cause__, WireError):
                raise error.__cause__ from None
            # cbor2 raises what its types raise (OverflowError, TypeError, UnicodeDecodeError, its own).
            raise WireError(f"not valid cbor: {type(error).__name__}") from None
        message = wire.from_raw(_without_undefined(raw))
        _refuse_foreign(message)
        return message

    def encode(self, value: Any) -> bytes:
        """Plain data or structs."""
        return cbor2.dumps(msgspec.to_builtins(value, str_keys=True))

    def event(self, head: Sequence[Any], payload: bytes) -> bytes:
        """An array of ``head`` and what is encoded already: major type 4, then its elements."""
        return bytes((0x80 | len(head) + 1,)) + b"".join(cbor2.dumps(item) for item in head) + payload


def _no_tags(*_: Any) -> Any:
    # Dates, big numbers, shared references: none of it has a form in JSON.
    raise WireError("CBOR tags have no place in a message")


def _without_undefined(raw: Any) -> Any:
    """``undefined`` is JavaScript's way of leaving something out (wampy sends it in options)."""
    if type(raw) is dict:
        return {key: _without_undefined(item) for key, item in raw.items() if item is not cbor2.undefined}
    if type(raw) is list:
        return [None if item is cbor2.undefined else _without_undefined(item) for item in raw]
    return raw


def _refuse_foreign(message: Incoming) -> None:
    for field in message.__struct_fields__:
        try:
            wire.refuse_foreign(getattr(message, field))
        except RecursionError:
            raise WireError("data is nested too deeply") from None


def _extension(_code: int, _data: memoryview) -> None:
    """msgpack extension types: wampy's ``undefined`` is one, and counts as absent."""


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "json": _Typed(
            "json",
            False,
            msgspec.json.Decoder(Incoming).decode,
            msgspec.json.Decoder().decode,
            msgspec.json.Encoder().encode,
        ),
        "msgpack": _Typed(
            "msgpack",
            True,
            msgspec.msgpack.Decoder(Incoming, ext_hook=_extension).decode,
            msgspec.msgpack.Decoder(ext_hook=_extension).decode,
            msgspec.msgpack.Encoder().encode,
        ),
        "cbor": _Cbor(),
    }
)


class Serializer:
    """A WAMP serialisation as clients negotiate it: a format, batched or not."""

    def __init__(self, format: Format, *, batched: bool, rawsocket_id: int | None) -> None:
        self.format = format
        self.name = format.name
        self.binary = format.binary
        self.batched = batched
        self.rawsocket_id = rawsocket_id
        self.subprotocol = f"wamp.2.{format.name}" + (".batched" if batched else "")

    def decode(self, payload: bytes) -> list[Incoming]:
        """The messages in one transport message: several only when batched. Raises :class:`WireError`."""
        if not self.batched:
            return [self.format.decode(payload)]
        return [self.format.decode(part) for part in self._parts(payload)]

    def encode(self, message: Sequence[Any]) -> bytes:
        """One outgoing message. Raises TypeError, ValueError or OverflowError for what is no wire data."""
        return self.decorated(self.format.encode(message))

    def decorated(self, encoded: bytes) -> bytes:
        """One encoded message as it stands in a batch."""
        if not self.batched:
            return encoded
        return _LENGTH.pack(len(encoded)) + encoded if self.binary else encoded + _SEPARATOR

    def _parts(self, payload: bytes) -> list[bytes]:
        if not self.binary:
            if not payload.endswith(_SEPARATOR):
                raise WireError("a batch ends with 0x18")
            return payload[:-1].split(_SEPARATOR)
        parts, position = [], 0
        while position < len(payload):
            start = position + _LENGTH.size
            if start > len(payload):
                raise WireError("a batch ends within a length")
            position = start + _LENGTH.unpack_from(payload, position)[0]
            if position > len(payload):
                raise WireError("a batch ends within a message")
            parts.append(payload[start:position])
        if not parts:
            raise WireError("an empty batch")
        return parts


#: By subprotocol, in the order in which the server would choose.
SERIALIZERS: Mapping[str, Serializer] = MappingProxyType(
    {
        serializer.subprotocol: serializer
        for batched in (False, True)
        for number, format in enumerate(FORMATS.values(), 1)
        for serializer in (Serializer(format, batched=batched, rawsocket_id=None if batched else number),)
    }
)


def websocket_frame(payload: bytes, binary: bool) -> bytes:
    """One unmasked, final frame of a server (RFC 6455, 5.2)."""
    first, length = 0x82 if binary else 0x81, len(payload)
    if length < 126:
        return bytes((first, length)) + payload
    if length < 65536:
        return struct.pack("!BBH", first, 126, length) + payload
    return struct.pack("!BBQ", first, 127, length) + payload


def rawsocket_frame(payload: bytes, binary: bool) -> bytes:
    """One regular message: its type octet is zero, so a length of four bytes is the whole header."""
    return _LENGTH.pack(len(payload)) + payload


def event_frame(
    announcement: Announcement, serializer: Serializer, framing: Framing, subscription: int, pattern: bool
) -> bytes:
    """EVENT for one subscription, framed. The payload is encoded once a format, the frame once a form."""
    made = announcement.encodings
    key = (serializer.subprotocol, framing, subscription)
    frame = made.get(key)
    if frame is None:
        payload = made.get(serializer.name)
        if payload is None:
            payload = made[serializer.name] = serializer.format.encode(announcement.payload)
        details = {"topic": announcement.topic} if pattern else {}
        head: tuple[Any, ...] = (wire.EVENT, subscription, announcement.publication, details, [])
        encoded = serializer.format.event(head, payload)
        frame = made[key] = framing(serializer.decorated(encoded), serializer.binary)
    return frame
