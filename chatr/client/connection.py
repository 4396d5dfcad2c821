"""One WAMP session over one WebSocket, from its welcome to its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from autobahn.exception import Disconnected, PayloadExceededError
from autobahn.twisted.wamp import ApplicationSession
from autobahn.twisted.websocket import WampWebSocketClientFactory, WampWebSocketClientProtocol
from autobahn.wamp.exception import ApplicationError, SerializationError, TransportLost
from autobahn.wamp.types import ComponentConfig, SubscribeOptions
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.error import ConnectError, ConnectingCancelledError, DNSLookupError
from twisted.internet.interfaces import IDelayedCall, IStreamClientEndpoint
from twisted.internet.ssl import optionsForClientTLS

from chatr.client.errors import Lost, Refused
from chatr.timers import Timers

REALM = "chatr"
CONNECT_TIMEOUT_S = 10.0
#: A connection that says nothing for so long, and answers no ping for so long again, is gone.
PING_INTERVAL_S, PING_TIMEOUT_S = 15.0, 10.0
CLOSE_TIMEOUT_S = 2.0

#: Takes the name of an event, without ``chatr.``, and its payload.
Hear = Callable[[str, dict[str, Any]], None]


class Connection:
    """An open session that hears all events of chatr. ``closed`` fires, with a reason, when it is gone."""

    def __init__(self, reactor: Any, session: _Session, protocol: Any) -> None:
        self.closed = session.closed
        self._reactor = reactor
        self._session = session
        self._protocol = protocol

    @property
    def user_id(self) -> str:
        """Whose session it is."""
        return self._session.user_id

    @property
    def epoch(self) -> str:
        """Which history the server's database has; empty when the server does not say."""
        return self._session.epoch

    @property
    def ended(self) -> bool:
        """Whether it is of no use any more, also if it is not gone yet."""
        return self._session.ended

    async def call(self, name: str, params: dict[str, Any]) -> dict[str, Any]:
        """Call ``chatr.<name>``. Raises :class:`Refused`, and :class:`Lost` when its fate is unknown."""
        try:
            answer = await self._session.call(f"chatr.{name}", **params)
        except ApplicationError as error:
            if self._session.ended:
                raise Lost("the session ended") from None
            problem = dict(error.kwargs or {})
            raise Refused(error.error, str(problem.get("detail", "")), problem) from None
        except (TransportLost, Disconnected):
            raise Lost("the connection was lost") from None
        except PayloadExceededError as error:
            raise Refused("wamp.error.payload_size_exceeded", str(error)) from None
        except SerializationError as error:
            raise Refused("invalid", f"can't be sent: {error}") from None
        # Autobahn makes None of an answer without fields.
        return dict(answer.kwresults) if answer is not None else {}

    async def leave(self) -> None:
        """End the session politely, or by force when the other side does not answer."""
        if self.closed.called:
            return
        if not self._session.ended:
            self._session.leave()
        cut = self._reactor.callLater(CLOSE_TIMEOUT_S, self.cut)
        await self.closed
        if cut.active():
            cut.cancel()

    def cut(self) -> None:
        """End the connection without a word."""
        self._session.ended = True
        self._protocol.dropConnection(abort=True)


async def connect(
    reactor: Any, url: str, ticket: str, hear: Hear, endpoint: IStreamClientEndpoint | None = None
) -> Connection:
    """Open a session at ``ws://…`` or ``wss://…`` and subscribe to everything of chatr.

    Events that come from the first moment on are given to ``hear``. ``endpoint``: the way there, if it is not that of
    the URL. Raises :class:`Refused` and :class:`Lost`.
    """
    session = _Session(ticket, hear)
    factory = WampWebSocketClientFactory(lambda: session, url=url, reactor=reactor)
    factory.protocol = _Protocol
    factory._batched_timer = Timers(reactor)
    factory.setProtocolOptions(
        openHandshakeTimeout=CONNECT_TIMEOUT_S,
        closeHandshakeTimeout=CLOSE_TIMEOUT_S,
        autoPingInterval=PING_INTERVAL_S,
        autoPingTimeout=PING_TIMEOUT_S,
    )
    try:
        protocol: Any = await (endpoint or _endpoint(reactor, url)).connect(factory)
    except (ConnectError, ConnectingCancelledError, DNSLookupError, OSError) as error:
        raise Lost(f"not connected: {type(error).__name__}") from None
    late = reactor.callLater(2 * CONNECT_TIMEOUT_S, protocol.dropConnection, True)
    try:
        await session.joined
    except CancelledError:
        protocol.dropConnection(abort=True)
        raise
    finally:
        if late.active():
            late.cancel()
    return Connection(reactor, session, protocol)


class _Protocol(WampWebSocketClientProtocol):
    """Tells the session of the end also when it came before the session began."""

    closeHandshakeTimeoutCall: IDelayedCall | None

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        session = self.factory._factory()
        # Before the calls that are open fail: whoever hears of it must not find the connection in order.
        session.ended = True
        super().onClose(wasClean, code, reason)
        # Autobahn leaves it running when the connection ends under its closing handshake.
        timer, self.closeHandshakeTimeoutCall = self.closeHandshakeTimeoutCall, None
        if timer is not None and timer.active():
            timer.cancel()
        session.gone(reason or "")


class _Session(ApplicationSession):
    """Autobahn's side. ``joined`` fires once subscribed, ``closed`` at the end."""

    def __init__(self, ticket: str, hear: Hear) -> None:
        super().__init__(ComponentConfig(REALM))
        self.joined: Deferred[None] = Deferred()
        self.closed: Deferred[str] = Deferred()
        self.user_id = self.epoch = ""
        self.ended = False
        self._ticket = ticket
        self._hear = hear
        self._reason = ""
        self._refusal: Refused | None = None

    def onConnect(self) -> None:
        self.join(REALM, ["ticket"])

    def onChallenge(self, challenge: Any) -> str:
        return self._ticket

    async def onJoin(self, details: Any) -> None:
        self.user_id = details.authid
        self.epoch = str((details.authextra or {}).get("epoch", ""))
        try:
            # Before anything is asked: what happens from now on is heard.
            await self.subscribe(self._event, "chatr.", SubscribeOptions(match="prefix", details=True))
        except (ApplicationError, TransportLost, Disconnected):
            self.disconnect()
        else:
            self.joined.callback(None)

    def _event(self, details: Any, **payload: Any) -> None:
        self._hear(details.topic.removeprefix("chatr."), payload)

    def onLeave(self, details: Any) -> None:
        self.ended = True
        self._reason = details.reason
        if not self.user_id:
            self._refusal = Refused(details.reason, details.message or "")
        self.disconnect()

    def gone(self, reason: str) -> None:
        """Note that the connection has ended. ``reason``: as the WebSocket has it."""
        why = self._reason or reason or "the connection was lost"
        if not self.joined.called:
            self.joined.errback(self._refusal or Lost(why))
        self.closed.callback(why)


def _endpoint(reactor: Any, url: str) -> IStreamClientEndpoint:
    parts = urlsplit(url)
    host = parts.hostname or ""
    secure = parts.scheme == "wss"
    endpoint = HostnameEndpoint(reactor, host, parts.port or (443 if secure else 80), timeout=CONNECT_TIMEOUT_S)
    return wrapClientTLS(optionsForClientTLS(host), endpoint) if secure else endpoint
