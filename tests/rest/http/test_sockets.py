"""HTTP on real sockets, in clear, over TLS and behind the PROXY protocol."""

from __future__ import annotations

import re
import socket
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, serverFromString
from twisted.internet.protocol import Factory
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource

from chatr.rest.http import direct
from chatr.rest.http.direct import sent_now
from chatr.rest.http.headers import Deadlines, Rules
from chatr.rest.http.site import make_site
from tests.rest.http.memory import LARGE, Echo
from tests.rest.test_app import Raw
from tests.wamp.wires import over_tls

LARGE_GET = b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n"
#: What the kernel keeps of answers between two sockets of one machine, generously.
KERNEL_BYTES = 16 * 1024 * 1024


class Large(Raw):
    """Hears more than it would be wise to look through with each packet."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []

    def dataReceived(self, data: bytes) -> None:
        self.pieces.append(data)

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]
        self.heard = b"".join(self.pieces)
        super().connectionLost(reason)


class SocketCase(TestCase):
    """A site on a real port."""

    tls = False
    timeout = 30

    async def setUp(self) -> None:
        self.echo = Echo()
        self.site = make_site(self.echo, Resource(), Rules(max_body_bytes=1000), reactor)  # type: ignore[arg-type]
        factory: Any = over_tls(self.site, self.mktemp()) if self.tls else self.site
        self.port = await serverFromString(reactor, "tcp:0:interface=127.0.0.1").listen(factory)
        self.addCleanup(self.port.stopListening)

    async def connect(self) -> Large:
        factory: Any = Factory.forProtocol(Large)
        if self.tls:
            factory = over_tls(factory)
        made: Any = await TCP4ClientEndpoint(reactor, "127.0.0.1", self.port.getHost().port).connect(factory)
        client: Large = made.wrappedProtocol if self.tls else made
        client.transport.write(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")  # type: ignore[union-attr]
        while not client.pieces:
            # A client of TLS that reads nothing would not even shake hands.
            await _turn()
        client.pieces.clear()
        self.echo.served.clear()
        return client


class SocketTests(SocketCase):
    """In clear."""

    async def test_a_refusal_arrives(self) -> None:
        """Whole, and then the end, though more of the request was on its way."""
        client = await self.connect()
        client.transport.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\n" + b"x" * 99_999)  # type: ignore[union-attr]
        heard = await client.closed
        self.assertTrue(heard.startswith(b"HTTP/1.1 413 "), heard)
        self.assertTrue(heard.endswith(b"}"), heard)

    async def test_answers_wait_for_their_reader(self) -> None:
        """Requests that were sent at once are answered as they are read: all, in the end."""
        client = await self.connect()
        transport: Any = client.transport
        count = 2 * KERNEL_BYTES // len(LARGE)
        transport.pauseProducing()
        transport.write(LARGE_GET * (count - 1) + LARGE_GET.replace(b"a\r\n", b"a\r\nConnection: close\r\n"))
        while not self.site.unread.bytes:
            await _turn()
        self.assertLess(len(self.echo.served), count)
        transport.resumeProducing()
        heard = await client.closed
        self.assertEqual((len(self.echo.served), heard.count(b"200 OK"), heard[-9:]), (count, count, b"xxxxxxxxx"))

    async def test_who_does_not_read_is_cut_off(self) -> None:
        """When its time is over, with what it had coming."""
        self.site.rules = Rules(max_body_bytes=1000, deadlines=Deadlines(grace_s=0.3, bytes_per_s=10_000_000))
        client = await self.connect()
        transport: Any = client.transport
        transport.pauseProducing()
        transport.write(LARGE_GET * (2 * KERNEL_BYTES // len(LARGE)))
        while not self.site.unread.bytes:
            await _turn()
        while self.site.unread.bytes:
            await _turn()
        transport.resumeProducing()
        self.assertLess(len(await client.closed), 2 * KERNEL_BYTES)

    async def test_nothing_overtakes(self) -> None:
        """What invites a body comes behind the answer to the request before it."""
        client = await self.connect()
        transport: Any = client.transport
        more = b"Expect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\n"
        transport.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\n" + more)
        while b"100 Continue" not in b"".join(client.pieces):
            await _turn()
        transport.write(b"xy")
        self.assertEqual(re.findall(rb"HTTP/1\.1 (\d+)", await client.closed), [b"200", b"100", b"200"])


class TlsTests(SocketTests):
    """Over TLS, whose transport has a buffer of its own."""

    tls = True


class StraightTests(SocketCase):
    """Answers go straight to the socket."""

    async def test_an_answer_leaves_as_one(self) -> None:
        """Head and body, at the end of the turn."""
        sends: list[tuple[bytes, int | None]] = []

        def told(transport: Any, data: bytes) -> int | None:
            sends.append((data, sent_now(transport, data)))
            return sends[-1][1]

        client = await self.connect()
        transport: Any = client.transport
        self.patch(direct, "sent_now", told)
        transport.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        heard = await client.closed
        self.assertEqual(sends, [(heard, len(heard))])
        self.assertTrue(heard.endswith(b"\r\n\r\nhost: a"))

    async def test_the_end_of_an_answer(self) -> None:
        """It comes before the next answer, also when there is room for both at the moment in which it is written."""
        for second in (
            LARGE_GET,
            b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
            b"GET\r\n\r\n",
        ):
            client = await self.connect()
            transport: Any = client.transport
            transport.pauseProducing()
            transport.write(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n" + second)
            while not self.echo.waiting:
                await _turn()
            request = self.echo.waiting.pop()
            size = KERNEL_BYTES // 2
            request.responseHeaders.setRawHeaders("Content-Length", [str(size + 3)])
            request.write(b"y" * size)
            channel, heard = request.channel, bytearray()
            server = channel.transport
            while len(server.dataBuffer) - server.offset + server._tempDataLen > 100_000:
                heard += _read(transport.socket, 100_000)
                await _turn()
            while piece := _read(transport.socket, KERNEL_BYTES):
                heard += piece
            request.write(b"end")
            request.finish()
            channel.take_turn()
            while b"HTTP/1.1 " not in heard[size:]:
                heard += _read(transport.socket, KERNEL_BYTES)
                await _turn()
            self.assertEqual(bytes(heard).partition(b"\r\n\r\n")[2][size : size + 12], b"endHTTP/1.1 ")
            transport.abortConnection()
            await client.closed
            while server.connected:
                await _turn()


class ProxyProtocolTests(TestCase):
    """``haproxy:`` endpoints."""

    async def test_address(self) -> None:
        """The address of the PROXY header is the caller's; refusals arrive."""
        echo = Echo()
        site = make_site(echo, Resource(), Rules(max_body_bytes=1000), reactor)  # type: ignore[arg-type]
        port = await serverFromString(reactor, "haproxy:tcp:0:interface=127.0.0.1").listen(site)
        self.addCleanup(port.stopListening)
        for request, status in ((b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n", b""), (b"GET\r\n\r\n", b"HTTP/1.1 400 ")):
            endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port)
            client: Raw = await endpoint.connect(Factory.forProtocol(Raw))
            client.transport.write(b"PROXY TCP4 203.0.113.9 192.0.2.1 5000 80\r\n" + request)  # type: ignore[union-attr]
            while not echo.waiting:
                await _turn()
            if status:
                self.assertTrue((await client.closed).startswith(status))
            else:
                self.assertEqual(echo.waiting[0].getClientAddress().host, "203.0.113.9")
                client.transport.abortConnection()  # type: ignore[union-attr]
                await client.closed


def _read(client: socket.socket, most: int) -> bytes:
    try:
        return client.recv(most)
    except BlockingIOError:
        return b""


async def _turn() -> None:
    turn: Deferred[None] = Deferred()
    reactor.callLater(0, turn.callback, None)  # type: ignore[attr-defined]
    await turn
