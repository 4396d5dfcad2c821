"""Clients that speak raw bytes: the encodings of WAMP by other libraries than ours, and WebSocket frames by hand."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

import cbor2
import msgpack
from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from OpenSSL import SSL
from twisted.internet.defer import Deferred, DeferredQueue
from twisted.internet.interfaces import IOpenSSLContextFactory, IProtocol
from twisted.internet.protocol import Factory
from twisted.internet.testing import StringTransport
from twisted.protocols.tls import TLSMemoryBIOFactory
from zope.interface import implementer

from chatr.timers import Timers


class Codec(NamedTuple):
    """One encoding of a WAMP message."""

    dumps: Callable[[Any], bytes]
    loads: Callable[[bytes], Any]
    binary: bool
    rawsocket_id: int


JSON = Codec(lambda message: json.dumps(message).encode(), json.loads, False, 1)
MSGPACK = Codec(msgpack.packb, msgpack.unpackb, True, 2)
CBOR = Codec(cbor2.dumps, cbor2.loads, True, 3)


def _length_prefixed(codec: Codec) -> Codec:
    def dumps(message: Any) -> bytes:
        data = codec.dumps(message)
        return struct.pack("!I", len(data)) + data

    return codec._replace(dumps=dumps, loads=lambda data: codec.loads(data[4:]))


CODECS = {
    "wamp.2.json": JSON,
    "wamp.2.msgpack": MSGPACK,
    "wamp.2.cbor": CBOR,
    "wamp.2.json.batched": JSON._replace(
        dumps=lambda message: JSON.dumps(message) + b"\x18", loads=lambda data: json.loads(data.rstrip(b"\x18"))
    ),
    "wamp.2.msgpack.batched": _length_prefixed(MSGPACK),
    "wamp.2.cbor.batched": _length_prefixed(CBOR),
}

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
MASK = b"\x01\x02\x03\x04"


def client_frame(opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    """A masked WebSocket frame (RFC 6455, section 5.2)."""
    length = len(payload)
    if length < 126:
        size = bytes((0x80 | length,))
    elif length < 2**16:
        size = bytes((0x80 | 126,)) + struct.pack("!H", length)
    else:
        size = bytes((0x80 | 127,)) + struct.pack("!Q", length)
    masked = bytes(byte ^ MASK[index % 4] for index, byte in enumerate(payload))
    return bytes(((0x80 if fin else 0) | opcode,)) + size + MASK + masked


def server_frames(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The unmasked frames in ``data``: opcode and payload."""
    while data:
        opcode, length, start = data[0] & 0x0F, data[1], 2
        if length == 126:
            (length,), start = struct.unpack("!H", data[2:4]), 4
        elif length == 127:
            (length,), start = struct.unpack("!Q", data[2:10]), 10
        yield opcode, data[start : start + length]
        data = data[start + length :]


class TakenTransport(StringTransport):
    """A transport in memory as twisted.web leaves it: another producer is still registered."""

    def __init__(self) -> None:
        super().__init__()
        self.registerProducer(object(), True)

    def setTcpNoDelay(self, enabled: bool) -> None:
        """Nothing to delay."""


class MemoryWebSocket:
    """A WebSocket client in memory, after its opening handshake."""

    def __init__(self, server: IProtocol, subprotocol: str = "wamp.2.json", **headers: str) -> None:
        self.server: Any = server
        self.transport = TakenTransport()
        self.codec = CODECS.get(subprotocol, JSON)
        server.makeConnection(self.transport)
        lines = [
            "GET /ws HTTP/1.1",
            "Host: localhost",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            *([f"Sec-WebSocket-Protocol: {subprotocol}"] if subprotocol else []),
            *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
        ]
        server.dataReceived("\r\n".join([*lines, "", ""]).encode())
        self.response, _, rest = self.transport.value().partition(b"\r\n\r\n")
        self.status = int(self.response.split()[1])
        self.transport.clear()
        self.transport.write(rest)

    def say(self, message: Any) -> None:
        """Send one WAMP message."""
        self.send(self.codec.dumps(message))

    def send(self, payload: bytes, *, binary: bool | None = None) -> None:
        """Send one WebSocket message."""
        wanted = self.codec.binary if binary is None else binary
        self.server.dataReceived(client_frame(BINARY if wanted else TEXT, payload))

    def frames(self) -> list[tuple[int, bytes]]:
        """The frames that came since the last time."""
        data = self.transport.value()
        self.transport.clear()
        return list(server_frames(data))

    def heard(self) -> list[Any]:
        """The WAMP messages that came since the last time; a close frame as its code and reason."""
        messages: list[Any] = []
        for opcode, payload in self.frames():
            if opcode in (TEXT, BINARY):
                messages.append(self.codec.loads(payload))
            elif opcode == CLOSE:
                messages.append((struct.unpack("!H", payload[:2])[0], payload[2:].decode()))
        return messages


class SocketClient(WebSocketClientProtocol):
    """Autobahn's WebSocket client on a real socket, with raw messages."""

    factory: SocketClientFactory

    def onOpen(self) -> None:
        self.factory.opened.callback(self)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        self.factory.inbox.put((self.factory.codec.loads(payload), isBinary))

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        self.factory.closed.callback((wasClean, code, reason))

    def say(self, message: Any) -> None:
        """Send one WAMP message."""
        codec = self.factory.codec
        self.sendMessage(codec.dumps(message), codec.binary)

    async def hear(self) -> Any:
        """The next WAMP message."""
        message, is_binary = await self.factory.inbox.get()
        if is_binary != self.factory.codec.binary:
            raise AssertionError("the message has the wrong WebSocket type")
        return message


class SocketClientFactory(WebSocketClientFactory):
    """Connects one client."""

    protocol = SocketClient
    noisy = False

    def __init__(self, reactor: Any, port: int, subprotocol: str = "wamp.2.json") -> None:
        super().__init__(f"ws://127.0.0.1:{port}/ws", protocols=[subprotocol], reactor=reactor)
        self._batched_timer = Timers(reactor)
        self.codec = CODECS[subprotocol]
        self.inbox: DeferredQueue[Any] = DeferredQueue()
        self.opened: Deferred[SocketClient] = Deferred()
        self.closed: Deferred[tuple[bool, int | None, str | None]] = Deferred()


@implementer(IOpenSSLContextFactory)
class Tls:
    """OpenSSL contexts as Twisted takes them; through its own certificate classes it uses what OpenSSL deprecates."""

    def __init__(self, certificate: str = "") -> None:
        self._context = SSL.Context(SSL.TLS_METHOD)
        if certificate:
            self._context.use_certificate_chain_file(certificate)
            self._context.use_privatekey_file(certificate)

    def getContext(self) -> SSL.Context:
        """Called by Twisted."""
        return self._context


def over_tls(factory: Factory, path: str = "") -> Factory:
    """``factory`` over TLS: the server with a new self-signed certificate in ``path``, a client without."""
    if path:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
        now = datetime.now(timezone.utc)
        builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
        text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        Path(path).write_bytes(text + builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    return TLSMemoryBIOFactory(Tls(path), not path, factory)
