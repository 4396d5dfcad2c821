"""The resource tree of the HTTP port: /ws to WAMP, all else to Klein."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import Any

from twisted.internet.interfaces import IReactorTime
from twisted.web.resource import IResource, Resource
from twisted.web.server import NOT_DONE_YET, Request, Site

from chatr.flushing import Turn
from chatr.rest.http.bodies import Streams
from chatr.rest.http.channel import ChatrChannel
from chatr.rest.http.connections import Unread
from chatr.rest.http.headers import HttpRefusal, Rules
from chatr.rest.http.request import ChatrRequest, address_reader, forwarded_address

#: A body is kept in memory up to here, and in a file beyond.
MEMORY_BYTES = 100_000
#: Takes a connection over that began with these bytes and those behind them, if the first are the usual handshake of a
#: WebSocket; says whether it has. It tells the caller's address by what proxies say of it, in the way that it is given.
Take = Callable[[Any, bytes, bytes, Callable[[str], str]], bool]
_NOT_ASCII = bytes(range(128, 256))
_REPLACED = bytes.maketrans(_NOT_ASCII, b"?" * len(_NOT_ASCII))


class Preflight(Resource):
    """The empty answer to a browser that asks before a cross-origin request; the headers say it all."""

    isLeaf = True

    def render_OPTIONS(self, request: Request) -> bytes:
        """204 No Content."""
        request.setResponseCode(204)
        return b""


class UpgradeFilter(Resource):
    """Hands a request to the WebSocket door with headers that its parser reads as this one does.

    That parser takes more for the end of a line than CRLF, joins repeated headers with commas, and reads
    X-Forwarded-For in a way of its own.
    """

    isLeaf = True

    def __init__(self, websocket: IResource, address: Callable[[Request], str]) -> None:
        super().__init__()
        self._websocket = websocket
        self._address = address

    def render(self, request: ChatrRequest) -> Any:
        """Become a WebSocket, or 426."""
        if (request.getHeader("upgrade") or "").strip().lower() != "websocket":
            request.setHeader("Upgrade", "websocket")
            request.answer(HttpRefusal(426, "There is nothing here but a WebSocket").problem(request.request_id))
            return NOT_DONE_YET
        headers = request.requestHeaders
        for name, values in list(headers.getAllRawHeaders()):
            headers.setRawHeaders(name, [value.translate(_REPLACED) for value in values])
        if headers.hasHeader(b"cookie"):
            headers.setRawHeaders(b"cookie", [b"; ".join(headers.getRawHeaders(b"cookie", []))])
        if headers.hasHeader(b"x-forwarded-for"):
            headers.setRawHeaders(b"x-forwarded-for", [self._address(request).encode()])
        answer = self._websocket.render(request)
        # A request that has become a WebSocket never ends: nobody else would close its body, which may be a file.
        if request.content is not None:
            request.content.close()
        return answer


class Root(Resource):
    """Takes every request: WebSocket upgrades at /ws to one resource, the rest whole to another."""

    def __init__(self, rest: IResource, websocket: IResource) -> None:
        super().__init__()
        self._rest = rest
        self._websocket = websocket

    def getChildWithDefault(self, path: bytes, request: ChatrRequest) -> IResource:
        request.responseHeaders.removeHeader(b"server")
        if request.path == b"/ws":
            return self._websocket
        asks = request.method == b"OPTIONS" and request.requestHeaders.hasHeader(b"access-control-request-method")
        if asks and request.rules.allows(request.getHeader("origin")):
            return Preflight()
        # Klein wants the whole path.
        whole: Any = request
        whole.postpath.insert(0, whole.prepath.pop())
        return self._rest


class ChatrSite(Site):
    """A site without Twisted's access log, which would write whole URLs with their queries, and without HTTP/2."""

    protocol: Any = ChatrChannel
    rules: Rules
    unread: Unread
    streams: Streams
    turn: Turn
    take: Take | None = None

    def take_websocket(self, transport: Any, head: bytes, rest: bytes) -> bool:
        """Hand over a connection that begins with the usual handshake of a WebSocket; whether it does."""
        if self.take is None:
            return False

        def forwarded(line: str) -> str:
            peer = str(getattr(transport.getPeer(), "host", ""))
            return forwarded_address(peer, line.encode(), self.rules.trusted_proxies)

        return self.take(transport, head, rest, forwarded)

    def log(self, request: Any) -> None:
        """Answers are counted by the metrics; a proxy in front keeps logs if they are wanted."""

    def getContentFile(self, length: int | None) -> Any:
        """Where a body is kept: a file is opened for what is long, not for what could be."""
        return BytesIO() if length is not None and length <= MEMORY_BYTES else SpooledTemporaryFile(MEMORY_BYTES)

    def acceptableProtocols(self) -> list[bytes]:
        """What TLS may agree on (ALPN)."""
        return [b"http/1.1"]


def make_site(
    rest: IResource, websocket: IResource, rules: Rules, clock: IReactorTime, streams: Streams | None = None
) -> ChatrSite:
    """The factory of the HTTP port. ``streams``: bodies that are taken as they come.

    ``websocket`` may have a method ``take`` (see ``Take``).
    """
    upgrade = UpgradeFilter(websocket, address_reader(rules.trusted_proxies))
    # Twisted's time-out starts anew with each byte, and it would parse whole multipart bodies in memory.
    no_timeout: Any = None
    site = ChatrSite(
        Root(rest, upgrade),
        requestFactory=ChatrRequest,
        timeout=no_timeout,
        reactor=clock,
        parsePOSTFormSubmission=False,
    )
    site.rules = rules
    site.unread = Unread(clock)
    site.turn = Turn(clock)
    site.take = getattr(websocket, "take", None)
    site.streams = streams or Streams()
    return site
