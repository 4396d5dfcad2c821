"""Where WebSocket connections come from: the port's options, and the upgrade of an HTTP connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import msgspec
from autobahn.twisted.resource import WebSocketResource
from autobahn.twisted.websocket import WebSocketServerFactory
from autobahn.websocket.compress import PerMessageDeflateOffer, PerMessageDeflateOfferAccept
from twisted.protocols.policies import ProtocolWrapper

from chatr.flushing import Turn
from chatr.wamp.codec.frames import SERIALIZERS
from chatr.wamp.limits import CLOSE_TIMEOUT_S
from chatr.wamp.router import Router
from chatr.wamp.transports import shortcuts, slimming
from chatr.wamp.transports.handshake import FORWARDED, Origins, read_opening
from chatr.wamp.transports.websocket import Refuse, WampWebSocket

_PORTS: Mapping[str, str] = MappingProxyType({"http": "80", "https": "443"})


class WebSocketOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Who may connect by WebSocket, and how."""

    allowed_origins: tuple[str, ...] = ()
    """Origins of pages that may; none: all."""
    trusted_proxies: int = 0
    """How many hops of ``X-Forwarded-For`` are believed."""
    compression: bool = False
    """Whether permessage-deflate is agreed to."""


class WampWebSocketFactory(WebSocketServerFactory):
    """Makes WebSocket connections that share one router."""

    protocol = WampWebSocket

    def __init__(self, router: Router, options: WebSocketOptions, refuse: Refuse | None = None) -> None:
        super().__init__(protocols=list(SERIALIZERS), server=None, reactor=router.clock)
        self.router = router
        self.turn = Turn(router.clock)
        self.refuse = refuse
        self.compression = options.compression
        self.origins = Origins()
        shortcuts.exact_timers(self, router.timers)
        limits = router.limits
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
            allowedOrigins=origin_patterns(options.allowed_origins),
            allowNullOrigin=not options.allowed_origins,
            trustXForwardedFor=options.trusted_proxies,
            perMessageCompressionAccept=_deflate if options.compression else _no_compression,
        )
        self.protocol = slimming.for_slim(shortcuts.with_options_of(self, WampWebSocket), self)


def origin_patterns(allowed: Sequence[str]) -> list[str]:
    """Write the allowed origins as Autobahn compares them: always with a port. None: all may come."""
    return [_with_port(origin) for origin in allowed] or ["*"]


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


class Upgrade(WebSocketResource):
    """Hands a connection over to WebSocket, with what came behind the request in the same packet."""

    def __init__(self, factory: WampWebSocketFactory) -> None:
        super().__init__(factory)
        self._websockets = factory

    def render(self, request: Any) -> Any:
        channel = request.channel
        transport = channel.transport
        answer = super().render(request)
        if channel.transport is None and transport is not None:
            protocol = getattr(*_place(transport))
            # The channel goes on with the rest of the packet when we return, as if it were another request.
            channel.rawDataReceived = protocol.dataReceived
            # Each holds on to the other; neither has anything to do any more.
            channel.requests.clear()
        return answer

    def take(self, transport: Any, head: bytes, rest: bytes, forwarded: Callable[[str], str]) -> bool:
        """Take a connection over whose first request, for this resource, is the usual one; whether it is.

        ``rest``: what came behind it. ``forwarded`` tells the caller's address by the header of proxies.
        """
        factory = self._websockets
        opening = read_opening(head, origins=factory.origins, compression=factory.compression)
        if opening is None or not shortcuts.may_open(factory.protocol):
            return False
        headers, peer = opening.headers, None
        if FORWARDED in headers:
            peer = headers[FORWARDED] = forwarded(headers[FORWARDED])
        protocol = factory.buildProtocol(None)
        setattr(*_place(transport), protocol)
        shortcuts.open_websocket(protocol, transport, opening, peer)
        if rest:
            protocol.dataReceived(rest)
        return True


def _place(transport: Any) -> tuple[Any, str]:
    """Which attribute of whom is the protocol that a transport speaks to, beyond what stands between, as TLS."""
    for holder in (transport, transport.protocol):
        if isinstance(holder, ProtocolWrapper):
            return holder, "wrappedProtocol"
    return transport, "protocol"


def websocket_resource(router: Router, options: WebSocketOptions, refuse: Refuse | None = None) -> Upgrade:
    """Make the resource to mount at ``/ws`` of a twisted.web site."""
    return Upgrade(WampWebSocketFactory(router, options, refuse))
