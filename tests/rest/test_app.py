"""The REST door on real sockets."""

from __future__ import annotations

import json
import uuid
from typing import Any

import msgspec
import treq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.protocol import Factory, Protocol
from twisted.logger import Logger, eventAsText, globalLogPublisher
from twisted.python.failure import Failure

from chatr.api.context import Caller
from chatr.api.dispatch import new_request_id
from chatr.api.errors import ApiError
from tests.e2e.server import PASSWORD, ServerCase
from tests.ops.case import OpsCase


class Raw(Protocol):
    """Bytes in, bytes out."""

    def __init__(self) -> None:
        self.heard = b""
        self.closed: Deferred[bytes] = Deferred()
        self._waiting: tuple[bytes, Deferred[bytes]] | None = None

    def dataReceived(self, data: bytes) -> None:
        self.heard += data
        if self._waiting is not None and self._waiting[0] in self.heard:
            waiter, self._waiting = self._waiting[1], None
            waiter.callback(self.heard)

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]
        self.closed.callback(self.heard)

    def hears(self, text: bytes) -> Deferred[bytes]:
        waiter: Deferred[bytes] = Deferred()
        self._waiting = (text, waiter)
        self.dataReceived(b"")
        return waiter


class RestCase(ServerCase):
    """Requests of all kinds."""

    async def raw(self, data: bytes) -> Raw:
        """A connection that has sent these bytes."""
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", self.http_port)
        protocol: Raw = await endpoint.connect(Factory.forProtocol(Raw))
        protocol.transport.write(data)  # type: ignore[union-attr]
        return protocol

    async def answer(self, verb: str, path: str, **options: Any) -> tuple[int, Any, Any]:
        """Status, headers and decoded body."""
        answer = await treq.request(verb, self.url + path, pool=self._pool, timeout=20, **options)
        content = await answer.content()
        kind = answer.headers.getRawHeaders("content-type", [""])[0]
        return answer.code, answer.headers, json.loads(content) if content and "json" in kind else content


class ErrorTests(RestCase):
    """Every error is a problem with a code."""

    def check(self, status: int, headers: Any, body: Any, code: str, path: str | None = None) -> None:
        self.assertEqual(headers.getRawHeaders("content-type"), ["application/problem+json"])
        self.assertEqual((body["code"], body["status"], body["type"]), (code, status, f"urn:chatr:error:{code}"))
        self.assertEqual(headers.getRawHeaders("x-request-id"), [body["requestId"]])
        if path is not None:
            self.assertEqual([error["path"] for error in body["errors"]], [path])

    async def test_fields_at_fault(self) -> None:
        """A bad field is named by its path."""
        body = {"username": "x", "password": "Correct-horse-7", "email": "a@example.org"}
        answer = await self.answer("POST", "/api/auth/register", json=body)
        self.assertEqual(answer[0], 400)
        self.check(*answer, "invalid", "$.username")
        answer = await self.answer("POST", "/api/auth/register", json={**body, "username": "ann", "admin": True})
        self.check(*answer, "invalid", "$.admin")

    async def test_bodies(self) -> None:
        """Malformed JSON, no object, wrong encodings and wrong types of content are told apart."""
        for data, kind, status, code in (
            (b"{", "application/json", 400, "invalid"),
            (b"[1]", "application/json", 400, "invalid"),
            (b'{"login": "\xff"}', "application/json", 400, "invalid"),
            (b"[" * 100_000, "application/json", 400, "invalid"),
            (b"a=b", "application/x-www-form-urlencoded", 415, "unsupported_media"),
            (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x", 415, "unsupported_media"),
            (b"{}", "", 415, "unsupported_media"),
        ):
            headers = {"Content-Type": kind} if kind else {}
            answer = await self.answer("POST", "/api/auth/login", data=data, headers=headers)
            self.assertEqual(answer[0], status, data[:20])
            self.check(*answer, code)

    async def test_authorization(self) -> None:
        """No token, a bad one and another scheme are 401 with a challenge; a good one passes."""
        for headers in ({}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Basic eDp5"}, {"Authorization": "x"}):
            status, shown, body = await self.answer("GET", "/api/users/me", headers=headers)
            self.assertEqual((status, shown.getRawHeaders("www-authenticate")), (401, ["Bearer"]))
            self.check(status, shown, body, "unauthenticated")
        ann = await self.person("ann")
        me = await ann.rest("GET", "/users/me")
        self.assertEqual(me["username"], "@ann")

    async def test_no_route(self) -> None:
        """Unknown addresses are 404, wrong methods 405 with what is allowed."""
        answer = await self.answer("GET", "/api/nothing")
        self.assertEqual(answer[0], 404)
        self.check(*answer, "not_found")
        status, headers, body = await self.answer("DELETE", "/api/auth/login")
        self.assertEqual((status, body["status"], headers.getRawHeaders("allow")), (405, 405, ["POST"]))

    async def test_query(self) -> None:
        """A parameter given twice, or in no encoding, is refused with its name."""
        ann = await self.person("ann")
        headers = {"Authorization": f"Bearer {ann.token}"}
        answer = await self.answer("GET", "/api/conversations?limit=1&limit=2", headers=headers)
        self.check(*answer, "invalid", "$.limit")
        answer = await self.answer("GET", f"/api/conversations/{ann.id}?id={ann.id}", headers=headers)
        self.check(*answer, "invalid", "$.id")
        answer = await self.answer("GET", "/api/conversations?limit=many", headers=headers)
        self.check(*answer, "invalid", "$.limit")
        raw = await self.raw(
            b"GET /api/conversations?filter=%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            b"Authorization: Bearer " + ann.token.encode() + b"\r\n\r\n"
        )
        self.assertIn(b" 400 ", (await raw.closed).partition(b"\r\n")[0])

    async def test_rate_limited(self) -> None:
        """The limit says when to come back, in the body and in the header."""
        self.service.node.dispatcher._limiter._exempt_loopback = False  # type: ignore[union-attr, attr-defined]
        body = {"login": "nobody", "password": "x"}
        for _ in range(10):
            await self.answer("POST", "/api/auth/login", json=body)
        status, headers, problem = await self.answer("POST", "/api/auth/login", json=body)
        self.assertEqual(status, 429)
        self.check(status, headers, problem, "rate_limited")
        self.assertEqual(headers.getRawHeaders("retry-after"), [str(problem["retryAfter"])])


class OperationTests(RestCase):
    """Operations as REST serves them."""

    async def test_send_and_read(self) -> None:
        """Statuses, aliases, lists by comma, Idempotency-Key."""
        ann, ben = await self.person("ann"), await self.person("ben")
        await self.acquaint(ann, ben)
        key = str(uuid.uuid4())
        body = {"recipientId": ben.id, "content": "hi"}
        first = await ann.rest("POST", "/messages", body, 201, Idempotency_Key=key)
        self.assertEqual(await ann.rest("POST", "/messages", body, 201, Idempotency_Key=key), first)
        self.assertEqual(first["clientId"], key)
        listed = await ben.rest("GET", "/conversations?limit=1")
        self.assertEqual(listed, await ben.rest("GET", "/users/conversations?limit=1"))
        self.assertEqual(listed["nextCursor"], None)
        presence = await ann.rest("GET", f"/presence?userIds={ben.id},{ann.id}")
        self.assertEqual([item["userId"] for item in presence["items"]], [ben.id, ann.id])
        page = await ben.rest("GET", f"/messages/history?conversationId={first['conversationId']}&after=0")
        self.assertEqual(page["items"][0]["id"], first["id"])
        self.assertEqual(await ben.rest("POST", f"/conversations/{first['conversationId']}/read", {"seq": 1}), {})
        self.assertEqual((await ann.rest("GET", f"/messages/{first['id']}"))["status"], "read")

    async def test_logout_acts_at_once(self) -> None:
        """After logout the token is refused."""
        ann = await self.person("ann")
        await ann.rest("POST", "/auth/logout", {})
        await ann.rest("GET", "/users/me", status=401)

    async def test_user_agents(self) -> None:
        """What a program says that it is, is cleaned where it comes in, of all that a terminal obeys.

        Control characters do not come in at all (tests/rest/http/test_hostile.py).
        """
        await self.person("ann")
        body = json.dumps({"login": "ann", "password": PASSWORD}).encode()
        head = b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
        agent = b"User-Agent: a\xc2\x9b2J\xe2\x80\xaeb\r\n"
        answer = await self.raw(head + agent + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.assertIn(b" 200 ", (await answer.closed).partition(b"\r\n")[0])
        rows = await self.service.node.db.query("SELECT user_agent FROM sessions ORDER BY created_at DESC LIMIT 1")
        self.assertEqual(rows[0][0], "a?2J?b")

    async def test_head(self) -> None:
        """HEAD answers the headers of GET."""
        status, headers, body = await self.answer("HEAD", "/api/health")
        self.assertEqual((status, body), (200, b""))

    async def test_hang_up_does_not_stop_a_mutation(self) -> None:
        """A client that goes away in the middle of a send has sent all the same; a read is given up."""
        ann, ben = await self.person("ann"), await self.person("ben")
        body = json.dumps({"recipientId": ben.id, "content": "hi", "clientId": str(uuid.uuid4())}).encode()
        head = b"Host: x\r\nAuthorization: Bearer " + ann.token.encode() + b"\r\n"
        async with self.service.node.db.transaction() as tx:  # type: ignore[union-attr]
            # The send waits for this lock while its client goes away.
            await tx.execute("LOCK TABLE messages IN EXCLUSIVE MODE")
            send = await self.raw(
                b"POST /api/messages HTTP/1.1\r\n" + head + b"Content-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n" % len(body) + body
            )
            read = await self.raw(b"GET /api/conversations HTTP/1.1\r\n" + head + b"\r\n")
            while self.service.node.http.exchange.running < 2 and not read.heard:  # type: ignore[union-attr]
                await _turn()
            for connection in (send, read):
                connection.transport.abortConnection()  # type: ignore[union-attr]
                await connection.closed
        await self.service.node.http.exchange.drain()  # type: ignore[union-attr]
        rows = await self.service.node.db.query("SELECT content FROM messages")  # type: ignore[union-attr]
        self.assertEqual(rows, [("hi",)])

    async def test_drain(self) -> None:
        """While it stops, the server refuses new requests and closes their connections."""
        await self.service.node.http.exchange.drain()  # type: ignore[union-attr]
        status, headers, body = await self.answer("GET", "/api/users/me")
        self.assertEqual((status, body["code"], body["retryAfter"]), (503, "unavailable", 1))


class LogTests(RestCase):
    """What strangers send, in the log."""

    async def test_handshakes(self) -> None:
        """A handshake that is refused is not told, and all that a server logs is on lines that no terminal obeys."""
        told: list[str] = []

        def tell(event: Any) -> None:
            told.append(eventAsText(event, includeTimestamp=False))

        globalLogPublisher.addObserver(tell)
        self.addCleanup(globalLogPublisher.removeObserver, tell)
        head = b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        connection = await self.raw(head + key + b"Sec-WebSocket-Version: 9\xc2\x9b31mcanary\r\n\r\n")
        self.assertIn(b"400", await connection.closed)
        self.assertNotIn("canary", "".join(told))
        Logger(namespace="test").info("{name}", name="ann\n\x1b[31m")
        self.assertEqual(told[-1], r"[test#info] ann\n\x1b[31m")
        self.assertEqual([text for text in told if not text.isprintable()], [])


class BodyLimitTests(RestCase):
    """No body is buffered beyond the limit."""

    settings = {"server.max_body_bytes": "2048"}

    async def test_known_length(self) -> None:
        """With a length over the limit the refusal comes before the body."""
        raw = await self.raw(b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2049\r\n\r\n")
        heard = await raw.hears(b"too_large")
        self.assertTrue(heard.startswith(b"HTTP/1.1 413 "), heard)
        raw.transport.write(b"x" * 2049)  # type: ignore[union-attr]
        await raw.closed

    async def test_expect(self) -> None:
        """A client that asks first is not invited."""
        raw = await self.raw(
            b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n"
        )
        heard = await raw.closed
        self.assertTrue(heard.startswith(b"HTTP/1.1 413 "), heard)
        self.assertNotIn(b"100 Continue", heard)

    async def test_chunked(self) -> None:
        """Without a length the refusal comes at the limit, on every route."""
        for path in (b"/api/auth/login", b"/nothing", b"/ws"):
            raw = await self.raw(b"POST %b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" % path)
            for _ in range(3):
                raw.transport.write(b"400\r\n" + b"x" * 1024 + b"\r\n")  # type: ignore[union-attr]
            self.assertTrue((await raw.hears(b"too_large")).startswith(b"HTTP/1.1 413 "))
            raw.transport.write(b"0\r\n\r\n")  # type: ignore[union-attr]
            await raw.closed

    async def test_within(self) -> None:
        """A body of exactly the limit is read; the connection serves the next request, pipelined too."""
        body = b'{"login": "nobody", "password": "'
        body += b"x" * (2048 - len(body) - 2) + b'"}'
        request = (
            b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2048\r\n"
        )
        raw = await self.raw((request + b"\r\n" + body) * 2 + request + b"Connection: close\r\n\r\n" + body)
        self.assertEqual((await raw.closed).count(b"HTTP/1.1 400 "), 3)


class HypothesisTests(OpsCase):
    """Whatever parameters come, the answer is coded."""

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def _never_internal(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.node.dispatcher.contract.operations)))
        operation = self.node.dispatcher.contract.operations[name]

        fields = [field.encode_name for field in msgspec.structs.fields(operation.params)]
        scalars = (
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.just(str(uuid.uuid4()))
        )
        values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.text(max_size=5), scalars, max_size=2)
        params = data.draw(st.dictionaries(st.sampled_from([*fields, "other"]), values, max_size=len(fields) + 1))
        caller = self.caller if "anonymous" not in operation.who else None
        call = self.node.dispatcher.call(
            operation, params, caller or self.stranger, request_id=new_request_id(), from_text=data.draw(st.booleans())
        )
        self.outcomes.append(Deferred.fromCoroutine(call))

    async def test_never_internal(self) -> None:
        """No parameters of any operation end in ``internal``; ``invalid`` always names a path."""

        ann = await self.person("ann")
        self.caller = Caller(role="user", user_id=ann.id, session_id=ann.session_id)
        self.stranger = Caller()
        self.outcomes: list[Deferred[Any]] = []
        self._never_internal()
        refused = 0
        for outcome in self.outcomes:
            try:
                await outcome
            except ApiError as error:
                refused += 1
                self.assertNotEqual(error.code, "internal")
                if error.code == "invalid":
                    self.assertTrue(error.errors[0].path.startswith("$"))
        self.assertGreater(refused, 50)


async def _turn() -> None:
    turn: Deferred[None] = Deferred()
    reactor.callLater(0, turn.callback, None)  # type: ignore[attr-defined]
    await turn
