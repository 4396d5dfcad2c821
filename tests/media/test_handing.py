"""Jobs with files: what a worker may read and make, and what becomes of one that wants more."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from threading import Event
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import gatherResults
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from chatr.media.processes.frames import PIECE_BYTES, MadePiece, Want
from chatr.media.processes.handing import Handing, Nonsense
from chatr.media.processes.worker import Unparsed
from chatr.media.processes.workers import Workers

CONTENT = bytes(range(251)) * 4000
NONSENSE = "it reads what there is not, or without end"
NOT_TO_MAKE = "it makes what it is not to make, or too much"


class HandingTests(TestCase):
    """chatr.media.processes.handing, worker and handed"""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.path = self.folder / "source"
        self.path.write_bytes(CONTENT)
        self.into = self.folder / "into"
        self.into.mkdir()

    def make(self, **options: Any) -> Workers:
        jobs = {"file": "tests.media.file_jobs", "test": "tests.media.jobs"}
        workers = Workers(reactor, jobs, **{"processes": 1, "max_answer_bytes": PIECE_BYTES + 4096, **options})
        self.addCleanup(workers.stop)
        return workers

    def handing(self, *names: str, max_bytes: int = 1 << 30, path: Path | None = None) -> Handing:
        handing = Handing(path or self.path, len(CONTENT), self.into, names, max_bytes)
        self.addCleanup(handing.close, keep=False)
        return handing

    async def test_reading(self) -> None:
        """A job reads its file from any place, in pieces of any size; what it answers is as without a file."""
        workers = self.make()
        for size in (1000, PIECE_BYTES, 1 << 30):
            digest = await workers.run("file", b"digest %d" % size, self.handing())
            self.assertEqual(digest.decode(), hashlib.sha256(CONTENT).hexdigest())
        at = PIECE_BYTES - 2
        places = [CONTENT[-3:], b"", CONTENT[at : at + 4], b"%d" % at, b"5", CONTENT[at : at + 5], b""]
        self.assertEqual(await workers.run("file", b"places", self.handing()), b"|".join(places))
        self.assertEqual(await workers.run("test", b"echo x"), b"x")
        self.assertEqual(workers.started, 1)

    async def test_making(self) -> None:
        """What it makes under the names that it was told becomes files, for chatr alone, and may stay."""
        workers = self.make()
        handing = self.handing("a", "b", "c")
        self.assertEqual(await workers.run("file", b"copy a b", handing), b"copied")
        self.assertEqual(handing.sizes(), {"a": len(CONTENT), "b": len(CONTENT)})
        handing.close(keep=True)
        self.assertEqual(sorted(each.name for each in self.into.iterdir()), ["a", "b"])
        self.assertEqual({each.read_bytes() for each in self.into.iterdir()}, {CONTENT})
        self.assertEqual({each.stat().st_mode & 0o777 for each in self.into.iterdir()}, {0o600})

    async def test_nothing_left(self) -> None:
        """Without that nothing stays."""
        workers = self.make()
        handing = self.handing("a")
        await self.assertFailure(workers.run("file", b"copy_and_fail a", handing), Unparsed)
        self.assertEqual(list(handing.sizes()), ["a"])
        handing.close(keep=False)
        self.assertEqual(list(self.into.iterdir()), [])

    async def test_nonsense(self) -> None:
        """A worker that asks for what no job of ours does is ended, and the next has another."""
        workers = self.make(deadline_s=20.0)
        said = {
            b"ask %d 1" % len(CONTENT): NONSENSE,
            b"make ../x": NOT_TO_MAKE,
            **dict.fromkeys([b"hurry", b"job"], "it answered what is no answer"),
        }
        for job, reason in said.items():
            handing = self.handing("a")
            # As if it had to be read from the disk: what is in memory is answered before more can be asked.
            self.patch(handing, "cached", lambda said: None)
            failed = await self.assertFailure(workers.run("file", job, handing), Unparsed)
            self.assertEqual((job, str(failed)), (job, reason))
        self.assertEqual(list(self.into.iterdir()), [])
        self.assertEqual(workers.started, len(said))

    def test_bounds(self) -> None:
        """Only what there is is read, a piece at a time, and not without end; only what is wanted is made."""
        end = len(CONTENT)
        for want in ((end, 1), (-1, 5), (0, 0), (0, -1), (0, PIECE_BYTES + 1), (end - 1, 2)):
            self.assertRaisesRegex(Nonsense, NONSENSE, self.handing().answer, Want(*want))
            self.assertRaisesRegex(Nonsense, NONSENSE, self.handing().cached, Want(*want))
        for name in ("../x", "source", "", "b"):
            self.assertRaisesRegex(Nonsense, NOT_TO_MAKE, self.handing("a").answer, MadePiece(name, b"x"))
        handing = self.handing()
        times = (4 * end + 64 * 1024 * 1024) // PIECE_BYTES
        for _ in range(times):
            # Where the system tells what it has in memory, it was just written.
            piece = handing.cached(Want(0, PIECE_BYTES)) or handing.answer(Want(0, PIECE_BYTES))
            self.assertEqual(piece, CONTENT[:PIECE_BYTES])
        self.assertRaisesRegex(Nonsense, NONSENSE, handing.answer, Want(0, PIECE_BYTES))
        self.assertRaisesRegex(Nonsense, NONSENSE, handing.cached, Want(0, PIECE_BYTES))

    async def test_too_much(self) -> None:
        """All files that it makes together have a bound, however small the pieces are."""
        workers = self.make()
        for most in (len(CONTENT) * 3 // 2, 4096):
            handing = self.handing("a", "b", max_bytes=most)
            failed = await self.assertFailure(workers.run("file", b"copy a b", handing), Unparsed)
            self.assertEqual(str(failed), NOT_TO_MAKE)
            handing.close(keep=False)
        many = self.handing("a", max_bytes=5 * 4096)
        for _ in range(5):
            many.answer(MadePiece("a", b""))
        self.assertRaisesRegex(Nonsense, NOT_TO_MAKE, many.answer, MadePiece("a", b""))

    async def test_no_file(self) -> None:
        """A job without a file gets none."""
        workers = self.make()
        handing = self.handing("a")
        said = b"\x93\x01\x00\x01"
        lie = b"lie " + len(said).to_bytes(4, "big") + said
        failed = await self.assertFailure(workers.run("test", lie), Unparsed)
        self.assertEqual(str(failed), "it answered what is no answer")
        handing.close(keep=False)
        self.assertRaisesRegex(Nonsense, "over", handing.answer, Want(0, 1))

    async def test_gone(self) -> None:
        """A file that is not there, or nowhere to write to, is told as such; so is a link in place of a file."""
        workers = self.make()
        (self.folder / "link").symlink_to(self.path)
        for path in (self.folder / "absent", self.folder / "link"):
            await self.assertFailure(workers.run("file", b"digest 9", self.handing(path=path)), OSError)
        (self.into / "a").symlink_to(self.folder / "elsewhere")
        await self.assertFailure(workers.run("file", b"copy a", self.handing("a")), FileExistsError)
        self.assertFalse((self.folder / "elsewhere").exists())

    async def test_time(self) -> None:
        """While chatr reads for it, its time stands still; what it does itself counts from job to job anew."""
        workers = self.make(deadline_s=0.8)
        await workers.run("test", b"echo x")
        slow = _Slow(self.path, len(CONTENT))
        self.addCleanup(slow.close, keep=False)
        job = workers.run("file", b"digest 1000000", slow)
        reactor.callLater(1.0, slow.go.set)
        self.assertEqual((await job).decode(), hashlib.sha256(CONTENT).hexdigest())
        self.assertEqual(workers.started, 1)

    async def test_ended_meanwhile(self) -> None:
        """Who is ended while chatr reads for it gets no answer, and the file is closed behind the reading."""
        workers = self.make(deadline_s=20.0)
        slow = _Slow(self.path, len(CONTENT))
        job = workers.run("file", b"digest 9", slow)
        await slow.begun_later()
        stopping = workers.stop()
        self.assertEqual((await self.assertFailure(job, Exception)).detail.partition(": ")[2], "the server stops")
        slow.go.set()
        await stopping
        slow.close(keep=False)

    async def test_turns(self) -> None:
        """Whose jobs never end has all processes but one; those of others come through, in turns."""
        workers = self.make(processes=2, deadline_s=30.0, most_of_one=3)
        stuck = [workers.run("test", b"loop", key="a") for _ in range(3)]
        refused = await self.assertFailure(workers.run("test", b"loop", key="a"), Exception)
        self.assertEqual(refused.code, "unavailable")
        others = [workers.run("test", b"echo x", key=key) for key in ("b", "c", "b")]
        self.assertEqual(await gatherResults(others), [b"x"] * 3)
        self.assertFalse(any(each.called for each in stuck))
        for each in stuck:
            each.addErrback(lambda _: None)

    async def test_cost(self) -> None:
        """Whose job has cost a process waits for another one, and takes none from those who come meanwhile."""
        workers = self.make(processes=2)
        pids: set[int] = set()
        while len(pids) < 2:
            both = [workers.run("test", b"about"), workers.run("test", b"about")]
            pids |= {json.loads(each)["pid"] for each in await gatherResults(both)}
        await self.assertFailure(workers.run("test", b"die 0", key="a"), Unparsed)
        told: list[str] = []
        for key, job in (("a", b"echo a"), ("b", b"echo b1"), ("b", b"echo b2")):
            last = workers.run("test", job, key=key).addCallback(lambda answer: told.append(answer.decode()))
        await gatherResults([last, workers.run("test", b"echo a", key="a")])
        self.assertEqual((told, workers.started), (["b1", "b2", "a"], 3))


class _Slow(Handing):
    """Waits with each answer until it may go on."""

    def __init__(self, path: Path, size: int) -> None:
        super().__init__(path, size)
        self.begun = Event()
        self.go = Event()

    def cached(self, said: Want | MadePiece) -> None:
        """Nothing is in memory."""

    def answer(self, said: Want | MadePiece) -> bytes:
        self.begun.set()
        self.go.wait(20)
        return super().answer(said)

    def begun_later(self) -> Any:
        """Fires when it was asked."""
        return deferToThread(self.begun.wait, 20)
