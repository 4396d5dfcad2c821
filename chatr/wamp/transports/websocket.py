"""WAMP over WebSocket: Autobahn carries frames, pings and the closing handshake, our session sits on top."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

from autobahn.twisted.websocket import WebSocketServerProtocol
from autobahn.websocket.types import ConnectionDeny, ConnectionRequest
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatr.flushing import Turn
from chatr.timers import Timer
from chatr.wamp.codec.frames import SERIALIZERS, Framing, Serializer, websocket_frame
from chatr.wamp.limits import CLOSE_TIMEOUT_S
from chatr.wamp.link import (
    INVALID_PAYLOAD_CLOSE,
    MAX_HANDSHAKE_FRAMES,
    POLICY_CLOSE,
    PROTOCOL_ERROR_CLOSE,
    TOO_BIG_CLOSE,
    TOO_MANY_FRAMES,
    UNSUPPORTED_DATA_CLOSE,
)
from chatr.wamp.router import Router
from chatr.wamp.session import WampSession
from chatr.wamp.transports import shortcuts, slimming
from chatr.wamp.transports.handshake import Origins
from chatr.wamp.transports.input import take_messages
from chatr.wamp.transports.output import OutputQueue

#: Makes the answer to a handshake that fails, of a status, a sentence and further headers.
Refuse = Callable[[int, str, list[tuple[str, str]]], bytes]

#: A close frame has room for 123 bytes of reason (RFC 6455, section 5.5).
MAX_REASON_BYTES = 123

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_OPEN = WebSocketServerProtocol.STATE_OPEN


class WebSocketLink:
    """The session's side of one WebSocket."""

    __slots__ = ("_compresses", "_output", "_protocol", "address", "framing", "headers", "max_bytes", "serializer")

    def __init__(self, protocol: WampWebSocket, serializer: Serializer, output: OutputQueue, *, max_bytes: int) -> None:
        self.serializer = serializer
        self.framing: Framing = unframed if protocol.compresses else websocket_frame
        self.address = protocol.address()
        self.headers: Mapping[str, str] = protocol.http_headers
        self.max_bytes = max_bytes
        self._protocol = protocol
        self._output = output
        self._compresses = protocol.compresses

    def send(self, frame: bytes, ephemeral: bool = False) -> None:
        """Queue one frame; on a compressing connection, one message that is not framed yet."""
        if self._protocol.state != _OPEN:
            # After a close frame nothing may follow.
            return
        if self._compresses:
            # Each compressed message builds on the one before: none may be dropped from the queue.
            self._protocol.sendMessage(frame, self.serializer.binary)
        else:
            self._output.send(frame, ephemeral)

    def close(self, code: int, reason: str) -> None:
        """Send what is queued, then the closing handshake."""
        self._protocol.close(code, reason)

    def welcomed(self, turn_key: str) -> None:
        """Take messages of full length, and turns with all sessions of the same key."""
        self.headers = _NO_HEADERS
        self._protocol.take_long_messages(turn_key)

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
        log = Logger()
        self.error, self.critical, self.failure = log.error, log.critical, log.failure

    def debug(self, *_: object, **__: object) -> None:
        """Say nothing."""

    trace = info = warn = debug


class ConnectionFactory(Protocol):
    """What all connections of a port share; their factory."""

    router: Router
    turn: Turn
    origins: Origins
    refuse: Refuse | None


class WampWebSocket(WebSocketServerProtocol):
    """One WebSocket connection. Everything it writes goes through one queue, control frames included."""

    log = _Faults()
    factory: ConnectionFactory
    message_data: list[bytes] | None
    closeHandshakeTimeoutCall: Timer | None
    #: Whether its class says what it need not keep.
    may_be_slim = False

    def __init__(self) -> None:
        super().__init__()
        self.session: WampSession | None = None
        self._serializer: Serializer | None = None
        self._output: OutputQueue | None = None
        self._linger: Timer | None = None
        self.frames_left: float = MAX_HANDSHAKE_FRAMES

    @property
    def compresses(self) -> bool:
        """Whether permessage-deflate was agreed on."""
        return bool(self.websocket_extensions_in_use)

    def address(self) -> str:
        """The client's address: from the proxies we trust, else the peer's; empty on a Unix socket."""
        if self.trustXForwardedFor and "x-forwarded-for" in self.http_headers:
            # Autobahn has put the hop that the configuration trusts there.
            return str(self.peer)
        return str(getattr(self.transport.getPeer(), "host", ""))

    def take_long_messages(self, turn_key: str) -> None:
        """The handshake is over."""
        self.factory.router.count_for(self.transport, turn_key, known=True)
        self._limit_messages(self.factory.router.limits.max_message_bytes)
        self.frames_left = math.inf
        self._come_to_rest()

    def queue(self, data: bytes) -> None:
        """Write behind everything that is queued."""
        if self._output is None:
            shortcuts.write(self.transport, data)
        else:
            self._output.send(data)

    def drop_queue(self) -> None:
        """Forget what is queued; what follows goes to the transport directly."""
        if self._output is not None:
            self._output.close()
            self.transport.unregisterProducer()
            self._output = None

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake. The peer has CLOSE_TIMEOUT_S to answer."""
        if self.state == self.STATE_OPEN:
            self._send_close(code, reason)

    # Called by Autobahn and Twisted.

    def onConnect(self, request: ConnectionRequest) -> str:
        # What was looked at: of the versions before RFC 6455 that is another header than a page's.
        self.factory.origins.let_in(request.origin)
        for name in request.protocols:
            if name in SERIALIZERS:
                return str(name)
        raise ConnectionDeny(ConnectionDeny.BAD_REQUEST, f"one of the subprotocols is needed: {', '.join(SERIALIZERS)}")

    def onOpen(self) -> None:
        router, limits = self.factory.router, self.factory.router.limits
        self._limit_messages(min(limits.max_message_bytes, limits.max_handshake_bytes))
        self._serializer = SERIALIZERS[self.websocket_protocol_in_use]
        # twisted.web's HTTPChannel is still registered with the transport that was taken over from it.
        self.transport.unregisterProducer()
        output = OutputQueue(
            self.transport, self.factory.turn, max_bytes=limits.max_output_bytes, on_overflow=self._overflowed
        )
        self._output = output
        if self.trustXForwardedFor:
            router.count_for(self.transport, self.address(), known=False)
        self.transport.registerProducer(output, True)
        # Autobahn holds what it sends to the limit of what it takes.
        max_bytes = limits.max_message_bytes if self.compresses else limits.max_output_bytes
        self.session = WampSession(router, WebSocketLink(self, self._serializer, output, max_bytes=max_bytes))
        self.session.opened()

    def onFrameBegin(self) -> None:
        if self.frames_left != math.inf:
            self.frames_left -= 1
        if self.frames_left < 0 and self.session is not None and self.state == self.STATE_OPEN:
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
            self.onMessage(b"".join(self.message_data), self.message_is_binary)
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

    def onAutoPong(self, *_: Any) -> None:
        self._come_to_rest()

    def onCloseFrame(self, code: int | None, reasonRaw: bytes | None) -> bool | None:
        if self.state == self.STATE_OPEN and not self.failedByMe:
            if _may_close(code) and _is_utf8(reasonRaw or b""):
                return bool(super().onCloseFrame(code, reasonRaw))
            self.failedByMe = True
            if _may_close(code):
                self._send_close(INVALID_PAYLOAD_CLOSE, "the reason of a close frame is not valid UTF-8")
            else:
                self._send_close(PROTOCOL_ERROR_CLOSE, f"{code} is no close code")
        # We have begun to close, and maybe our frame is still queued: Autobahn would take the peer's, which has crossed
        # it, for the answer, and drop what is queued with the connection.
        self.wasClean = True
        self.dropConnection(abort=False)
        return True

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        if self.session is not None:
            self.session.lost()

    def dataReceived(self, data: bytes) -> None:
        if self.state == self.STATE_CLOSED:
            # TLS goes on to hand on what comes, and Autobahn would keep it all.
            return
        if shortcuts.USED:
            data = take_messages(self, _OPEN, data)
        if data:
            shortcuts.receive(self, data)

    def sendHttpErrorResponse(self, code: int, reason: str, responseHeaders: Any = None) -> None:
        # Autobahn's has neither a body nor a length.
        if self.factory.refuse is None:
            super().sendHttpErrorResponse(code, reason, responseHeaders)
        else:
            self.sendData(self.factory.refuse(code, reason, list(responseHeaders or ())))

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        self.queue(data)

    def sendCloseFrame(self, code: int | None = None, reasonUtf8: bytes | None = None, isReply: bool = False) -> None:
        if code == TOO_BIG_CLOSE and self.failedByMe and self.session is not None and self.state == self.STATE_OPEN:
            # Autobahn would close for a message that is too long: that is the session's to do, which says so first.
            max_bytes = self.maxMessagePayloadSize
            when = "" if max_bytes == self.factory.router.limits.max_message_bytes else " before WELCOME"
            self.session.malformed(f"a message has at most {max_bytes} bytes{when}", TOO_BIG_CLOSE)
        else:
            super().sendCloseFrame(code, reasonUtf8, isReply)

    def unregisterProducer(self) -> None:
        # Called by Autobahn before it closes: the queue has to reach the transport first, see dropConnection.
        pass

    def dropConnection(self, abort: bool = False) -> None:
        dropped = self.state != self.STATE_CLOSED
        if dropped and abort:
            self.drop_queue()
        elif dropped and self._output is not None:
            self._output.finish()
            self._output = None
        super().dropConnection(abort)
        if dropped and not abort:
            # A peer that does not read what is left would keep the connection for ever.
            self._linger = self.factory.router.timers.call_later(CLOSE_TIMEOUT_S, self.transport.abortConnection)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        shortcuts.lose(self, reason)
        if self._output is not None:
            self._output.close()
        if self.closeHandshakeTimeoutCall is not None:
            # Autobahn leaves it behind when the peer drops the connection in the closing handshake.
            self.closeHandshakeTimeoutCall.cancel()
            self.closeHandshakeTimeoutCall = None
        if self._linger is not None:
            self._linger.cancel()
        # What holds on to each other waits for the collector, which stops everything while it looks for it: after the
        # departure of thousands for most of a second. Autobahn's future holds on to this as its outcome.
        self.session = self._output = self.is_closed = None

    def _come_to_rest(self) -> None:
        """Keep only what is needed until something happens again; when what happens now is over."""
        if self.may_be_slim and not self.compresses and not slimming.slim(self):
            self.factory.router.timers.call_later(0, slimming.slim, self)

    def _limit_messages(self, max_bytes: int) -> None:
        self.maxFramePayloadSize = self.maxMessagePayloadSize = max_bytes

    def _send_close(self, code: int, reason: str) -> None:
        text = reason.encode()[:MAX_REASON_BYTES].decode(errors="ignore")
        super().sendCloseFrame(code, text.encode())

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
