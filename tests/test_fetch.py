"""Requests to other servers."""

from __future__ import annotations

from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site

from chatr.fetch import MAX_ANSWER_BYTES, Fetcher, Unreachable


class Server(Resource):
    """Answers by path."""

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.gone: list[Deferred[None]] = []

    def render(self, request: Any) -> Any:
        self.gone.append(request.notifyFinish().addErrback(lambda _: None))
        kind = request.path.decode().strip("/")
        if kind == "silent":
            return NOT_DONE_YET
        if kind == "stalled":
            request.write(b"half")
            return NOT_DONE_YET
        if kind == "redirect":
            request.redirect(b"/plain")
            return b""
        return b"x" * MAX_ANSWER_BYTES + b"y" if kind == "long" else b"plain"


class FetcherTests(TestCase):
    """Bounded in size and time; no connection is left open (trial would say so)."""

    def setUp(self) -> None:
        self.server = server = Server()
        port = reactor.listenTCP(0, Site(server), interface="127.0.0.1")  # type: ignore[attr-defined]
        self.addCleanup(port.stopListening)
        self.url = f"http://127.0.0.1:{port.getHost().port}"
        # Connections that our side closes are gone once the server has noticed.
        self.addCleanup(lambda: gatherResults(server.gone))

    async def get(self, path: str, timeout_s: float = 10, **options: Any) -> tuple[int, int, bool]:
        answer = await Fetcher(reactor, timeout_s=timeout_s).request("GET", self.url + path, **options)
        return answer.status, len(answer.body), answer.whole

    async def test_bounds(self) -> None:
        """Whole answers, redirects as they are, and what is cut off: by length, by time, by choice."""
        self.assertEqual(await self.get("/plain"), (200, 5, True))
        self.assertEqual(await self.get("/redirect"), (302, 0, True))
        status, length, whole = await self.get("/long")
        self.assertEqual((status, whole), (200, False))
        self.assertLessEqual(length, MAX_ANSWER_BYTES)
        self.assertEqual(await self.get("/stalled", timeout_s=1), (200, 4, False))
        self.assertEqual(await self.get("/plain", limit=0), (200, 0, False))

    async def test_no_answer(self) -> None:
        """Silence and closed ports are told without the address."""
        fetcher = Fetcher(reactor, timeout_s=0.2)
        for url in (self.url + "/silent", "http://127.0.0.1:9/secret", "http://127.0.0.1:x/", "http://[127.0.0.1/", ""):
            error = await self.assertFailure(Deferred.fromCoroutine(fetcher.request("GET", url)), Unreachable)
            self.assertNotIn("127.0.0.1", str(error))
