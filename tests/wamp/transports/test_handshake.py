"""The usual opening handshake is read at once: the same answers as by HTTP's parser and Autobahn, to whatever comes."""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Factory
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

from chatr.config import ServerSettings
from chatr.rest.http.headers import Deadlines, Rules
from chatr.rest.http.site import ChatrSite, make_site
from chatr.wamp.transports.handshake import MAX_HEAD_BYTES, MAX_ORIGINS, Origins, read_opening
from chatr.wamp.transports.websocket import WampWebSocket
from tests.rest.http.memory import Client, Echo
from tests.wamp.case import HELLO, Setting
from tests.wamp.transports.test_sockets import EagerClient
from tests.wamp.wires import TEXT, client_frame, over_tls

LINE = b"GET /ws HTTP/1.1"
LOAD = [
    b"Host: 127.0.0.1:9703",
    b"Origin: http://127.0.0.1:9703",
    b"Upgrade: websocket",
    b"Connection: Upgrade",
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    b"Sec-WebSocket-Version: 13",
    b"Sec-WebSocket-Protocol: wamp.2.json",
]
#: As Chromium and Firefox wrote them.
CHROMIUM = [
    b"Host: chat.example",
    b"Connection: Upgrade",
    b"Pragma: no-cache",
    b"Cache-Control: no-cache",
    b"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0 Safari/537.36",
    b"Upgrade: websocket",
    b"Origin: http://127.0.0.1:9703",
    b"Sec-WebSocket-Version: 13",
    b"Accept-Encoding: gzip, deflate",
    b"Accept-Language: en-US,en;q=0.9",
    b"Cookie: chatr_realtime=abc.def; other=1",
    b"Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==",
    b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
    b"Sec-WebSocket-Protocol: wamp.2.msgpack, wamp.2.json",
]
FIREFOX = [
    b"Host: chat.example:8080",
    b"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    b"Accept: */*",
    b"Accept-Language: en-US,en;q=0.5",
    b"Accept-Encoding: gzip, deflate, br, zstd",
    b"Sec-WebSocket-Version: 13",
    b"Origin: http://127.0.0.1:9703",
    b"Sec-WebSocket-Protocol: wamp.2.json",
    b"Sec-WebSocket-Extensions: permessage-deflate",
    b"Sec-WebSocket-Key: 6uqeq3bGJnDdP0JfLuw8zQ==",
    b"Connection: keep-alive, Upgrade",
    b"Sec-Fetch-Dest: empty",
    b"Pragma: no-cache",
    b"Cache-Control: no-cache",
    b"Upgrade: websocket",
]
#: What changes a request, each by itself legal or not.
CHANGES = [
    b"",
    b"Host: b",
    b"Host: [::1]:80",
    b"Host: a:99999999",
    b"Origin: https://elsewhere.example",
    b"Origin: null",
    b"Origin: http://[",
    b"Upgrade: WebSocket",
    b"Upgrade: h2c, websocket",
    b"Connection: close",
    b"Connection: keep-alive",
    b"connection:upgrade",
    b"Sec-WebSocket-Version: 8",
    b"Sec-WebSocket-Version:  13 ",
    b"Sec-WebSocket-Protocol: wamp.2.cbor",
    b"Sec-WebSocket-Protocol: wamp.2.cbor, wamp.2.cbor",
    b"Sec-WebSocket-Protocol: soap",
    b"Sec-WebSocket-Key: short",
    b"Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXD!==",
    b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99",
    b"Sec-WebSocket-Extensions: x-webkit-deflate-frame",
    b"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover",
    b"X-Forwarded-For: 203.0.113.9",
    b"X-Forwarded-For: 6.6.6.6, nonsense",
    b"X-Forwarded-For: 6.6.6.6,   2001:db8::1",
    b"Content-Length: 5",
    b"Content-Length: 0",
    b"Transfer-Encoding: chunked",
    b"Expect: 100-continue",
    b"User-Agent: \xc3\xa9\x85",
    b"User-Agent: a\tb",
    b"User-Agent:",
    b"X_Under: score",
    b"Cookie: a=b",
    b" folded: line",
    b"no colon",
    b"X: " + b"x" * 5000,
]


def request(lines: list[bytes], first: bytes = LINE) -> bytes:
    """The request of these lines."""
    return b"\r\n".join([first, *lines, b"", b""])


class SiteCase(SynchronousTestCase):
    """A whole HTTP port on a test clock."""

    def setUp(self) -> None:
        self.serve()

    def serve(self, *, trusted_proxies: int = 0, **limits: Any) -> ChatrSite:
        self.clock = Clock()
        self.setting = Setting(self.clock, server=ServerSettings(trusted_proxies=trusted_proxies), **limits)
        rules = Rules(max_body_bytes=1000, trusted_proxies=trusted_proxies, deadlines=Deadlines())
        self.websockets = self.setting.door.websocket(rules.refuse)
        self.site = make_site(Echo(), self.websockets, rules, self.clock)
        return self.site

    def opened(self, *pieces: bytes) -> tuple[Client, bytes]:
        """A connection that has said this, and what it is answered, times and ids apart."""
        client = Client(self.site)
        client.say(*pieces)
        self.clock.advance(0)
        return client, re.sub(rb"(?m)^(Date|X-Request-Id): .*$|\"requestId\":\"[^\"]*\"", b"", client.heard())

    def leave(self, client: Client) -> None:
        client.transport.end("done")
        self.clock.advance(0)
        self.assertEqual(len(self.setting.door.router.sessions), 0)
        self.assertEqual(self.websockets._factory.countConnections, 0)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def outcome(self, *pieces: bytes, quick: bool, before: bytes = request(LOAD)) -> tuple[Any, ...]:
        """Everything that is made of a request, after others from a page that was let in."""
        if not quick:
            self.site.take = None
        self.leave(self.opened(before)[0])
        client, answer = self.opened(*pieces)
        made, made_of = client.transport.protocol, None
        if isinstance(made, WampWebSocket) and made.state == made.STATE_OPEN:
            made_of = (made.state, made.address(), made.http_headers, made.compresses)
        outcome = (answer, made_of, client.transport.disconnecting, client.transport.ended)
        self.leave(client)
        return outcome


class SameAnswerTests(SiteCase):
    """Both ways."""

    def both(self, *pieces: bytes, **options: Any) -> tuple[Any, ...]:
        self.serve(**options)
        quick = self.outcome(*pieces, quick=True)
        self.serve(**options)
        self.assertEqual(quick, self.outcome(*pieces, quick=False))
        return quick

    def test_usual_requests(self) -> None:
        """Of a load generator, of Chromium and of Firefox, behind proxies and not, whole and in pieces: 101."""
        for lines in (LOAD, CHROMIUM, FIREFOX):
            for more in ([], [b"X-Forwarded-For: 6.6.6.6, 203.0.113.9"]):
                for proxies in (0, 1, 2, 3):
                    data = request([*lines, *more])
                    for pieces in ([data], [data[:1], data[1:9], data[9:300], data[300:-1], data[-1:]]):
                        answer, *_ = self.both(*filter(None, pieces), trusted_proxies=proxies)
                        self.assertTrue(answer.startswith(b"HTTP/1.1 101 "))

    def test_each_change(self) -> None:
        """One header more, first or last, or another instead of what is usual."""
        for change in CHANGES:
            name = change.partition(b":")[0].lower()
            others = [line for line in CHROMIUM if line.partition(b":")[0].lower() != name]
            for lines in ([*CHROMIUM, change], [change, *CHROMIUM], [*others, change]):
                # Where a body is announced it is this.
                self.both(request(lines) + b"hello")

    def test_any_request(self) -> None:
        """Several changes, of another method, path or version, in pieces, with and without proxies and compression."""
        random = Random(17)
        for _ in range(100):
            lines = list(random.choice((LOAD, CHROMIUM, FIREFOX)))
            for _ in range(random.randint(1, 3)):
                lines[random.randrange(len(lines))] = random.choice(CHANGES)
            first = random.choice([LINE] * 4 + [b"GET /ws?a=b HTTP/1.1", b"GET /ws HTTP/1.0", b"POST /ws HTTP/1.1"])
            data = request(lines, first) + client_frame(TEXT, b"[1]")
            place = random.randint(1, 400)
            self.both(
                *(data[:place], data[place:]),
                trusted_proxies=random.randint(0, 2),
                compression=random.random() < 0.3,
            )

    def test_the_same_connection(self) -> None:
        """Once somebody is welcome it has the same attributes in both ways, and of simple ones the same values."""
        kept: list[dict[str, Any]] = []
        for quick in (True, False):
            self.serve()
            lines = [*LOAD[:1], *LOAD[2:]]
            if not quick:
                self.site.take = None
            client, answer = self.opened(request(lines))
            self.assertTrue(answer.startswith(b"HTTP/1.1 101 "))
            for message in (HELLO, [5, "alice", {}]):
                client.say(client_frame(TEXT, json.dumps(message).encode()))
            self.clock.advance(0)
            self.assertIn(b'"authid"', client.heard())
            have = vars(client.transport.protocol)
            self.assertIn("autoPingPendingCall", have)
            kept.append({name: value for name, value in have.items() if isinstance(value, str | int | bytes)})
            kept.append(dict.fromkeys(have))
            self.leave(client)
        self.assertEqual(kept[:2], kept[2:])


class WhoReadsTests(SiteCase):
    """What is read at once, and what not."""

    def taken(self, lines: list[bytes], **options: Any) -> bool:
        origins = Origins()
        origins.let_in("http://127.0.0.1:9703")
        return read_opening(request(lines), **{"origins": origins, "compression": False, **options}) is not None

    def test_usual_requests_are_taken(self) -> None:
        """Nobody else reads those of browsers."""
        for lines in (LOAD, CHROMIUM, FIREFOX, LOAD[:1] + LOAD[2:]):
            self.assertTrue(self.taken(lines))
        parsed: list[bytes] = []
        self.patch(WampWebSocket, "processHandshake", lambda websocket: parsed.append(websocket.data))
        self.leave(self.opened(request(LOAD[:1] + LOAD[2:]))[0])
        client, _ = self.opened(request(CHROMIUM))
        client.transport.protocol.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(len(parsed), 1, "an origin that was not let in yet is Autobahn's to judge")

    def test_others_are_not(self) -> None:
        """Pages that nobody has let in, offers that have to be looked at, whatever is too long or said twice."""
        self.assertFalse(self.taken(LOAD, origins=Origins()))
        self.assertFalse(self.taken(CHROMIUM, compression=True))
        self.assertTrue(self.taken(LOAD, compression=True))
        self.assertFalse(self.taken([*LOAD, b"Cookie: a=" + b"x" * MAX_HEAD_BYTES]))
        for line in LOAD:
            self.assertFalse(self.taken([*LOAD, line]), line)
            if not line.startswith(b"Origin"):
                self.assertFalse(self.taken([other for other in LOAD if other != line]), line)

    def test_origins_are_bounded(self) -> None:
        """A page that calls itself by ever new names makes nothing grow, and one of its names is not of any length."""
        origins = Origins()
        for number in range(2 * MAX_ORIGINS):
            origins.let_in(f"http://{number}.example")
        origins.let_in("http://" + "x" * 10_000)
        self.assertEqual(len(origins), MAX_ORIGINS)
        self.assertIn(f"http://{2 * MAX_ORIGINS - 1}.example", origins)

    def test_a_foreign_page_stays_out(self) -> None:
        """Where only some origins may come, one that may not is refused each time, also after one that may."""
        self.serve(allowed_origins=("http://127.0.0.1:9703",))
        evil = [line.replace(b"Origin: http://127.0.0.1", b"Origin: http://evil.example") for line in LOAD]
        for lines, status in ((evil, b"400"), (LOAD, b"101"), (evil, b"400"), (LOAD, b"101"), (evil, b"400")):
            client, answer = self.opened(request(lines))
            self.assertEqual(answer.split()[1], status)
            self.leave(client)

    def test_a_name_that_nobody_looked_at(self) -> None:
        """The version before RFC 6455 has its origin elsewhere: what else stands there lets no page in later."""
        self.serve(allowed_origins=("http://127.0.0.1:9703",))
        evil = [line.replace(b"Origin: http://127.0.0.1", b"Origin: http://evil.example") for line in LOAD]
        older = [line.replace(b"Version: 13", b"Version: 8") for line in evil]
        for more in ([], [b"Sec-WebSocket-Origin: http://127.0.0.1:9703"]):
            self.leave(self.opened(request([*older, *more]))[0])
            client, answer = self.opened(request(evil))
            self.assertEqual(answer.split()[1], b"400")
            self.leave(client)

    def test_half_a_request(self) -> None:
        """A request that never ends has the time of any other, and is told so."""
        client, _ = self.opened(request(LOAD)[:-2])
        self.clock.advance(10)
        (answer,) = client.answers()
        self.assertEqual(answer.status, 408)
        self.clock.advance(2)
        self.leave(client)

    def test_other_requests(self) -> None:
        """What only begins like one is parsed as ever, in however many pieces."""
        for data in (b"GET /wsx HTTP/1.1\r\nHost: a\r\n\r\n", b"G / HTTP/1.1\r\nHost: a\r\n\r\n"):
            for pieces in ([data], [data[index : index + 1] for index in range(len(data))]):
                client, answer = self.opened(*pieces)
                self.assertTrue(answer.startswith(b"HTTP/1.1 200 "), answer)
                client.transport.end("done")


class TlsTests(TestCase):
    """A real port."""

    async def test_below_tls(self) -> None:
        """Where TLS stands between the socket and HTTP the connection is handed over there, with what came behind."""
        setting = Setting(reactor, exempt_loopback=True)  # type: ignore[arg-type]
        rules = Rules(max_body_bytes=1000)
        site = make_site(Echo(), setting.door.websocket(rules.refuse), rules, reactor)  # type: ignore[arg-type]
        taken: list[bool] = []
        take: Any = site.take
        site.take = lambda *arguments: taken.append(take(*arguments)) or taken[-1]  # type: ignore[func-returns-value]
        port: Any = reactor.listenTCP(0, over_tls(site, self.mktemp()), interface="127.0.0.1")  # type: ignore[attr-defined]
        self.addCleanup(lambda: maybeDeferred(port.stopListening))
        lines = [line for line in LOAD if not line.startswith(b"Origin")]
        eager = EagerClient(request(lines) + client_frame(TEXT, json.dumps(HELLO).encode()))
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port)
        await endpoint.connect(over_tls(Factory.forProtocol(lambda: eager)))
        challenged: Deferred[None] = eager.challenged
        await challenged.addTimeout(10, reactor)  # type: ignore[arg-type]
        self.assertEqual(taken, [True])
        eager.transport.abortConnection()  # type: ignore[union-attr]
        await setting.door.router.sessions.open.zero()
