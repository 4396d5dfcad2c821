"""Uploads of one request, on real sockets."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import time
import uuid
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred

from chatr.api.errors import ApiError
from chatr.config.files import FilesSettings
from chatr.files import staging
from chatr.rest.http.headers import Deadlines
from tests.rest.transfers.operations import FILE, GROUP, KIND, TransferCase, form, turn

HEAD = b"POST /api/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer user:ann\r\nContent-Type: " + KIND.encode()


def sized(length: int) -> bytes:
    """The head of an upload, with the length of its body."""
    return HEAD + b"\r\nContent-Length: %d\r\n\r\n" % length


class UploadTests(TransferCase):
    """POST /api/files and others, of a contract of the test."""

    async def test_upload(self) -> None:
        """A file with its texts before or after it; what the operation is given is whole, and then gone."""
        data = os.urandom(700_000) + b"\r\n--xy\r\n--x--\r"
        before, after = ('name="type"', b"audio"), ('name="waveform"', b"[0, 0.5, 1]")
        body = form(before, (FILE, data), after, ('name="duration"', b"2.5"))
        status, headers, answer = await self.ask("POST", "/api/files", body, Content_Type=KIND)
        self.assertEqual(status, 201, answer)
        self.assertEqual(answer["sha256"], hashlib.sha256(data).hexdigest())
        uploaded, found = self.world.taken[0]
        self.assertEqual((found == data, uploaded.size, uploaded.path.exists()), (True, len(data), False))
        self.assertEqual((answer["name"], answer["mediaType"], answer["type"]), ("a.txt", "text/plain", "audio"))
        self.assertEqual((answer["waveform"], answer["duration"], answer["caller"]), ([0, 0.5, 1], 2.5, "ann"))
        self.assertEqual((self.staged(), self.under_way.under_way, self.exchange.running), ([], 0, 0))
        self.assertEqual(self.limiter.calls, ["file.upload"])

    async def test_ways_in(self) -> None:
        """Aliases, variables of the path, the query, Idempotency-Key, the caller's connection; an empty file too."""
        self.assertEqual((await self.ask("POST", "/api/uploads?type=x", form((FILE, b"")), Content_Type=KIND))[0], 201)
        key = str(uuid.uuid4())
        status, _, answer = await self.ask(
            "POST",
            f"/api/groups/{GROUP}/image",
            form(('name="image"; filename="b"', b"x")),
            Content_Type='Multipart/Form-Data; BOUNDARY="xyz"',
            Idempotency_Key=key,
            X_Chatr_Connection="7",
        )
        self.assertEqual((status, answer["clientId"], answer["groupId"], answer["connection"]), (200, key, GROUP, "7"))

    async def test_chunked_and_in_pieces(self) -> None:
        """A body of unknown length is taken as it comes, wherever it is cut, and the connection goes on."""
        body = form((FILE, b"x" * 5000 + b"\r\n"))
        raw = await self.raw(HEAD + b"\r\nTransfer-Encoding: chunked\r\n\r\n")
        for start in range(0, len(body), 37):
            piece = body[start : start + 37]
            raw.transport.write(b"%x\r\n%b\r\n" % (len(piece), piece))  # type: ignore[union-attr]
        raw.transport.write(b"0\r\n\r\n")  # type: ignore[union-attr]
        heard = await raw.hears(b'"size":5002')
        self.assertTrue(heard.startswith(b"HTTP/1.1 201 "), heard)
        raw.transport.write(b"GET /api/none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")  # type: ignore[union-attr]
        self.assertIn(b"HTTP/1.1 404 ", await raw.closed)

    async def test_one_behind_the_other(self) -> None:
        """Uploads that come at once on one connection are taken in turn, each with its own bytes."""
        bodies = [form((FILE, bytes([number]) * 90_000)) for number in (1, 2, 3)]
        raw = await self.raw(b"".join(sized(len(body)) + body for body in bodies))
        await self.until(lambda: len(self.world.taken) == 3)
        self.assertEqual([data[:1] * 90_000 == data for _, data in self.world.taken], [True] * 3)
        self.assertEqual([data[0] for _, data in self.world.taken], [1, 2, 3])
        await self.until(lambda: raw.heard.count(b"HTTP/1.1 201 ") == 3)

    async def test_refused_before_the_body(self) -> None:
        """Strangers, the wrong role, too many, a length too large: answered without a byte of the body, nor invited."""
        cases: list[tuple[bytes, bytes, bytes, bytes]] = [
            (b"", b"/files", b"10", b"401"),
            (b"x", b"/files", b"10", b"401"),
            (b"guest:bob", b"/groups/%b/image" % GROUP.encode(), b"10", b"403"),
            (b"user:ann", b"/files", b"1100001", b"413"),
            (b"user:ann", b"/groups/%b/image" % GROUP.encode(), b"99305", b"413"),
            (b"user:ann", b"/%66iles", b"1100001", b"413"),
            (b"user:ann", b"/files", b"9" * 30, b"413"),
        ]
        for token, path, length, status in cases:
            raw = await self.raw(
                b"POST /api" + path + b" HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                b"Content-Type: " + KIND.encode() + b"\r\nContent-Length: " + length + b"\r\n"
                b"Authorization: Bearer " + token + b"\r\n\r\n"
            )
            heard = await raw.closed
            self.assertTrue(heard.startswith(b"HTTP/1.1 " + status), heard)
            self.assertNotIn(b"100 Continue", heard)
        self.limiter.full = True
        heard = await (await self.raw(sized(10))).closed
        self.assertIn(b"HTTP/1.1 429 ", heard)
        self.assertIn(b"Retry-After: 7\r\n", heard)
        self.assertEqual((self.staged(), self.world.taken, self.exchange.running), ([], [], 0))

    async def test_too_large(self) -> None:
        """At the limit, whether or not a length was said; the texts have one of their own."""
        big, chunked = b"x" * 1_000_001, b"\r\nTransfer-Encoding: chunked\r\n\r\n"
        body = form((FILE, big))
        for data in (sized(len(body)) + body, HEAD + chunked + b"%x\r\n" % len(body) + body):
            heard = await (await self.raw(data)).closed
            self.assertTrue(heard.startswith(b"HTTP/1.1 413 "), heard[:200])
            self.assertIn(b"1000000 bytes", heard)
        # Each is under way until nothing of it is left.
        await self.until(lambda: not self.under_way.under_way)
        body = form(('name="type"', b"x" * 40_000), ('name="other"', b"x" * 40_000), (FILE, b"x"))
        self.assertEqual((await self.ask("POST", "/api/files", body, Content_Type=KIND))[0], 413)
        await self.until(lambda: not self.under_way.under_way)
        body = form((FILE, b"x" * 1_000_000))
        self.assertEqual((await self.ask("POST", "/api/files", body, Content_Type=KIND))[0], 201)
        await self.until(lambda: not self.staged())

    async def test_what_is_no_form(self) -> None:
        """Each fault is named by its field, and leaves nothing."""
        other, nested = 'name="other"; filename="a"', 'name="file"; filename="a"\r\nContent-Type: multipart/mixed'
        cases: list[tuple[str, bytes, int, str]] = [
            (KIND, form((FILE, b"x"), (FILE, b"y")), 400, "$.file"),
            (KIND, form(('name="type"', b"x")), 400, "$.file"),
            (KIND, form((FILE, b"x"), (other, b"x")), 400, "$.other"),
            (KIND, form((nested + "; boundary=b", b"--b\r\n\r\n\r\n--b--")), 400, "$.file"),
            (KIND, form((FILE + "\r\nContent-Transfer-Encoding: base64", b"eA==")), 400, "$.file"),
            (KIND, form((FILE, b"x"), ('name="type"', b"a"), ('name="type"', b"b")), 400, "$.type"),
            (KIND, form((FILE, b"x"), ('name="type"', b"\xff")), 400, "$.type"),
            (KIND, form((FILE, b"x"), ('name="waveform"', b"{}")), 400, "$.waveform"),
            (KIND, form((FILE, b"x"), ('name="waveform"', b"[" * 60_000)), 400, "$.waveform"),
            (KIND, form((FILE, b"x"), ('name="waveform"', b'["x"]')), 400, "$.waveform[0]"),
            (KIND, form((FILE, b"x"), ('name="nothing"', b"x")), 400, "$.nothing"),
            (KIND, form((FILE, b"x"), *((f'name="n{number}"', b"") for number in range(32))), 400, "$"),
            (KIND, form((f'name="file"; filename="{"x" * 16_384}"', b"x")), 400, "$"),
            (KIND, form(('filename="x"', b"x")), 400, "$"),
            (KIND, form((FILE, b"x"))[:-6], 400, "$"),
            (KIND, b"", 400, "$"),
            (KIND, b"x" * 1000, 400, "$"),
            ("multipart/form-data", form((FILE, b"x")), 400, "$"),
            ("multipart/form-data; boundary=" + "x" * 71, b"x", 400, "$"),
            ("multipart/form-data; boundary=a\u00e9", b"x", 400, "$"),
            ("multipart/mixed; boundary=xyz", form((FILE, b"x")), 415, ""),
            ("application/json", b"{}", 415, ""),
            ("image/png", b"x", 415, ""),
        ]
        for kind, body, expected, path in cases:
            status, headers, problem = await self.ask("POST", "/api/files", body, Content_Type=kind)
            self.assertEqual((status, headers["content-type"]), (expected, "application/problem+json"), (kind, problem))
            self.assertEqual([each["path"] for each in problem.get("errors", [])], [path] if path else [], problem)
        await self.until(lambda: not self.staged() and not self.exchange.running)
        self.assertEqual(self.world.taken, [])

    async def test_names(self) -> None:
        """Paths, NULs, other alphabets and very long names come as what may be kept of them."""
        for given, kept in (
            ("../../etc/pass\0wd", "passwd"),
            ("C:\\\\temp\\\\x.exe", "x.exe"),
            ("\u200efoo\u202egpj.exe", "foogpj.exe"),
            ("n" * 4000 + ".jpeg", "n" * 250 + ".jpeg"),
            ("\U0001f600" * 3999 + ".a", "\U0001f600" * 63 + ".a"),
        ):
            body = form((f'name="file"; filename="{given}"', b"x"))
            status, _, answer = await self.ask("POST", "/api/files", body, Content_Type=KIND)
            self.assertEqual((status, answer["name"]), (201, kept))

    async def test_cut(self) -> None:
        """Of an upload whose client goes away nothing stays, and nobody hears of it."""
        self.patch(staging, "BATCH_BYTES", 256 * 1024)
        raw = await self.raw(sized(900_000), form((FILE, b"x" * 500_000))[:-7])
        await self.until(self.staged)
        self.assertEqual(self.exchange.running, 1)
        raw.transport.abortConnection()  # type: ignore[union-attr]
        await self.until(lambda: not self.staged() and not self.exchange.running)
        self.assertEqual((self.world.taken, self.under_way.under_way), ([], 0))

    async def test_refused_by_the_operation(self) -> None:
        """Whatever it raises, the file is gone; a client that has gone does not stop it."""
        self.world.refusal = ApiError("unsupported_media", "no")
        status, _, problem = await self.ask("POST", "/api/files", form((FILE, b"x")), Content_Type=KIND)
        self.assertEqual((status, problem["code"], self.staged()), (415, "unsupported_media", []))
        self.world.refusal, self.world.gate = None, Deferred()
        body = form((FILE, b"x"))
        raw = await self.raw(sized(len(body)) + body)
        await self.until(lambda: len(self.world.taken) == 2)
        raw.transport.abortConnection()  # type: ignore[union-attr]
        await raw.closed
        self.assertEqual(len(self.staged()), 1)
        self.world.gate.callback(None)
        await self.until(lambda: not self.staged() and not self.exchange.running)

    async def test_at_once(self) -> None:
        """So many at once of one person, and in all; who is over it is told before the body."""
        going = [await self.raw(sized(100)) for _ in range(2)]
        await self.until(lambda: self.under_way.under_way == 2)
        self.assertIn(b'"rate_limited"', await (await self.raw(sized(100))).closed)
        other = sized(100).replace(b"ann", b"bob")
        going.append(await self.raw(other))
        await self.until(lambda: self.under_way.under_way == 3)
        self.assertIn(b'"unavailable"', await (await self.raw(other)).closed)
        for raw in going:
            raw.transport.abortConnection()  # type: ignore[union-attr]
        await self.until(lambda: not self.under_way.under_way)

    async def test_drain(self) -> None:
        """The end of the server waits for what has begun, and lets nothing in."""
        body = form((FILE, b"x"))
        raw = await self.raw(sized(len(body)), body[:50])
        await self.until(lambda: self.exchange.running)
        drained = self.exchange.drain()
        self.assertIn(b"HTTP/1.1 503 ", await (await self.raw(sized(len(body)))).closed)
        self.assertFalse(drained.called)
        raw.transport.write(body[50:])  # type: ignore[union-attr]
        self.assertIn(b"HTTP/1.1 201 ", await raw.hears(b"}"))
        await drained

    async def test_full_disk(self) -> None:
        """What can't be kept is refused as it comes, and removed."""
        self.patch(staging, "BATCH_BYTES", 256 * 1024)
        self.patch(os, "writev", _full)
        heard = await (await self.raw(sized(900_000), form((FILE, b"x" * 500_000))[:-7])).closed
        self.assertIn(b"HTTP/1.1 503 ", heard)
        await self.until(lambda: not self.staged() and not self.exchange.running)

    async def test_tells_browsers(self) -> None:
        """A refusal in the middle of a body carries all that other answers do."""
        status, headers, _ = await self.ask("POST", "/api/files", b"x" * 100, Content_Type=KIND)
        self.assertEqual(
            (status, headers["x-content-type-options"], headers["cache-control"]), (400, "nosniff", "no-store")
        )


def _full(descriptor: int, pieces: Any) -> int:
    """What the system calls when the disk is full."""
    raise OSError(errno.ENOSPC, "No space left on device")


class SlowDiskTests(TransferCase):
    """A disk that is slower than the client."""

    deadlines = Deadlines(grace_s=0.6, bytes_per_s=10_000_000, silence_s=0.6)

    async def test_back_pressure(self) -> None:
        """While the disk is behind the client waits, and is not cut off for that."""
        writev, sizes = os.writev, []

        def slow(descriptor: int, pieces: Any) -> int:
            sizes.append(sum(map(len, pieces)))
            time.sleep(0.35)
            return writev(descriptor, pieces)

        self.patch(os, "writev", slow)
        self.patch(staging, "BATCH_BYTES", 256 * 1024)
        self.patch(staging, "HIGH_BYTES", 512 * 1024)
        body = form((FILE, b"x" * 900_000))
        raw = await self.raw(sized(len(body)) + body)
        self.assertIn(b'"size":900000', await raw.hears(b"}"))
        self.assertLess(max(sizes), 800_000)

    async def test_silence(self) -> None:
        """A client that says nothing more is cut off, however fast it was before."""
        raw = await self.raw(sized(900_000), form((FILE, b"x" * 500_000))[:-7])
        self.assertIn(b"HTTP/1.1 408 ", await raw.closed)
        await self.until(lambda: not self.staged() and not self.exchange.running)
        await turn()
        self.assertEqual(json.dumps(self.world.taken), "[]")


class TlsTests(SlowDiskTests):
    """The same where what is held are bytes that are not deciphered yet."""

    tls = True


class LargeTests(TransferCase):
    """What takes much of the disk takes nothing of memory."""

    settings = FilesSettings(max_bytes=100_000_000)

    async def test_memory(self) -> None:
        """64 MB come in, and the process is no larger for it at any moment."""
        size, piece = 64 * 1024 * 1024, os.urandom(64 * 1024)
        before, after = form((FILE, b"|")).split(b"|")
        raw = await self.raw(sized(len(before) + size + len(after)), before)
        transport: Any = raw.transport
        before_kb = _peak_kb(reset=True)
        sender = _Sender(transport, piece, size // len(piece))
        transport.registerProducer(sender, False)
        await sender.done
        transport.write(after)
        heard = await raw.hears(b"}")
        self.assertIn(b'"size":%d' % size, heard)
        self.assertLess(_peak_kb() - before_kb, 16 * 1024)


class _Sender:
    """Sends one piece again and again, when there is room for it."""

    def __init__(self, transport: Any, piece: bytes, count: int) -> None:
        self._transport, self._piece, self._count = transport, piece, count
        self.done: Deferred[None] = Deferred()

    def resumeProducing(self) -> None:
        self._transport.write(self._piece)
        self._count -= 1
        if not self._count:
            self._transport.unregisterProducer()
            self.done.callback(None)

    def stopProducing(self) -> None:
        """The server has gone."""


def _peak_kb(*, reset: bool = False) -> int:
    """The most that this process has had in memory, since the last reset (proc(5), clear_refs)."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) if found else 0
