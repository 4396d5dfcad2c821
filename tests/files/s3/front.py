"""What stands before moto in tests: it checks what moto does not, signatures and hashes, and fails as it is told to.

The check is by the definition (AWS Signature Version 4) and not by botocore, whose signer is what is tested.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, unquote

import treq
from twisted.internet.defer import Deferred
from twisted.web.client import Agent, HTTPConnectionPool
from twisted.web.http_headers import Headers
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request, Site

from tests.contract_suites.storage import turn

ACCESS_KEY, SECRET_KEY = "AKIAFRONT", "front/secret+key"


_ERROR = b"<Error><Code>InternalError</Code><Message>We encountered an error</Message></Error>"


class Fault:
    """What goes wrong with a request.

    ``kind``: ``status`` answers that instead of doing anything, ``early`` does so before the body has come and hangs up
    behind it, ``in`` cuts the connection after so many bytes of the body, ``out`` after so many of the answer,
    ``stall`` answers so many of ``body`` and then nothing more.
    """

    def __init__(self, kind: str, after: int = 0, *, status: int = 500, body: bytes | None = None) -> None:
        self.kind = kind
        self.after = after
        self.status = status
        self.body = _ERROR if body is None else body


class _Request(Request):
    """Cuts itself off in the middle of its body if it is to."""

    fault: Fault | None = None
    arrived = 0

    def gotLength(self, length: int | None) -> None:
        channel: Any = self.channel
        self.fault = channel.site.front.next(channel._command.decode(), channel._path.decode())
        super().gotLength(length)
        if self.fault is not None and self.fault.kind == "early":
            size = len(self.fault.body)
            head = f"HTTP/1.1 {self.fault.status} Early\r\nContent-Length: {size}\r\n\r\n"
            channel.transport.write(head.encode() + self.fault.body)

    def handleContentChunk(self, data: bytes) -> None:
        super().handleContentChunk(data)
        self.arrived += len(data)
        channel: Any = self.channel
        if self.fault is not None and self.fault.kind == "in" and self.arrived >= self.fault.after:
            channel.transport.abortConnection()


class _Site(Site):
    """Knows how many connections there are, and keeps no log of requests."""

    def __init__(self, front: Front) -> None:
        super().__init__(front, requestFactory=_Request, parsePOSTFormSubmission=False)
        self.front = front
        self.connections = 0

    def buildProtocol(self, addr: Any) -> Any:
        protocol: Any = super().buildProtocol(addr)
        lost = protocol.connectionLost
        self.connections += 1

        def connectionLost(reason: Any) -> None:
            self.connections -= 1
            lost(reason)

        protocol.connectionLost = connectionLost
        return protocol

    def log(self, request: Any) -> None:
        """What is logged is looked at, and this is none of ours."""


class Front(Resource):
    """Passes requests on. ``faults``: what goes wrong next, one each; ``wanted``: of which requests."""

    isLeaf = True

    def __init__(self, reactor: Any, behind: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.faults: list[Fault] = []
        self.wanted: Callable[[str, str], bool] = lambda method, uri: True
        self.active = self.most = 0
        self._behind = behind
        self._pool = HTTPConnectionPool(reactor)
        self._client = treq.client.HTTPClient(Agent(reactor, pool=self._pool))
        self.stalled: list[Any] = []
        self._site = _Site(self)
        self._port = reactor.listenTCP(0, self._site, interface="127.0.0.1")
        self.url = f"http://127.0.0.1:{self._port.getHost().port}"

    def cut(self) -> None:
        """End what stalls."""
        for request in self.stalled:
            if request.channel is not None:
                request.channel.transport.abortConnection()

    async def stop(self) -> None:
        self.cut()
        await self._port.stopListening()
        while self.active or self._site.connections:
            await turn()
        await self._pool.closeCachedConnections()

    async def quiet(self) -> None:
        """Wait until nothing is under way here."""
        while self.active:
            await turn()

    def next(self, method: str, uri: str) -> Fault | None:
        self.seen.append((method, uri))
        return self.faults.pop(0) if self.faults and self.wanted(method, uri) else None

    def render(self, request: Any) -> Any:
        self.active += 1
        self.most = max(self.most, self.active)
        request.notifyFinish().addBoth(self._over)
        self.headers.append(
            {
                name.decode().lower(): values[0].decode("latin-1")
                for name, values in request.requestHeaders.getAllRawHeaders()
            }
        )
        Deferred.fromCoroutine(self._serve(request))
        return NOT_DONE_YET

    def _over(self, _: Any) -> None:
        self.active -= 1

    async def _serve(self, request: Any) -> None:
        body = request.content.read()
        fault = request.fault
        if fault is not None and fault.kind == "early":
            request.channel.loseConnection()
            return
        if fault is not None and fault.kind in ("status", "stall"):
            _answer(request, fault.status, [], fault.body, fault.after if fault.kind == "stall" else None)
            if fault.kind == "stall":
                self.stalled.append(request)
            return
        refusal = refusal_of(request.method.decode(), request.uri.decode(), self.headers[-1], body)
        if refusal:
            _answer(request, 403, [], f"<Error><Code>{refusal}</Code><Message>No</Message></Error>".encode())
            return
        headers = request.requestHeaders.copy()
        for name in (b"host", b"connection", b"content-length", b"accept-encoding"):
            headers.removeHeader(name)
        answer = await self._client.request(
            request.method.decode(),
            self._behind + request.uri.decode(),
            headers=Headers(dict(headers.getAllRawHeaders())),
            data=body or None,
            allow_redirects=False,
        )
        content = await answer.content()
        if request.channel is None:
            return
        kept = [(name, value) for name, value in answer.headers.getAllRawHeaders() if name.lower() not in _OWN]
        if fault is None or fault.kind == "in":
            _answer(request, answer.code, kept, content)
            return
        _answer(request, answer.code, kept, content, fault.after)
        request.channel.loseConnection()


_OWN = frozenset({b"connection", b"content-length", b"date", b"server"})


def _answer(request: Any, status: int, headers: list[Any], content: bytes, only: int | None = None) -> None:
    request.setResponseCode(status)
    for name, values in headers:
        request.responseHeaders.setRawHeaders(name, values)
    request.setHeader(b"content-length", str(len(content)).encode())
    if only is None:
        request.write(content)
        request.finish()
    elif only:
        request.write(content[:only])


def refusal_of(method: str, uri: str, headers: dict[str, str], body: bytes) -> str:
    """What is wrong with a request, in S3's word; empty: nothing."""
    path, _, query = uri.partition("?")
    pairs = [pair.partition("=")[::2] for pair in query.split("&") if pair]
    asked = dict(parse_qsl(query, keep_blank_values=True))
    if "authorization" in headers:
        found = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8}/[^/]+/s3/aws4_request), ?"
            r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})",
            headers["authorization"],
        )
        when, hashed = headers.get("x-amz-date", ""), headers.get("x-amz-content-sha256", "")
        if hashed != hashlib.sha256(body).hexdigest():
            return "XAmzContentSHA256Mismatch"
    else:
        found = re.fullmatch(
            r"([^/]+)/(\d{8}/[^/]+/s3/aws4_request) ([a-z0-9;-]+) ([0-9a-f]{64})",
            " ".join(asked.get(f"X-Amz-{name}", "") for name in ("Credential", "SignedHeaders", "Signature")),
        )
        when, hashed = asked.get("X-Amz-Date", ""), "UNSIGNED-PAYLOAD"
        pairs = [pair for pair in pairs if pair[0] != "X-Amz-Signature"]
    if found is None:
        return "AccessDenied"
    access_key, scope, names, signature = found.groups()
    if access_key != ACCESS_KEY:
        return "InvalidAccessKeyId"
    signed = names.split(";")
    if "host" not in signed:
        return "AccessDenied"
    canonical = "\n".join(
        [
            method,
            path,
            "&".join(f"{name}={value}" for name, value in sorted(pairs)),
            *(f"{name}:{' '.join(headers.get(name, '').split())}" for name in signed),
            "",
            names,
            hashed,
        ]
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{SECRET_KEY}".encode()
    for part in (*scope.split("/"), f"AWS4-HMAC-SHA256\n{when}\n{scope}\n{digest}"):
        key = hmac.digest(key, part.encode(), "sha256")
    return "" if key.hex() == unquote(signature) else "SignatureDoesNotMatch"
