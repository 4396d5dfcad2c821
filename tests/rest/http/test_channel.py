"""HTTP connections in memory: what is a request, how long it may take, and what is kept for who does not read."""

from __future__ import annotations

import errno
import tempfile
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from chatr.rest.http.channel import BUFFER_BYTES, MAX_HEADER_LINES
from chatr.rest.http.connections import UNREAD_PATIENCE_S
from tests.rest.http.memory import LARGE, Answer, Client, Memory

GET = b"GET / HTTP/1.1\r\nHost: chat.example\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: chat.example\r\n"
LARGE_GET = b"GET /large HTTP/1.1\r\nHost: chat.example\r\n\r\n"
ORIGIN = "https://app.example.org"


class ChannelCase(SynchronousTestCase):
    """A site for each test."""

    rules: dict[str, Any] = {}

    def setUp(self) -> None:
        self.memory = Memory(**self.rules)
        self.clock, self.echo = self.memory.clock, self.memory.echo

    def tearDown(self) -> None:
        self.assertEqual(self.memory.site.unread.bytes, 0)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def served(self) -> list[bytes]:
        """The targets that reached a resource."""
        return [target for _, target, _ in self.echo.served]


class RefusalTests(ChannelCase):
    """What is no request is told so in our words, and nothing behind it on the connection is believed."""

    rules = {"cors_origins": frozenset({ORIGIN}), "hsts": True, "public_url": "https://chat.example"}

    def refused(self, *data: bytes, status: int = 400, code: str = "invalid") -> Answer:
        client = self.memory.client()
        # What an attacker would have another parser take for a request of its own.
        client.say(*data, GET.replace(b"/ ", b"/smuggled "))
        [answer] = client.answers()
        self.assertEqual(
            (answer.status, answer.problem["status"], answer.problem["code"]), (status, status, code), data
        )
        self.assertEqual(answer.headers["content-type"], "application/problem+json")
        self.assertEqual(answer.headers["connection"], "close")
        self.assertEqual(answer.headers["x-request-id"], answer.problem["requestId"])
        self.assertNotIn(answer.phrase, ("", "Unknown"))
        self.assertTrue(client.transport.half_closed)
        self.assertEqual(self.served(), [], data)
        self.clock.advance(2)
        self.assertEqual(client.transport.ended, "aborted")
        return answer

    def test_request_lines(self) -> None:
        """A method, a target that is a path or a whole URL, HTTP/1.0 or 1.1, one space between."""
        for line in (
            b"GET",
            b"GET /",
            b"GET  / HTTP/1.1",
            b"GET / HTTP/1.1 ",
            b" GET / HTTP/1.1",
            b"GET / HTTP/2.0",
            b"GET / http/1.1",
            b"G@T / HTTP/1.1",
            b"\x16\x03\x01\x02\x00",
            b"GET path HTTP/1.1",
            b"GET * HTTP/1.1",
            b"GET ftp://chat.example/ HTTP/1.1",
            b"GET http:/path HTTP/1.1",
            b"CONNECT chat.example:443 HTTP/1.1",
            b"GET /\xc3\xa9 HTTP/1.1",
            b"GET /\x7f\x80 HTTP/1.1",
        ):
            self.refused(line + b"\r\nHost: chat.example\r\n\r\n")

    def test_hosts(self) -> None:
        """One Host that could be one: missing, doubled or broken it is refused."""
        for lines in (
            b"",
            b"Host: a\r\nHost: a\r\n",
            b"Host: a\r\nhost: b\r\n",
            b"Host:\r\n",
            b"Host: a b\r\n",
            b"Host: u@a\r\n",
            b"Host: a/b\r\n",
            b"Host: a:b\r\n",
            b"Host: [::1\r\n",
            b"Host: \xff\r\n",
            b"Host: " + b"a" * 300 + b"\r\n",
            b"Host: a, b\r\n",
        ):
            self.refused(b"GET / HTTP/1.1\r\n" + lines + b"\r\n")
        self.refused(b"GET http://u@chat.example/ HTTP/1.1\r\nHost: chat.example\r\n\r\n")
        self.refused(b"GET http:/// HTTP/1.1\r\nHost: chat.example\r\n\r\n")
        self.refused(b"GET http://chat.example/ HTTP/1.1\r\n\r\n")

    def test_smuggling(self) -> None:
        """Whatever parsers are known to disagree about where a request ends is refused, and the connection closed."""
        for lines in (
            b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            b"Content-Length: 5\r\nContent-Length: 5\r\n",
            b"Content-Length: 5\r\nContent-Length: 6\r\n",
            b"Content-Length: 5, 5\r\n",
            b"Content-Length: +5\r\n",
            b"Content-Length: -5\r\n",
            b"Content-Length: 0x5\r\n",
            b"Content-Length: 5_0\r\n",
            b"Content-Length: \xd9\xa5\r\n",
            b"Content-Length:\r\n",
            b"Content-Length : 5\r\n",
            b"Content-Length\t: 5\r\n",
            b"Transfer-Encoding : chunked\r\n",
            b"Transfer-Encoding: identity\r\n",
            b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            b"Transfer-Encoding: chunked, chunked\r\n",
            b"Transfer-Encoding: gzip, chunked\r\n",
            b"Transfer-Encoding: gzip\r\n",
            b"Transfer-Encoding: xchunked\r\n",
            b"Transfer-Encoding: \x0bchunked\r\n",
            b'Transfer-Encoding: "chunked"\r\n',
            b"Transfer-Encoding:\r\n",
            b"X: y\r\n Transfer-Encoding: chunked\r\n",
            b"X: y\r\n\tfolded\r\n",
            b" X: y\r\n",
            b"X: y\nTransfer-Encoding: chunked\r\n",
            b"X: y\rTransfer-Encoding: chunked\r\n",
            b"X\n: y\r\n",
            b"X: \x00\r\n",
            b"X: \x1b[2J\r\n",
            b"no colon\r\n",
            b": no name\r\n",
        ):
            self.refused(POST + lines + b"\r\n")
        self.refused(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n")

    def test_chunks(self) -> None:
        """A chunk is a hexadecimal length, CRLF, that many bytes, CRLF."""
        for body in (b"x\r\n", b"0x5\r\nhello\r\n", b"+5\r\nhello\r\n", b"5 \r\nhello\r\n", b"5\r\nhelloX\r\n"):
            self.refused(POST + b"Transfer-Encoding: chunked\r\n\r\n" + body)
        self.refused(POST + b"Transfer-Encoding: chunked\r\n\r\n5;a\nb\r\nhello\r\n")
        self.refused(POST + b"Transfer-Encoding: chunked\r\n\r\n5;" + b"a" * 2000 + b"\r\n")

    def test_sizes(self) -> None:
        """Request lines, headers, their number, and bodies have limits, each with the status that says so."""
        long = b"a" * 17_000
        self.refused(b"GET /" + long + b" HTTP/1.1\r\n\r\n", status=414, code="too_large")
        self.refused(b"GET /" + long, status=414, code="too_large")
        self.refused(POST + b"X: " + long + b"\r\n\r\n", status=431, code="too_large")
        self.refused(POST, b"X: ", *[b"a" * 1000] * 17, status=431, code="too_large")
        self.refused(POST + (b"X: " + b"a" * 1000 + b"\r\n") * 17 + b"\r\n", status=431, code="too_large")
        self.refused(POST + b"X: y\r\n" * (MAX_HEADER_LINES + 1) + b"\r\n", status=431, code="too_large")
        self.refused(POST + b"Content-Length: 1000001\r\n\r\n", status=413, code="too_large")
        # Python does not read numbers of so many digits: this was an error inside the server.
        self.refused(POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", status=413, code="too_large")

    def test_headers_of_refusals(self) -> None:
        """A refusal has the headers of every answer: a page on a permitted origin can read it."""
        answer = self.refused(POST + b"Origin: " + ORIGIN.encode() + b"\r\nTransfer-Encoding: gzip\r\n\r\n")
        self.assertEqual(answer.headers["access-control-allow-origin"], ORIGIN)
        self.assertEqual(answer.headers["vary"], "Origin")
        self.assertIn("X-Request-Id", answer.headers["access-control-expose-headers"])
        self.assertEqual(answer.headers["x-content-type-options"], "nosniff")
        self.assertEqual(answer.headers["strict-transport-security"], "max-age=31536000")
        self.assertIn("date", answer.headers)
        for origin in (b"https://evil.example", b"http://[", b"\xff"):
            answer = self.refused(POST + b"Origin: " + origin + b"\r\nTransfer-Encoding: gzip\r\n\r\n")
            self.assertNotIn("access-control-allow-origin", answer.headers)

    def test_what_follows_a_refusal_is_not_read(self) -> None:
        """A client that goes on sending is let finish for a moment, so that it can read why; then it is cut off."""
        client = self.memory.client()
        client.say(POST + b"Content-Length: 9999999\r\nExpect: 100-continue\r\n\r\n")
        client.say(*[b"x" * 10_000] * 10, GET)
        [answer] = client.answers()
        self.assertEqual((answer.status, self.served()), (413, []))
        self.assertIsNone(client.transport.ended)
        self.clock.advance(2)
        self.assertEqual(client.transport.ended, "aborted")


class AcceptedTests(ChannelCase):
    """What looks unusual and is right."""

    def test_absolute_form(self) -> None:
        """A whole URL as the target counts as its path, and its host as Host (RFC 9112, section 3.2.2)."""
        for target, path, host in (
            (b"http://other.example/a?b=c", b"/a?b=c", b"other.example"),
            (b"HTTPS://other.example:8443", b"/", b"other.example:8443"),
            (b"http://[::1]:80?x", b"/?x", b"[::1]:80"),
        ):
            [answer] = self.memory.ask(b"GET " + target + b" HTTP/1.1\r\nHost: chat.example\r\n\r\n")
            self.assertEqual((answer.status, answer.body), (200, b"host: " + host))
            self.assertEqual(self.served()[-1], path)

    def test_http_1_0(self) -> None:
        """HTTP/1.0 needs no Host; the connection ends with the answer."""
        client = self.memory.client()
        client.say(b"GET / HTTP/1.0\r\n\r\n")
        self.assertEqual(client.answers()[0].status, 200)
        self.assertEqual(client.transport.ended, "done")

    def test_options_star(self) -> None:
        """The server as a whole can be asked whether it is there."""
        [answer] = self.memory.ask(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual((answer.status, answer.headers["x-content-type-options"]), (204, "nosniff"))

    def test_framing(self) -> None:
        """Lengths, chunks with extensions and trailers, an empty line before the request, byte by byte or at once."""
        chunked = POST + b"Transfer-Encoding: Chunked\r\n\r\n5;name=value\r\nhello\r\n0\r\nTrailer: x\r\n\r\n"
        requests = (b"\r\n" + POST + b"Content-Length: 5\r\n\r\nhello", chunked, POST + b"Content-Length:\t0 \r\n\r\n")
        whole = b"".join(requests)
        self.assertEqual([each.status for each in self.memory.ask(whole)], [200] * 3)
        self.assertEqual([each.status for each in self.memory.ask(*[bytes([byte]) for byte in whole])], [200] * 3)
        self.assertEqual([body for _, _, body in self.echo.served], [b"hello", b"hello", b""] * 2)

    def test_the_last_request(self) -> None:
        """A client that asks for the end of the connection is told in the answer that it has it, and nobody else is."""
        last = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        said = [answer.headers.get("connection") for answer in self.memory.ask(GET, last, GET)]
        self.assertEqual(said, [None, "close"])

    def test_expect(self) -> None:
        """A client that asks first is invited to send its body."""
        client = self.memory.client()
        client.say(POST + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        self.assertEqual(client.heard(), b"HTTP/1.1 100 Continue\r\n\r\n")
        client.say(b"hello")
        self.assertEqual(client.answers()[0].status, 200)
        client.transport.end("done")

    def test_long_bodies(self) -> None:
        """What is long is kept in a file; where there is none to be had, that is an answer."""
        body = b"x" * 200_000
        head = POST + b"Content-Length: 200000\r\n\r\n"
        chunked = POST + b"Transfer-Encoding: chunked\r\n\r\n30d40\r\n" + body + b"\r\n0\r\n\r\n"
        self.assertEqual([each.status for each in self.memory.ask(head, body, chunked)], [200, 200])
        self.assertEqual([content for _, _, content in self.echo.served], [body, body])

        def no_file(**_: object) -> object:
            raise OSError(errno.EMFILE, "Too many open files")

        self.patch(tempfile, "TemporaryFile", no_file)
        [answer] = self.memory.ask(head, body, GET)
        self.assertEqual((answer.status, answer.problem["code"]), (503, "unavailable"))
        self.clock.advance(2)

    def test_an_error_inside(self) -> None:
        """What nobody expected is a problem too, logged once with the id that the caller has."""
        [answer] = self.memory.ask(b"GET /fails HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual((answer.status, answer.problem["code"]), (500, "internal"))
        [failure] = self.flushLoggedErrors(ZeroDivisionError)

    def test_paths_that_are_no_text(self) -> None:
        """Escapes that are no UTF-8 are refused, and the connection stays."""
        for path in (b"/api/users/%ff", b"/%c0%af", b"/%ed%a0%80"):
            first, second = self.memory.ask(b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n" + GET)
            self.assertEqual((first.status, first.problem["code"], second.status), (400, "invalid", 200))


class DeadlineTests(ChannelCase):
    """However slowly a client speaks, it has an end."""

    def wait(self, client: Client, seconds: int, *, saying: bytes = b"") -> int:
        """Let seconds go by, with a word in each; how many there were before the connection ended or was answered."""
        for second in range(seconds):
            if client.transport.ended or client.transport.value():
                return second
            client.say(saying) if saying else None
            self.clock.advance(1)
        return seconds

    def test_silence(self) -> None:
        """A connection on which nothing is asked ends after 10 seconds without a word."""
        client = self.memory.client()
        self.assertEqual((self.wait(client, 60), client.transport.ended), (10, "done"))
        self.assertEqual(client.transport.value(), b"")

    def test_slow_headers(self) -> None:
        """A header that comes byte by byte has 10 seconds in all, though none of its bytes is late."""
        client = self.memory.client()
        client.say(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
        self.assertEqual(self.wait(client, 60, saying=b"a"), 10)
        [answer] = client.answers()
        self.assertEqual((answer.status, answer.phrase, answer.problem["code"]), (408, "Request Timeout", "invalid"))
        self.clock.advance(2)
        self.assertEqual(client.transport.ended, "aborted")

    def test_next_request(self) -> None:
        """Between requests a minute may go by; from its first byte on the next one has 10 seconds."""
        client = self.memory.client()
        client.say(GET)
        self.assertEqual(len(client.answers()), 1)
        self.assertEqual(self.wait(client, 59), 59)
        client.say(b"G")
        self.assertEqual(self.wait(client, 60, saying=b"E"), 10)
        self.assertEqual(client.answers()[0].status, 408)
        self.clock.advance(2)
        idle = self.memory.client()
        idle.say(GET)
        idle.answers()
        self.assertEqual((self.wait(idle, 100), idle.transport.ended), (60, "done"))

    def test_next_request_in_the_same_packet(self) -> None:
        """What follows a request at once has begun as well, be it half a line or some lines."""
        for part in (b"G", b"GET / HTTP/1.1\r\nHost: a\r\n", b"\r\n"):
            client = self.memory.client()
            client.say(GET + part)
            client.answers()
            self.assertEqual(self.wait(client, 60), 10, part)
            self.assertEqual(client.answers()[0].status, 408)
            self.clock.advance(2)

    def test_slow_body(self) -> None:
        """A body has 10 seconds, and then as long as it comes with a kilobyte a second."""
        client = self.memory.client()
        client.say(POST + b"Content-Length: 100000\r\n\r\n")
        self.assertEqual(self.wait(client, 60, saying=b"x"), 11)
        self.assertEqual(client.answers()[0].status, 408)
        self.clock.advance(2)
        client = self.memory.client()
        client.say(POST + b"Content-Length: 100000\r\n\r\n")
        self.assertEqual(self.wait(client, 200, saying=b"x" * 1024), 98)
        self.assertEqual([answer.status for answer in client.answers()], [200])
        client.transport.end("done")

    def test_long_answers_are_no_delay(self) -> None:
        """While a request is worked on its client has nothing to hurry with."""
        client = self.memory.client()
        client.say(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual(self.wait(client, 300), 300)
        [request] = self.echo.waiting
        request.finish()
        self.assertEqual(len(client.answers()), 1)
        client.transport.end("done")


class ReaderTests(ChannelCase):
    """Answers that nobody reads."""

    def test_pipelined_requests_wait_for_the_reader(self) -> None:
        """Of 500 requests sent at once one is answered beyond the buffer; the next when that has been read.

        With Twisted alone all were: five connections held 187 MB.
        """
        client = self.memory.client()
        client.say(LARGE_GET * 500)
        self.assertEqual(len(self.served()), 1)
        self.assertLess(len(client.transport.value()), BUFFER_BYTES + len(LARGE))
        self.assertFalse(client.transport.reading)
        client.transport.read()
        self.assertEqual(len(self.served()), 2)
        self.assertEqual([answer.body for answer in client.answers()], [LARGE] * 499)
        self.assertEqual(len(self.served()), 500)
        self.assertTrue(client.transport.reading)
        client.transport.end("done")

    def test_order(self) -> None:
        """What was asked first is answered first, however long it takes, and nothing is answered twice."""
        client = self.memory.client()
        targets = [b"/large", b"/1", b"/wait", b"/2", b"/large", b"/3"]
        client.say(b"".join(b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % target for target in targets))
        first = client.answers()
        self.assertEqual((len(first), self.served()), (2, targets[:3]))
        self.echo.waiting[0].finish()
        self.assertEqual([len(answer.body) for answer in client.answers()], [0, 7, len(LARGE), 7])
        self.assertEqual(self.served(), targets)
        client.transport.end("done")

    def test_who_never_reads_is_cut_off(self) -> None:
        """Also when the connection was to end with the answer, or with the client's last request."""
        for request in (LARGE_GET, LARGE_GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")):
            client = self.memory.client()
            client.say(request)
            due_s = 10 + (BUFFER_BYTES + len(LARGE)) / 1024
            self.clock.advance(due_s - 1)
            self.assertIsNone(client.transport.ended)
            self.clock.advance(3)
            self.assertEqual(client.transport.ended, "aborted")

    def test_a_slow_reader_gets_all(self) -> None:
        """Whoever takes a kilobyte a second is left alone."""
        client = self.memory.client()
        client.say(LARGE_GET)
        read = 0
        while client.transport.value():
            read += len(client.transport.read(1024))
            self.clock.advance(1)
        self.assertGreater(read, len(LARGE))
        client.say(GET)
        self.assertEqual(client.answers()[0].status, 200)
        client.transport.end("done")

    def test_a_lost_connection_is_forgotten(self) -> None:
        """A client that goes away with answers unread leaves nothing."""
        client = self.memory.client()
        client.say(LARGE_GET * 3)
        self.assertGreater(self.memory.site.unread.bytes, len(LARGE))
        client.transport.end("done")
        self.assertEqual(self.memory.site.unread.bytes, 0)

    def test_all_connections_together(self) -> None:
        """Over the bound of all unread answers those who have waited longest are cut off, if they wait at all."""
        self.memory.site.unread._max_bytes = 3 * (BUFFER_BYTES + len(LARGE))
        clients = [self.memory.client() for _ in range(5)]
        for client in clients:
            client.say(LARGE_GET)
        # In the same moment: all may be about to read.
        self.assertEqual([client.transport.ended for client in clients], [None] * 5)
        clients[1].answers()
        self.clock.advance(UNREAD_PATIENCE_S)
        self.assertEqual([client.transport.ended for client in clients], ["aborted", None, "aborted", None, None])
        self.assertLessEqual(self.memory.site.unread.bytes, self.memory.site.unread._max_bytes)
        for client in clients:
            client.transport.end("done")
