"""Requests that a stranger makes by hand, to a whole server on real sockets."""

from __future__ import annotations

import json
from typing import Any

from chatr.networks import caller_key
from tests.rest.http.memory import Answer
from tests.rest.test_app import RestCase
from tests.wamp.wires import TEXT, client_frame

ORIGIN = "https://app.example.org"
UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Protocol: wamp.2.json\r\n"
)


class HostileCase(RestCase):
    """Bytes in, one answer out."""

    settings = {"server.cors_origins": ORIGIN}

    async def said(self, data: bytes) -> Answer:
        """The one answer of a connection that ends then."""
        raw = await self.raw(data)
        head, _, body = (await raw.closed).partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        _, status, phrase = first.split(" ", 2)
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        return Answer(int(status), phrase, headers, body)

    async def ask(self, line: bytes, *headers: bytes, body: bytes = b"") -> Answer:
        """A request whose connection ends with its answer."""
        lines = (
            line + b" HTTP/1.1",
            b"Host: 127.0.0.1",
            b"Connection: close",
            b"Content-Length: %d" % len(body),
            *headers,
        )
        return await self.said(b"\r\n".join(lines) + b"\r\n\r\n" + body)

    def check(self, answer: Answer, status: int, code: str) -> None:
        """A problem with all that belongs to one."""
        self.assertEqual((answer.status, answer.headers["content-type"]), (status, "application/problem+json"), answer)
        self.assertEqual((answer.problem["status"], answer.problem["code"]), (status, code))
        self.assertEqual(answer.headers["x-request-id"], answer.problem["requestId"])
        self.assertEqual(answer.headers["x-content-type-options"], "nosniff")
        self.assertEqual(answer.headers["content-length"], str(len(answer.body)))
        self.assertNotIn(answer.phrase, ("", "Unknown", "Unknown Status"))


class HeaderTests(HostileCase):
    """Headers are bytes."""

    async def test_bytes_that_are_no_utf8(self) -> None:
        """Whatever bytes a header has, it is answered as one that says nothing of use. Each was 500."""
        bad, kind = b"\xff\xfe\xc3(", b"Content-Type: application/json"
        login = b'{"login": "nobody", "password": "x"}'
        for header, status, code in (
            (b"Authorization: Bearer " + bad, 401, "unauthenticated"),
            (b"Authorization: " + bad, 401, "unauthenticated"),
            (b"Origin: " + bad, 401, "unauthenticated"),
            (b"User-Agent: " + bad, 401, "unauthenticated"),
            (b"Cookie: " + bad + b"=" + bad, 401, "unauthenticated"),
            (b"X-Forwarded-For: " + bad, 401, "unauthenticated"),
            (b"Idempotency-Key: " + bad, 401, "unauthenticated"),
            (b"X-Chatr-Session: " + bad, 401, "unauthenticated"),
            (b"Accept-Language: " + bad, 401, "unauthenticated"),
        ):
            self.check(await self.ask(b"GET /api/users/me", header), status, code)
        for header in (b"User-Agent: " + bad, b"Cookie: " + bad, b"Sec-Fetch-Site: " + bad, b"X-Forwarded-For: " + bad):
            self.check(await self.ask(b"POST /api/auth/login", kind, header, body=login), 401, "code_wrong")
            refresh = await self.ask(b"POST /api/auth/refresh", kind, header, b"Origin: " + bad, body=b"{}")
            self.check(refresh, 400, "invalid")
        self.check(
            await self.ask(b"POST /api/auth/login", b"Content-Type: " + bad, body=login), 415, "unsupported_media"
        )
        image = b"GET /api/link-previews/00000000-0000-0000-0000-000000000000"
        self.check(await self.ask(image, b'If-None-Match: "' + bad), 404, "not_found")

    async def test_idempotency_key(self) -> None:
        """A key that is no UUID is told by its field's name."""
        ann, ben = await self.person("ann"), await self.person("ben")
        body = json.dumps({"recipientId": ben.id, "content": "hi"}).encode()
        who = b"Authorization: Bearer " + ann.token.encode()
        answer = await self.ask(
            b"POST /api/messages", who, b"Content-Type: application/json", b"Idempotency-Key: \xff", body=body
        )
        self.check(answer, 400, "invalid")
        self.assertEqual(answer.problem["errors"][0]["path"], "$.clientId")

    async def test_cookie_among_broken_ones(self) -> None:
        """Cookies of others that are no text do not hide ours."""
        made = await self.person("ann")
        session = await self.rest("POST", "/auth/login", {"login": "ann", "password": "Correct-horse-7"})
        cookie = b'Cookie: \xff=\xfe; "; chatr_refresh=' + session["refreshToken"].encode()
        answer = await self.ask(b"POST /api/auth/refresh", cookie)
        self.assertEqual((answer.status, answer.problem["user"]["id"]), (200, made.id))

    async def test_origins_that_can_not_be_parsed(self) -> None:
        """They are compared, not parsed: a foreign origin like any other. ``http://[`` was 500."""
        for origin in (
            b"http://[",
            b"http://]",
            b"http://[::1",
            b"//",
            b"http://a:b:c",
            b"http://\xe2\x84\x80",
            b"null",
        ):
            answer = await self.ask(b"POST /api/auth/refresh", b"Origin: " + origin, b"Cookie: chatr_refresh=x")
            self.check(answer, 403, "forbidden")
            self.assertNotIn("access-control-allow-origin", answer.headers)
            raw = await self.raw(UPGRADE + b"Origin: " + origin + b"\r\n\r\n")
            self.assertIn((await raw.hears(b"\r\n\r\n"))[9:12], (b"101", b"400"), origin)
            raw.transport.abortConnection()  # type: ignore[union-attr]

    async def test_control_characters(self) -> None:
        """They are no part of a header; terminals and other parsers take them for more than that."""
        for byte in (b"\x00", b"\x0b", b"\x0c", b"\x1b", b"\x1c", b"\x7f"):
            self.check(await self.ask(b"GET /health", b"User-Agent: a" + byte + b"b"), 400, "invalid")


class PathTests(HostileCase):
    """Paths and queries."""

    async def test_paths(self) -> None:
        """Escapes that are no UTF-8, or what werkzeug would correct, are problems and no pages or redirects."""
        for path, status, code in (
            (b"/api/users/%ff", 400, "invalid"),
            (b"/api/users/%c0%af", 400, "invalid"),
            (b"/%ff", 400, "invalid"),
            (b"/api//health", 404, "not_found"),
            (b"/api/health/", 404, "not_found"),
            (b"/api/users/%00", 401, "unauthenticated"),
            (b"/api/users/%2f..%2f", 404, "not_found"),
            (b"/api/" + b"a/" * 4000, 404, "not_found"),
            (b"/" * 8000 + b"x", 404, "not_found"),
            (b"/ws/x", 404, "not_found"),
        ):
            answer = await self.ask(b"GET " + path)
            self.check(answer, status, code)
            self.assertNotIn("location", answer.headers)
        self.check(await self.ask(b"BREW /api/health"), 405, "invalid")
        self.check(await self.ask(b"TRACE /api/health"), 405, "invalid")

    async def test_hosts(self) -> None:
        """Names that DNS could not have are good enough to be answered: werkzeug's own check was 500."""
        for host in (b"a" * 100, b"a..b", b"xn--a", b"_", b"-"):
            answer = await self.said(b"GET /health HTTP/1.1\r\nConnection: close\r\nHost: %b\r\n\r\n" % host)
            self.assertEqual(answer.status, 200, host)

    async def test_integers(self) -> None:
        """Numbers in a query are digits: 1e2 passed for 100."""
        ann = await self.person("ann")
        who = b"Authorization: Bearer " + ann.token.encode()
        for text in (b"1e2", b"1E1", b"10.0", b"%2b10", b"0x10", b"1_0", b"%d9%a1", b"%20" + b"10", b"", b"9" * 5000):
            answer = await self.ask(b"GET /api/conversations?limit=" + text, who)
            self.check(answer, 400, "invalid")
            self.assertEqual(answer.problem["errors"][0]["path"], "$.limit", text)
        for text in (b"10", b"100"):
            self.assertEqual((await self.ask(b"GET /api/conversations?limit=" + text, who)).status, 200, text)
        self.check(await self.ask(b"GET /api/conversations?limit=-1", who), 400, "invalid")

    async def test_queries(self) -> None:
        """Only & separates; what is too much is refused."""
        ann = await self.person("ann")
        who = b"Authorization: Bearer " + ann.token.encode()
        answer = await self.ask(b"GET /api/users/search?q=a;limit=b", who)
        self.assertEqual(answer.status, 200, answer)
        self.check(await self.ask(b"GET /api/conversations?" + b"a&" * 2000, who), 400, "invalid")
        self.check(await self.ask(b"GET /api/conversations?a=%ff", who), 400, "invalid")


class AnswerTests(HostileCase):
    """The headers of answers."""

    async def test_every_answer_has_an_id(self) -> None:
        """Pages, documents and errors alike, and each another one."""
        ids = set()
        for path in (
            b"/",
            b"/health",
            b"/api/openapi.json",
            b"/metrics",
            b"/nothing",
            b"/api/users/me",
            b"/api/users/%ff",
        ):
            ids.add((await self.ask(b"GET " + path)).headers["x-request-id"])
        self.assertEqual(len(ids), 7)

    async def test_phrases(self) -> None:
        """Statuses that came after RFC 2616 have their phrase: 429 was ``Unknown Status``."""
        self.service.node.dispatcher._limiter._exempt_loopback = False  # type: ignore[union-attr, attr-defined]
        answer: Any = None
        for _ in range(11):
            answer = await self.ask(
                b"POST /api/auth/login",
                b"Content-Type: application/json",
                b"Origin: " + ORIGIN.encode(),
                body=b'{"login": "nobody", "password": "x"}',
            )
        self.check(answer, 429, "rate_limited")
        self.assertEqual((answer.phrase, answer.headers["access-control-allow-origin"]), ("Too Many Requests", ORIGIN))

    async def test_no_hsts_in_development(self) -> None:
        """A name that is served in clear today is not to be unreachable tomorrow."""
        self.assertNotIn("strict-transport-security", (await self.ask(b"GET /")).headers)


class ProductionHeaderTests(HostileCase):
    """Behind a proxy that ends TLS."""

    settings = {"server.mode": "production", "server.trusted_proxies": "1"}

    async def test_hsts(self) -> None:
        """Browsers that came by https are told to do so from now on; those that did not are not."""
        answer = await self.ask(b"GET /api/users/me", b"X-Forwarded-Proto: https")
        self.assertEqual(answer.headers["strict-transport-security"], "max-age=31536000")
        for header in (b"X-Forwarded-Proto: http", b"X-Forwarded-Proto: \xff", b"X-Other: https"):
            self.assertNotIn("strict-transport-security", (await self.ask(b"GET /api/users/me", header)).headers)

    async def test_addresses(self) -> None:
        """What the proxy has not written as an address is nobody's; the client's own lines are to the left of it."""
        router: Any = self.service.node.wamp.router  # type: ignore[union-attr]
        for header, wanted in (
            ("6.6.6.6, 203.0.113.9", "203.0.113.9"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("203.0.113.9, " + "x" * 8000, "127.0.0.1"),
            ("unknown", "127.0.0.1"),
            ("203.0.113.9,", "127.0.0.1"),
        ):
            raw = await self.raw(UPGRADE + b"X-Forwarded-For: " + header.encode() + b"\r\n\r\n")
            await raw.hears(b"101 ")
            self.assertEqual([caller_key(each) for each in router.arrivals.crowd], [caller_key(wanted)])
            raw.transport.abortConnection()  # type: ignore[union-attr]
            await raw.closed
            await router.sessions.open.zero()

    async def test_no_header_within_a_header(self) -> None:
        """U+0085 ends a line for the WebSocket's parser: with it a client wrote behind the proxy's back."""
        router: Any = self.service.node.wamp.router  # type: ignore[union-attr]
        hidden = (
            "X: \u0085X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 203.0.113.9\r\nY: \u0085X-Forwarded-For: 6.6.6.6"
        )
        raw = await self.raw(UPGRADE + hidden.encode() + b"\r\n\r\n")
        await raw.hears(b"101 ")
        self.assertEqual(list(router.arrivals.crowd), ["203.0.113.9"])
        raw.transport.abortConnection()  # type: ignore[union-attr]
        await router.sessions.open.zero()


class UpgradeTests(HostileCase):
    """The door of WebSockets is a part of the server's HTTP."""

    async def test_refusals(self) -> None:
        """What is no handshake is a problem as everywhere, with a length and an id."""
        for data, status in (
            (b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 426),
            (b"POST /ws HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 426),
            (UPGRADE.replace(b"GET", b"POST") + b"\r\n", 405),
            (UPGRADE.replace(b"dGhlIHN", b"x") + b"\r\n", 400),
            (UPGRADE.replace(b"Version: 13", b"Version: 99") + b"\r\n", 400),
            (UPGRADE.replace(b"wamp.2.json", b"wamp.3.json") + b"\r\n", 400),
            (UPGRADE + b"Origin: http://[\r\n\r\n", 400),
            (UPGRADE + b"Origin: \xff\xfe\r\n\r\n", 400),
            (UPGRADE + b"Sec-WebSocket-Extensions: \xff;;;=\r\nSec-WebSocket-Key: x\r\n\r\n", 400),
        ):
            answer = await self.said(data)
            self.assertEqual(answer.status, status, data)
            self.check(answer, status, "invalid")

    async def test_cookies_in_several_headers(self) -> None:
        """A proxy may have split them; a comma within one separates nothing."""
        ann = await self.person("ann")
        cookies = ("a=b,c", f"chatr_realtime={ann.token}", 'x="', "y=\u00e9")
        lines = "".join(f"Cookie: {cookie}\r\n" for cookie in cookies) + f"Origin: {self.url}\r\n\r\n"
        raw = await self.raw(UPGRADE.replace(b"127.0.0.1", self.url[7:].encode()) + lines.encode())
        await raw.hears(b"101 ")
        hello = [1, "chatr", {"roles": {"caller": {}}, "authmethods": ["cookie"]}]
        raw.transport.write(client_frame(TEXT, json.dumps(hello).encode()))  # type: ignore[union-attr]
        self.assertIn(ann.id.encode(), await raw.hears(b'"authid"'))
        raw.transport.abortConnection()  # type: ignore[union-attr]
