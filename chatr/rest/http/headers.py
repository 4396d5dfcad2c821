"""What every answer of the HTTP port carries, whoever writes it: a resource, or the channel that refuses a request.

Of Twisted's private parts this uses ``_rawHeaders``, to copy headers that were looked at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

import msgspec
from twisted.web import http_headers
from twisted.web.http import datetimeToString

from chatr.api.dispatch import new_request_id
from chatr.api.errors import ApiError, Problem
from chatr.config import Config

Headers = list[tuple[str, str]]


class Kind(msgspec.Struct, frozen=True):
    """A kind of resource: the headers that tell a browser what it may do with one, the policy first."""

    csp: str
    more: tuple[tuple[str, str], ...] = ()

    def with_source(self, origin: str, *directives: str) -> Kind:
        """The same, where these directives of the policy also permit what comes from an origin."""
        rules = (f"{rule} {origin}" if rule.startswith(directives) else rule for rule in self.csp.split("; "))
        return Kind("; ".join(rules), self.more)

    @property
    def headers(self) -> Headers:
        """What an answer of this kind carries beside what every answer does."""
        return [("Content-Security-Policy", self.csp), *self.more]


#: Answers of operations, errors, and all that has no kind of its own: nothing to look at.
ANSWER = Kind("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
#: Pages of ours are self-contained: nothing is loaded from anywhere, no script runs.
PAGE = Kind(
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
#: Pages of the web client, and its files: scripts and styles of ours alone, no text becomes HTML, and the microphone is
#: for voice notes. What a worker may do its own script's policy says. ``self`` of connect-src covers the
#: WebSocket. Styles of elements are set by libraries that measure.
CLIENT = Kind(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types chatr 'allow-duplicates'",
    (("Permissions-Policy", "camera=(), geolocation=(), microphone=(self)"),),
)
#: Whatever an image of strangers is taken for: nothing in it runs. Pages of the web client may be of another origin.
IMAGE = Kind(
    "default-src 'none'; sandbox",
    (("Cache-Control", "public, max-age=86400"), ("Cross-Origin-Resource-Policy", "cross-origin")),
)
#: A file of strangers: nothing in it runs, and no page of another site embeds it, unless pages of others may call.
FILE = Kind("default-src 'none'; sandbox", (("Cross-Origin-Resource-Policy", "same-origin"),))
SHARED_FILE = Kind(FILE.csp, (("Cross-Origin-Resource-Policy", "cross-origin"),))
_SECURITY = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
)
#: What every answer carries, until it becomes one of another kind.
_EVERY = (*_SECURITY, *ANSWER.headers)
_CORS_METHODS = "GET, POST, PUT, PATCH, DELETE"
_CORS_HEADERS = (
    "Authorization, Content-Type, Idempotency-Key, If-None-Match, If-Range, Range, Tus-Resumable, Upload-Checksum, "
    "Upload-Length, Upload-Metadata, Upload-Offset, X-Chatr-Connection"
)
_CORS_EXPOSED = (
    "Accept-Ranges, Chatr-File, Content-Disposition, Content-Range, ETag, Location, Retry-After, "
    "Tus-Checksum-Algorithm, Tus-Extension, Tus-Max-Size, Tus-Resumable, Tus-Version, "
    "Upload-Expires, Upload-Length, Upload-Metadata, Upload-Offset, X-Request-Id"
)
_CORS_SECONDS = "600"
#: A year, for this host alone: what else the operator serves below the domain is not ours to decide.
_HSTS = "max-age=31536000"


class Deadlines(msgspec.Struct, frozen=True, kw_only=True):
    """How long a client may take. Beyond ``grace_s`` a body, and the reading of an answer, need ``bytes_per_s``."""

    #: From the first byte of a request, on a new connection from its start, to the end of the headers.
    headers_s: float = 10.0
    #: Between an answer and the next request.
    idle_s: float = 60.0
    grace_s: float = 10.0
    bytes_per_s: int = 1024
    #: However much of a body has come before, for so long nothing may come: its client has gone without a word.
    silence_s: float = 60.0
    #: How long a client that was refused may go on sending before it is cut off: closing at once would reset the
    #: connection, and the refusal would be lost on its way.
    linger_s: float = 2.0


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What a site holds every exchange to."""

    max_body_bytes: int
    #: Of paths that take another body than ``max_body_bytes``; one that ends with a slash is of all below it.
    bodies: Mapping[bytes, int] = {}
    cors_origins: frozenset[str] = frozenset()
    public_url: str = ""
    trusted_proxies: int = 0
    #: Whether browsers are told to use https from now on, when they have come by it.
    hsts: bool = False
    deadlines: Deadlines = Deadlines()

    @classmethod
    def of(cls, config: Config, bodies: Mapping[bytes, int]) -> Rules:
        """What the operator has chosen, and what the routes have said of their bodies."""
        return cls(
            max_body_bytes=config.server.max_body_bytes,
            bodies=bodies,
            cors_origins=frozenset(config.server.cors_origins),
            public_url=config.server.public_url,
            trusted_proxies=config.server.trusted_proxies,
            hsts=not config.development,
        )

    def refuse(self, status: int, detail: str, more: Headers) -> bytes:
        """The whole answer to a WebSocket handshake that fails."""
        headers = self.headers(b"/ws", origin=None, https=self.public_url.startswith("https://"))
        return last_answer(HttpRefusal(status, detail).problem(new_request_id()), headers + more)

    def max_body(self, path: bytes) -> int:
        """How many bytes the body of a request for ``path`` has at most. Written in another way it is any path."""
        found = self.bodies.get(path, self.bodies.get(path[: path.rfind(b"/") + 1]))
        return self.max_body_bytes if found is None else found

    def allows(self, origin: str | None) -> bool:
        """Whether pages of an origin may call."""
        return origin is not None and ("*" in self.cors_origins or origin in self.cors_origins)

    def headers(self, path: bytes, *, origin: str | None, https: bool, preflight: bool = False) -> Headers:
        """The headers of any answer to a request for ``path``."""
        return [*_common(path.startswith(b"/api/"), https and self.hsts), *self._of_origin(origin, preflight)]

    def begin(
        self, made: http_headers.Headers, path: bytes, *, origin: str | None, https: bool, preflight: bool
    ) -> None:
        """Set the same in an answer that is begun, beside what stands there already, as Connection; more will be."""
        known = _encoded(path.startswith(b"/api/"), https and self.hsts)
        made._rawHeaders |= {name: [value] for name, value in known}
        for name, value in self._of_origin(origin, preflight):
            made.setRawHeaders(name, [value])

    def _of_origin(self, origin: str | None, preflight: bool) -> Headers:
        """What pages of an origin may do, where pages of any other than ours may do something."""
        if not self.cors_origins or origin is None:
            return []
        return [("Vary", "Origin"), *(self._cors(origin, preflight) if self.allows(origin) else [])]

    def _cors(self, origin: str, preflight: bool) -> Headers:
        """Allow an origin. Without credentials: tokens travel in a header."""
        found = [
            ("Access-Control-Allow-Origin", "*" if "*" in self.cors_origins else origin),
            ("Access-Control-Expose-Headers", _CORS_EXPOSED),
        ]
        if preflight:
            found.append(("Access-Control-Allow-Methods", _CORS_METHODS))
            found.append(("Access-Control-Allow-Headers", _CORS_HEADERS))
            found.append(("Access-Control-Max-Age", _CORS_SECONDS))
        return found


class HttpRefusal(Exception):
    """A request that is answered at once, whatever follows on its connection, which is closed.

    ``status`` may be one that has no code of its own (408, 414, 431).
    """

    def __init__(self, status: int, detail: str, code: str = "invalid", *, more: Headers | None = None) -> None:
        """``more``: headers that its answer carries beside those of every problem."""
        super().__init__(status, detail)
        self.status = status
        self.more = more or []
        self._error = ApiError(code, detail)

    @classmethod
    def of(cls, error: ApiError, more: Headers | None = None) -> HttpRefusal:
        """An error of the contract as a refusal."""
        refusal = cls(error.kind.status, error.detail, error.code, more=more)
        refusal._error = error
        return refusal

    def problem(self, request_id: str) -> Problem:
        """The body of the answer."""
        return msgspec.structs.replace(self._error.problem(request_id), status=self.status)


@cache
def _common(api: bool, strict: bool) -> tuple[tuple[str, str], ...]:
    """What every answer carries; ``api``: of an operation, ``strict``: to a browser that is to use https alone."""
    found = [*_EVERY]
    if api:
        found.append(("Cache-Control", "no-store"))
    if strict:
        found.append(("Strict-Transport-Security", _HSTS))
    return tuple(found)


@cache
def _encoded(api: bool, strict: bool) -> tuple[tuple[bytes, bytes], ...]:
    """The same as they are written."""
    made = http_headers.Headers()
    for name, value in _common(api, strict):
        made.setRawHeaders(name, [value])
    return tuple((name, values[0]) for name, values in made.getAllRawHeaders())


def phrase(status: int) -> bytes:
    """The reason phrase of a status: Twisted knows those of RFC 2616."""
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b"Unknown"


def problem_headers(problem: Problem) -> Headers:
    """The headers that belong to an error."""
    found = [("Content-Type", "application/problem+json")]
    if isinstance(problem.retry_after, int):
        found.append(("Retry-After", str(problem.retry_after)))
    if problem.status == 401:
        found.append(("WWW-Authenticate", "Bearer"))
    return found


def last_answer(problem: Problem, headers: Headers) -> bytes:
    """A whole answer as bytes, the last one of its connection."""
    body = msgspec.json.encode(problem)
    date: Any = datetimeToString()
    lines = [b"HTTP/1.1 %d %b" % (problem.status, phrase(problem.status)), b"Date: " + date]
    whole = [
        *headers,
        *problem_headers(problem),
        ("X-Request-Id", problem.request_id),
        ("Content-Length", str(len(body))),
        ("Connection", "close"),
    ]
    lines += [f"{name}: {value}".encode("ascii", "replace") for name, value in whole]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
