"""Uploads that go on where they were cut, on real sockets, by hand and by two clients of others."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import time
from base64 import b64encode
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from tusclient.client import TusClient
from twisted.internet.threads import deferToThread

from chatr.api.errors import ApiError
from chatr.files import staging, unfinished
from chatr.files.unfinished import UnfinishedUploads
from chatr.rest.transfers import tus
from tests.e2e.programs import Program
from tests.rest.transfers.operations import TransferCase

ROOT = Path(__file__).parents[3]
BYTES = "application/offset+octet-stream"
V = {"Tus_Resumable": "1.0.0"}


def metadata(**pairs: str) -> str:
    """The header Upload-Metadata."""
    return ",".join(f"{name} {b64encode(value.encode()).decode()}" for name, value in pairs.items())


class TusCase(TransferCase):
    """The door with tus alone."""

    now = 1_800_000_000.0

    async def serve(self) -> None:
        self.room: dict[str, int] = {}
        self.uploads = UnfinishedUploads(self.staging, now=lambda: self.now)
        self.tus = tus.Tus(
            self.exchange,
            self.dispatcher,
            self.dispatcher.contract.operations["file.upload"],
            self.staging,
            self.uploads,
            self.settings,
            self.under_way,
            self.has_room,
        )
        await self.uploads.load()

    async def has_room(self, owner: str, size: int) -> None:
        self.room[owner] = size
        if size > 3_000_000:
            raise ApiError("too_large", "Your files have no room")

    async def create(
        self, length: int = 10, status: int = 201, data: bytes | None = None, **headers: str
    ) -> tuple[str, dict[str, str], Any]:
        """The path of a new upload, the headers of its answer, and the body."""
        sent = {**V, "Upload_Length": str(length), **headers}
        code, found, body = await self.ask("POST", "/api/files/tus", data, **sent)
        self.assertEqual(code, status, body)
        self.assertEqual(found["tus-resumable"], "1.0.0")
        return found.get("location", ""), found, body

    async def append(
        self, path: str, offset: int, data: bytes, status: int = 204, **headers: str
    ) -> tuple[dict[str, str], Any]:
        """What an upload is answered that goes on."""
        sent = {**V, "Upload_Offset": str(offset), "Content_Type": BYTES, **headers}
        code, found, body = await self.ask("PATCH", path, data, **sent)
        self.assertEqual((code, found["tus-resumable"]), (status, "1.0.0"), body)
        return found, body

    async def offset(self, path: str, **headers: str) -> tuple[int, dict[str, str]]:
        """Status and headers of HEAD."""
        code, found, _ = await self.ask("HEAD", path, **{**V, **headers})
        self.assertEqual((found["tus-resumable"], found["cache-control"]), ("1.0.0", "no-store"))
        return code, found

    def head(self, path: str, offset: int, length: int, more: bytes = b"") -> bytes:
        """The head of a PATCH on a socket."""
        return (
            b"PATCH %b HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer user:ann\r\nTus-Resumable: 1.0.0\r\n"
            b"Content-Type: application/offset+octet-stream\r\nUpload-Offset: %d\r\nContent-Length: %d\r\n%b\r\n"
        ) % (path.encode(), offset, length, more)


class TusTests(TusCase):
    """By hand."""

    async def test_capabilities(self) -> None:
        """OPTIONS says what is offered, to anybody."""
        status, headers, _ = await self.ask("OPTIONS", "/api/files/tus", token="")
        self.assertEqual((status, headers["tus-version"], headers["tus-max-size"]), (204, "1.0.0", "1000000"))
        self.assertEqual(headers["tus-extension"], "creation,creation-with-upload,termination,checksum,expiration")
        self.assertEqual(headers["tus-checksum-algorithm"], "sha1,sha256")

    async def test_in_parts(self) -> None:
        """Created, gone on with, and in the end a file under the id of the upload, with what was said of it."""
        said = metadata(
            filename="../\u00e4.txt", filetype="text/plain", type="file", waveform="[0,1]", relativePath="n"
        )
        path, headers, _ = await self.create(10, Upload_Metadata=said)
        self.assertEqual(headers["upload-offset"], "0")
        expires = parsedate_to_datetime(headers["upload-expires"]).timestamp()
        self.assertEqual(expires, self.now + 3600)
        self.assertEqual((await self.append(path, 0, b"01234"))[0]["upload-offset"], "5")
        status, headers = await self.offset(path)
        self.assertEqual((status, headers["upload-offset"], headers["upload-length"]), (200, "5", "10"))
        self.assertEqual(headers["upload-metadata"], said)
        headers, _ = await self.append(path, 5, b"56789")
        uploaded, data = self.world.taken[0]
        self.assertEqual((data, uploaded.name, uploaded.media_type), (b"0123456789", "\u00e4.txt", "text/plain"))
        self.assertEqual(uploaded.sha256, hashlib.sha256(data).digest())
        self.assertEqual((headers["chatr-file"], path.rpartition("/")[2]), (uploaded.id, uploaded.id))
        # Who has not heard the answer asks again.
        status, headers = await self.offset(path)
        self.assertEqual((status, headers["upload-offset"], headers["chatr-file"]), (200, "10", uploaded.id))
        for offset in (10, 5):
            await self.append(path, offset, b"", 409)
        self.assertEqual((self.staged(), len(self.world.taken)), ([uploaded.id + ".json"], 1))
        # The upload was counted once; what goes on with it is counted among everything else.
        self.assertEqual((self.under_way.under_way, self.exchange.running), (0, 0))

    async def test_with_first_bytes(self) -> None:
        """Creation brings bytes, all of them if it likes."""
        path, headers, _ = await self.create(10, Content_Type=BYTES, data=b"0123")
        self.assertEqual(headers["upload-offset"], "4")
        await self.append(path, 4, b"456789")
        path, headers, _ = await self.create(3, Content_Type=BYTES, data=b"abc")
        self.assertEqual((headers["upload-offset"], headers["chatr-file"]), ("3", path.rpartition("/")[2]))
        self.assertEqual([data for _, data in self.world.taken], [b"0123456789", b"abc"])

    async def test_refused(self) -> None:
        """What is not the protocol, or not permitted, leaves nothing."""
        ask, where = self.ask, "/api/files/tus"
        for expected, sent in (
            (412, {"Upload_Length": "10"}),
            (412, {"Upload_Length": "10", "Tus_Resumable": "0.2.2"}),
            (400, V),
            (400, {**V, "Upload_Length": "-1"}),
            (400, {**V, "Upload_Length": "\u0661"}),
            (400, {**V, "Upload_Length": "0"}),
            (400, {**V, "Upload_Defer_Length": "1"}),
            (413, {**V, "Upload_Length": "1000001"}),
            (413, {**V, "Upload_Length": "9" * 15}),
            (400, {**V, "Upload_Length": "10", "Upload_Metadata": "filename x"}),
            (400, {**V, "Upload_Length": "10", "Upload_Metadata": "a ,a "}),
            (400, {**V, "Upload_Length": "10", "Upload_Metadata": "a /w=="}),
            (400, {**V, "Upload_Length": "10", "Upload_Metadata": metadata(waveform="{}")}),
            (400, {**V, "Upload_Length": "10", "Upload_Metadata": metadata(waveform='["x"]')}),
            (400, {**V, "Upload_Length": "10", "Upload_Metadata": metadata(filename="x" * 9000)}),
            (400, {**V, "Upload_Length": "10", "Upload_Checksum": "md5 x"}),
        ):
            status, headers, problem = await ask("POST", where, **sent)
            self.assertEqual((status, headers["tus-resumable"]), (expected, "1.0.0"), (sent, problem))
        self.assertEqual((await ask("POST", where, b"x", **V, Upload_Length="10", Content_Type="text/plain"))[0], 415)
        self.assertEqual((await ask("POST", where, **V, Upload_Length="10", token=""))[0], 401)
        self.limiter.full = True
        self.assertEqual((await ask("POST", where, **V, Upload_Length="10"))[0], 429)
        self.limiter.full = False
        await self.create(10, 413, Content_Type=BYTES, data=b"x" * 11)
        await self.until(lambda: not self.staged() and not self.exchange.running)
        self.assertEqual((self.world.taken, self.uploads.going_on("ann")), ([], []))

    async def test_refused_parts(self) -> None:
        """The wrong offset, too much, another type, another version: the upload is where it was."""
        path, _, _ = await self.create(10)
        await self.append(path, 0, b"0123")
        await self.append(path, 3, b"x", 409)
        await self.append(path, 5, b"x", 409)
        await self.append(path, 4, b"x" * 7, 413)
        await self.append(path, 4, b"x", 415, Content_Type="application/octet-stream")
        await self.append(path, 4, b"x", 412, Tus_Resumable="1.1.0")
        await self.append(path, 4, b"x", 400, Upload_Offset="4.0")
        chunked = self.head(path, 4, 0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
        raw = await self.raw(chunked + b"8\r\nabcdefgh\r\n0\r\n\r\n")
        self.assertIn(b"HTTP/1.1 413 ", await raw.closed)
        await self.until(lambda: not self.exchange.running)
        self.assertEqual((await self.offset(path))[1]["upload-offset"], "4")
        await self.append(path, 4, b"")
        await self.append(path, 4, b"456789")
        self.assertEqual(self.world.taken[0][1], b"0123456789")

    async def test_others(self) -> None:
        """Another's upload is not there, nor is one that never was."""
        path, _, _ = await self.create(10)
        sent = {**V, "Upload_Offset": "0", "Content_Type": BYTES}
        for where, token in ((path, "user:bob"), (path[:-1] + "z", "user:ann"), ("/api/files/tus/..%2fx", "user:ann")):
            self.assertEqual((await self.ask("PATCH", where, b"x", token, **sent))[0], 404)
            self.assertEqual((await self.ask("HEAD", where, None, token, **V))[0], 404)
            self.assertEqual((await self.ask("DELETE", where, None, token, **V))[0], 404)
        self.assertEqual((await self.ask("HEAD", path, None, "", **V))[0], 401)

    async def test_cut(self) -> None:
        """What came of a part that was cut is kept; of a new upload whose address nobody has heard, nothing."""
        self.patch(staging, "BATCH_BYTES", 256 * 1024)
        path, _, _ = await self.create(1_000_000)
        raw = await self.raw(self.head(path, 0, 1_000_000), b"x" * 400_001)
        [upload] = self.uploads.going_on("ann")
        await self.until(lambda: (self.folder / upload.id).stat().st_size > 100_000)
        # Somebody else is adding to it meanwhile.
        await self.append(path, 0, b"x", 423)
        self.assertEqual((await self.offset(path))[0], 423)
        raw.transport.loseConnection()  # type: ignore[union-attr]
        await self.until(lambda: not self.exchange.running)
        self.assertEqual((await self.offset(path))[1]["upload-offset"], "400001")
        await self.append(path, 400_001, b"y" * 599_999)
        self.assertEqual(self.world.taken[0][1], b"x" * 400_001 + b"y" * 599_999)
        head = self.head("/api/files/tus", 0, 1_000_000, b"Upload-Length: 1000000\r\n").replace(b"PATCH", b"POST")
        raw = await self.raw(head, b"x" * 400_000)
        await self.until(lambda: len(self.staged()) > 2)
        raw.transport.abortConnection()  # type: ignore[union-attr]
        await self.until(lambda: not self.exchange.running)
        self.assertEqual((len(self.staged()), self.uploads.going_on("ann")), (1, []))

    async def test_checksum(self) -> None:
        """Of what is not what the checksum is of nothing is kept, nor of what was cut before it could be checked."""
        path, _, _ = await self.create(10)
        for algorithm, digest in (("sha1", hashlib.sha1(b"0123").digest()), ("sha256", hashlib.sha256(b"45").digest())):
            at = (await self.offset(path))[1]["upload-offset"]
            checksum = f"{algorithm} {b64encode(digest).decode()}"
            await self.append(path, int(at), b"999", 460, Upload_Checksum=checksum)
            self.assertEqual((await self.offset(path))[1]["upload-offset"], at)
            await self.append(path, int(at), b"0123" if at == "0" else b"45", Upload_Checksum=checksum)
        await self.append(path, 6, b"x", 400, Upload_Checksum="md5 AA==")
        await self.append(path, 6, b"x", 400, Upload_Checksum="sha1 !")
        raw = await self.raw(self.head(path, 6, 4, b"Upload-Checksum: sha1 AAAA\r\n"), b"67")
        await self.until(lambda: self.exchange.running)
        raw.transport.loseConnection()  # type: ignore[union-attr]
        await self.until(lambda: not self.exchange.running)
        self.assertEqual((await self.offset(path))[1]["upload-offset"], "6")
        await self.append(path, 6, b"6789")
        self.assertEqual(self.world.taken[0][1], b"0123456789")

    async def test_terminate(self) -> None:
        """Gone at once, also while something comes."""
        path, _, _ = await self.create(10)
        self.assertEqual((await self.ask("DELETE", path))[0], 412)
        self.assertEqual((await self.ask("DELETE", path, **V))[0], 204)
        self.assertEqual(((await self.offset(path))[0], self.staged()), (404, []))
        path, _, _ = await self.create(10)
        raw = await self.raw(self.head(path, 0, 10), b"x")
        await self.until(lambda: self.exchange.running)
        self.assertEqual((await self.ask("DELETE", path, **V))[0], 204)
        await raw.closed
        self.assertEqual((self.staged(), self.exchange.running), ([], 0))

    async def test_room(self) -> None:
        """What a person's files may take is asked before, with all that is under way."""
        for _ in range(3):
            await self.create(1_000_000)
        _, _, problem = await self.create(1, 413)
        self.assertEqual((self.room, problem["detail"]), ({"ann": 3_000_001}, "Your files have no room"))
        await self.until(lambda: not self.exchange.running)
        self.assertEqual(len(self.uploads.going_on("ann")), 3)
        await self.create(4, 413, data=b"abcd", Content_Type=BYTES)
        await self.until(lambda: not self.exchange.running)
        self.assertEqual((len(self.uploads.going_on("ann")), len(self.staged())), (3, 6))

    async def test_many(self) -> None:
        """So many unfinished ones of one person, and in all."""
        self.patch(unfinished, "MOST_OF_ONE", 2)
        self.patch(unfinished, "MOST", 3)
        await self.create()
        await self.create()
        await self.create(status=429)
        sent = {**V, "Upload_Length": "10"}
        self.assertEqual((await self.ask("POST", "/api/files/tus", None, "user:bob", **sent))[0], 201)
        self.assertEqual((await self.ask("POST", "/api/files/tus", None, "user:cay", **sent))[0], 503)

    async def test_many_finished(self) -> None:
        """Those that have come to their end keep nobody from beginning another; of one person's the last are known."""
        self.patch(unfinished, "MOST_OF_ONE", 2)
        self.patch(unfinished, "MOST", 1)
        paths = []
        for _ in range(4):
            paths.append((await self.create(1, data=b"x", Content_Type=BYTES))[0])
            self.now += 1
        self.assertEqual([(await self.offset(path))[0] for path in paths], [404, 404, 200, 200])
        self.assertEqual(len(self.staged()), 2)

    async def test_refused_by_the_operation(self) -> None:
        """What it refuses is the answer of the last part, and the upload is gone."""
        self.world.refusal = ApiError("unsupported_media", "no")
        path, _, _ = await self.create(3)
        _, problem = await self.append(path, 0, b"abc", 415)
        self.assertEqual((problem["code"], self.staged()), ("unsupported_media", []))
        self.assertEqual((await self.offset(path))[0], 404)

    async def test_expires(self) -> None:
        """After its time, counted from what came last, an upload is gone."""
        path, _, _ = await self.create(10)
        self.now += 3000
        await self.append(path, 0, b"0123")
        self.now += 3000
        self.assertEqual((await self.offset(path))[0], 200)
        await self.uploads.tidy()
        self.now += 601
        self.assertEqual((await self.offset(path))[0], 404)
        await self.uploads.tidy()
        self.assertEqual(self.staged(), [])


class BrowserTests(TusCase):
    """Pages of another origin."""

    cors_origins = frozenset({"https://app.example"})

    async def test_headers(self) -> None:
        """They may send what tus wants, and read what it answers; what is asked with OPTIONS itself is answered."""
        origin = {"Origin": "https://app.example"}
        asked = {**origin, "Access_Control_Request_Method": "PATCH"}
        status, headers, _ = await self.ask("OPTIONS", "/api/files/tus/x", token="", **asked)
        allowed = headers["access-control-allow-headers"].lower()
        self.assertEqual(status, 204)
        for name in ("tus-resumable", "upload-length", "upload-metadata", "upload-offset", "upload-checksum"):
            self.assertIn(name, allowed)
        status, headers, _ = await self.ask("OPTIONS", "/api/files/tus", token="", **origin)
        self.assertEqual((status, headers["tus-version"]), (204, "1.0.0"))
        for name in ("Location", "Upload-Offset", "Upload-Expires", "Tus-Resumable", "Chatr-File"):
            self.assertIn(name, headers["access-control-expose-headers"])
        status, headers, _ = await self.ask("PATCH", "/api/files/tus/x", b"x", **origin)
        self.assertEqual((status, headers["access-control-allow-origin"]), (412, "https://app.example"))


class SilentTests(TusCase):
    """Clients that have gone without a word."""

    async def test_place_is_taken(self) -> None:
        """Who comes back does not wait until the old connection is known to be dead."""
        self.patch(tus, "STALLED_S", 0.05)
        path, _, _ = await self.create(10)
        raw = await self.raw(self.head(path, 0, 10), b"0123")
        await self.until(lambda: self.exchange.running)
        while (await self.offset(path))[0] == 423:
            pass
        await raw.closed
        self.assertEqual((await self.offset(path))[1]["upload-offset"], "4")


class RestartTests(TusCase):
    """The server ends, and comes back on the same port."""

    async def restart(self) -> None:
        """All that is in memory is gone, at once."""
        await self.port.stopListening()
        await self.staging.stop()
        for channel in self.channels:
            channel.cut()
        await self.until(lambda: not self.exchange.running)
        await self.make()
        await self.listen(self.number)

    async def test_by_hand(self) -> None:
        """What was on the disk is there; what was whole and has not become a file, or is broken, is not."""
        self.now = time.time()
        path, _, _ = await self.create(10, Upload_Metadata=metadata(filename="a.txt"))
        await self.append(path, 0, b"0123")
        done, _, _ = await self.create(3)
        await self.append(done, 0, b"abc")
        whole, _, _ = await self.create(3)
        lost, _, _ = await self.create(3)
        (self.folder / whole.rpartition("/")[2]).write_bytes(b"abc")
        (self.folder / lost.rpartition("/")[2]).unlink()
        (self.folder / "x.json").write_text("{")
        (self.folder / "y").write_bytes(b"of no upload that goes on")
        await self.restart()
        self.assertEqual((await self.offset(path))[1]["upload-offset"], "4")
        self.assertEqual((await self.offset(done))[1]["upload-offset"], "3")
        self.assertEqual([(await self.offset(each))[0] for each in (whole, lost)], [404, 404])
        await self.append(path, 4, b"456789")
        uploaded, data = self.world.taken[-1]
        self.assertEqual(
            (data, uploaded.name, uploaded.sha256), (b"0123456789", "a.txt", hashlib.sha256(data).digest())
        )
        self.assertFalse((self.folder / "y").exists())

    async def test_tus_js_client(self) -> None:
        """It comes back by itself, and loses nothing."""
        node = shutil.which("node")
        self.assertIsNotNone(node, "node is needed to test tus-js-client")
        script, url = ROOT / "tests" / "node" / "tus_client.js", f"{self.url}/api/files/tus"
        self.now = time.time()
        program = Program([str(node), str(script), url, "user:ann", "900000", "100000"])
        await self.until(lambda: any(each.offset >= 300_000 for each in self.uploads.going_on("ann")))
        await self.restart()
        self.assertEqual(await program.ended, 0, program.errors)
        said = json.loads(program.output)
        [(uploaded, data)] = self.world.taken
        self.assertEqual((said["sha256"], said["file"]), (hashlib.sha256(data).hexdigest(), uploaded.id))
        self.assertEqual((uploaded.name, uploaded.media_type), ("t\u00e4st.bin", "application/x-test"))
        self.assertGreater(said["retries"], 0)

    async def test_tuspy(self) -> None:
        """With checksums; it goes on at the address that it has kept."""
        data = os.urandom(300_000)
        self.now = time.time()
        client = TusClient(f"{self.url}/api/files/tus", headers={"Authorization": "Bearer user:ann"})

        def uploader(**more: Any) -> Any:
            return client.uploader(
                file_stream=io.BytesIO(data),
                chunk_size=100_000,
                upload_checksum=True,
                metadata={"filename": "a"},
                **more,
            )

        first = uploader()
        await deferToThread(first.upload_chunk)
        await self.restart()
        second = await deferToThread(uploader, url=first.url)
        self.assertEqual(second.offset, 100_000)
        await deferToThread(second.upload)
        self.assertEqual([found for _, found in self.world.taken], [data])
