"""A request, held to the rules of its site; and who sent it: its bearer, its caller's address."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from ipaddress import ip_address
from typing import Any, AnyStr
from urllib.parse import unquote_to_bytes

import msgspec
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.server import Request

from chatr.api.dispatch import new_request_id
from chatr.api.errors import ApiError, Problem
from chatr.rest.http.bodies import Body, Opener
from chatr.rest.http.headers import HttpRefusal, Kind, Rules, phrase, problem_headers
from chatr.sharing import expect_body

log = Logger()

#: An IPv6 address with an embedded IPv4 one in brackets, a zone and a port.
MAX_HOP_CHARS = 80
_HOST = re.compile(rb"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?")
_ABSOLUTE = re.compile(rb"https?://([^/?#]*)([^#]*)", re.IGNORECASE)


class ChatrRequest(Request):
    """A request that is bounded before anything is buffered, and can be read whatever bytes its headers have."""

    channel: Any
    site: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request_id = new_request_id()
        self.rules: Rules = self.channel.site.rules
        self.target = b""
        self.query = b""
        self._received_bytes = self._max_bytes = 0
        self._body: Body | None = None

    # Read by whoever answers.

    def getHeader(self, key: AnyStr) -> AnyStr | None:
        """The last line of a header. As text: bytes that are no UTF-8 are replaced, nobody has to expect an error."""
        name = key.encode("latin-1", "replace") if isinstance(key, str) else key
        lines = self.requestHeaders.getRawHeaders(name)
        if not lines:
            return None
        found: Any = lines[-1].decode("utf-8", "replace") if isinstance(key, str) else lines[-1]
        return found  # type: ignore[no-any-return]

    def cookie_header(self) -> str:
        """All Cookie headers as one."""
        return b"; ".join(self.requestHeaders.getRawHeaders(b"cookie", [])).decode("utf-8", "replace")

    def https(self) -> bool:
        """Whether the browser came by https: as our address says, or a proxy that is trusted, or the socket."""
        if self.rules.public_url:
            return self.rules.public_url.startswith("https://")
        forwarded = self.getHeader("x-forwarded-proto") if self.rules.trusted_proxies else None
        return forwarded == "https" or self.isSecure()

    @property
    def gone(self) -> bool:
        """Whether nobody waits for an answer any more: it was given, or the client has gone."""
        return bool(self.finished or self._disconnected)

    def answer(self, problem: Problem) -> None:
        """Answer an error and finish."""
        body = render(self, problem)
        self.setResponseCode(problem.status)
        self.write(body)
        self.finish()

    def taken_body(self) -> Body | None:
        """What has taken the body as it came, if anything: it is the caller's now."""
        body, self._body = self._body, None
        return body

    def become(self, kind: Kind) -> None:
        """Answer a resource of this kind."""
        for name, value in kind.headers:
            self.setHeader(name, value)

    # Called by the channel.

    def headersReceived(self, command: bytes, target: bytes, version: bytes) -> None:
        """Look at the request line and at Host, before the body. Raises :class:`HttpRefusal`."""
        hosts = self.requestHeaders.getRawHeaders(b"host", [])
        self.method = command
        if not target.isascii():
            raise HttpRefusal(400, "The target of a request is ASCII")
        if len(hosts) > 1 or (not hosts and version == b"HTTP/1.1"):
            raise HttpRefusal(400, "A request has one header Host")
        if target.startswith(b"/") or (target == b"*" and command == b"OPTIONS"):
            self.target = target
        elif absolute := _ABSOLUTE.fullmatch(target):
            # RFC 9112, section 3.2.2: what the target says of the host counts.
            authority, rest = absolute.groups()
            self.target = rest if rest.startswith(b"/") else b"/" + rest
            self.requestHeaders.setRawHeaders(b"host", [authority])
            hosts = [authority]
        else:
            raise HttpRefusal(400, "The target of the request is no path")
        if hosts and not _HOST.fullmatch(hosts[0]):
            raise HttpRefusal(400, "The header Host is not valid")

    def parseCookies(self) -> None:
        """Nothing: Twisted's cookies are not used."""

    def gotLength(self, length: int | None) -> None:
        """All headers are in."""
        self.path, _, self.query = self.target.partition(b"?")
        self._max_bytes = self.rules.max_body(self.path)
        opener = self.channel.site.streams.find(self.method, self.path)
        if opener is not None:
            self.content = BytesIO()
            self._refusing(lambda: self._open(opener, length))
        elif length is not None and length > self._max_bytes:
            self._too_large()
        else:
            super().gotLength(length)

    def handleContentChunk(self, data: bytes) -> None:
        """A part of the body is in."""
        body = self._body
        if body is not None:
            self._refusing(lambda: body.received(data))
            return
        self._received_bytes += len(data)
        if self._received_bytes > self._max_bytes:
            self._too_large()
            return
        try:
            super().handleContentChunk(data)
        except OSError as error:
            log.warn("a request body can't be kept: {error}", error=error)
            self.channel.refuse(HttpRefusal(503, "The server can't take a body at the moment", "unavailable"))

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """The whole body is in. Unlike Twisted's, this parses neither the query nor the body."""
        content: Any = self.content
        content.seek(0)
        self.clientproto, self.uri = version, self.target
        self.args = {}
        if self._body is not None:
            self._body.ended()
        self.process()
        self.give_up()

    def connectionLost(self, reason: Failure) -> None:
        """The client has gone."""
        self.give_up()
        super().connectionLost(reason)

    def give_up(self) -> None:
        """Nobody takes what has come of the body."""
        body = self.taken_body()
        if body is not None:
            body.lost()

    def process(self) -> None:
        """Set the headers of every answer; refuse a path that is no text; find the resource."""
        origin, preflight = self.getHeader("origin"), self.method == b"OPTIONS"
        self.rules.begin(self.responseHeaders, self.path, origin=origin, https=self.https(), preflight=preflight)
        self.setHeader("X-Request-Id", self.request_id)
        if self.path == b"*":
            self.setResponseCode(204)
            self.finish()
            return
        try:
            unquote_to_bytes(self.path).decode()
        except UnicodeDecodeError:
            self.answer(ApiError("invalid", "The path is not valid UTF-8").problem(self.request_id))
            return
        super().process()

    def getRequestHostname(self) -> bytes:
        """One name for all: Klein binds its routes to it, and werkzeug refuses names that DNS could not have."""
        return b"localhost"

    def setResponseCode(self, code: int, message: bytes | None = None) -> None:
        """The status, with its reason phrase."""
        super().setResponseCode(code, message or phrase(code))

    def processingFailed(self, reason: Failure) -> Failure:
        """An error that nobody expected: logged once, and told as all others are."""
        log.failure("request {request_id} failed", reason, request_id=self.request_id)
        if self.gone:
            return reason
        if self.startedWriting:
            self.loseConnection()
        else:
            self.answer(ApiError("internal").problem(self.request_id))
        return reason

    def _open(self, opener: Opener, length: int | None) -> None:
        self._body = opener(self, length)
        if self.channel.refused:
            self.give_up()
        elif length:
            expect_body(self.channel.transport, length)

    def _refusing(self, work: Callable[[], None]) -> None:
        """Do something for which the request may be refused, whatever follows of it."""
        try:
            work()
        except ApiError as error:
            self.channel.refuse(HttpRefusal.of(error))
        except HttpRefusal as refusal:
            self.channel.refuse(refusal)

    def _too_large(self) -> None:
        detail = f"A request body has at most {self._max_bytes} bytes here"
        self.channel.refuse(HttpRefusal(413, detail, "too_large"))


def render(request: Request, problem: Problem) -> bytes:
    """An error as application/problem+json (RFC 9457)."""
    for name, value in problem_headers(problem):
        request.setHeader(name, value)
    body = msgspec.json.encode(problem)
    request.setHeader("Content-Length", str(len(body)))
    return body


def bearer(request: Request) -> str | None:
    """The access token of the Authorization header; None without one. Raises ``unauthenticated`` on another scheme."""
    header = request.getHeader("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise ApiError("unauthenticated", "Send the access token as Authorization: Bearer <token>")
    return token.strip()


def address_reader(trusted_proxies: int) -> Callable[[Request], str]:
    """How to tell a caller's address behind so many proxies of our own."""

    def read(request: Request) -> str:
        peer = str(getattr(request.getClientAddress(), "host", ""))
        lines = request.requestHeaders.getRawHeaders(b"x-forwarded-for", []) if trusted_proxies else []
        return forwarded_address(peer, b",".join(lines), trusted_proxies)

    return read


def forwarded_address(peer: str, forwarded: bytes, trusted_proxies: int) -> str:
    """The address of a caller behind so many proxies, each of which has appended one to X-Forwarded-For.

    What stands there in place of an address is ignored: the socket's counts then, which is a proxy's.
    """
    if not trusted_proxies or not forwarded:
        return peer
    hops = forwarded.rsplit(b",", trusted_proxies)[-trusted_proxies:]
    return _address(hops[0]) or peer if len(hops) == trusted_proxies else peer


def _address(hop: bytes) -> str:
    """The address that a proxy has written, in its one form, without a port; empty if it is none."""
    text = hop.strip().decode("ascii", "replace")
    if len(text) > MAX_HOP_CHARS:
        return ""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text))
    except ValueError:
        return ""
