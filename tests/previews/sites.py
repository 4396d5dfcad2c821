"""The internet of a test: a public server at 127.0.0.2, a private one at 127.0.0.1 that must not be hit, and names."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet import reactor
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IHostnameResolver
from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site
from zope.interface import implementer

from chatr.config import PreviewsSettings
from chatr.fetch import Unreachable
from chatr.previews.web import Web

PUBLIC, PRIVATE = "127.0.0.2", "127.0.0.1"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 50


def page(title: str, head: str = "") -> bytes:
    return f"<!doctype html><html><head><title>{title}</title>{head}</head><body>x</body></html>".encode()


class Server(Resource):
    """Answers by path: ``pages`` maps it to a body, to (body, content type), or to what makes the answer."""

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.pages: dict[str, Any] = {}
        self.hits: list[str] = []
        self.requests: list[Any] = []
        self.gone: list[Deferred[None]] = []
        self.port: Any = None

    def listen(self, interface: str) -> str:
        """Begin to serve; the URL."""
        self.port = reactor.listenTCP(0, self.site(), interface=interface)  # type: ignore[attr-defined]
        return f"http://{interface}:{self.number}"

    def site(self) -> Site:
        """What serves it. It keeps no log."""
        site = Site(self)
        site.log = lambda request: None  # type: ignore[method-assign]
        return site

    @property
    def number(self) -> int:
        number: int = self.port.getHost().port
        return number

    def render(self, request: Any) -> Any:
        self.hits.append(request.uri.decode())
        self.requests.append(request)
        self.gone.append(request.notifyFinish().addErrback(lambda _: None))
        found = self.pages.get(request.path.decode())
        if callable(found):
            return found(request)
        if found is None:
            request.setResponseCode(404)
            return b""
        body, kind = found if isinstance(found, tuple) else (found, "text/html")
        request.setHeader("Content-Type", kind)
        return body

    def hit(self, path: str) -> Deferred[None]:
        """Fires when this path has been asked for; the request never gets an answer."""
        came: Deferred[None] = Deferred()

        def hold(request: Any) -> Any:
            reactor.callLater(0, came.callback, None)  # type: ignore[attr-defined]
            return NOT_DONE_YET

        self.pages[path] = hold
        return came

    def close(self) -> Deferred[Any]:
        """Stop, once all connections are gone."""
        return gatherResults([self.port.stopListening(), *self.gone])


def redirect(to: str, code: int = 302) -> Callable[[Any], bytes]:
    def render(request: Any) -> bytes:
        request.setResponseCode(code)
        request.setHeader("Location", to)
        return b""

    return render


def compressed(request: Any) -> bytes:
    """A page of 16 MiB in 16 KiB."""
    request.setHeader("Content-Type", "text/html")
    request.setHeader("Content-Encoding", "gzip")
    return gzip.compress(page("bomb") + b" " * (16 << 20))


def endless(first: bytes, kind: str = "text/html") -> Callable[[Any], Any]:
    """An answer without an end, as fast as it is taken."""

    def render(request: Any) -> Any:
        request.setHeader("Content-Type", kind)
        request.write(first)
        request.registerProducer(_Pump(request), False)
        return NOT_DONE_YET

    return render


class _Pump:
    def __init__(self, request: Any) -> None:
        self._request = request

    def resumeProducing(self) -> None:
        self._request.write(b" " * 65536)

    def stopProducing(self) -> None:
        pass


def trickle(first: bytes, kind: str = "text/html") -> Callable[[Any], Any]:
    """An answer whose end never comes."""

    def render(request: Any) -> Any:
        request.setHeader("Content-Type", kind)
        request.write(first)
        return NOT_DONE_YET

    return render


class Talker(Protocol):
    """Says its piece to whoever connects, again and again if it is without an end; hangs up if it has none."""

    def __init__(self, says: bytes, again: bool) -> None:
        self._says = says
        self._again = again
        self.sent = 0
        self.closed: Deferred[None] = Deferred()

    def connectionMade(self) -> None:
        if not self._says:
            self.transport.loseConnection()  # type: ignore[union-attr]

    def dataReceived(self, data: bytes) -> None:
        if not self.sent:
            self.sent = len(self._says)
            transport: Any = self.transport
            transport.write(self._says)
            if self._again:
                transport.registerProducer(self, False)

    def resumeProducing(self) -> None:
        transport: Any = self.transport
        transport.write(self._says)
        self.sent += len(self._says)

    def stopProducing(self) -> None:
        pass

    def connectionLost(self, reason: Any = None) -> None:
        self.closed.callback(None)


class Talkers(Factory):
    def __init__(self, says: bytes, *, again: bool = False) -> None:
        self._says = says
        self._again = again
        self.noisy = False
        self.met: list[Talker] = []

    def buildProtocol(self, addr: Any) -> Talker:
        self.met.append(Talker(self._says, self._again))
        return self.met[-1]


@implementer(IHostnameResolver)
class Names:
    """Answers what the test says; each list of answers in its turn, the last one again and again."""

    def __init__(self) -> None:
        self.known: dict[str, list[Sequence[str]]] = {}
        self.asked: list[str] = []

    def resolveHostName(self, receiver: Any, hostName: str, portNumber: int = 0, *rest: Any) -> Any:
        self.asked.append(hostName)
        receiver.resolutionBegan(None)
        answers = self.known.get(hostName, [[hostName]] if hostName[0].isdigit() else [[]])
        for address in answers.pop(0) if len(answers) > 1 else answers[0]:
            kind = IPv6Address if ":" in address else IPv4Address
            receiver.addressResolved(kind("TCP", address, portNumber))
        receiver.resolutionComplete()


class Spy:
    """The reactor, with a list of where it was to connect to."""

    def __init__(self) -> None:
        self.connected: list[str] = []

    def connectTCP(self, host: str, *args: Any, **options: Any) -> Any:
        self.connected.append(host)
        return reactor.connectTCP(host, *args, **options)  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> Any:
        return getattr(reactor, name)


class SitesCase(TestCase):
    """Two servers, and a :class:`Web` that takes the one for public."""

    timeout_s = 5.0

    def setUp(self) -> None:
        self.public, self.private = Server(), Server()
        self.url, self.private_url = self.public.listen(PUBLIC), self.private.listen(PRIVATE)
        self.private.pages["/"] = page("secret")
        self.public.pages["/"] = page("public")
        for server in (self.public, self.private):
            self.addCleanup(server.close)
        self.names, self.spy = Names(), Spy()
        self.web = self.make()

    def make(self, *, resolver: Any = None, system: bool = False, policy: Any = None, **options: Any) -> Web:
        """A :class:`Web` on these servers, with the names of the test or of the ``system``."""
        ports = (80, 443, self.public.number, self.private.number)
        settings = PreviewsSettings(
            **{"allow": (f"{PUBLIC}/32",), "ports": ports, "timeout_s": self.timeout_s, **options}
        )
        web = Web(self.spy, settings, resolver=None if system else resolver or self.names, policy=policy)
        self.addCleanup(web.stop)
        return web

    def talk(self, says: bytes, *, again: bool = False) -> tuple[str, Talkers]:
        """A public server that says just that; its port has to be allowed."""
        talkers = Talkers(says, again=again)
        port = reactor.listenTCP(0, talkers, interface=PUBLIC)  # type: ignore[attr-defined]
        self.addCleanup(lambda: gatherResults([port.stopListening(), *(each.closed for each in talkers.met)]))
        self.web = self.make(ports=(port.getHost().port,))
        return f"http://{PUBLIC}:{port.getHost().port}/", talkers

    async def title(self, url: str, web: Web | None = None) -> str | None:
        found = await (web or self.web).page(url)
        return found.title if found else None

    async def refused(self, url: str, web: Web | None = None) -> str:
        """Assert that a page is not fetched; the reason."""
        error = await self.assertFailure(Deferred.fromCoroutine((web or self.web).page(url)), Unreachable)
        self.assertEqual(self.private.hits, [])
        return str(error)
