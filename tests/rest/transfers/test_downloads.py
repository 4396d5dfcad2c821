"""Files as they are served, on real sockets from a real directory."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import msgspec
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConsumer

from chatr.api.context import Caller
from chatr.api.errors import ApiError
from chatr.files.disk import Disk
from chatr.files.local import LocalStorage, place_of
from chatr.files.served import Served
from chatr.files.storage import StorageUnavailable, key_of
from chatr.rest.http import direct
from chatr.rest.http.direct import sent_now
from chatr.rest.http.headers import Deadlines
from chatr.rest.transfers.downloads import Downloads
from chatr.store.ids import uuid7
from tests.rest.transfers.operations import TransferCase

SECRET = "s3cret"


class Elsewhere(LocalStorage):
    """A storage that can do what a directory can't: browsers go to it by themselves, and it breaks in the middle."""

    at = ""
    breaks = False

    def direct(self, key: str, *, expires_s: int, media_type: str, disposition: str) -> str | None:
        return f"{self.at}/{key}?{expires_s}&{media_type}&{disposition.split(';')[0]}" if self.at else None

    def send(self, key: str, start: int, stop: int, consumer: IConsumer) -> Deferred[None]:
        if not self.breaks:
            return super().send(key, start, stop, consumer)

        async def broken() -> None:
            await super(Elsewhere, self).send(key, start, stop // 2, consumer)
            raise StorageUnavailable("the disk is broken")

        return Deferred.fromCoroutine(broken())


class Rules:
    """Who may have what in this test: whoever has the secret, or is called ann."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.asked: list[tuple[str, ...]] = []

    async def by_link(self, id: str, form: str, signature: str) -> Served:
        self.asked.append((id, form))
        if signature != SECRET:
            raise ApiError("forbidden")
        return self.served

    async def by_caller(self, caller: Caller, id: str, form: str) -> Served:
        if caller.user_id != "ann":
            raise ApiError("unauthenticated" if not caller.user_id else "not_found")
        return self.served

    async def of_message(self, caller: Caller, message_id: str) -> Served:
        return await self.by_caller(caller, message_id, "")

    async def picture(self, id: str, size: str) -> Served:
        self.asked.append((id, size))
        return msgspec.structs.replace(self.served, public=True, max_age_s=31536000)


class DownloadCase(TransferCase):
    """The door with downloads alone, of one file."""

    size = 300_000
    accel = ""

    async def serve(self) -> None:
        disk = Disk(reactor)
        disk.start()
        self.addCleanup(disk.stop)
        self.storage = Elsewhere(disk, self.folder.with_name("storage"), accel_location=self.accel)
        await self.storage.start()
        id = uuid7()
        self.data, self.key = os.urandom(self.size), key_of(id, "original")
        source = Path(self.mktemp())
        source.write_bytes(self.data)
        await self.storage.put(self.key, source)
        self.rules = Rules(
            Served(
                key=self.key,
                size=self.size,
                media_type="image/png",
                name="\u00e4 b.png",
                tag="t1",
                inline=True,
                max_age_s=0,
            )
        )
        Downloads(self.exchange, self.rules, self.storage, self.under_way)
        self.path = f"/api/files/{id}/b.png?signature={SECRET}"

    def change(self, **fields: Any) -> None:
        """What is served is something else."""
        self.rules.served = msgspec.structs.replace(self.rules.served, **fields)


class DownloadTests(DownloadCase):
    """GET and HEAD."""

    async def test_all(self) -> None:
        """All of it, named and typed as it is; nothing in it may run, nor be kept without asking again."""
        status, headers, body = await self.ask("GET", self.path + "&form=sm", token="")
        self.assertEqual((status, hashlib.sha256(body).digest()), (200, hashlib.sha256(self.data).digest()))
        for name, value in (
            ("content-type", "image/png"),
            ("content-disposition", "inline; filename=\"_ b.png\"; filename*=UTF-8''%C3%A4%20b.png"),
            ("content-security-policy", "default-src 'none'; sandbox"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "private, no-cache"),
            ("etag", '"t1"'),
            ("accept-ranges", "bytes"),
        ):
            self.assertEqual(headers[name], value)
        self.assertEqual([form for _, form in self.rules.asked], ["sm"])
        self.assertEqual((self.under_way.under_way, self.exchange.running), (0, 0))

    async def test_at_once(self) -> None:
        """So many large parts of one address at once; small ones whatever is under way."""
        taken = [self.under_way.enter(Caller(address="127.0.0.1")) for _ in range(2)]
        self.assertEqual((await self.ask("GET", self.path))[0], 429)
        self.assertEqual((await self.ask("GET", self.path, Range="bytes=0-99999"))[0], 206)
        for key in taken:
            self.under_way.leave(key)
        self.assertEqual((await self.ask("GET", self.path))[0], 200)

    async def test_head(self) -> None:
        """The headers alone, of all of it."""
        status, headers, body = await self.ask("HEAD", self.path, Range="bytes=0-3")
        self.assertEqual((status, headers["content-length"], headers["etag"], body), (200, "300000", '"t1"', b""))

    async def test_who_may(self) -> None:
        """A link, or who is signed in; the refusal is the answer, and carries nothing of the file."""
        path = self.path.partition("?")[0]
        for where, token, expected in (
            (path + "?signature=x", "user:ann", 403),
            (path, "user:ann", 200),
            (path + "?signature=", "", 401),
            (path, "user:bob", 404),
            (path, "nonsense", 401),
            ("/api/messages/download/1", "user:ann", 200),
            ("/api/messages/download/1", "", 401),
            (path + "?signature=a&signature=b", "", 400),
        ):
            status, headers, _ = await self.ask("GET", where, token=token)
            self.assertEqual(status, expected, where)
            if expected != 200:
                self.assertEqual((headers["cache-control"], "content-disposition" in headers), ("no-store", False))

    async def test_parts(self) -> None:
        """One part, one behind the end, one of other bytes."""
        status, headers, body = await self.ask("GET", self.path, Range="bytes=100000-199999", If_Range='"t1"')
        self.assertEqual((status, body), (206, self.data[100_000:200_000]))
        self.assertEqual(headers["content-range"], "bytes 100000-199999/300000")
        status, headers, problem = await self.ask("GET", self.path, Range="bytes=300000-")
        self.assertEqual((status, headers["content-range"], problem["status"]), (416, "bytes */300000", 416))
        status, headers, body = await self.ask("GET", self.path, Range="bytes=0-9", If_Range='"t0"')
        self.assertEqual((status, body == self.data), (200, True))

    async def test_not_modified(self) -> None:
        """Who has it is told so, whatever part is asked for."""
        status, headers, body = await self.ask("GET", self.path, If_None_Match='"x", W/"t1"', Range="bytes=0-9")
        self.assertEqual(
            (status, headers["etag"], headers["cache-control"], body), (304, '"t1"', "private, no-cache", b"")
        )

    async def test_public(self) -> None:
        """Images of people and groups are for everybody, for good."""
        status, headers, body = await self.ask("GET", "/api/images/7?size=96", token="")
        self.assertEqual((status, body == self.data, self.rules.asked), (200, True, [("7", "96")]))
        self.assertEqual(headers["cache-control"], "public, max-age=31536000, immutable")

    async def test_never_a_page(self) -> None:
        """What a browser could run is never told to be that, and nothing but pictures and sounds is shown."""
        for said, told, kind in (
            ("text/html", "application/octet-stream", "attachment"),
            ("image/svg+xml", "application/octet-stream", "attachment"),
            ("application/xhtml+xml", "application/octet-stream", "attachment"),
            ("text/javascript; charset=utf-8", "application/octet-stream", "attachment"),
            ("application/pdf", "application/pdf", "attachment"),
            ("text/plain", "text/plain", "attachment"),
            ("video/mp4", "video/mp4", "inline"),
            ("audio/mpeg", "audio/mpeg", "inline"),
        ):
            self.change(media_type=said)
            _, headers, _ = await self.ask("GET", self.path)
            self.assertEqual((headers["content-type"], headers["content-disposition"].split(";")[0]), (told, kind))
        self.change(inline=False)
        _, headers, _ = await self.ask("GET", self.path)
        self.assertTrue(headers["content-disposition"].startswith("attachment"))

    async def test_missing(self) -> None:
        """What is not in the storage is not found; the answer carries nothing of what it would have been."""
        await self.storage.delete(self.key)
        status, headers, problem = await self.ask("GET", self.path)
        self.assertEqual((status, problem["code"], headers["cache-control"]), (404, "not_found", "no-store"))
        self.assertNotIn("etag", headers)

    async def test_breaks(self) -> None:
        """A storage that fails in the middle: the connection ends, so that nobody takes the half for the whole."""
        self.storage.breaks = True
        raw = await self.raw(f"GET {self.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        heard = await raw.closed
        self.assertTrue(heard.startswith(b"HTTP/1.1 200 "))
        self.assertLess(len(heard), 300_000)
        await self.until(lambda: not self.exchange.running)

    async def test_elsewhere(self) -> None:
        """A storage that browsers go to themselves: they are sent there; who asks for the headers is not."""
        self.storage.at = "https://bucket.example"
        raw = await self.raw(f"GET {self.path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        heard = await raw.closed
        self.assertTrue(heard.startswith(b"HTTP/1.1 302 "))
        self.assertIn(f"Location: https://bucket.example/{self.key}?60&image/png&inline\r\n".encode(), heard)
        self.assertIn(b"Cache-Control: no-store\r\n", heard)
        self.assertEqual((await self.ask("HEAD", self.path))[0], 200)

    async def test_pipelined(self) -> None:
        """One connection has one file after the other, in order."""
        get = f"GET {self.path} HTTP/1.1\r\nHost: x\r\n"
        raw = await self.raw(f"{get}\r\n{get}Range: bytes=0-9\r\n\r\n{get}Connection: close\r\n\r\n".encode())
        heard = await raw.closed
        self.assertEqual([heard.count(self.data), heard.count(b"HTTP/1.1 206 ")], [2, 1])


class DirectTests(DownloadCase):
    """What is in memory, on its way to a client that takes it."""

    size = 5_000_003

    async def test_straight(self) -> None:
        """All of it goes to the socket without waiting in between, however much that takes at once."""
        taken: list[int | None] = []

        def told(transport: Any, data: bytes | memoryview) -> int | None:
            sent = sent_now(transport, data)
            # The head comes otherwise.
            if isinstance(data, memoryview):
                taken.append(sent)
            return sent

        self.patch(direct, "sent_now", told)
        _, _, body = await self.ask("GET", self.path)
        self.assertTrue(body == self.data)
        self.assertNotIn(None, taken)
        self.assertEqual(sum(map(int, filter(None, taken))), self.size)


class WrittenTests(DownloadTests):
    """The same, where nothing is sent straight to the socket, as over TLS."""

    async def setUp(self) -> None:
        await super().setUp()
        self.patch(direct, "sent_now", lambda transport, data: None)


class AccelTests(DownloadCase):
    """Behind nginx."""

    accel = "/chatr-files/"

    async def test_headers(self) -> None:
        """It is told where the file is, and makes the rest of it."""
        status, headers, body = await self.ask("GET", self.path, Range="bytes=0-3")
        self.assertEqual((status, headers["x-accel-redirect"], body), (200, f"/chatr-files/{place_of(self.key)}", b""))
        self.assertNotIn("etag", headers)
        self.assertEqual((headers["content-type"], headers["cache-control"]), ("image/png", "private, no-cache"))


class SlowReaderTests(DownloadCase):
    """Clients that read slowly, or go away."""

    size = 20_000_000
    deadlines = Deadlines(grace_s=1.0, bytes_per_s=100_000_000)

    async def test_back_pressure(self) -> None:
        """Who reads nothing gets nothing more, has a bound on how many that are, and is cut off in the end."""
        head = f"GET {self.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        readers = []
        for _ in range(2):
            raw = await self.raw()
            raw.transport.pauseProducing()  # type: ignore[union-attr]
            raw.transport.write(head)  # type: ignore[union-attr]
            readers.append(raw)
        await self.until(lambda: self.under_way.under_way == 2)
        status, headers, _ = await self.ask("GET", self.path)
        self.assertEqual((status, headers["retry-after"]), (429, "1"))
        await self.until(lambda: all(channel._waitingForTransport for channel in self.channels[:2]))
        for channel in self.channels[:2]:
            self.assertLess(len(channel.transport.dataBuffer) + channel.transport._tempDataLen, 1_000_000)
        await self.until(lambda: not self.under_way.under_way)
        for raw in readers:
            raw.transport.resumeProducing()  # type: ignore[union-attr]
            self.assertLess(len(await raw.closed), self.size)

    async def test_hang_up(self) -> None:
        """Who goes away in the middle costs nothing more."""
        raw = await self.raw(f"GET {self.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await raw.hears(b"\r\n\r\n")
        raw.transport.abortConnection()  # type: ignore[union-attr]
        await self.until(lambda: not self.under_way.under_way and not self.exchange.running)


class WrittenSlowReaderTests(SlowReaderTests):
    """The same, where nothing is sent straight to the socket."""

    async def setUp(self) -> None:
        await super().setUp()
        self.patch(direct, "sent_now", lambda transport, data: None)


class SharedTests(DownloadCase):
    """Pages of other origins may call."""

    cors_origins = frozenset({"https://app.example"})

    async def test_headers(self) -> None:
        """Then they may also embed what they have links to."""
        _, headers, _ = await self.ask("GET", self.path)
        self.assertEqual(headers["cross-origin-resource-policy"], "cross-origin")
