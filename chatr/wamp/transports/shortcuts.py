"""What is reached for inside Twisted and Autobahn, and what is done instead where a release of theirs has it no more.

Nothing else of the router uses a private attribute of either. The bytes on the wire are the same in both ways.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha1
from typing import Any

from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from autobahn.websocket.protocol import WebSocketProtocol
from twisted.internet.error import ConnectionClosed
from twisted.internet.tcp import Server
from twisted.python.failure import Failure

from chatr.timers import Timers
from chatr.wamp.transports.handshake import Opening

#: Autobahn's answer to a handshake; and what a key is hashed with (RFC 6455, section 4.2.2).
_SWITCHING = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Protocol: %b\r\nSec-WebSocket-Accept: %b\r\n\r\n"
)
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

#: Whether any of it is used. A test turns it off.
USED = True


def has_socket(transport: Any) -> bool:
    """Whether a transport is a plain TCP or Unix server connection, with a socket that we may write to."""
    return USED and isinstance(transport, Server) and hasattr(transport, "_tempDataBuffer")


def send_now(transport: Any, data: bytes) -> bytes:
    """Send what the peer takes at this moment, and return the rest: that is for ``transport.write``.

    Writing to a transport costs an epoll registration and a turn for each connection; sending on the socket while its
    buffer is empty saves both (measured: two to four times the fan-out).
    """
    if (
        # Nothing may overtake what waits in the transport's own buffers.
        transport.dataBuffer
        or transport._tempDataBuffer
        or not transport.connected
        or transport.disconnecting
        or transport.TLS
    ):
        return data
    try:
        sent = transport.socket.send(data)
    except OSError:
        # Full, or broken: the transport finds out and reports a loss to the reactor.
        return data
    return b"" if sent == len(data) else data[sent:]


def exact_timers(factory: WebSocketServerFactory, timers: Timers) -> None:
    """Have a factory's timers made there: exact, and gone at once when cancelled.

    Without, they are up to a second early, and stay in buckets of 0.2 s, so that what has ended waits for them.
    """
    if USED and hasattr(factory, "_batched_timer"):
        factory._batched_timer = timers


def write(transport: Any, data: bytes) -> None:
    """Write what no queue has: at once, as far as the peer takes it."""
    rest = send_now(transport, data) if has_socket(transport) else data
    if rest:
        transport.write(rest)


def may_open(protocol: Any) -> bool:
    """Whether this class of connections says of each what Autobahn would set: what it is at rest, and its options."""
    return USED and protocol.may_be_slim and not protocol.CONFIG_ATTRS


def open_websocket(protocol: Any, transport: Any, opening: Opening, peer: str | None) -> None:
    """Answer an opening handshake that has been read and let in, on a connection whose class :func:`may_open`.

    Nothing of what all have at rest is set, to be taken away when the session is open. ``peer``: what proxies say who
    it is, if they say it.
    """
    protocol.transport = transport
    protocol.http_headers = opening.headers
    protocol.websocket_protocol_in_use = opening.subprotocol
    if peer is not None:
        protocol.peer = peer
    protocol.factory.countConnections += 1
    accept = b64encode(sha1(opening.key.encode() + _GUID, usedforsecurity=False).digest())
    write(transport, _SWITCHING % (opening.subprotocol.encode(), accept))
    if protocol.autoPingInterval:
        timers, interval_s = protocol.factory._batched_timer, protocol.autoPingInterval
        protocol.autoPingPendingCall = timers.call_later(interval_s, protocol._sendAutoPing)
    protocol.onOpen()


def lose(protocol: WebSocketServerProtocol, reason: Failure) -> None:
    """Note that a connection is gone, without log lines that nobody reads: to make them takes longer than all else."""
    if USED and hasattr(WebSocketProtocol, "_connectionLost") and isinstance(reason.value, ConnectionClosed):
        WebSocketProtocol._connectionLost(protocol, reason)
        protocol.factory.countConnections -= 1
    else:
        WebSocketServerProtocol.connectionLost(protocol, reason)


def receive(protocol: WebSocketServerProtocol, data: bytes) -> None:
    """Hand on what came, without Autobahn's log lines, whose arguments are made even when nobody reads them."""
    if USED and hasattr(protocol, "_dataReceived"):
        protocol._dataReceived(data)
    else:
        WebSocketServerProtocol.dataReceived(protocol, data)


def with_options_of(factory: WebSocketServerFactory, protocol: type[WebSocketServerProtocol]) -> Any:
    """Make the class of connections for this factory.

    Autobahn copies two dozen options into each connection and formats them for a log line that nobody reads. As
    attributes of a class they are there once; nothing is left to copy.
    """
    names = getattr(WebSocketServerProtocol, "CONFIG_ATTRS", ())
    if not USED or not names:
        return protocol
    options = {name: _attribute(getattr(factory, name)) for name in names}
    return type(protocol.__name__, (protocol,), {**options, "CONFIG_ATTRS": ()})


def _attribute(option: Any) -> Any:
    """An option as an attribute of a class, where a plain function would become a method."""
    return staticmethod(option) if callable(option) else option
