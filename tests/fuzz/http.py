"""Targets: what a stranger says on the HTTP port, as a whole, and the parsers of single headers by themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from random import Random
from types import SimpleNamespace
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.web.http_headers import Headers

from chatr.api import cookies
from chatr.api.context import Caller
from chatr.api.contract import Operation
from chatr.api.dispatch import Dispatcher, decode
from chatr.api.errors import ApiError
from chatr.config import ServerSettings
from chatr.ops.catalog import CONTRACT
from chatr.process.tasks import Tasks
from chatr.rest import parameters as undecoded
from chatr.rest.app import serve_operations
from chatr.rest.cookies import SessionCookies
from chatr.rest.exchange import Exchange
from chatr.rest.http import request as reading
from chatr.rest.http.headers import Rules
from chatr.rest.http.site import ChatrSite, make_site
from chatr.rest.metrics import Metrics
from tests.fuzz.harness import Bound, Hostile, Target
from tests.rest.http.memory import Client
from tests.wamp.case import Setting

HOST = b"Host: 127.0.0.1:8080\r\n"
_ID = b"0199a0b0-0000-7000-8000-000000000000"
_BODY = b'{"login": "nobody", "password": "x"}'
_JSON = b"Content-Type: application/json\r\n"
_CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
_UPGRADE = (
    b"GET /ws HTTP/1.1\r\n" + HOST + b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: wamp.2.json\r\n"
)
COOKIES = b'Cookie: a=b; chatr_refresh=x; chatr_realtime=y; z="q"\r\n'
REQUESTS: tuple[bytes, ...] = (
    b"GET /api/conversations?limit=10&cursor=x HTTP/1.1\r\n" + HOST + b"Authorization: Bearer a.b.c\r\n\r\n",
    b"GET /api/presence?userIds=%b,%b HTTP/1.1\r\n" % (_ID, _ID) + HOST + b"X-Forwarded-For: 1.2.3.4, ::1\r\n\r\n",
    b"GET http://127.0.0.1/api/users/%C3%A9?a=b;c HTTP/1.1\r\n" + HOST + b"User-Agent: \xc3\xa9\r\n\r\n",
    b"POST /api/auth/login HTTP/1.1\r\n" + HOST + _JSON + b"Content-Length: %d\r\n\r\n" % len(_BODY) + _BODY,
    b"POST /api/messages HTTP/1.1\r\n" + HOST + _JSON + b"Idempotency-Key: " + _ID + b"\r\n" + _CHUNKED
    + b"5;a=b\r\n{\"a\":\r\n2\r\n1}\r\n0\r\nX: y\r\n\r\n",
    b"POST /api/auth/refresh HTTP/1.1\r\n" + HOST + COOKIES + b"Origin: http://127.0.0.1:8080\r\n"
    b"Sec-Fetch-Site: same-origin\r\nX-Forwarded-Proto: https\r\nContent-Length: 0\r\n\r\n",
    b"OPTIONS /api/messages HTTP/1.1\r\n" + HOST + b"Origin: https://app.example\r\n"
    b"Access-Control-Request-Method: PATCH\r\n\r\n",
    b"DELETE /api/auth/login HTTP/1.0\r\n\r\n",
    _UPGRADE + COOKIES + b"Origin: https://app.example\r\nX-Forwarded-For: [::1]:5\r\n\r\n",
)  # fmt: skip
#: What parsers have disagreed on.
PIECES: tuple[bytes, ...] = (
    b"\r\n", b"\n", b"\r", b" ", b"\t", b"\x00", b"\x0b", b"\x85", b"\xff", b":", b";", b",", b"=", b"&", b"%", b"%ff",
    b"/", b"//", b"[", b"]", b"@", b"#", b"?", b"*", b'"', b"\\", b"..", b"chunked", b"identity", b"http://", b"1e2",
    b"0\r\n\r\n",
    b"Content-Length: 5\r\n", b"Content-Length: +5\r\n", b"Transfer-Encoding: chunked\r\n", b" folded: x\r\n", HOST,
    b"Host: [::1\r\n", b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"Connection: keep-alive\r\n", COOKIES,
    b"Content-Length: 99999999999999999999\r\n", b"Origin: http://[\r\n", b"5\r\nhello\r\n", b"ffffffffffffffff\r\n",
    b'{"a":', b"[", b"GET / HTTP/1.1\r\n" + HOST + b"\r\n", b"chatr_refresh=", b"; chatr_realtime=",
    b"Upgrade: websocket\r\n",
)  # fmt: skip


class Decoding(Dispatcher):
    """Reads the parameters of an operation, and runs none."""

    async def call(
        self, record: Operation, raw: Mapping[str, Any], caller: Caller, *, from_text: bool = False, **_: Any
    ) -> Any:
        decode(record, raw, from_text=from_text)
        return {}


def _no_token(_: str) -> Any:
    raise ApiError("unauthenticated")


@cache
def site() -> tuple[Clock, ChatrSite]:
    """The HTTP port as a server has it, with all routes and both doors, on a clock that stands still."""
    clock = Clock()
    # Nothing is asked of them: the call ends before.
    nothing: Any = None
    exchange = Exchange(
        verify=_no_token,
        is_connection=lambda *_: False,
        address=reading.address_reader(1),
        cookies=SessionCookies(public_url="", refresh_s=60),
        metrics=Metrics(Tasks(clock)),
        clock=clock,
    )
    serve_operations(exchange, Decoding(CONTRACT, None, limiter=nothing, incidents=nothing, now=nothing, sign=nothing))
    rules = Rules(max_body_bytes=20_000, cors_origins=frozenset({"https://app.example"}), trusted_proxies=1, hsts=True)
    setting = Setting(clock, exempt_loopback=True, server=ServerSettings(trusted_proxies=1))
    return clock, make_site(exchange.resource(), setting.door.websocket(rules.refuse), rules, clock)


def talk(data: bytes) -> None:
    """Say something on a connection of its own, and read the answers: none is an error of ours, nothing is left."""
    clock, port = site()
    client = Client(port)
    half = len(data) // 2
    client.say(data[:half], data[half:])
    clock.advance(0)
    heard = client.heard()
    client.transport.end("done")
    if re.search(rb"HTTP/1\.1 5\d\d ", heard):
        raise AssertionError(f"answers {heard[-300:]!r}")
    if port.unread.bytes or clock.getDelayedCalls():
        raise AssertionError(f"leaves {port.unread.bytes} bytes, {clock.getDelayedCalls()}")


def _path(data: bytes) -> None:
    """As the path and query of a request: what could not be one is escaped."""
    text = re.sub(rb"[^!-~]", lambda found: b"%%%02x" % found[0][0], data)[:16_000]
    talk(b"GET /api/" + text + b" HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")


def _header(data: bytes) -> None:
    """As the lines of a request's headers."""
    talk(b"GET /api/conversations HTTP/1.1\r\n" + HOST + data + b"\r\n\r\n")


def _upgrade(data: bytes) -> None:
    """As further headers of a WebSocket's handshake, and its first bytes."""
    talk(_UPGRADE + data)


def _chunks(data: bytes) -> None:
    """As a body in chunks."""
    talk(b"POST /api/auth/login HTTP/1.1\r\n" + HOST + _JSON + _CHUNKED + data)


def _body(data: bytes) -> None:
    """As a JSON body."""
    talk(b"POST /api/auth/register HTTP/1.1\r\n" + HOST + _JSON + b"Content-Length: %d\r\n\r\n" % len(data) + data)


def _cookie(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for name in (cookies.REFRESH, cookies.REALTIME):
        for https in (False, True):
            cookies.read(text, cookies.named(name, https=https))


def _origin(data: bytes) -> None:
    origin, _, host = data.decode("utf-8", "replace").partition("\n")
    for public in ("", "https://chat.example", "http://chat.example:8080"):
        cookies.own_origin(origin, host, public)


def _forwarded(data: bytes) -> None:
    headers = Headers({b"x-forwarded-for": data.split(b"\n")})
    request: Any = SimpleNamespace(requestHeaders=headers, getClientAddress=lambda: IPv4Address("TCP", "192.0.2.1", 1))
    for proxies in (1, 3):
        if len(reading.address_reader(proxies)(request)) > reading.MAX_HOP_CHARS:
            raise AssertionError("takes what is no address")


def _query(data: bytes) -> None:
    request: Any = SimpleNamespace(query=re.sub(rb"[^!-~]", b"+", data))
    undecoded.query_of(request, frozenset({"ids"}))


def _repeated(*heads: bytes) -> Hostile:
    def make(random: Random, size: int) -> bytes:
        """One or two small pieces very often: what is quadratic shows."""
        piece = b"".join(random.choices(PIECES, k=random.choice((1, 1, 2, 3))))
        return random.choice(heads) + piece * (size // len(piece) + 1) + random.choice(PIECES)

    return make


def _soup(*heads: bytes) -> Hostile:
    def make(random: Random, size: int) -> bytes:
        """Pieces in any order."""
        return random.choice(heads) + b"".join(random.choices(PIECES, k=min(size, 200)))

    return make


#: A parser of one header: far below a millisecond for all that a request's headers may have.
_QUICK = Bound(base_ms=1.0, ns_per_byte=400.0, base_bytes=2 * 1024 * 1024)
#: One request, whatever it is: what it costs hardly grows with what it says.
_ONE = Bound(base_ms=20.0, ns_per_byte=4_000.0, base_bytes=16 * 1024 * 1024)
#: Requests of 28 bytes, one behind the other, each answered with about 700.
_MANY = Bound(base_ms=20.0, ns_per_byte=100_000.0, base_bytes=16 * 1024 * 1024, bytes_per_byte=256.0)


def _target(
    name: str,
    run: Callable[[bytes], None],
    *corpus: bytes,
    bound: Bound = _QUICK,
    max_bytes: int = 64 * 1024,
    refuses: tuple[type[Exception], ...] = (),
) -> Target:
    heads = (*corpus, b"")
    return Target(
        name=f"http-{name}",
        run=run,
        refuses=refuses,
        corpus=corpus,
        hostile=(_repeated(*heads), _soup(*heads)),
        max_bytes=max_bytes,
        bound=bound,
    )


_SIGN_UP = b'{"username": "ann", "email": "a@example.org", "password": "\\u00e9"}'
_TRAILED = b"5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n"
_FRAME = b"\r\n\x81\x85\1\2\3\4abcde"
_HEADERS = tuple(each.partition(b"\r\n")[2].partition(b"\r\n\r\n")[0].replace(HOST, b"") for each in REQUESTS)

TARGETS: tuple[Target, ...] = (
    _target("requests", talk, *REQUESTS, b"".join(REQUESTS[:7]), bound=_MANY, max_bytes=16 * 1024),
    _target("headers", _header, *_HEADERS, bound=_ONE),
    _target("paths", _path, b"users/%C3%A9", b"conversations?limit=1&a=b", b"messages/" + _ID, bound=_ONE),
    _target("chunks", _chunks, _TRAILED, b"24\r\n" + _BODY + b"\r\n0\r\n\r\n", bound=_ONE),
    _target("bodies", _body, _BODY, _SIGN_UP, bound=_ONE),
    _target("upgrades", _upgrade, b"\r\n", COOKIES + b"Origin: http://a\r\n\r\n", _FRAME, bound=_ONE),
    _target("cookies", _cookie, COOKIES[8:-2], b"chatr_refresh=x", b"__Secure-chatr_realtime=y; a"),
    _target("origins", _origin, b"http://a:80\na", b"https://evil.example\nchat.example", b"https://chat.example\nb"),
    _target("forwarded", _forwarded, b"1.2.3.4, 5.6.7.8", b"[::1]:80\n::ffff:1.2.3.4", b"unknown,,1.2.3.4:80"),
    _target("queries", _query, b"limit=10&cursor=a%20b", b"ids=a,b&ids=c&q=%C3%A9", refuses=(ApiError,)),
)
