"""WAMP over RawSocket: the framing of the WAMP specification, advanced profile, "RawSocket Transport"."""

from __future__ import annotations

import math
import socket
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, ISSLTransport
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from chatr.flushing import Turn
from chatr.timers import Timer
from chatr.wamp.codec.frames import SERIALIZERS, Framing, Serializer, rawsocket_frame
from chatr.wamp.limits import CLOSE_TIMEOUT_S
from chatr.wamp.link import MAX_HANDSHAKE_FRAMES, TOO_MANY_FRAMES
from chatr.wamp.router import Router
from chatr.wamp.session import WampSession
from chatr.wamp.transports.output import OutputQueue

MAGIC = 0x7F
REGULAR, PING, PONG = 0, 1, 2
HEADER_BYTES = 4

# Errors of the handshake.
SERIALIZER_UNSUPPORTED = 1
RESERVED_BITS_USED = 3

#: The specification's length nibble: 2 ** (9 + nibble) bytes.
SMALLEST_EXPONENT, LARGEST_EXPONENT = 9, 24

_SERIALIZERS: Mapping[int, Serializer] = MappingProxyType(
    {serializer.rawsocket_id: serializer for serializer in SERIALIZERS.values() if serializer.rawsocket_id is not None}
)


def length_nibble(max_bytes: int) -> int:
    """The largest length that can be announced and is not over ``max_bytes``."""
    exponent = max(SMALLEST_EXPONENT, min(LARGEST_EXPONENT, max_bytes.bit_length() - 1))
    return exponent - SMALLEST_EXPONENT


class RawSocketLink:
    """The session's side of one RawSocket connection."""

    __slots__ = ("_protocol", "address", "framing", "headers", "max_bytes", "serializer")

    def __init__(self, protocol: WampRawSocket, serializer: Serializer, *, address: str, max_bytes: int) -> None:
        self.serializer = serializer
        self.framing: Framing = rawsocket_frame
        self.address = address
        self.headers: Mapping[str, str] = MappingProxyType({})
        self.max_bytes = max_bytes
        self._protocol = protocol

    def send(self, frame: bytes, ephemeral: bool = False) -> None:
        """Queue one frame."""
        self._protocol.queue(frame, ephemeral)

    def close(self, code: int, reason: str) -> None:
        """Send what is queued, then close; RawSocket has no close code."""
        self._protocol.close()

    def welcomed(self, turn_key: str) -> None:
        """Take messages up to the length that the handshake announced, and turns with all sessions of the same key."""
        self._protocol.take_long_messages(turn_key)

    def cut(self, code: int, reason: str) -> None:
        """Drop what is queued and close; a peer that does not read would not see a farewell."""
        self._protocol.drop_queue()
        self._protocol.close()


class WampRawSocket(Protocol):
    """One RawSocket connection: handshake, frames, pings."""

    def __init__(self, router: Router, turn: Turn) -> None:
        self.session: WampSession | None = None
        self._wire: Any = None
        self._router = router
        self._turn = turn
        self._data = bytearray()
        #: Announced; and taken, which is less before WELCOME.
        self._announced_bytes = 2 ** (SMALLEST_EXPONENT + length_nibble(router.limits.max_message_bytes))
        self._max_bytes = min(self._announced_bytes, router.limits.max_handshake_bytes)
        self._frames_left: float = MAX_HANDSHAKE_FRAMES
        self._output: OutputQueue | None = None
        self._closing = False
        self._heard = False
        self._pinging = False
        self._timer: Timer | None = None

    def queue(self, frame: bytes, ephemeral: bool = False) -> None:
        """Write behind everything that is queued; nothing once the connection closes."""
        if self._output is not None:
            self._output.send(frame, ephemeral)

    def take_long_messages(self, turn_key: str) -> None:
        """The handshake is over."""
        self._router.count_for(self.transport, turn_key, known=True)
        self._max_bytes = self._announced_bytes
        self._frames_left = math.inf

    def drop_queue(self) -> None:
        """Forget what is queued."""
        if self._output is not None:
            self._output.close()
            self._wire.unregisterProducer()
            self._output = None

    def close(self) -> None:
        """Send what is queued, then close; a peer that does not follow within CLOSE_TIMEOUT_S is cut off."""
        if self._closing:
            return
        self._closing = True
        if self._output is not None:
            self._output.finish()
            self._output = None
        if ISSLTransport.providedBy(self._wire):
            self._wire.loseConnection()
        else:
            # Closing both ways at once, with input unread, would reset the connection and lose our last words.
            self._wire.loseWriteConnection()
        self._after(CLOSE_TIMEOUT_S, self._wire.abortConnection)

    # Called by Twisted.

    def connectionMade(self) -> None:
        self._wire = self.transport
        if isinstance(self._wire.getHost(), IPv4Address | IPv6Address):
            self._wire.setTcpNoDelay(True)
            self._keep_alive()
        self._after(self._router.limits.handshake_timeout_s, self._wire.abortConnection)

    def dataReceived(self, data: bytes) -> None:
        self._heard = True
        self._data += data
        if self.session is None and len(self._data) >= HEADER_BYTES:
            self._shake_hands()
        while not self._closing and self.session is not None and len(self._data) >= HEADER_BYTES:
            if not self._take_frame():
                return
        if self._closing:
            self._data.clear()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._closing = True
        self._stop_timer()
        if self._output is not None:
            self._output.close()
            self._output = None
        if self.session is not None:
            self.session.lost()
            # It holds on to this: together they would wait for the collector.
            self.session = None

    def _shake_hands(self) -> None:
        magic, choice, *reserved = self._data[:HEADER_BYTES]
        del self._data[:HEADER_BYTES]
        serializer = _SERIALIZERS.get(choice & 0x0F)
        if magic != MAGIC:
            # Not our protocol: an answer could be taken for something else.
            self.close()
        elif any(reserved):
            self._refuse(RESERVED_BITS_USED)
        elif serializer is None:
            self._refuse(SERIALIZER_UNSUPPORTED)
        else:
            self._open(serializer, peer_takes=2 ** (SMALLEST_EXPONENT + (choice >> 4)))

    def _refuse(self, error: int) -> None:
        self._wire.write(bytes((MAGIC, error << 4, 0, 0)))
        self.close()

    def _open(self, serializer: Serializer, *, peer_takes: int) -> None:
        limits = self._router.limits
        self._stop_timer()
        nibble = length_nibble(limits.max_message_bytes)
        self._wire.write(bytes((MAGIC, nibble << 4 | (serializer.rawsocket_id or 0), 0, 0)))
        self._output = OutputQueue(
            self._wire, self._turn, max_bytes=limits.max_output_bytes, on_overflow=self._overflowed
        )
        self._wire.registerProducer(self._output, True)
        link = RawSocketLink(
            self,
            serializer,
            address=str(getattr(self._wire.getPeer(), "host", "")),
            max_bytes=min(peer_takes, limits.max_output_bytes),
        )
        self.session = WampSession(self._router, link)
        self.session.opened()

    def _take_frame(self) -> bool:
        """Handle the first frame if it is complete; whether it was."""
        if self.session is None:
            return False
        kind, length = self._data[0], int.from_bytes(self._data[1:HEADER_BYTES], "big")
        self._frames_left -= 1
        if self._frames_left < 0:
            return self._garbled(self.session, TOO_MANY_FRAMES)
        if kind not in (REGULAR, PING, PONG):
            return self._garbled(self.session, f"the frame type {kind} is reserved")
        if length > self._max_bytes:
            when = "before WELCOME" if self._max_bytes < self._announced_bytes else "announced"
            reason = f"a message of {length} bytes is longer than the {self._max_bytes} {when}"
            return self._garbled(self.session, reason)
        if len(self._data) < HEADER_BYTES + length:
            self._frames_left += 1
            return False
        payload = bytes(self._data[HEADER_BYTES : HEADER_BYTES + length])
        del self._data[: HEADER_BYTES + length]
        if kind == REGULAR:
            self.session.received(payload)
        elif kind == PING:
            self.queue(control_frame(PONG, payload))
            self._begin_pinging()
        return True

    def _garbled(self, session: WampSession, reason: str) -> bool:
        """Close: nothing can be made of what follows. A session that is closing already says nothing to it."""
        session.malformed(reason)
        self.close()
        return True

    def _begin_pinging(self) -> None:
        """Ping who pings us: not all clients know these frames (autobahn-python drops the connection)."""
        if not self._pinging and not self._closing:
            self._pinging = True
            self._after(self._router.limits.ping_interval_s, self._ping)

    def _ping(self) -> None:
        self._heard = False
        self.queue(control_frame(PING, b""))
        self._after(self._router.limits.ping_timeout_s, self._expect_life)

    def _expect_life(self) -> None:
        if self._heard:
            self._after(self._router.limits.ping_interval_s, self._ping)
        else:
            self._wire.abortConnection()

    def _keep_alive(self) -> None:
        """Let the kernel find peers that are gone: no WAMP frame that every client understands does."""
        interval_s = max(1, round(self._router.limits.ping_interval_s))
        self._wire.setTcpKeepAlive(True)
        # The handle of a TLS transport is no socket; the transport below it has one.
        wire = self._wire
        handle = (wire.transport if ISSLTransport.providedBy(self._wire) else wire).getHandle()
        handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, interval_s)
        handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, max(1, round(self._router.limits.ping_timeout_s)))
        handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 1)

    def _overflowed(self) -> None:
        if self.session is not None:
            self.session.overflowed()

    def _after(self, delay_s: float, function: Callable[[], object]) -> None:
        """The one timer: of the handshake, then of pings, then of closing."""
        self._stop_timer()
        self._timer = self._router.timers.call_later(delay_s, function)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None


def control_frame(kind: int, payload: bytes) -> bytes:
    """A PING or PONG frame."""
    return bytes((kind,)) + len(payload).to_bytes(3, "big") + payload


class WampRawSocketFactory(Factory):
    """Makes RawSocket connections that share one router."""

    noisy = False

    def __init__(self, router: Router) -> None:
        self._router = router
        self._turn = Turn(router.clock)

    def buildProtocol(self, addr: IAddress | None) -> WampRawSocket:
        return WampRawSocket(self._router, self._turn)
