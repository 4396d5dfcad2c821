"""The serialisations of WAMP: bytes to messages, whatever the bytes, and values to bytes.

What an input of n bytes costs is linear in n (``tests/fuzz`` holds it to a bound): a library decodes it once, and once
or twice more when that finds something wrong.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

import cbor2
import msgspec

from chatr.wamp.codec import flaws, scan, wire
from chatr.wamp.codec.flaws import Unreadable
from chatr.wamp.codec.wire import Incoming, WireError

#: A message, or one that is answered with what is wrong in it.
Received: TypeAlias = Incoming | Unreadable

#: What decoders raise: msgspec its own, both libraries and Python's JSON what their types raise.
_REFUSALS = (msgspec.DecodeError, cbor2.CBORError, RecursionError, ValueError, OverflowError, TypeError)


class Format(Protocol):
    """One object serialisation."""

    name: str
    binary: bool

    def decode(self, payload: bytes) -> Received:
        """One message. Raises :class:`WireError`, whatever the bytes."""

    def encode(self, value: Any) -> bytes:
        """Plain data or structs; a struct comes out as a map of its wire names."""

    def event(self, head: Sequence[Any], payload: bytes) -> bytes:
        """An array of ``head`` and, as its last element, what is encoded already."""


class _Msgspec:
    """What msgspec speaks: straight into structs, and what is none of these as it is."""

    _typed: Any
    _loose: Any
    _encoder: Any

    def encode(self, value: Any) -> bytes:
        """Plain data or structs."""
        encoded: bytes = self._encoder.encode(value)
        return encoded

    def event(self, head: Sequence[Any], payload: bytes) -> bytes:
        """An array of ``head`` and what is encoded already."""
        return self.encode([*head, msgspec.Raw(payload)])

    def _understood(self, payload: bytes) -> Incoming:
        try:
            message: Incoming = self._typed.decode(payload)
        except msgspec.ValidationError:
            return wire.from_raw(self._loose.decode(payload))
        return message


class _Json(_Msgspec):
    """JSON; what msgspec refuses gets a second, lenient look."""

    name = "json"
    binary = False

    def __init__(self) -> None:
        self._typed = msgspec.json.Decoder(Incoming)
        self._loose = msgspec.json.Decoder()
        self._encoder = msgspec.json.Encoder()

    def decode(self, payload: bytes) -> Received:
        """One message. Raises :class:`WireError`."""
        try:
            message = self._understood(payload)
        except UnicodeDecodeError:
            raise WireError("text is not valid UTF-8") from None
        except _REFUSALS as error:
            return self._flawed(payload, str(error))
        # Counting is cheap, and says of nearly all messages that they are within the limits.
        containers = payload.count(b"[") + payload.count(b"{")
        if containers > flaws.MAX_DEPTH or containers + payload.count(b",") > flaws.MAX_VALUES:
            flaws.refuse_excess(message)
        return message

    def _flawed(self, payload: bytes, why: str) -> Unreadable:
        """Half a surrogate pair is JSON (RFC 8259, section 8.2), but no text: msgspec stops there, Python's doesn't."""
        try:
            raw = json.loads(payload.decode(), parse_constant=_no_number)
        except _REFUSALS:
            raw = None
        flaw = flaws.find(raw)
        if flaw is None or not isinstance(raw, list) or not isinstance(flaw.path[0], int):
            raise WireError(f"not valid json: {why}")
        return flaws.unreadable(raw[: flaw.path[0]], flaw)


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


class _Binary:
    """What msgpack and CBOR share: their structure is looked at before they are decoded."""

    name: str
    binary = True

    def decode(self, payload: bytes) -> Received:
        """One message. Raises :class:`WireError`."""
        structure = scan.FORMATS[self.name]
        offsets, flaw = scan.outline(payload, structure)
        if flaw is None:
            try:
                return self._understood(payload)
            except _REFUSALS as error:
                offsets, flaw = scan.outline(payload, structure, texts=True)
                if flaw is None:
                    raise WireError(f"not valid {self.name}: {error}") from None
        before = flaw.path[0] if flaw.path and isinstance(flaw.path[0], int) else 0
        try:
            # Only what comes before the flaw has been seen to be harmless.
            heads = [self._loosely(payload[offsets[place] : offsets[place + 1]]) for place in range(min(before, 3))]
        except _REFUSALS:
            # Texts that are none, before the flaw.
            heads = []
        return flaws.unreadable(heads, flaw)

    def _understood(self, payload: bytes) -> Incoming:
        """Decode what has no flaw but for its texts. Raises what the decoder raises."""
        raise NotImplementedError

    def _loosely(self, payload: bytes) -> Any:
        """One value without a flaw."""
        raise NotImplementedError


class _Msgpack(_Msgspec, _Binary):
    """msgpack."""

    name = "msgpack"

    def __init__(self) -> None:
        self._typed = msgspec.msgpack.Decoder(Incoming, ext_hook=_extension)
        self._loose = msgspec.msgpack.Decoder(ext_hook=_extension)
        self._encoder = msgspec.msgpack.Encoder()

    def _loosely(self, payload: bytes) -> Any:
        return self._loose.decode(payload)


def _extension(_code: int, _data: memoryview) -> None:
    """msgpack extension types: wampy's ``undefined`` is one, and counts as absent."""


class _Cbor(_Binary):
    """CBOR (RFC 8949) by cbor2."""

    name = "cbor"

    def encode(self, value: Any) -> bytes:
        """Plain data or structs."""
        return cbor2.dumps(msgspec.to_builtins(value, str_keys=True))

    def event(self, head: Sequence[Any], payload: bytes) -> bytes:
        """An array of ``head`` and what is encoded already: major type 4, then its elements."""
        return bytes((0x80 | len(head) + 1,)) + b"".join(cbor2.dumps(item) for item in head) + payload

    def _understood(self, payload: bytes) -> Incoming:
        return wire.from_raw(self._loosely(payload))

    def _loosely(self, payload: bytes) -> Any:
        raw = cbor2.loads(payload)
        return _without_undefined(raw) if _UNDEFINED in payload else raw


_UNDEFINED = b"\xf7"


def _without_undefined(raw: Any) -> Any:
    """``undefined`` is JavaScript's way of leaving something out (wampy sends it in options)."""
    if type(raw) is dict:
        return {key: _without_undefined(item) for key, item in raw.items() if item is not cbor2.undefined}
    if type(raw) is list:
        return [None if item is cbor2.undefined else _without_undefined(item) for item in raw]
    return raw


FORMATS: Mapping[str, Format] = MappingProxyType({format.name: format for format in (_Json(), _Msgpack(), _Cbor())})
