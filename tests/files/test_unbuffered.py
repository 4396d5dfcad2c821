"""Files that are written past the system's memory for files."""

from __future__ import annotations

import os
from errno import EINVAL, ENOSPC
from pathlib import Path

from twisted.trial.unittest import SkipTest, TestCase

from chatr.files.unbuffered import BLOCK_BYTES, Unbuffered

MOST = 16 * BLOCK_BYTES


class UnbufferedTests(TestCase):
    """chatr.files.unbuffered"""

    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.unbuffered = Unbuffered(MOST)

    def write(self, data: bytes, piece: int = 5000) -> bool:
        pieces = [data[start : start + piece] for start in range(0, len(data), piece)]
        return self.unbuffered.write(self.path, pieces, 0o600)

    def possible(self) -> None:
        """Skip where the disk of the tests has no such way."""
        if not self.write(b"x"):
            raise SkipTest("this file system has no O_DIRECT")

    def test_written(self) -> None:
        """Of any size, and whatever was there before. It is on the disk and not in memory."""
        self.possible()
        for size in (MOST, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, MOST - 1, 0):
            data = os.urandom(size)
            self.assertTrue(self.write(data))
            with self.path.open("rb") as file:
                into = bytearray(1)
                if size:
                    with self.assertRaises(BlockingIOError):
                        os.preadv(file.fileno(), [into], 0, os.RWF_NOWAIT)
                self.assertEqual(file.read(), data)
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)

    def test_nothing_of_others(self) -> None:
        """Behind the end of a file are zeros, not what somebody else has sent."""
        self.possible()
        self.assertTrue(self.write(b"s" * MOST))
        written: list[bytes] = []
        write = os.write
        self.patch(os, "write", lambda number, data: (written.append(bytes(data)), write(number, data))[1])
        self.assertTrue(self.write(b"short"))
        self.assertEqual(written, [b"short".ljust(BLOCK_BYTES, b"\0")])

    def test_not_here(self) -> None:
        """More than there is memory for, another file system, other blocks, no room for all: it is said."""
        self.assertFalse(self.write(bytes(MOST + 1)))
        self.assertFalse(self.path.exists())

        def refuses(*args: object) -> int:
            raise OSError(EINVAL, "no")

        for name, answer in (("open", refuses), ("write", refuses), ("write", lambda number, data: 512)):
            patch = self.patch(os, name, answer)
            self.assertFalse(self.write(b"x" * BLOCK_BYTES), name)
            patch.restore()

    def test_fails(self) -> None:
        """All else that goes wrong is told, and nothing stays open."""
        self.possible()
        before = len(os.listdir("/proc/self/fd"))

        def full(*args: object) -> int:
            raise OSError(ENOSPC, "no")

        self.patch(os, "write", full)
        with self.assertRaises(OSError):
            self.write(b"x")
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)
