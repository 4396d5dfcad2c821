"""Files that a client sends and fetches, over connections that break."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred

from chatr.client import AccessToken, Client, Lost, Refused, patience
from tests.client.case import ClientCase
from tests.client.cutting import Cutter, Way

SIZE = 1_500_000


def archive(size: int) -> bytes:
    """A zip of about this size."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as file:
        file.writestr("random", os.urandom(size))
    return made.getvalue()


class TransferCase(ClientCase):
    """Ben's client reaches the server by a way that can be cut."""

    async def setUp(self) -> None:
        await super().setUp()
        self.patch(patience, "FIRST_S", 0.01)
        self.cutter = Cutter(lambda: self.http_port)
        port = await self.cutter.start()
        self.addCleanup(lambda: Deferred.fromCoroutine(self.cutter.stop()))
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()
        self.ben_client = Client(reactor, f"ws://127.0.0.1:{port}/ws", AccessToken(self.ben.token), self.listen)
        # Before the way is closed.
        self.addCleanup(lambda: Deferred.fromCoroutine(self.ben_client.stop()))
        await self.ben_client.start()
        self.told: list[int] = []

    def progress(self, done: int, size: int) -> None:
        self.told.append(done)

    def file(self, content: bytes, name: str = "some.zip") -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    async def files_of_ben(self) -> list[dict[str, Any]]:
        """The files in what Ann has got."""
        page = await self.ann.rest("GET", f"/messages/history?otherUserId={self.ben.id}")
        return [item["file"] for item in page["items"]]


class UploadTests(TransferCase):
    """send_file."""

    async def test_sent(self) -> None:
        """A file is a message with its name and a caption; who sends it is told how much has gone.

        Of an open file the rest goes, under another name; it is not closed. Without a name it can't.
        """
        content = archive(SIZE)
        sent = await self.ben_client.send_file(
            self.file(content), to=self.ann.id, caption="look", progress=self.progress
        )
        self.assertEqual((sent["content"], sent["type"], sent["file"]["name"]), ("look", "file", "some.zip"))
        self.assertEqual((self.told[-1], self.told), (len(content), sorted(self.told)))
        [file] = await self.files_of_ben()
        self.assertEqual((file["id"], file["size"]), (sent["file"]["id"], len(content)))

        await self.an_open_file()

    async def an_open_file(self) -> None:
        content = archive(1000)
        source = io.BytesIO(b"before" + content)
        source.seek(6)
        await self.assertFailure(self.ben_client.send_file(source, to=self.ann.id), ValueError)
        self.assertFalse(source.closed)
        source.seek(6)
        sent = await self.ben_client.send_file(source, to=self.ann.id, name="over/../there.zip")
        self.assertEqual((sent["file"]["name"], sent["content"], sent["file"]["size"]), ("there.zip", "", len(content)))
        self.assertFalse(source.closed)
        await self.assertFailure(self.ben_client.send_file(self.folder / "none", to=self.ann.id), FileNotFoundError)

    async def test_cut(self) -> None:
        """After a lost connection it goes on where the server has it, and does not begin again.

        Where only the answer was lost that said that the file is there, nothing goes again, and it is sent once.
        """
        content = archive(SIZE)
        self.cutter.cut_when = lambda way: way.up > SIZE // 2
        sent = await self.ben_client.send_file(self.file(content), to=self.ann.id, progress=self.progress)
        self.assertEqual((self.cutter.cuts, sent["file"]["size"]), (1, len(content)))
        again = [later for before, later in zip(self.told, self.told[1:], strict=False) if later < before]
        self.assertGreater(min(again), SIZE // 8)
        self.assertLess(self.cutter.sent, 2 * SIZE)
        await self.same_as_sent(sent, content)
        await self.the_last_answer_is_lost()

    async def same_as_sent(self, sent: Any, content: bytes) -> None:
        path = await self.ben_client.download(sent, self.folder / "again.zip")
        self.assertEqual(path.read_bytes(), content)

    async def the_last_answer_is_lost(self) -> None:
        content = archive(SIZE)
        self.cutter.cuts = self.cutter.sent = 0
        self.cutter.cut_when = lambda way: way.up > SIZE and way.down > 0
        sent = await self.ben_client.send_file(self.file(content), to=self.ann.id)
        self.assertEqual((self.cutter.cuts, len(await self.files_of_ben())), (1, 2))
        self.assertLess(self.cutter.sent, SIZE * 1.2)
        await self.same_as_sent(sent, content)

    async def test_restart(self) -> None:
        """A server that is away is waited for; it knows how far it was."""
        self._options["server.http"] = f"tcp:{self.http_port}:interface=127.0.0.1"
        content = archive(SIZE)
        down: Deferred[None] = Deferred()

        def cut(way: Way) -> bool:
            if way.up > SIZE // 2:
                down.callback(None)
                return True
            return False

        self.cutter.cut_when = cut
        sending = self.ben_client.send_file(self.file(content), to=self.ann.id, progress=self.progress)
        await down
        await self.service.stop()
        before = len(self.told)
        await self.restart()
        sent = await sending
        self.assertGreater(min(self.told[before:]), 0)
        self.assertLess(self.cutter.sent, 2 * SIZE)
        await self.same_as_sent(sent, content)

    async def test_not_taken(self) -> None:
        """What the server refuses is told by its code; so is what can't be read to its end. Nothing is sent."""
        page = self.file(b"<html><script>1</script></html>", "a.jpg")
        refused = await self.assertFailure(self.ben_client.send_file(page, to=self.ann.id), Refused)
        self.assertEqual(refused.code, "unsupported_media")
        large = self.folder / "large.zip"
        large.touch()
        os.truncate(large, 60 * 1024 * 1024)
        refused = await self.assertFailure(self.ben_client.send_file(large, to=self.ann.id), Refused)
        self.assertEqual(refused.code, "too_large")
        source = self.file(archive(SIZE))

        def shorten(done: int, size: int) -> None:
            os.truncate(source, 300_000)

        await self.assertFailure(self.ben_client.send_file(source, to=self.ann.id, progress=shorten), ValueError)
        self.assertEqual(await self.files_of_ben(), [])

    async def test_stopped(self) -> None:
        """Who stops the client is told that nothing was sent."""
        sending = self.ben_client.send_file(
            self.file(archive(SIZE)), to=self.ann.id, progress=lambda done, size: self.news.put("under way")
        )
        await self.until("under way")
        await self.ben_client.stop()
        await self.assertFailure(sending, Lost)
        await self.assertFailure(self.ben_client.send_file(self.file(b"x"), to=self.ann.id), Lost)
        self.assertEqual(await self.files_of_ben(), [])


class DownloadTests(TransferCase):
    """download."""

    async def setUp(self) -> None:
        await super().setUp()
        self.content = archive(SIZE)
        self.sent = await self.ben_client.send_file(self.file(self.content), to=self.ann.id)
        self.target = self.folder / "got.zip"

    def left(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())

    async def test_fetched(self) -> None:
        """By id, by file and by message; what was there before is replaced when all is there.

        After a lost connection the rest is fetched, not all of it.
        """
        self.cutter.cut_when = lambda way: way.down > SIZE // 2
        for file in (self.sent["file"]["id"], self.sent["file"], self.sent):
            self.told.clear()
            self.target.write_bytes(b"before")
            path = await self.ben_client.download(file, self.target, progress=self.progress)
            self.assertEqual((path, self.target.read_bytes() == self.content), (self.target, True))
            self.assertEqual((self.told[-1], self.told), (len(self.content), sorted(self.told)))
        self.assertEqual((self.cutter.cuts, self.left()), (1, ["got.zip", "some.zip"]))

    async def test_not_fetched(self) -> None:
        """Of a file that is taken back, or that a stop breaks off, nothing is left, and what was there stays."""
        text = await self.ben_client.send("x", to=self.ann.id)
        await self.assertFailure(self.ben_client.download(text, self.target), ValueError)
        await self.assertFailure(self.ben_client.download(self.sent, self.folder / "none" / "x"), FileNotFoundError)
        self.target.write_bytes(b"before")
        other = await self.ben_client.send_file(self.folder / "some.zip", to=self.ann.id)
        await self.ben_client.call("message.unsend", id=other["id"])
        error = await self.assertFailure(self.ben_client.download(other, self.target), Refused)
        self.assertIn(error.code, ("gone", "not_found"))
        fetching = self.ben_client.download(
            self.sent, self.target, progress=lambda done, size: self.news.put("under way")
        )
        await self.until("under way")
        await self.ben_client.stop()
        await self.assertFailure(fetching, Lost)
        self.assertEqual((self.target.read_bytes(), self.left()), (b"before", ["got.zip", "some.zip"]))
