"""HTTP to the public internet only: the address that was checked is the one that is connected to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import (
    IAddress,
    IHostnameResolver,
    IHostResolution,
    IProtocol,
    IReactorPluggableNameResolver,
    IResolutionReceiver,
    IStreamClientEndpoint,
)
from twisted.internet.protocol import connectionDone
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.python.failure import Failure
from twisted.web.client import URI, Agent, BrowserLikePolicyForHTTPS
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IAgentEndpointFactory, IBodyProducer, IPolicyForHTTPS, IResponse
from zope.interface import implementer

#: Addresses of one name that are tried.
MAX_ADDRESSES = 4
#: What may come before a body: status, headers, and answers of 1xx before them, of which there is no end otherwise.
MAX_HEAD_BYTES = 64 * 1024

Public = Callable[[str], bool]


class FetchRefused(ConnectError):
    """This is not asked for, or not taken."""


@implementer(IAgent)
class PublicAgent:
    """Requests to public addresses, on some ports, each on a connection of its own.

    A name is looked up once for a connection; of its addresses only public ones are tried. No compressed answer is
    taken: 64 KiB of it may become 64 MiB. A connection brings at most ``max_bytes`` after its headers, and is cut, not
    closed: the other side would have to agree. No proxy of the environment is used.
    """

    def __init__(
        self,
        reactor: Any,
        resolver: IHostnameResolver,
        *,
        public: Public,
        ports: Collection[int],
        max_bytes: int,
        timeout_s: float,
        policy: IPolicyForHTTPS | None = None,
    ) -> None:
        self._reactor = reactor
        self._resolving = _Resolving(reactor, _PublicResolver(resolver, public))
        self._public = public
        self._ports = ports
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s
        self._policy = policy or BrowserLikePolicyForHTTPS()

    def request(
        self, method: bytes, uri: bytes, headers: Headers | None = None, bodyProducer: IBodyProducer | None = None
    ) -> Deferred[IResponse]:
        """IAgent. Fails with :class:`FetchRefused`, and as connections fail."""
        connection = _Connection(self._public)
        sent = headers.copy() if headers is not None else Headers()
        sent.setRawHeaders(b"accept-encoding", [b"identity"])

        def answered(response: IResponse) -> IResponse:
            codings = response.headers.getRawHeaders(b"content-encoding", [])
            if any(coding.strip().lower() not in (b"", b"identity") for coding in codings):
                connection.cut()
                raise FetchRefused(string="compressed")
            connection.room += self._max_bytes
            return response

        agent = Agent.usingEndpointFactory(self._reactor, _Endpoints(lambda uri: self._endpoint(uri, connection)))
        asking: Deferred[IResponse] = agent.request(method, uri, sent, bodyProducer)
        return asking.addCallback(answered)

    def _endpoint(self, uri: URI, connection: _Connection) -> IStreamClientEndpoint:
        if uri.scheme not in (b"http", b"https") or uri.port not in self._ports:
            raise FetchRefused(string="scheme or port")
        # As text: Twisted would decode bytes from IDNA, and encode them again by an older standard.
        endpoint: Any = HostnameEndpoint(self._resolving, uri.host.decode("ascii"), uri.port, timeout=self._timeout_s)
        if uri.scheme == b"https":
            endpoint = wrapClientTLS(self._policy.creatorForNetloc(uri.host, uri.port), endpoint)
        return _Watched(endpoint, connection)


@implementer(IAgentEndpointFactory)
class _Endpoints:
    def __init__(self, make: Callable[[URI], IStreamClientEndpoint]) -> None:
        self._make = make

    def endpointForURI(self, uri: URI) -> IStreamClientEndpoint:
        return self._make(uri)


@implementer(IStreamClientEndpoint)
class _Watched:
    """An endpoint whose connection is watched."""

    def __init__(self, endpoint: IStreamClientEndpoint, connection: _Connection) -> None:
        self._endpoint = endpoint
        self._connection = connection

    def connect(self, protocolFactory: Any) -> Deferred[IProtocol]:
        watching = WrappingFactory(protocolFactory)
        watching.noisy = protocolFactory.noisy = False
        watching.protocol = lambda factory, protocol: _Watcher(factory, protocol, self._connection)
        connecting: Any = self._endpoint.connect(watching)
        made: Deferred[IProtocol] = connecting.addCallback(self._connected)
        return made

    def _connected(self, watcher: _Watcher) -> IProtocol:
        if self._connection.refused:
            raise FetchRefused(string="address")
        protocol: IProtocol = watcher.wrappedProtocol
        return protocol


class _Connection:
    """What is known of one connection: how much more may come, and how to end it."""

    def __init__(self, public: Public) -> None:
        self.room = MAX_HEAD_BYTES
        self.refused = False
        self._public = public
        self._transport: Any = None

    def made(self, transport: Any) -> bool:
        """Whether its other end is where it may be."""
        self._transport = transport
        # Seconds after the check of the name: a second look costs nothing.
        self.refused = not self._public(transport.getPeer().host)
        if self.refused:
            self.cut()
        return not self.refused

    def heard(self, size: int) -> bool:
        """Whether so much more may come."""
        self.room -= size
        if self.room < 0:
            self.cut()
        return self.room >= 0 and not self.refused

    def cut(self) -> None:
        """End it at once."""
        self._transport.abortConnection()


class _Watcher(ProtocolWrapper):
    def __init__(self, factory: Any, protocol: Any, connection: _Connection) -> None:
        super().__init__(factory, protocol)
        self._connection = connection

    def makeConnection(self, transport: Any) -> None:
        if self._connection.made(transport):
            super().makeConnection(transport)

    def dataReceived(self, data: bytes) -> None:
        if self._connection.heard(len(data)):
            super().dataReceived(data)

    def loseConnection(self) -> None:
        self._connection.cut()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if not self._connection.refused:
            super().connectionLost(reason)


@implementer(IReactorPluggableNameResolver)
class _Resolving:
    """The reactor, with a resolver of our own."""

    def __init__(self, reactor: Any, resolver: IHostnameResolver) -> None:
        self._reactor = reactor
        self.nameResolver = resolver

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)


@implementer(IHostnameResolver)
class _PublicResolver:
    """Leaves out what is not public."""

    def __init__(self, resolver: IHostnameResolver, public: Public) -> None:
        self._resolver = resolver
        self._public = public

    def resolveHostName(
        self,
        resolutionReceiver: IResolutionReceiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: str = "TCP",
    ) -> IHostResolution:
        receiver = _PublicReceiver(resolutionReceiver, self._public)
        return self._resolver.resolveHostName(receiver, hostName, portNumber, addressTypes, transportSemantics)


@implementer(IResolutionReceiver)
class _PublicReceiver:
    def __init__(self, receiver: IResolutionReceiver, public: Public) -> None:
        self._receiver = receiver
        self._public = public
        self._passed = 0

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:
        self._receiver.resolutionBegan(resolutionInProgress)

    def addressResolved(self, address: Any) -> None:
        if self._passed < MAX_ADDRESSES and self._public(address.host):
            self._passed += 1
            self._receiver.addressResolved(address)

    def resolutionComplete(self) -> None:
        self._receiver.resolutionComplete()
