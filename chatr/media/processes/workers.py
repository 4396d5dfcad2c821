"""Worker processes: a few that live long, are started when first needed, and are replaced when they die or are late."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from twisted.internet.defer import Deferred, fail, gatherResults
from twisted.logger import Logger

import chatr
from chatr.api.errors import ApiError
from chatr.media.processes.account import unprivileged
from chatr.media.processes.frames import Job, Start, framed
from chatr.media.processes.handing import Handing
from chatr.media.processes.waiting import Waiting
from chatr.media.processes.worker import JobInHand, Worker

log = Logger()

#: Processors that strangers may keep busy, and the time of a job.
PROCESSES = 2
DEADLINE_S = 2.0
#: Of a worker with what it has imported 30 MiB are in use.
MEMORY_BYTES = 256 * 1024 * 1024
#: Jobs that wait; one more is refused at once.
MOST_WAITING = 32
MAX_ANSWER_BYTES = 256 * 1024
#: After a worker that could not even begin, none is tried for so long.
PAUSE_S = 10.0

_BOOT = (
    "import json, os, sys; os.chdir('/'); sys.path[:] = json.loads(sys.argv[1]); "
    "from chatr.media.processes.child import main; main(sys.argv[2])"
)


class Workers:
    """Does jobs in worker processes, each one job at a time, in the order in which they come.

    A job that takes longer than ``deadline_s``, or more than ``memory_bytes`` with the worker around it, fails with
    ``Unparsed``: the worker is killed, and another is started for the next job. Each beyond ``most_waiting`` fails
    with ``unavailable``, and so do all while no worker can be started, and when they are stopped. ``jobs`` names the
    module that does each kind of job (:class:`~chatr.media.processes.frames.Start`).

    Jobs under a key take turns with those of other keys: ``most_of_one`` wait at most, and all processes but one are
    for a key at most, if there are several.
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
        most_of_one: int = MOST_WAITING,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        nice: int = 0,
    ) -> None:
        self._reactor = reactor
        self._processes = processes
        self._deadline_s = deadline_s
        self._max_answer_bytes = max_answer_bytes
        uid, gid = unprivileged()
        self._start = Start(dict(jobs), memory_bytes, round(deadline_s) + 1, uid, gid, os.getpid(), nice)
        at_once = max(1, processes - 1)
        self._waiting: Waiting[JobInHand] = Waiting(most=most_waiting, most_of_one=most_of_one, at_once=at_once)
        self._workers: list[Worker] = []
        self._owing: list[str] = []
        """Keys whose jobs have cost a process that is not there again."""
        self._not_before = 0.0
        self._stopped = False
        self.started = 0
        """Processes so far."""

    @property
    def pids(self) -> list[int]:
        """The processes that run."""
        return [worker.pid for worker in self._workers]

    def run(self, job: str, payload: bytes, handing: Handing | None = None, *, key: str = "") -> Deferred[bytes]:
        """Have a worker do the job on a payload. Fails with ``Unparsed`` and ``unavailable``.

        Of a job with files that are handed over also with OSError, when these can't be read or written. Whoever stops
        waiting stops nothing.
        """
        if self._stopped:
            return fail(_unavailable("the server stops"))
        size = handing.size if handing is not None else None
        task = JobInHand(framed(msgspec.msgpack.encode(Job(job, payload, size))), handing, key)
        if not self._waiting.add(key, task):
            return fail(_unavailable("too many wait"))
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
            if worker.idle and (task := self._waiting.next()) is not None:
                worker.do(task)
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
        worker = Worker(self._reactor, self._deadline_s, self._max_answer_bytes, self._free)
        path = [str(Path(chatr.__file__).parent.parent), *(each for each in sys.path if each)]
        told = [msgspec.json.encode(each).decode() for each in (path, self._start)]
        line = [sys.executable, "-I", "-S", "-c", _BOOT, *told]
        try:
            # Nothing of the environment: there may be passwords in it. Twisted closes all files but these. From another
            # directory it would fork, which Python warns of where there are threads.
            self._reactor.spawnProcess(
                worker, line[0], line, env={"LC_ALL": "C.UTF-8"}, childFDs={0: "w", 1: "r", 2: "r"}
            )
        except OSError as error:
            self._no_start(str(error))
            return False
        self.started += 1
        self._workers.append(worker)
        worker.ended.addCallback(partial(self._ended, worker))
        return True

    def _free(self, task: JobInHand | None, *, lost: bool = False) -> None:
        if task is None and self._owing:
            self._waiting.ended(self._owing.pop(0))
        elif task is not None and lost:
            # Until there is another process: or else its next job would take away one that others can have now.
            self._owing.append(task.key)
        elif task is not None:
            self._waiting.ended(task.key)
        self._next()

    def _ended(self, worker: Worker, complaint: str | None) -> None:
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
        while self._owing:
            self._waiting.ended(self._owing.pop())
        if not self._workers:
            self._refuse_waiting("no worker can be started")

    def _refuse_waiting(self, reason: str) -> None:
        for task in self._waiting.drained():
            task.fail(_unavailable(reason))


def _unavailable(reason: str) -> ApiError:
    return ApiError("unavailable", f"Nothing is parsed at this moment: {reason}", retry_after_s=2)
