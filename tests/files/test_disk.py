"""The local disk."""

from __future__ import annotations

import os
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SkipTest, TestCase

from chatr.files.disk import PIECE_BYTES, Disk, sha256_of
from chatr.files.storage import StorageUnavailable
from tests.contract_suites.storage import content


class DiskTests(TestCase):
    """What is read without waiting, and what is not."""

    def setUp(self) -> None:
        self.disk = Disk(reactor)
        self.disk.start()
        self.addCleanup(self.disk.stop)
        self.path = Path(self.mktemp())

    def open(self, path: Path) -> int:
        descriptor = os.open(path, os.O_RDONLY)
        self.addCleanup(os.close, descriptor)
        return descriptor

    async def test_only_what_is_in_memory(self) -> None:
        """What the kernel has dropped is not waited for: a thread reads it, and then it is in memory."""
        data = content(PIECE_BYTES + 5)
        self.path.write_bytes(data)
        descriptor = self.open(self.path)
        self.assertEqual(self.disk.cached(descriptor, 5, PIECE_BYTES), data[-5:])
        self.assertEqual(self.disk.cached(descriptor, 10 * PIECE_BYTES, 0), data[:PIECE_BYTES])
        self.assertEqual(self.disk.cached(descriptor, 5, len(data)), b"")
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        if self.disk.cached(descriptor, 5, 0) is not None:
            raise SkipTest("this file system keeps everything in memory")
        self.assertEqual(await self.disk.read(descriptor, PIECE_BYTES, 0), data[:PIECE_BYTES])
        self.assertEqual(self.disk.cached(descriptor, PIECE_BYTES, 0), data[:PIECE_BYTES])

    async def test_file_systems_that_do_not_tell(self) -> None:
        """Where the kernel can't say what it has, as in /proc, threads read everything from then on."""
        self.path.write_bytes(b"content")
        descriptor, strange = self.open(self.path), self.open(Path("/proc/version"))
        self.assertEqual(self.disk.cached(descriptor, 7, 0), b"content")
        self.assertIsNone(self.disk.cached(strange, 7, 0))
        self.assertIsNone(self.disk.cached(descriptor, 7, 0))
        self.assertEqual(await self.disk.read(descriptor, 7, 0), b"content")

    async def test_failures(self) -> None:
        """What the operating system refuses is told by what it means: what is open for writing can't be read."""
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT)
        self.addCleanup(os.close, descriptor)
        self.assertRaises(StorageUnavailable, self.disk.cached, descriptor, 1, 0)
        await self.assertFailure(Deferred.fromCoroutine(self.disk.read(descriptor, 1, 0)), StorageUnavailable)
        self.path.write_bytes(b"content")
        self.assertRaises(StorageUnavailable, sha256_of, self.path, 0, 8)

    async def test_opened_for_nobody(self) -> None:
        """Who has gone while a file is opened leaves none open."""
        self.path.write_bytes(b"content")
        opened: list[int] = []

        def opening() -> int:
            opened.append(os.open(self.path, os.O_RDONLY))
            return opened[0]

        waiting = self.disk.open(opening)
        waiting.cancel()
        waiting.addErrback(lambda _: None)
        await self.disk.run(int)
        await self.disk.stop()
        self.assertRaises(OSError, os.fstat, opened[0])
