"""Files as they are written by uploads, on a real disk."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from chatr.files import staging
from chatr.files.staging import (
    BATCH_BYTES,
    HIGH_BYTES,
    LONGEST_REST_S,
    STEP_BYTES,
    UNBUFFERED_BYTES,
    Staged,
    Staging,
    digest_of,
)
from chatr.process.threads import ThreadsEnded
from chatr.store.ids import uuid7


class Feeder:
    """Where bytes come from; keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def hold(self) -> None:
        self.told.append("hold")

    def go_on(self) -> None:
        self.told.append("go on")

    def failed(self, error: Exception) -> None:
        self.told.append(error)


class RestClock(Clock):
    """Tells when somebody begins to wait, and for how long."""

    def __init__(self) -> None:
        super().__init__()
        self.rested: Deferred[float] = Deferred()

    def callLater(self, when: float, what: Any, *args: Any, **named: Any) -> Any:
        call = super().callLater(when, what, *args, **named)
        rested, self.rested = self.rested, Deferred()
        rested.callback(round(when, 6))
        return call


class StagingTests(TestCase):
    """One folder."""

    timeout = 30

    async def setUp(self) -> None:
        self.folder = Path(self.mktemp()).absolute()
        self.staging = Staging(self.folder, reactor, new_id=uuid7, keep_s=100)
        await self.staging.start()
        self.addCleanup(self.staging.stop)
        self.addCleanup(lambda: self.assertEqual(self.staging.waiting_bytes, 0))
        self.feeder = Feeder()

    def staged(self, **options: Any) -> Staged:
        options.setdefault("algorithm", "sha256")
        return Staged(self.staging, options.pop("id", None) or self.staging.new_id(), self.feeder, **options)

    async def test_written(self) -> None:
        """All that comes, in order, for the owner's eyes only; the digest is that of what came."""
        staged, data = self.staged(), os.urandom(1_000_003)
        for start in range(0, len(data), 4096):
            staged.write(data[start : start + 4096])
        digest = await staged.end()
        self.assertEqual((digest, staged.size), (hashlib.sha256(data).digest(), len(data)))
        self.assertEqual(staged.path.read_bytes(), data)
        self.assertEqual((staged.path.stat().st_mode & 0o777, self.folder.stat().st_mode & 0o777), (0o600, 0o700))
        self.assertEqual(await self.staging.run(digest_of, staged.path), digest)

    async def test_written_in_part(self) -> None:
        """What the system does not take at once it takes later, and how many pieces there are does not matter."""
        writev = os.writev
        self.patch(os, "writev", lambda descriptor, pieces: writev(descriptor, [b"".join(pieces)[:1001]]))
        staged, data = self.staged(algorithm=""), os.urandom(3000 * 5)
        for start in range(0, len(data), 5):
            staged.write(data[start : start + 5])
        self.assertEqual(await staged.end(), b"")
        self.assertEqual(staged.path.read_bytes(), data)

    async def test_ends(self) -> None:
        """How it begins and ends is remembered of what was written at once, and of nothing else."""
        for size, piece in ((1_000_003, 4096), (300_000, 200_000), (70_000, 70_000), (10, 3), (0, 1)):
            staged, data = self.staged(algorithm=""), os.urandom(size)
            for start in range(0, size, piece):
                staged.write(data[start : start + piece])
            await staged.end()
            head, tail = staged.ends or (b"?", b"?")
            self.assertTrue(data.startswith(head) and data.endswith(tail), f"{size} {piece}")
            self.assertEqual((len(head), len(tail)), (min(size, piece, 4096), min(size, 66 * 1024)))
        staged = self.staged()
        staged.write(b"x" * BATCH_BYTES)
        await staged.end()
        self.assertIsNone(staged.ends)
        (self.folder / "a").write_bytes(b"0123456789")
        staged = self.staged(id="a", offset=4)
        staged.write(b"xyz")
        await staged.end()
        self.assertIsNone(staged.ends)

    async def test_unread(self) -> None:
        """What nobody here reads is written past the system's memory, where it can be; it is the same file."""
        asked: list[Path] = []
        written = self.staging.unbuffered.write
        self.staging.unread = lambda head: head.startswith(b"%PDF")
        for possible, begins, size, for_good, unbuffered in (
            (True, b"%PDF", UNBUFFERED_BYTES, False, True),
            (False, b"%PDF", UNBUFFERED_BYTES, False, True),
            (True, b"%PNG", UNBUFFERED_BYTES, False, False),
            (True, b"%PDF", UNBUFFERED_BYTES - 1, False, False),
            (True, b"%PDF", BATCH_BYTES + 1, False, False),
            (True, b"%PDF", UNBUFFERED_BYTES, True, False),
        ):

            def write(path: Path, pieces: list[bytes], mode: int, possible: bool = possible) -> bool:
                asked.append(path)
                return possible and written(path, pieces, mode)

            self.patch(self.staging.unbuffered, "write", write)
            staged, data = self.staged(), begins + os.urandom(size - 4)
            for start in range(0, size, 50_000):
                staged.write(data[start : start + 50_000])
            self.assertEqual(await staged.end(for_good=for_good), hashlib.sha256(data).digest())
            self.assertEqual(asked, [staged.path] if unbuffered else [])
            self.assertEqual((staged.path.read_bytes(), staged.path.stat().st_mode & 0o777), (data, 0o600))
            asked.clear()

    async def test_nothing_came(self) -> None:
        """An empty file is a file."""
        staged = self.staged()
        self.assertEqual(await staged.end(), hashlib.sha256().digest())
        self.assertEqual(staged.path.read_bytes(), b"")

    async def test_holds_its_source(self) -> None:
        """Whoever sends faster than the disk writes waits, and goes on when it has caught up."""
        gate: Deferred[None] = Deferred()

        async def before() -> None:
            await gate

        staged = self.staged(before=before)
        for _ in range(HIGH_BYTES // BATCH_BYTES - 1):
            staged.write(b"x" * BATCH_BYTES)
        self.assertEqual(self.feeder.told, [])
        staged.write(b"x" * BATCH_BYTES)
        staged.write(b"x")
        self.assertEqual(self.feeder.told, ["hold"])
        gate.callback(None)
        await staged.end()
        self.assertEqual((self.feeder.told, staged.path.stat().st_size), (["hold", "go on"], HIGH_BYTES + 1))

    async def test_rests(self) -> None:
        """Beyond a size an upload rests after each write as long as that took, but not for ever; its end does not."""
        self.patch(staging, "STEPS_FROM_BYTES", BATCH_BYTES)
        clock, takes_s = RestClock(), [0.03, 60.0, 60.0]

        def sync(_: int) -> None:
            clock.rightNow += takes_s.pop(0)

        self.patch(os, "fdatasync", sync)
        self.staging.reactor = clock
        rested, staged = clock.rested, self.staged()
        staged.write(b"x" * 2 * BATCH_BYTES)
        self.assertEqual(await rested, 0.03)
        rested = clock.rested
        staged.write(b"y" * BATCH_BYTES)
        clock.advance(0.03)
        self.assertEqual(await rested, LONGEST_REST_S)
        staged.write(b"z" * BATCH_BYTES)
        self.assertEqual(staged.path.stat().st_size, 3 * BATCH_BYTES)
        ended = Deferred.fromCoroutine(staged.end())
        clock.advance(LONGEST_REST_S)
        await ended
        self.assertEqual((staged.path.stat().st_size, clock.getDelayedCalls()), (4 * BATCH_BYTES, []))

    async def test_goes_in_small_steps(self) -> None:
        """Beyond a size whoever sends is held after each step, until the one before is written and has rested."""
        self.patch(staging, "STEPS_FROM_BYTES", STEP_BYTES)
        clock = self.staging.reactor = RestClock()
        rested, staged = clock.rested, self.staged()
        staged.write(b"x" * STEP_BYTES)
        self.assertEqual(self.feeder.told, [])
        staged.write(b"x")
        await rested
        self.assertEqual((self.feeder.told, staged.path.stat().st_size), (["hold", "go on"], STEP_BYTES + 1))
        staged.write(b"y" * STEP_BYTES)
        self.assertEqual((self.feeder.told[2:], staged.path.stat().st_size), (["hold"], STEP_BYTES + 1))
        rested = clock.rested
        clock.advance(LONGEST_REST_S)
        await rested
        self.assertEqual((self.feeder.told[2:], staged.path.stat().st_size), (["hold", "go on"], 2 * STEP_BYTES + 1))
        clock.advance(LONGEST_REST_S)
        await staged.end()

    async def test_all_together(self) -> None:
        """Many who send a little each have a bound too: each of them waits then until its little is written."""
        self.patch(staging, "MOST_BYTES", 50_000)
        gate: Deferred[None] = Deferred()

        async def before() -> None:
            await gate

        many = [self.staged(before=before) for _ in range(10)]
        for each in many:
            each.write(b"x" * 10_000)
        self.assertEqual(self.feeder.told, ["hold"] * 6)
        gate.callback(None)
        for each in many:
            each.write(b"y")
        for each in many:
            await each.end()
        self.assertEqual({each.path.stat().st_size for each in many}, {10_001})
        self.assertEqual(self.feeder.told.count("go on"), self.feeder.told.count("hold"))

    async def test_goes_on(self) -> None:
        """From an offset: what lies beyond is void, and the digest is that of what comes."""
        (self.folder / "a").write_bytes(b"0123456789")
        staged = self.staged(id="a", offset=4, algorithm="sha1")
        staged.write(b"xy")
        self.assertEqual(await staged.end(), hashlib.sha1(b"xy").digest())
        self.assertEqual(((self.folder / "a").read_bytes(), staged.size), (b"0123xy", 6))
        for id in ("a", "b"):
            staged = self.staged(id=id, offset=7)
            with self.assertRaises(OSError):
                await staged.end()
        self.assertEqual([path.name for path in self.folder.iterdir()], ["a"])

    async def test_abandoned(self) -> None:
        """Nothing stays, whenever it is: before anything was written, in the middle, at the end."""
        staged = self.staged()
        await staged.abandon()
        staged = self.staged()
        staged.write(b"x" * 500_000)
        await staged.abandon()
        staged = self.staged()
        staged.write(b"x" * 500_000)
        await staged.end()
        await staged.abandon()
        self.assertEqual(list(self.folder.iterdir()), [])

    async def test_fails(self) -> None:
        """Of a disk that fails its source hears at once, and who waits for the end; so it is with what comes before."""
        staged = self.staged(id="none/there")
        staged.write(b"x" * BATCH_BYTES)
        with self.assertRaises(FileNotFoundError):
            await staged.end()
        self.assertIsInstance(self.feeder.told[0], FileNotFoundError)

        async def before() -> None:
            raise ValueError("no room")

        staged = self.staged(before=before)
        staged.write(b"x")
        with self.assertRaises(ValueError):
            await staged.end()
        self.assertEqual(list(self.folder.iterdir()), [])

    async def test_sweep(self) -> None:
        """What is old goes, folders too; what is new or known stays."""
        for name in ("old", "known", "known.json", "new"):
            (self.folder / name).write_bytes(b"x")
        (self.folder / "dir").mkdir()
        (self.folder / "dir" / "x").write_bytes(b"x")
        for path in self.folder.iterdir():
            if path.name != "new":
                os.utime(path, (1, 1))
        await self.staging.sweep({"known"})
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["known", "known.json", "new"])

    async def test_start(self) -> None:
        """What the last run has left goes, unless it can be gone on with."""
        for name in ("new", "known", "known.json"):
            (self.folder / name).write_bytes(b"x")
        os.utime(self.folder / "known", (1, 1))
        again = Staging(self.folder, reactor, new_id=uuid7, keep_s=100)
        self.addCleanup(again.stop)
        await again.start()
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["known", "known.json"])

    async def test_stopped(self) -> None:
        """At the end of the server nothing is taken any more, and nobody waits for ever."""
        staged = self.staged()
        await self.staging.stop()
        staged.write(b"x" * BATCH_BYTES)
        await staged.abandon()
        self.assertEqual([type(each) for each in self.feeder.told], [ThreadsEnded])
