"""Targets: pages and links that people name, and what name servers say of these."""

from __future__ import annotations

import struct
from random import Random

from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Protocol
from twisted.internet.testing import StringTransport
from twisted.names import dns
from twisted.python.failure import Failure
from twisted.web._newclient import HTTP11ClientProtocol, Request
from twisted.web.http_headers import Headers

from chatr.previews import dnswire, links, pages, urls
from chatr.previews.agent import MAX_HEAD_BYTES
from tests.fuzz.harness import Bound, Hostile, Target
from tests.previews.test_pages import HOSTILE

_PARTS = (
    *(b"<title>", b"</title>", b"<meta ", b"charset", b"=", b" ", b"utf-16", b"'", b'"', b">", b"<", b"/", b"<svg>"),
    *(b"<base href=", b"<link rel=icon href=", b"property=og:image content=", b"<!--", b"-->", b"<![CDATA[", b"]]>"),
    *(b"<!DOCTYPE html [<!ENTITY a '&a;'>]>", b"&a;", b"&#x1f600;", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xd8"),
)
_LINK_PARTS = (
    *(b"https://", b"http://", b"a.", b"xn--", b"//", b"[", b"@", b"%", b"%41", b"?", b"#", b":", b"\xc3\xbc", b"."),
    *(b"`", b"``", b"```", b"~~~", b"\n", b"(", b")", b" ", b"0x7f", b"..", b"/"),
)
_ANSWER_PARTS = (
    *(b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 C\r\n\r\n", b"HTTP/1.0 204 \r\n", b"\r\n", b"a:\r\n", b" \r\n", b"\n"),
    *(b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n", b"1\r\na\r\n", b"0\r\n"),
    *(b"Connection: close\r\n", b"Location: //\r\n", b"1;", b"ffffffffffffffff\r\n", b"\xff", b"\x00", b"x"),
)


def _of(*parts: bytes) -> Hostile:
    def made(random: Random, size: int) -> bytes:
        """Some parts, of which a few come again and again."""
        data = bytearray()
        while len(data) < size and random.random() < 0.9:
            part = b"".join(random.choices(parts, k=random.randrange(1, 4)))
            data += part * random.choice((1, 1, 2, 50, size // len(part)))
        return bytes(data[:size])

    return made


def _page(data: bytes) -> None:
    kind = ("text/html", "text/html; charset=utf-16", "text/html; charset=" + " " * 500)[len(data) % 3]
    pages.read(data, kind, "https://example.org/")


def _link(data: bytes) -> None:
    links.first_link(data.decode("utf-8", "replace"))
    try:
        urls.normal(data.decode("utf-8", "replace"))
    except ValueError:
        pass


def _question() -> dns.Message:
    question = dns.Message(1, recDes=1)
    question.queries = [dns.Query("a.example", dns.A)]
    return question


def _answer(*payloads: dns.IEncodable, trunc: int = 0, **name: str) -> bytes:
    answer = dns.Message(1, answer=1, trunc=trunc)
    answer.queries = _question().queries
    answer.answers = [
        dns.RRHeader(name.get("of", "a.example"), payload.TYPE, payload=payload)  # type: ignore[attr-defined]
        for payload in payloads
    ]
    return answer.toStr()


def _pointers(random: Random, size: int) -> bytes:
    """Half of it one name that is pointers to pointers, the other half records whose names begin there."""
    head = _answer()
    chain = b"".join(
        struct.pack("!H", 0xC000 | min(0x3FFF, len(head) + 13 + 2 * number)) for number in range(size // 4)
    )
    record = struct.pack("!HHHIH", 0xC000 | (len(head) + 11), dns.A, 1, 0, 4) + b"\1\2\3\4"
    whole = head + struct.pack("!BHHIH", 0, 10, 1, 0, len(chain) + 2) + chain + b"\0\0"
    whole += record * (size // 2 // len(record))
    return whole[:6] + struct.pack("!H", min(0xFFFF, 1 + size // 2 // len(record))) + whole[8:]


def _heard(data: bytes) -> None:
    """As the answer to a question of ours."""
    asking = dnswire._Asking(_question())
    asking._heard(data)
    if asking.answered.called:
        dnswire._addresses(asking.answered.result, dns.A)  # type: ignore[arg-type]


def _site(data: bytes) -> None:
    """As what a page's server says on a connection, head and body."""
    client = HTTP11ClientProtocol()
    client.makeConnection(StringTransport())
    asking = client.request(Request(b"GET", b"/", Headers({b"host": [b"a.example"]}), None))
    asking.addCallbacks(lambda answer: answer.deliverBody(Protocol()), lambda _: None)
    client.dataReceived(data)
    client.connectionLost(Failure(ConnectionDone()))


TARGETS = (
    Target(
        name="previews.page",
        run=_page,
        corpus=[page[:4096] for page in HOSTILE],
        hostile=[_of(*_PARTS)],
        max_bytes=1 << 20,
        bound=Bound(base_ms=20.0, base_bytes=16 * 1024 * 1024),
    ),
    Target(
        name="previews.link",
        run=_link,
        corpus=[b"see https://example.org/a?b=c#d `code`", b"http://\xc3\xbc.example/(a)"],
        hostile=[_of(*_LINK_PARTS)],
        # Of a text; a link is refused beyond 2,000.
        max_bytes=9000,
        bound=Bound(base_ms=20.0),
    ),
    Target(
        name="previews.names",
        run=_heard,
        refuses=(dnswire.NoAnswer,),
        corpus=[
            _answer(dns.Record_A("192.0.2.1"), dns.Record_A("192.0.2.2")),
            _answer(dns.Record_CNAME("b.example"), dns.Record_TXT(b"x" * 200), dns.Record_A("192.0.2.1")),
            _answer(trunc=1),
        ],
        hostile=[_pointers],
        # As much as an answer may have; whatever it has, to read it takes no more than a datagram does.
        max_bytes=16 * 1024,
        bound=Bound(base_ms=25.0),
    ),
    Target(
        name="previews.answers",
        run=_site,
        corpus=[
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello",
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 302 Found\r\nLocation: https://b.example/\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
        ],
        hostile=[_of(*_ANSWER_PARTS)],
        max_bytes=MAX_HEAD_BYTES,
        bound=Bound(base_ms=20.0),
    ),
)
