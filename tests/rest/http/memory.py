"""A site on a test clock, and clients of it in memory that read when the test says so."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from chatr.rest.http.headers import Rules
from chatr.rest.http.request import ChatrRequest
from chatr.rest.http.site import ChatrSite, make_site

LARGE = b"x" * 300_000


class Answer(NamedTuple):
    """One answer, taken apart."""

    status: int
    phrase: str
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Echo(Resource):
    """Says what it was asked: /large answers much, /wait only when told."""

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.served: list[tuple[bytes, bytes, bytes]] = []
        self.waiting: list[ChatrRequest] = []

    def render(self, request: ChatrRequest) -> Any:
        self.served.append((request.method, request.uri, request.content.read()))
        if request.path == b"/wait":
            self.waiting.append(request)
            request.setHeader("Content-Length", "0")
            return NOT_DONE_YET
        if request.path == b"/fails":
            raise ZeroDivisionError
        return LARGE if request.path == b"/large" else b"host: " + (request.getHeader(b"host") or b"-")


class SlowTransport(StringTransport):
    """A TCP transport whose client reads only when asked to. Like Twisted's it pauses its producer at 64 KiB."""

    BUFFER_BYTES = 65536

    def __init__(self) -> None:
        super().__init__()
        self.reading = True
        self.paused = False
        self.half_closed = False
        self.ended: str | None = None
        self.protocol: Any = None

    def setTcpNoDelay(self, enabled: bool) -> None:
        """Nothing to delay."""

    def write(self, data: bytes) -> None:
        super().write(data)
        if self.producer is not None and len(self.value()) > self.BUFFER_BYTES:
            self.paused = True
            self.producer.pauseProducing()

    def writeSequence(self, data: Any) -> None:
        self.write(b"".join(data))

    def pauseProducing(self) -> None:
        self.reading = False

    def resumeProducing(self) -> None:
        self.reading = True

    def loseWriteConnection(self) -> None:
        self.half_closed = True

    def loseConnection(self) -> None:
        super().loseConnection()
        if not self.value():
            self.end("done")

    def abortConnection(self) -> None:
        self.end("aborted")

    def read(self, size: int = -1) -> bytes:
        """What the client reads. Once it has read all, more may come, or the end."""
        whole = self.value()
        taken = whole if size < 0 else whole[:size]
        self.clear()
        self.io.write(whole[len(taken) :])
        if not self.value():
            if self.producer is not None and self.paused:
                self.paused = False
                self.producer.resumeProducing()
            elif self.disconnecting:
                self.end("done")
        return taken

    def end(self, how: str) -> None:
        """The connection is gone."""
        if self.ended is None:
            self.ended = how
            self.protocol.connectionLost(Failure(ConnectionAborted() if how == "aborted" else ConnectionDone()))


class Client:
    """One connection."""

    def __init__(self, site: ChatrSite) -> None:
        self.transport = SlowTransport()
        self.channel: Any = site.buildProtocol(self.transport.getPeer())
        self.transport.protocol = self.channel
        self.channel.makeConnection(self.transport)

    def say(self, *data: bytes) -> None:
        """Send bytes, piece by piece."""
        for piece in data:
            if self.transport.ended is None:
                self.transport.protocol.dataReceived(piece)

    def heard(self) -> bytes:
        """Read everything that is there."""
        pieces = []
        while piece := self.transport.read():
            pieces.append(piece)
        return b"".join(pieces)

    def answers(self) -> list[Answer]:
        """Read everything that is there, and take it apart."""
        data, found, at = self.heard(), [], 0
        while at < len(data):
            end = data.index(b"\r\n\r\n", at)
            first, *lines = data[at:end].decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            at = end + 4 + int(headers.get("content-length", 0))
            _, status, phrase = first.split(" ", 2)
            found.append(Answer(int(status), phrase, headers, data[end + 4 : at]))
        return found


class Memory:
    """A site with its clock."""

    def __init__(self, **rules: Any) -> None:
        self.clock = Clock()
        # A clock that has been running for a while, as any has.
        self.clock.advance(1000)
        self.echo = Echo()
        self.rules = Rules(**{"max_body_bytes": 1_000_000, **rules})
        self.site = make_site(self.echo, Resource(), self.rules, self.clock)

    def client(self) -> Client:
        """One more connection."""
        return Client(self.site)

    def ask(self, *data: bytes) -> list[Answer]:
        """What a connection of its own is answered."""
        client = self.client()
        client.say(*data)
        answers = client.answers()
        client.transport.end("done")
        return answers
