"""WAMP over WebSocket: Autobahn carries frames, pings and the closing handshake, our session sits on top."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from autobahn.twisted.resource import WebSocketResource
from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from autobahn.websocket.compress import PerMessageDeflateOffer, PerMessageDeflateOfferAccept
from autobahn.websocket.types import ConnectionDeny, ConnectionRequest
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.protocols.policies import ProtocolWrapper
from twisted.python.failure import Failure

from chatr import plain
from chatr.config import Config
from chatr.sharing import count_for
from chatr.timers import Timers
from chatr.wamp.door import CLOSE_TIMEOUT_S, Door
from chatr.wamp.frames import SERIALIZERS, Framing, Serializer, websocket_frame
from chatr.wamp.link import (
    INVALID_PAYLOAD_CLOSE,
    MAX_HANDSHAKE_FRAMES,
    POLICY_CLOSE,
    TOO_BIG_CLOSE,
    TOO_MANY_FRAMES,
    UNSUPPORTED_DATA_CLOSE,
)
from chatr.wamp.outbox import Outbox
from chatr.wamp.session import Session

#: Makes the answer to a handshake that fails, of a status, a sentence and further headers.
Refuse = Callable[[int, str, list[tuple[str, str]]], bytes]

#: A close frame has room for 123 bytes of reason (RFC 6455, section 5.5).
MAX_REASON_BYTES = 123

_PORTS: Mapping[str, str] = MappingProxyType({"http": "80", "https": "443"})


_OPEN = WebSocketServerProtocol.STATE_OPEN


class WebSocketLink:
    """The session's side of one WebSocket."""

    def __init__(self, protocol: WampWebSocket, serializer: Serializer, outbox: Outbox, *, max_bytes: int) -> None:
        self.serializer = serializer
        self.framing: Framing = unframed if protocol.compresses else websocket_frame
        self.address = protocol.address()
        self.headers: Mapping[str, str] = protocol.http_headers
        self.user_agent = plain.user_agent(self.headers.get("user-agent"))
        self.max_bytes = max_bytes
        self._protocol = protocol
        self._outbox = outbox
        self._compresses = protocol.compresses

    def send(self, frame: bytes, *, ephemeral: bool = False) -> None:
        """Queue one frame; on a compressing connection, one message that is not framed yet."""
        if self._protocol.state != _OPEN:
            # After a close frame nothing may follow.
            return
        if self._compresses:
            # Each compressed message builds on the one before: none may be dropped from the queue.
            self._protocol.sendMessage(frame, self.serializer.binary)
        else:
            self._outbox.send(frame, ephemeral=ephemeral)

    def close(self, code: int, reason: str) -> None:
        """Send what is queued, then the closing handshake."""
        self._protocol.close(code, reason)

    def welcomed(self, user_id: str) -> None:
        """Take messages of full length, and turns with all sessions of this person."""
        count_for(self._protocol.transport, user_id, known=True)
        self._protocol.take_long_messages()

    def cut(self, code: int, reason: str) -> None:
        """Drop what is queued; the close frame is the last that may pass before the connection is aborted."""
        self._protocol.drop_queue()
        self._protocol.close(code, reason)


def unframed(payload: bytes, binary: bool) -> bytes:
    """The framing of a connection whose frames Autobahn makes."""
    return payload


class _Faults:
    """Autobahn's log, of which only its own faults are left.

    What peers do wrong it warns of, with a line for each time: of a few bytes from anybody they would make a hundred.
    """

    def __init__(self) -> None:
        self._log = Logger()
        self.error, self.critical, self.failure = self._log.error, self._log.critical, self._log.failure

    def debug(self, *_: object, **__: object) -> None:
        """Say nothing."""

    trace = info = warn = debug


class WampWebSocket(WebSocketServerProtocol):
    """One WebSocket connection. Everything it writes goes through one queue, control frames included."""

    log = _Faults()
    factory: WampWebSocketFactory
    message_data: list[bytes] | None
    closeHandshakeTimeoutCall: IDelayedCall | None

    def __init__(self) -> None:
        super().__init__()
        self.session: Session | None = None
        self._serializer: Serializer | None = None
        self._outbox: Outbox | None = None
        self._linger: IDelayedCall | None = None
        self._frames_left: float = MAX_HANDSHAKE_FRAMES

    @property
    def compresses(self) -> bool:
        """Whether permessage-deflate was agreed on."""
        return self._perMessageCompress is not None

    def address(self) -> str:
        """The client's address: from the proxies we trust, else the peer's; empty on a Unix socket."""
        if self.trustXForwardedFor and "x-forwarded-for" in self.http_headers:
            # Autobahn has put the hop that the configuration trusts there.
            return str(self.peer)
        return str(getattr(self.transport.getPeer(), "host", ""))

    def take_long_messages(self) -> None:
        """The handshake is over."""
        self._limit_messages(self.factory.door.limits.max_message_bytes)
        self._frames_left = math.inf

    def queue(self, data: bytes) -> None:
        """Write behind everything that is queued."""
        if self._outbox is None:
            self.transport.write(data)
        else:
            self._outbox.send(data)

    def drop_queue(self) -> None:
        """Forget what is queued; what follows goes to the transport directly."""
        if self._outbox is not None:
            self._outbox.close()
            self.transport.unregisterProducer()
            self._outbox = None

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake. The peer has CLOSE_TIMEOUT_S to answer."""
        if self.state == self.STATE_OPEN:
            text = reason.encode()[:MAX_REASON_BYTES].decode(errors="ignore")
            self.sendCloseFrame(code=code, reasonUtf8=text.encode())

    # Called by Autobahn and Twisted.

    def onConnect(self, request: ConnectionRequest) -> str:
        for name in request.protocols:
            if name in SERIALIZERS:
                return str(name)
        raise ConnectionDeny(ConnectionDeny.BAD_REQUEST, f"one of the subprotocols is needed: {', '.join(SERIALIZERS)}")

    def onOpen(self) -> None:
        door, limits = self.factory.door, self.factory.door.limits
        self._limit_messages(min(limits.max_message_bytes, limits.max_handshake_bytes))
        self._serializer = SERIALIZERS[self.websocket_protocol_in_use]
        # twisted.web's HTTPChannel is still registered with the transport that was taken over from it.
        self.transport.unregisterProducer()
        outbox = Outbox(self.transport, door.turn, max_bytes=limits.max_output_bytes, on_overflow=self._overflowed)
        self._outbox = outbox
        if self.trustXForwardedFor:
            count_for(self.transport, self.address(), known=False)
        self.transport.registerProducer(outbox, True)
        # Autobahn holds what it sends to the limit of what it takes.
        max_bytes = limits.max_message_bytes if self.compresses else limits.max_output_bytes
        self.session = Session(door, WebSocketLink(self, self._serializer, outbox, max_bytes=max_bytes))
        self.session.opened()

    def onFrameBegin(self) -> None:
        self._frames_left -= 1
        if self._frames_left < 0 and self.session is not None and self.state == self.STATE_OPEN:
            self.session.malformed(TOO_MANY_FRAMES, POLICY_CLOSE)
            # At once: each frame that still comes would cost more than its sender pays for it.
            self.failedByMe = self.wasClean = True
            self.dropConnection(abort=False)
        super().onFrameBegin()

    def onMessageFrame(self, payload: list[bytes]) -> None:
        # As in the base class, but that frames of nothing leave nothing behind: a message may have any number of them.
        if not self.failedByMe and self.message_data is not None:
            self.message_data += filter(None, payload)

    def onMessageEnd(self) -> None:
        # As in the base class, without its event for listeners that nobody registers.
        if not self.failedByMe and self.message_data is not None:
            self._onMessage(b"".join(self.message_data), self.message_is_binary)
        self.message_data = None

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        if self.session is None or self._serializer is None:
            return
        if isBinary != self._serializer.binary:
            wanted = "binary" if self._serializer.binary else "text"
            self.session.malformed(f"{self._serializer.subprotocol} takes {wanted} messages", UNSUPPORTED_DATA_CLOSE)
        elif not isBinary and not _is_utf8(payload):
            self.session.malformed("a text message is not valid UTF-8", INVALID_PAYLOAD_CLOSE)
        else:
            self.session.received(payload)

    def onCloseFrame(self, code: int | None, reasonRaw: bytes | None) -> bool | None:
        if not self.failedByMe:
            if self.state != self.STATE_OPEN or (_may_close(code) and _is_utf8(reasonRaw or b"")):
                return bool(super().onCloseFrame(code, reasonRaw))
            if _may_close(code):
                self._invalid_payload("the reason of a close frame is not valid UTF-8")
            else:
                self._protocol_violation(f"{code} is no close code")
        # Our close frame tells why; Autobahn would take the peer's for the answer to it, and drop both.
        self.wasClean = True
        self.dropConnection(abort=False)
        return True

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        if self.session is not None:
            self.session.lost()

    def dataReceived(self, data: bytes) -> None:
        # Without the base class's logging, whose arguments are built even when nobody reads them.
        self._dataReceived(data)

    def sendHttpErrorResponse(self, code: int, reason: str, responseHeaders: Any = None) -> None:
        # Autobahn's has neither a body nor a length.
        if self.factory.refuse is None:
            super().sendHttpErrorResponse(code, reason, responseHeaders)
        else:
            self.sendData(self.factory.refuse(code, reason, list(responseHeaders or ())))

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        self.queue(data)

    def unregisterProducer(self) -> None:
        # Called by Autobahn before it closes: the queue has to reach the transport first, see _closeConnection.
        pass

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        super().connectionLost(reason)
        if self._outbox is not None:
            self._outbox.close()
        # Autobahn leaves this timer behind when the peer drops the connection in the closing handshake.
        for timer in (self.closeHandshakeTimeoutCall, self._linger):
            if timer is not None and timer.active():
                timer.cancel()
        self.closeHandshakeTimeoutCall = None
        # What holds on to each other waits for the collector, which stops everything while it looks for it: after the
        # departure of thousands for most of a second. Autobahn's future holds on to this as its outcome.
        self.session = self._outbox = self.is_closed = None

    def _closeConnection(self, abort: bool = False) -> None:
        if abort:
            self.drop_queue()
            self.transport.abortConnection()
            return
        if self._outbox is not None:
            self._outbox.finish()
            self._outbox = None
        self.transport.loseConnection()
        # A peer that does not read what is left would keep the connection for ever.
        self._linger = self.factory.door.clock.callLater(CLOSE_TIMEOUT_S, self.transport.abortConnection)

    def _limit_messages(self, max_bytes: int) -> None:
        self.maxFramePayloadSize = self.maxMessagePayloadSize = max_bytes

    def _max_message_size_exceeded(self, msg_size: int, max_msg_size: int, reason: str) -> None:
        """Called by Autobahn, which would close without ABORT."""
        if self.session is None or self.state != self.STATE_OPEN:
            super()._max_message_size_exceeded(msg_size, max_msg_size, reason)
            return
        when = "" if max_msg_size == self.factory.door.limits.max_message_bytes else " before WELCOME"
        self.session.malformed(f"a message has at most {max_msg_size} bytes{when}", TOO_BIG_CLOSE)
        # Whatever still comes of it is thrown away.
        self.failedByMe = True

    def _overflowed(self) -> None:
        if self.session is not None:
            self.session.overflowed()


def _may_close(code: int | None) -> bool:
    """Whether a peer may close with this code (RFC 6455, section 7.4; IANA's registry)."""
    return code is None or 3000 <= code < 5000 or code in WebSocketServerProtocol.CLOSE_STATUS_CODES_ALLOWED


def _is_utf8(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True


class WampWebSocketFactory(WebSocketServerFactory):
    """Makes WebSocket connections that share one door."""

    protocol = WampWebSocket

    def __init__(self, door: Door, config: Config, refuse: Refuse | None = None) -> None:
        super().__init__(protocols=list(SERIALIZERS), server=None, reactor=door.clock)
        self.door = door
        self.refuse = refuse
        self._batched_timer = Timers(door.clock)
        limits = config.wamp
        # One call for all: each call sets the options that it isn't given back (allowNullOrigin).
        self.setProtocolOptions(
            webStatus=False,
            # The session answers text that is not UTF-8 with ABORT; Autobahn would only close.
            utf8validateIncoming=False,
            maxFramePayloadSize=limits.max_message_bytes,
            maxMessagePayloadSize=limits.max_message_bytes,
            # With True, ABORT and the close frame would be lost in a TCP reset.
            failByDrop=False,
            openHandshakeTimeout=limits.handshake_timeout_s,
            closeHandshakeTimeout=CLOSE_TIMEOUT_S,
            tcpNoDelay=True,
            autoPingInterval=limits.ping_interval_s,
            autoPingTimeout=limits.ping_timeout_s,
            allowedOrigins=origin_patterns(config),
            allowNullOrigin=not limits.allowed_origins,
            trustXForwardedFor=config.server.trusted_proxies,
            perMessageCompressionAccept=_deflate if limits.compression else _no_compression,
        )
        # Autobahn copies two dozen options into each connection and formats them for a log line that nobody reads.
        # As attributes of a class they are there once; nothing is left to copy.
        options = {name: _attribute(getattr(self, name)) for name in WebSocketServerProtocol.CONFIG_ATTRS}
        made: Any = type("WampWebSocketOfFactory", (WampWebSocket,), {**options, "CONFIG_ATTRS": ()})
        self.protocol = made


def _attribute(option: Any) -> Any:
    """An option as an attribute of a class, where a plain function would become a method."""
    return staticmethod(option) if callable(option) else option


def origin_patterns(config: Config) -> list[str]:
    """The allowed origins as Autobahn compares them: always with a port. None configured: all may come."""
    if not config.wamp.allowed_origins:
        return ["*"]
    own = (config.server.public_url,) if config.server.public_url else ()
    return [_with_port(origin) for origin in (*config.wamp.allowed_origins, *own)]


def _with_port(origin: str) -> str:
    parts = urlsplit(origin)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme not in _PORTS or not host:
        return origin
    has_port = ":" in host.rpartition("]")[2]
    return f"{parts.scheme}://{host}" if has_port else f"{parts.scheme}://{host}:{_PORTS[parts.scheme]}"


def _deflate(offers: list[Any]) -> Any:
    for offer in offers:
        if isinstance(offer, PerMessageDeflateOffer):
            return PerMessageDeflateOfferAccept(offer)
    return None


def _no_compression(offers: list[Any]) -> None:
    return None


class _Upgrade(WebSocketResource):
    """Hands a connection over to WebSocket, with what came behind the request in the same packet."""

    def render(self, request: Any) -> Any:
        channel = request.channel
        transport = channel.transport
        answer = super().render(request)
        if channel.transport is None and transport is not None:
            holder = transport if isinstance(transport, ProtocolWrapper) else transport.protocol
            protocol = holder.wrappedProtocol if isinstance(holder, ProtocolWrapper) else holder
            # The channel goes on with the rest of the packet when we return, as if it were another request.
            channel.rawDataReceived = protocol.dataReceived
            # Each holds on to the other; neither has anything to do any more.
            channel.requests.clear()
        return answer


def websocket_resource(door: Door, config: Config, refuse: Refuse | None = None) -> WebSocketResource:
    """The resource to mount at ``/ws`` of a twisted.web site."""
    return _Upgrade(WampWebSocketFactory(door, config, refuse))
