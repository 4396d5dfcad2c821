"""Headers, origins, addresses, and the routes outside the contract."""

from __future__ import annotations

import json
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.test.requesthelper import DummyRequest

from chatr.api.errors import ApiError
from chatr.process.tasks import LATE_S
from chatr.rest.http.request import address_reader
from tests.rest.test_app import RestCase


class HeaderTests(RestCase):
    """What every answer carries."""

    settings = {"server.cors_origins": "https://app.example.org"}

    async def test_security_headers(self) -> None:
        """No sniffing, no framing, no referrer, no server banner; nothing of the API is cached."""
        for path in ("/", "/api/docs", "/api/users/me", "/api/nothing", "/dev/mail"):
            _, headers, _ = await self.answer("GET", path)
            self.assertEqual(headers.getRawHeaders("x-content-type-options"), ["nosniff"], path)
            self.assertIn("frame-ancestors 'none'", headers.getRawHeaders("content-security-policy")[0])
            self.assertEqual(headers.getRawHeaders("referrer-policy"), ["no-referrer"])
            self.assertIsNone(headers.getRawHeaders("server"))
        _, headers, _ = await self.answer("GET", "/api/health")
        self.assertEqual(headers.getRawHeaders("cache-control"), ["no-store"])

    async def test_configured_origin(self) -> None:
        """A configured origin may call, and is told so before it does."""
        asks = {"Access-Control-Request-Method": "GET"}
        for verb, more in (("GET", {}), ("OPTIONS", asks)):
            sent = {"Origin": "https://app.example.org", **more}
            status, headers, _ = await self.answer(verb, "/api/health", headers=sent)
            self.assertEqual(headers.getRawHeaders("access-control-allow-origin"), ["https://app.example.org"])
            self.assertIsNone(headers.getRawHeaders("access-control-allow-credentials"))
        self.assertEqual(status, 204)
        self.assertIn("Authorization", headers.getRawHeaders("access-control-allow-headers")[0])

    async def test_foreign_origin(self) -> None:
        """Any other origin gets no permission, however alike it looks."""
        for origin in ("https://app.example.org.evil.org", "http://app.example.org", "null"):
            _, headers, _ = await self.answer("GET", "/api/health", headers={"Origin": origin})
            self.assertIsNone(headers.getRawHeaders("access-control-allow-origin"))
            self.assertEqual(headers.getRawHeaders("vary"), ["Origin"])


class RawTests(RestCase):
    """Health, metrics, the references, the mailbox."""

    async def test_health_and_ready(self) -> None:
        """Both at the root and below /api; ready says no when the database is gone."""
        for prefix in ("", "/api"):
            body = (await self.answer("GET", prefix + "/health"))[2]
            self.assertEqual((body["status"], body["mode"]), ("ok", "development"))
            body = (await self.answer("GET", prefix + "/ready"))[2]
            self.assertEqual((body["ready"], body["database"], body["draining"], body["late"]), (True, True, False, []))
            self.assertEqual(set(body["tasks"].values()), {True})
            self.assertLessEqual({"message_index", "revocations", "outbound", "erasing"}, body["tasks"].keys())
        self.service.node.db.close()  # type: ignore[union-attr]
        status, _, body = await self.answer("GET", "/ready")
        self.assertEqual((status, body["ready"], body["database"]), (503, False, False))
        self.assertEqual((await self.answer("GET", "/health"))[0], 200)

    async def test_what_goes_wrong(self) -> None:
        """Point 32 of issue 12: a task that has not succeeded for a minute has a line; the server is ready still."""
        pulse = self.service.node.tasks.pulses["message_index"]  # type: ignore[union-attr]
        pulse.failed(Failure(ApiError("unavailable")))
        pulse._failing_since -= LATE_S
        pulse._succeeded_at -= LATE_S
        status, _, body = await self.answer("GET", "/ready")
        self.assertEqual((status, body["ready"], body["tasks"]["message_index"]), (200, True, False))
        self.assertEqual(body["late"], [f"message_index has not succeeded for {pulse.age_s:.0f} s"])
        self.assertIn(b'chatr_task_failures_total{task="message_index"} 1.0', (await self.answer("GET", "/metrics"))[2])
        self.service.node.http.exchange.draining = True  # type: ignore[union-attr]
        status, _, body = await self.answer("GET", "/ready")
        self.assertEqual((status, body["ready"], body["draining"]), (503, False, True))

    async def test_metrics(self) -> None:
        """Requests are counted by operation and status."""
        await self.answer("GET", "/api/users/me")
        status, headers, body = await self.answer("GET", "/metrics")
        self.assertEqual(status, 200)
        self.assertIn(b'chatr_http_requests_total{operation="user.me",status="401"} 1.0', body)
        self.assertIn(b"chatr_reactor_lag_seconds", body)

    async def test_references(self) -> None:
        """OpenAPI and the WAMP reference are served; for people the web client shows them."""
        for prefix in ("", "/api"):
            self.assertEqual((await self.answer("GET", prefix + "/openapi.json"))[2]["openapi"], "3.1.0")
            self.assertIn("chatr.message.send", (await self.answer("GET", prefix + "/wamp.json"))[2]["procedures"])
        status, headers, _ = await self.answer("GET", "/api/docs", allow_redirects=False)
        self.assertEqual((status, headers.getRawHeaders("location")), (308, ["/docs"]))


class ProductionTests(RestCase):
    """What development shows and production does not."""

    settings = {"server.mode": "production"}

    async def test_no_mailbox(self) -> None:
        """There is no mailbox in production."""
        self.assertEqual((await self.answer("GET", "/dev/mail"))[0], 404)

    async def test_login_code(self) -> None:
        """In production a password login needs a mailed code."""
        await self.person("ann")
        body = {"login": "ann", "password": "Correct-horse-7"}
        step = await self.rest("POST", "/auth/login", body)
        self.assertNotIn("accessToken", step)
        code = self.code("ann@example.org")
        session = await self.rest("POST", "/auth/verify-login", {"challenge": step["challenge"], "code": code})
        self.assertEqual(session["tokenType"], "Bearer")
        self.assertNotIn(json.dumps(code), json.dumps(session))


class AddressTests(SynchronousTestCase):
    """A caller's address comes from trusted hops only."""

    def read(self, trusted: int, *headers: str) -> str:
        request: Any = DummyRequest([])
        request.getClientAddress = lambda: IPv4Address("TCP", "192.0.2.1", 1234)
        request.requestHeaders.setRawHeaders("x-forwarded-for", list(headers))
        return address_reader(trusted)(request)

    def test_untrusted(self) -> None:
        """Without trusted proxies the header says nothing."""
        self.assertEqual(self.read(0, "203.0.113.9"), "192.0.2.1")

    def test_trusted(self) -> None:
        """Each proxy appended one hop: what a client claims lies further left."""
        self.assertEqual(self.read(1, "6.6.6.6, 203.0.113.9"), "203.0.113.9")
        self.assertEqual(self.read(2, "6.6.6.6, 203.0.113.9", "198.51.100.2"), "203.0.113.9")

    def test_strangers_text(self) -> None:
        """What a client wrote is never looked at, and what a proxy wrote only as an address, in its one form."""
        self.assertEqual(self.read(1, "a, " * 100_000 + "203.0.113.9"), "203.0.113.9")
        self.assertEqual(self.read(1, "2001:DB8:0::1"), "2001:db8::1")
        self.assertEqual(self.read(1, "[2001:db8::1]:443"), "2001:db8::1")
        self.assertEqual(self.read(1, "203.0.113.9:51234"), "203.0.113.9")
        for hop in (
            "unknown",
            "",
            "203.0.113.9 x",
            "_hidden",
            "203.0.113.9:1:2",
            "[::1",
            "1" * 1000,
            "2001:db8::1%" + "z" * 90,
        ):
            self.assertIn(self.read(1, hop), ("192.0.2.1", "::1"), hop)
        self.assertEqual(self.read(2, "203.0.113.9, "), "203.0.113.9")

    def test_too_few_hops(self) -> None:
        """A request that came past the proxies is known by its socket."""
        self.assertEqual(self.read(2, "203.0.113.9"), "192.0.2.1")
        self.assertEqual(self.read(1), "192.0.2.1")
