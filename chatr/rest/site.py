"""The resource tree of the HTTP port: /ws to WAMP, all else to Klein, with the headers that every answer carries."""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IReactorTime
from twisted.web.resource import IResource, Resource
from twisted.web.server import Request, Site

from chatr.rest.request import limited

#: Pages are self-contained: nothing is loaded from anywhere, no script runs.
_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Content-Security-Policy", _CSP),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
)
_CORS_METHODS = "GET, POST, PUT, PATCH, DELETE"
_CORS_HEADERS = "Authorization, Content-Type, Idempotency-Key, X-Chatr-Connection"
_CORS_EXPOSED = "X-Request-Id, Retry-After"
_CORS_SECONDS = "600"


class Preflight(Resource):
    """The empty answer to a browser that asks before a cross-origin request; the headers say it all."""

    isLeaf = True

    def render_OPTIONS(self, request: Request) -> bytes:
        """204 No Content."""
        request.setResponseCode(204)
        return b""


class Root(Resource):
    """Takes every request: WebSocket upgrades at /ws to one resource, the rest whole to another."""

    def __init__(self, rest: IResource, websocket: IResource, *, cors_origins: tuple[str, ...]) -> None:
        super().__init__()
        self._rest = rest
        self._websocket = websocket
        self._origins = frozenset(cors_origins)

    def getChildWithDefault(self, path: bytes, request: Request) -> IResource:
        request.responseHeaders.removeHeader(b"server")
        if request.path == b"/ws":
            return self._websocket
        for name, value in _HEADERS:
            request.setHeader(name, value)
        if request.path.startswith(b"/api/"):
            request.setHeader("Cache-Control", "no-store")
        if self._cors(request) and request.method == b"OPTIONS":
            return Preflight()
        # Klein wants the whole path.
        whole: Any = request
        whole.postpath.insert(0, whole.prepath.pop())
        return self._rest

    def _cors(self, request: Request) -> bool:
        """Allow a configured origin; whether the origin is allowed. Without credentials: tokens travel in a header."""
        origin = request.getHeader("origin")
        if not self._origins or origin is None:
            return False
        request.setHeader("Vary", "Origin")
        if "*" not in self._origins and origin not in self._origins:
            return False
        request.setHeader("Access-Control-Allow-Origin", "*" if "*" in self._origins else origin)
        request.setHeader("Access-Control-Expose-Headers", _CORS_EXPOSED)
        if request.method == b"OPTIONS":
            request.setHeader("Access-Control-Allow-Methods", _CORS_METHODS)
            request.setHeader("Access-Control-Allow-Headers", _CORS_HEADERS)
            request.setHeader("Access-Control-Max-Age", _CORS_SECONDS)
        return True


class ChatrSite(Site):
    """A site without Twisted's access log, which would write whole URLs with their queries."""

    def log(self, request: Any) -> None:
        """Answers are counted by the metrics; a proxy in front keeps logs if they are wanted."""


def make_site(
    rest: IResource, websocket: IResource, *, cors_origins: tuple[str, ...], max_body_bytes: int, clock: IReactorTime
) -> Site:
    """The factory of the HTTP port."""
    root = Root(rest, websocket, cors_origins=cors_origins)
    return ChatrSite(
        root,
        requestFactory=limited(max_body_bytes, clock),
        timeout=60,
        reactor=clock,
        # Twisted would parse whole multipart bodies in memory on every route.
        parsePOSTFormSubmission=False,
    )
