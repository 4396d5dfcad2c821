"""What all routes share: policies by kind of resource, bodies, numbers, and the end."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource

from chatr.api.context import HangUp
from chatr.api.errors import ApiError
from chatr.process.tasks import Tasks
from chatr.rest.cookies import SessionCookies
from chatr.rest.exchange import Exchange
from chatr.rest.http.headers import ANSWER, PAGE, Rules
from chatr.rest.http.request import ChatrRequest, address_reader
from chatr.rest.http.site import make_site
from chatr.rest.metrics import Metrics
from tests.rest.http.memory import Answer, Client
from tests.rest.test_app import RestCase


def _nobody(_: str) -> Any:
    raise ApiError("unauthenticated")


class ExchangeCase(SynchronousTestCase):
    """An exchange, on a site in memory."""

    def setUp(self) -> None:
        clock = Clock()
        self.metrics = Metrics(Tasks(clock))
        self.exchange = Exchange(
            verify=_nobody,
            is_connection=lambda *_: False,
            address=address_reader(0),
            cookies=SessionCookies(public_url="", refresh_s=60),
            metrics=self.metrics,
            clock=clock,
        )
        self.clock = clock
        self.hang_up = HangUp()
        self.work: Deferred[bytes] = Deferred(lambda _: None)

    def client(self) -> Client:
        """A connection to a site with the routes that are there by now."""
        rules = Rules(max_body_bytes=100, bodies=self.exchange.bodies)
        return Client(make_site(self.exchange.resource(), Resource(), rules, self.clock))

    def ask(self, verb: str, path: str, body: bytes = b"") -> Answer:
        """The one answer to a request of its own connection."""
        client = self.client()
        client.say(f"{verb} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        [answer] = client.answers()
        return answer


class ExchangeTests(ExchangeCase):
    """Routes of a test."""

    def test_bodies(self) -> None:
        """A route says how long a body may be, more or less than the site takes; below a folder it counts for each."""

        def size(request: ChatrRequest, /, **variables: str) -> bytes:
            return b"%d" % len(request.content.read())  # type: ignore[union-attr]

        self.exchange.serve("usual", "/usual", size, verb="POST")
        self.exchange.serve("none", "/none", size, verb="POST", max_body_bytes=0)
        self.exchange.serve("files", "/files/<id>", size, verb="POST", max_body_bytes=1000)
        for path, most in (("/usual", 100), ("/none", 0), ("/files/1", 1000), ("/elsewhere", 100), ("/files", 100)):
            within, beyond = self.ask("POST", path, b"x" * most), self.ask("POST", path, b"x" * (most + 1))
            if path in ("/elsewhere", "/files"):
                self.assertEqual(within.status, 404, path)
            else:
                self.assertEqual((within.status, within.body), (200, b"%d" % most), path)
            self.assertEqual((beyond.status, beyond.problem["code"]), (413, "too_large"), path)
            self.assertIn(f"at most {most} bytes", beyond.problem["detail"])

    def test_same_routes(self) -> None:
        """Two servers in one process with the same routes: each answers with its own, and where none is."""

        def saying(text: bytes) -> Any:
            return lambda request, /, id: text + id.encode()

        first = self.exchange
        first.serve("thing", "/things/<id>", saying(b"first "))
        asked_first = self.client()
        self.setUp()
        self.exchange.serve("thing", "/things/<id>", saying(b"second "))
        self.exchange.otherwise("page", lambda request, /, **_: b"page")
        self.assertEqual(self.ask("GET", "/things/7").body, b"second 7")
        self.assertEqual(self.ask("GET", "/elsewhere").body, b"page")
        asked_first.say(b"GET /things/7 HTTP/1.1\r\nHost: x\r\n\r\nGET /elsewhere HTTP/1.1\r\nHost: x\r\n\r\n")
        found, missed = asked_first.answers()
        self.assertEqual((found.body, missed.status), (b"first 7", 404))

    def test_one_address_in_several_spellings(self) -> None:
        """What is found as it is written, and what takes a table of patterns, is answered alike."""
        self.exchange.serve("thing", "/a/thing", lambda request, /, **_: request.path)
        self.exchange.serve("more", "/a/<id>", lambda request, /, **_: b"another")
        self.exchange.serve("put", "/a/thing", lambda request, /, **_: b"put", verb="PUT", endpoint="put")
        plain, spelled = self.ask("GET", "/a/thing"), self.ask("GET", "/a/%74hing")
        self.assertEqual((plain.body, spelled.body), (b"/a/thing", b"/a/%74hing"))
        for answer in (plain, spelled):
            for name in ("x-request-id", "content-length"):
                answer.headers.pop(name)
        self.assertEqual(plain.headers, spelled.headers)
        self.assertEqual((self.ask("GET", "/a/other").body, self.ask("PUT", "/a/thing").body), (b"another", b"put"))
        statuses = [self.ask("GET", path).status for path in ("/a/thing/", "//a/thing", "/A/thing", "/a/thing?a=b")]
        self.assertEqual(statuses, [404, 200, 404, 200])
        refused = self.ask("POST", "/a/thing")
        self.assertEqual((refused.status, refused.headers["allow"]), (405, "GET, HEAD, PUT"))

    def test_headers_are_each_answers_own(self) -> None:
        """What one answer sets, or adds to what all carry, no other has."""

        def another(request: ChatrRequest, /, **_: str) -> bytes:
            request.responseHeaders.addRawHeader("x-frame-options", "SAMEORIGIN")
            request.setHeader("referrer-policy", "origin")
            request.responseHeaders.removeHeader(b"content-security-policy")
            return b""

        self.exchange.serve("one", "/one", lambda request, /, **_: b"")
        self.exchange.serve("another", "/another", another)
        first = self.ask("GET", "/one").headers
        self.assertEqual(self.ask("GET", "/another").headers["referrer-policy"], "origin")
        last = self.ask("GET", "/one").headers
        self.assertNotEqual(first.pop("x-request-id"), last.pop("x-request-id"))
        self.assertEqual(first, last)

    def test_whom_nobody_waits_for(self) -> None:
        """Work for a client that has gone is stopped; a fault in it, as in any other, is logged and counted."""

        async def wait(request: ChatrRequest, /, **_: str) -> bytes:
            return await self._work()

        self.exchange.serve("wait", "/wait", wait)
        stopped: list[bool] = []
        self.work = Deferred(lambda _: stopped.append(True))
        client = self.client()
        client.say(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertEqual(stopped, [])
        client.transport.end("aborted")
        self.assertEqual(stopped, [True])
        self.assertEqual(self.flushLoggedErrors(), [])
        self.work = fail(ZeroDivisionError())
        self.assertEqual((self.ask("GET", "/wait").status, len(self.flushLoggedErrors(ZeroDivisionError))), (500, 1))

    def test_refusals_are_problems(self) -> None:
        """Whatever a route raises, at once or later, is a problem, and counted under its name."""

        def at_once(request: ChatrRequest, /, **_: str) -> bytes:
            raise ApiError("forbidden")

        async def later(request: ChatrRequest, /, **_: str) -> bytes:
            await succeed(None)
            raise ApiError("conflict")

        self.exchange.serve("one", "/one", at_once)
        self.exchange.serve("two", "/two", later)
        for path, status, code in (("/one", 403, "forbidden"), ("/two", 409, "conflict"), ("/3", 404, "not_found")):
            answer = self.ask("GET", path)
            self.assertEqual((answer.status, answer.problem["code"]), (status, code))
            self.assertEqual(answer.headers["content-security-policy"], ANSWER.csp)
        self.assertIn(b'chatr_http_requests_total{operation="two",status="409"} 1.0', self.metrics.render())

    def test_what_goes_on_alone(self) -> None:
        """A drain waits for a change whose client has gone, and what waits for its turn hears that it has."""

        async def change(request: ChatrRequest, /, **_: str) -> bytes:
            return await self.exchange.run(self._work(), alone=self.hang_up)  # type: ignore[no-any-return]

        self.exchange.serve("change", "/change", change, verb="POST")
        client = self.client()
        client.say(b"POST /change HTTP/1.1\r\nHost: x\r\n\r\n")
        client.transport.end("aborted")
        drained = self.exchange.drain()
        self.assertEqual((self.hang_up.happened, self.exchange.running), (True, 1))
        self.assertNoResult(drained)
        self.work.callback(b"done")
        self.successResultOf(drained)

    def test_the_end(self) -> None:
        """While it stops a site refuses what is new, but for what says how the process is."""
        self.exchange.serve("new", "/new", lambda request, /, **_: b"")
        self.exchange.serve("state", "/state", lambda request, /, **_: b"", drains=False)
        self.successResultOf(self.exchange.drain())
        refused = self.ask("GET", "/new")
        self.assertEqual((refused.status, refused.headers["connection"]), (503, "close"))
        self.assertEqual(self.ask("GET", "/state").status, 200)

    async def _work(self) -> bytes:
        return await self.work


class KindTests(RestCase):
    """Which policy a browser is told for what."""

    async def policy(self, verb: str, path: str) -> str:
        _, headers, _ = await self.answer(verb, path)
        [policy] = headers.getRawHeaders("content-security-policy")
        return str(policy)

    async def test_each_kind(self) -> None:
        """Pages may have a style; answers and errors, those below a page's address too, may have nothing."""
        self.assertEqual(await self.policy("GET", "/dev/mail"), PAGE.csp)
        for path in ("/api/health", "/openapi.json", "/api/users/me", "/dev/mail.json", "/api/nothing"):
            self.assertEqual(await self.policy("GET", path), ANSWER.csp, path)
        self.assertEqual(await self.policy("POST", "/api/docs"), ANSWER.csp)
        for policy in (PAGE.csp, ANSWER.csp):
            self.assertTrue(policy.startswith("default-src 'none'; "))
            self.assertNotIn("script", policy)

    async def test_no_body_where_nothing_reads_one(self) -> None:
        """What only answers is not sent anything."""
        for path in ("/health", "/api/docs", "/dev/mail", "/api/link-preview/images/x"):
            status, _, body = await self.answer("GET", path, data=b"{}")
            self.assertEqual((status, body["code"]), (413, "too_large"), path)
