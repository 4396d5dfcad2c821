"""Worker processes: a few that live long, are started when first needed, and are replaced when they die or are late."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from twisted.internet.defer import Deferred, fail, gatherResults
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure

import chatr
from chatr.api.errors import ApiError
from chatr.media.account import unprivileged
from chatr.media.frames import Done, FrameReader, Job, Start, TooLong, framed

log = Logger()

#: Processors that strangers may keep busy, and the time of a job.
PROCESSES = 2
DEADLINE_S = 2.0
#: Of a worker with what it has imported 30 MiB are in use.
MEMORY_BYTES = 256 * 1024 * 1024
#: Jobs that wait; one more is refused at once.
MOST_WAITING = 32
MAX_ANSWER_BYTES = 256 * 1024
#: For a worker to import what it needs, also on a machine that is busy.
START_S = 30.0
#: After a worker that could not even begin, none is tried for so long.
PAUSE_S = 10.0
_COMPLAINT_BYTES = 2000

_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from chatr.media.child import main; main(sys.argv[2])"


class Unparsed(Exception):
    """It could not be parsed, for whatever reason: the worker refused it, died of it or was late."""


class Workers:
    """Does jobs in worker processes, each one job at a time, in the order in which they come.

    A job that takes longer than ``deadline_s``, or more than ``memory_bytes`` with the worker around it, fails with
    :class:`Unparsed`: the worker is killed, and another is started for the next job. Each beyond ``most_waiting`` fails
    with ``unavailable``, and so do all while no worker can be started, and when they are stopped. ``jobs`` names the
    module that does each kind of job (:class:`~chatr.media.frames.Start`).
    """

    def __init__(
        self,
        reactor: Any,
        jobs: Mapping[str, str],
        *,
        processes: int = PROCESSES,
        memory_bytes: int = MEMORY_BYTES,
        deadline_s: float = DEADLINE_S,
        most_waiting: int = MOST_WAITING,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        self._reactor = reactor
        self._processes = processes
        self._deadline_s = deadline_s
        self._most_waiting = most_waiting
        self._max_answer_bytes = max_answer_bytes
        uid, gid = unprivileged()
        self._start = Start(dict(jobs), memory_bytes, round(deadline_s) + 1, uid, gid, os.getpid())
        self._waiting: deque[_Task] = deque()
        self._workers: list[_Worker] = []
        self._not_before = 0.0
        self._stopped = False
        self.started = 0
        """Processes so far."""

    @property
    def pids(self) -> list[int]:
        """The processes that run."""
        return [worker.pid for worker in self._workers]

    def run(self, job: str, payload: bytes) -> Deferred[bytes]:
        """Have a worker do the job on a payload. Fails with :class:`Unparsed` and ``unavailable``.

        Whoever stops waiting stops nothing.
        """
        if self._stopped:
            return fail(_unavailable("the server stops"))
        if len(self._waiting) >= self._most_waiting:
            return fail(_unavailable("too many wait"))
        task = _Task(framed(msgspec.msgpack.encode(Job(job, payload))))
        self._waiting.append(task)
        self._next()
        return task.done

    def stop(self) -> Deferred[None]:
        """End all workers; what waits or is under way fails. Fires when their processes are gone."""
        self._stopped = True
        self._refuse_waiting("the server stops")
        for worker in self._workers:
            worker.kill(_unavailable("the server stops"))
        gone: Deferred[None] = gatherResults([worker.ended for worker in self._workers]).addCallback(lambda _: None)
        return gone

    def _next(self) -> None:
        for worker in self._workers:
            if self._waiting and worker.idle:
                worker.do(self._waiting.popleft())
        starting = sum(worker.starting for worker in self._workers)
        while len(self._waiting) > starting and len(self._workers) < self._processes and not self._stopped:
            if not self._begin():
                return
            starting += 1

    def _begin(self) -> bool:
        if self._reactor.seconds() < self._not_before:
            if not self._workers:
                self._refuse_waiting("no worker can be started")
            return False
        worker = _Worker(self._reactor, self._deadline_s, self._max_answer_bytes, self._next)
        path = [str(Path(chatr.__file__).parent.parent), *(each for each in sys.path if each)]
        told = [msgspec.json.encode(each).decode() for each in (path, self._start)]
        line = [sys.executable, "-I", "-S", "-c", _BOOT, *told]
        try:
            # Nothing of the environment: there may be passwords in it. Twisted closes all files but these.
            self._reactor.spawnProcess(
                worker, line[0], line, env={"LC_ALL": "C.UTF-8"}, path="/", childFDs={0: "w", 1: "r", 2: "r"}
            )
        except OSError as error:
            self._no_start(str(error))
            return False
        self.started += 1
        self._workers.append(worker)
        worker.ended.addCallback(partial(self._ended, worker))
        return True

    def _ended(self, worker: _Worker, complaint: str | None) -> None:
        self._workers.remove(worker)
        if self._stopped:
            return
        if complaint is not None:
            self._no_start(complaint)
        else:
            self._next()

    def _no_start(self, reason: str) -> None:
        log.error("a worker process can't be started: {reason}", reason=reason)
        self._not_before = self._reactor.seconds() + PAUSE_S
        if not self._workers:
            self._refuse_waiting("no worker can be started")

    def _refuse_waiting(self, reason: str) -> None:
        while self._waiting:
            self._waiting.popleft().fail(_unavailable(reason))


def _unavailable(reason: str) -> ApiError:
    return ApiError("unavailable", f"Nothing is parsed at this moment: {reason}", retry_after_s=2)


class _Task:
    """A job that somebody waits for, or not any more."""

    def __init__(self, frame: bytes) -> None:
        self.frame = frame
        self.done: Deferred[bytes] = Deferred()

    def answer(self, content: bytes) -> None:
        if not self.done.called:
            self.done.callback(content)

    def fail(self, error: Exception) -> None:
        if not self.done.called:
            self.done.errback(Failure(error))


class _Worker(ProcessProtocol):
    """One process: it starts, says that it is ready, does jobs one by one, and ends."""

    def __init__(self, reactor: Any, deadline_s: float, max_answer_bytes: int, free: Any) -> None:
        self._reactor = reactor
        self._deadline_s = deadline_s
        self._frames = FrameReader(self._heard, max_bytes=max_answer_bytes)
        self._free = free
        self._task: _Task | None = None
        self._timer: Any = None
        self._ready = False
        self._killed = False
        self._complaint = b""
        self.ended: Deferred[str | None] = Deferred()
        """Fires with why it could not begin, or None when it did."""

    @property
    def pid(self) -> int:
        transport: Any = self.transport
        return int(transport.pid or 0)

    @property
    def starting(self) -> bool:
        return not self._ready and not self._killed

    @property
    def idle(self) -> bool:
        return self._ready and self._task is None and not self._killed

    def do(self, task: _Task) -> None:
        """Begin a job; it has to be idle."""
        self._task = task
        self._timer = self._reactor.callLater(self._deadline_s, self.kill, Unparsed("it took too long"))
        transport: Any = self.transport
        transport.write(task.frame)

    def kill(self, reason: Exception) -> None:
        """End it at once. What it does fails now, whenever the process has gone."""
        self._killed = True
        self._stop_timer()
        if self._task is not None:
            log.info("a worker process is ended: {reason}", reason=reason)
        self._give_up(reason)
        transport: Any = self.transport
        try:
            transport.signalProcess("KILL")
        except ProcessExitedAlready:
            pass

    def connectionMade(self) -> None:
        self._timer = self._reactor.callLater(START_S, self.kill, Unparsed("it did not begin"))

    def outReceived(self, data: bytes) -> None:
        try:
            self._frames.feed(data)
        except (TooLong, msgspec.MsgspecError):
            self.kill(Unparsed("it answered what is no answer"))

    def errReceived(self, data: bytes) -> None:
        # Later it may hold what strangers wrote.
        if not self._ready:
            self._complaint = (self._complaint + data)[-_COMPLAINT_BYTES:]

    def inConnectionLost(self) -> None:
        """Do nothing: it does not read any more, and its end is told below."""

    def processEnded(self, reason: Failure) -> None:
        self._killed = True
        self._stop_timer()
        self._give_up(Unparsed("the worker died of it"))
        said = self._complaint.decode("utf-8", "replace").strip().rpartition("\n")[2]
        self.ended.callback(None if self._ready else said or str(reason.value))

    def _heard(self, content: bytes) -> None:
        if self._killed:
            return
        if not self._ready and not content:
            self._ready = True
            self._stop_timer()
        elif self._task is None:
            raise msgspec.DecodeError("an answer to nothing")
        else:
            self._answered(msgspec.msgpack.decode(content, type=Done))
        self._free()

    def _answered(self, done: Done) -> None:
        task, self._task = self._task, None
        self._stop_timer()
        if task is not None and done.ok:
            task.answer(done.payload)
        elif task is not None:
            task.fail(Unparsed("it is broken"))

    def _give_up(self, reason: Exception) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.fail(reason)

    def _stop_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None
