"""A local file that an object is fetched to."""

from __future__ import annotations

from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from chatr.files.disk import Disk
from chatr.files.s3.fetched import FetchedFile
from chatr.files.storage import StorageError, StorageFull


class FetchedTests(TestCase):
    """A local file that an object is fetched to."""

    async def test_full(self) -> None:
        """A disk without room ends the sending. /dev/full answers every write with that."""
        disk = Disk(reactor)
        disk.start()
        self.addCleanup(disk.stop)
        fetched = FetchedFile(disk, Path("/dev/full"))
        stopped: list[str] = []

        class Producer:
            def pauseProducing(self) -> None:
                stopped.append("pause")

            def stopProducing(self) -> None:
                stopped.append("stop")

            def resumeProducing(self) -> None:
                stopped.append("resume")

        fetched.registerProducer(Producer(), True)
        fetched.write(b"content")
        await self.assertFailure(Deferred.fromCoroutine(fetched.finish()), StorageFull)
        self.assertEqual(stopped[:2], ["pause", "stop"])

    async def test_existing(self) -> None:
        """A file that is there already is nobody's to write to, and stays."""
        disk = Disk(reactor)
        disk.start()
        self.addCleanup(disk.stop)
        path = Path(self.mktemp())
        path.write_bytes(b"mine")
        await self.assertFailure(Deferred.fromCoroutine(FetchedFile(disk, path).create()), StorageError)
        self.assertEqual(path.read_bytes(), b"mine")
