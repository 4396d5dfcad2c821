"""Worker processes, real ones: what they may, what becomes of hostile jobs, and that the reactor turns."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import LoopingCall
from twisted.logger import LogLevel, globalLogPublisher
from twisted.trial.unittest import TestCase

from chatr.api.errors import ApiError
from chatr.media.processes.frames import FrameReader, TooLong, framed
from chatr.media.processes.worker import Unparsed
from chatr.media.processes.workers import Workers

MIB = 1 << 20
JOBS = {"test": "tests.media.jobs"}


class WorkersCase(TestCase):
    """Workers that do the jobs of tests/media/jobs.py."""

    def make(self, **options: Any) -> Workers:
        workers = Workers(reactor, options.pop("jobs", JOBS), **{"processes": 1, **options})
        self.addCleanup(workers.stop)
        return workers

    async def unparsed(self, job: Deferred[bytes]) -> str:
        """Assert that a job fails; the reason."""
        return str(await self.assertFailure(job, Unparsed))

    async def refused(self, job: Deferred[bytes]) -> str:
        """Assert that a job is refused, to be tried again; the reason."""
        error = await self.assertFailure(job, ApiError)
        self.assertEqual(error.code, "unavailable")
        return error.detail.partition(": ")[2]


class JobTests(WorkersCase):
    """chatr.media.processes.workers"""

    async def test_jobs(self) -> None:
        """Nothing is started before there is a job; then one process does them all, in order."""
        workers = self.make()
        self.assertEqual(workers.pids, [])
        jobs = [workers.run("test", b"echo %d" % number) for number in range(5)]
        self.assertEqual(await gatherResults(jobs), [b"0", b"1", b"2", b"3", b"4"])
        self.assertEqual(workers.started, 1)
        large = bytes(range(256)) * 4096
        self.assertEqual(await self.make(max_answer_bytes=2 * MIB).run("test", b"echo " + large), large)

    async def test_side_by_side(self) -> None:
        """Of two processes one goes on while the other is stuck; there are never more."""
        workers = self.make(processes=2, deadline_s=60.0)
        stuck = workers.run("test", b"loop")
        others = [workers.run("test", b"echo x") for _ in range(8)]
        self.assertEqual(await gatherResults(others), [b"x"] * 8)
        self.assertFalse(stuck.called)
        self.assertEqual((len(workers.pids), workers.started), (2, 2))
        await workers.stop()
        self.assertEqual(await self.refused(stuck), "the server stops")

    async def test_nice(self) -> None:
        """They stand behind what else wants a processor, also where sessions share it first (Linux, sched(7)).

        One processor, of several, they leave to others whole.
        """
        workers = self.make(nice=7)
        self.assertEqual(await workers.run("test", b"echo x"), b"x")
        [pid] = workers.pids
        self.assertEqual(os.getpriority(os.PRIO_PROCESS, pid), 7)
        group = Path(f"/proc/{pid}/autogroup")
        if group.exists():
            self.assertTrue(group.read_text().endswith(" nice 7\n"))
        usable = os.sched_getaffinity(0)
        self.assertEqual(os.sched_getaffinity(pid), usable - {min(usable)} or usable)

    async def test_loop(self) -> None:
        """A job that never ends is ended at the deadline while the reactor turns; the next has another process."""
        workers = self.make(deadline_s=0.5)
        pid = json.loads(await workers.run("test", b"about"))["pid"]
        count: list[None] = []
        turns = LoopingCall(count.append, None)
        turning = turns.start(0.001)
        self.assertEqual(await self.unparsed(workers.run("test", b"loop")), "it took too long")
        turns.stop()
        await turning
        # In a thread that holds the interpreter's lock there would be none, or one.
        self.assertGreater(len(count), 10)
        self.assertNotEqual(json.loads(await workers.run("test", b"about"))["pid"], pid)
        self.assertRaises(ProcessLookupError, os.kill, pid, 0)

    async def test_memory(self) -> None:
        """The limit of memory acts, also on what jobs before have left; the next has another process."""
        workers = self.make(memory_bytes=256 * MIB)
        first = await workers.run("test", b"hog 100")
        self.assertEqual(await self.unparsed(workers.run("test", b"hog 200")), "the worker died of it")
        self.assertNotEqual(await workers.run("test", b"hog 100"), first)
        self.assertEqual(workers.started, 2)

    async def test_death(self) -> None:
        """A job that its process dies of fails, and no other."""
        workers = self.make()
        jobs = [workers.run("test", each) for each in (b"echo 1", b"die 0", b"echo 2", b"fail x", b"echo 3")]
        failures = [await self.unparsed(jobs[number]) for number in (1, 3)]
        self.assertEqual(failures, ["the worker died of it", "it is broken"])
        self.assertEqual([await jobs[number] for number in (0, 2, 4)], [b"1", b"2", b"3"])
        self.assertEqual(workers.started, 2)

    async def test_lies(self) -> None:
        """A worker that says what is no answer, or too long a one, is ended."""
        workers = self.make(max_answer_bytes=MIB)
        for says in (b"\xff\xff\xff\xff", framed(b"\xc1"), framed(b""), framed(b"\x92\xc3\xa1x")):
            self.assertEqual(await self.unparsed(workers.run("test", b"lie " + says)), "it answered what is no answer")
        self.assertEqual(await self.unparsed(workers.run("test", b"big %d" % MIB)), "it answered what is no answer")
        self.assertEqual(await workers.run("test", b"echo x"), b"x")

    async def test_bound(self) -> None:
        """So many wait; one more is refused at once."""
        workers = self.make(most_waiting=2)
        held = [workers.run("test", b"echo x") for _ in range(2)]
        self.assertEqual(await self.refused(workers.run("test", b"echo y")), "too many wait")
        self.assertEqual(await gatherResults(held), [b"x", b"x"])

    async def test_nobody_waits(self) -> None:
        """Whoever stops waiting stops nothing."""
        workers = self.make()
        gone = workers.run("test", b"echo 1")
        gone.addErrback(lambda _: None).cancel()
        self.assertEqual(await workers.run("test", b"echo 2"), b"2")

    async def test_stop(self) -> None:
        """With the node they end; what waits fails, and nothing new begins."""
        workers = self.make()
        pid = json.loads(await workers.run("test", b"about"))["pid"]
        jobs = [workers.run("test", b"loop"), workers.run("test", b"echo x")]
        stopping = workers.stop()
        self.assertEqual([await self.refused(job) for job in jobs], ["the server stops"] * 2)
        await stopping
        self.assertRaises(ProcessLookupError, os.kill, pid, 0)
        self.assertEqual(await self.refused(workers.run("test", b"echo x")), "the server stops")
        self.assertEqual(workers.started, 1)

    async def test_no_start(self) -> None:
        """One that can't begin is told once with its reason, and for a while no other is tried."""
        told: list[str] = []

        def observe(event: Any) -> None:
            if event.get("log_level") is LogLevel.error:
                told.append(event["reason"])

        globalLogPublisher.addObserver(observe)
        self.addCleanup(globalLogPublisher.removeObserver, observe)
        workers = self.make(jobs={"test": "tests.media.absent"})
        for _ in range(3):
            self.assertEqual(await self.refused(workers.run("test", b"echo x")), "no worker can be started")
        self.assertEqual((workers.started, told), (1, ["ModuleNotFoundError: No module named 'tests.media.absent'"]))


class RightsTests(WorkersCase):
    """What a worker has and may."""

    async def test_rights(self) -> None:
        """Three pipes and nothing of ours: no file, socket, variable, right; no new file, socket or process either."""
        os.environ["CHATR_SECRET_OF_A_TEST"] = "x"
        self.addCleanup(os.environ.pop, "CHATR_SECRET_OF_A_TEST")
        found = json.loads(await self.make(memory_bytes=200 * MIB).run("test", b"about"))
        self.assertEqual(found["files"], [0, 1, 2])
        self.assertEqual(found["environment"], ["LC_ALL"])
        self.assertNotEqual(found["uid"], 0)
        self.assertEqual(found["memory"], 200 * MIB)
        self.assertEqual(found["refused"], ["file", "socket", "process", "more"])
        self.assertEqual((found["twisted"], found["lxml"]), (False, False))

    def test_parsers_stay_outside(self) -> None:
        """The server itself does not even import them."""
        code = "import sys, chatr.node, chatr.media.looking; sys.exit(bool({'lxml', 'PIL', 'av'} & sys.modules.keys()))"
        self.assertEqual(subprocess.run([sys.executable, "-c", code], cwd=os.getcwd(), check=False).returncode, 0)

    def test_dies_with_chatr(self) -> None:
        """A worker in a loop ends when chatr is killed."""
        code = """
import sys
from twisted.internet import reactor
from chatr.media.processes.workers import Workers
workers = Workers(reactor, {"test": "tests.media.jobs"}, deadline_s=60)
def ready(_):
    workers.run("test", b"loop")
    print(workers.pids[0], flush=True)
workers.run("test", b"echo x").addCallback(ready)
reactor.run()
"""
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as parent:
            assert parent.stdout is not None
            pid = int(parent.stdout.readline())
            watched = os.pidfd_open(pid)
            parent.kill()
        self.addCleanup(os.close, watched)
        self.assertTrue(select.select([watched], [], [], 30)[0], "the worker lives on")


class FrameTests(TestCase):
    """chatr.media.processes.frames"""

    def test_pieces(self) -> None:
        """Frames are put together whatever pieces they come in."""
        heard: list[bytes] = []
        reader = FrameReader(heard.append, max_bytes=10)
        for byte in framed(b"one") + framed(b"") + framed(b"two"):
            reader.feed(bytes([byte]))
        reader.feed(framed(b"three") + framed(b"four"))
        self.assertEqual(heard, [b"one", b"", b"two", b"three", b"four"])
        self.assertRaises(TooLong, reader.feed, b"\x00\x00\x00\x0b")
