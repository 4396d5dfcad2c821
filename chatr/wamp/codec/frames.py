"""Serialisers and framings: batches and frames."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

from chatr.wamp.codec.formats import FORMATS, Format, Received
from chatr.wamp.codec.wire import WireError

#: (payload, binary) -> the bytes that go on the wire.
Framing: TypeAlias = Callable[[bytes, bool], bytes]

#: Between the messages of a JSON batch: what the specification says, and what Autobahn sends, which took its octal 30
#: for decimal. Neither may stand within JSON.
RECORD_SEPARATOR, CANCEL = b"\x1e", b"\x18"
#: Messages in one batch: all of them are handled in one turn of the reactor, before anybody else's.
MAX_BATCH = 128
_TOO_MANY = f"a batch has at most {MAX_BATCH} messages"
_LENGTH = struct.Struct("!L")


class Serializer:
    """A WAMP serialisation as clients negotiate it: a format, batched or not."""

    def __init__(
        self, format: Format, *, batched: bool, rawsocket_id: int | None, separator: bytes = RECORD_SEPARATOR
    ) -> None:
        self.format = format
        self.name = format.name
        self.binary = format.binary
        self.batched = batched
        self.rawsocket_id = rawsocket_id
        self._separator = separator
        self.subprotocol = f"wamp.2.{format.name}" + (".batched" if batched else "")

    def of(self, payload: bytes) -> Serializer:
        """The serializer for a client that sends this: its batches end as the client's do."""
        if self.batched and not self.binary and payload[-1:] == CANCEL:
            return _AUTOBAHNS_JSON
        return self

    def decode(self, payload: bytes) -> list[Received]:
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
        return _LENGTH.pack(len(encoded)) + encoded if self.binary else encoded + self._separator

    def _parts(self, payload: bytes) -> list[bytes]:
        if not self.binary:
            if not payload.endswith((RECORD_SEPARATOR, CANCEL)):
                raise WireError("a batch of JSON ends with 0x1e (or 0x18, as Autobahn sends it)")
            if payload.count(RECORD_SEPARATOR) + payload.count(CANCEL) > MAX_BATCH:
                raise WireError(_TOO_MANY)
            return payload[:-1].replace(CANCEL, RECORD_SEPARATOR).split(RECORD_SEPARATOR)
        parts: list[bytes] = []
        position = 0
        while position < len(payload):
            if len(parts) == MAX_BATCH:
                raise WireError(_TOO_MANY)
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


_AUTOBAHNS_JSON = Serializer(FORMATS["json"], batched=True, rawsocket_id=None, separator=CANCEL)


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
