"""What is reached for inside Twisted and Autobahn, and what is done instead where a release of theirs has it no more.

Nothing else of the router uses a private attribute of either. The bytes on the wire are the same in both ways.
"""

from __future__ import annotations

from typing import Any

from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from twisted.internet.tcp import Server

from chatr.timers import Timers

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

    Without, they stay in buckets of 0.2 s, so that what has ended waits for them.
    """
    if USED and hasattr(factory, "_batched_timer"):
        factory._batched_timer = timers


def write(transport: Any, data: bytes) -> None:
    """Write what no queue has: at once, as far as the peer takes it."""
    rest = send_now(transport, data) if has_socket(transport) else data
    if rest:
        transport.write(rest)


def open_websocket(protocol: WebSocketServerProtocol, subprotocol: str, key: str, headers: dict[str, str]) -> None:
    """Answer an opening handshake that has been read and let in, with the words of Autobahn."""
    protocol.http_headers = headers
    protocol.websocket_version = 13
    protocol.websocket_protocols = [subprotocol]
    protocol.websocket_extensions = []
    protocol._wskey = key
    protocol.succeedHandshake(subprotocol)


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
