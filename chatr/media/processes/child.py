"""The program of a worker process: it reads jobs from its input, does one after the other, and answers on its output.

What it works on is hostile. So before the first job it gives up what it does not need: rights, further files and
sockets, processes, memory beyond a limit. It imports no Twisted and nothing that knows a secret.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any

import msgspec

from chatr.media.processes.frames import (
    LENGTH_BYTES,
    MAX_JOB_BYTES,
    PIECE_BYTES,
    Done,
    Job,
    Said,
    Start,
    framed,
    length_of,
)
from chatr.media.processes.handed import Handed

#: prctl(2).
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_INPUT, _OUTPUT = 0, 1
_PIECE_BYTES = 65536


def main(start: str) -> None:
    """Work until the input ends."""
    told = msgspec.json.decode(start, type=Start)
    modules = {name: import_module(module) for name, module in told.jobs.items()}
    for module in modules.values():
        # Whatever is imported only when it is first needed: later no file can be opened.
        module.prepare()
    gc.freeze()
    _give_up_rights(told)
    _limit(told.memory_bytes)
    _write(b"")
    while (head := _read(LENGTH_BYTES)) is not None:
        content = _read(length_of(head, MAX_JOB_BYTES))
        if content is None:
            return
        _limit_time(told.cpu_s)
        _say(_done(modules, content))


def _done(modules: dict[str, Any], content: bytes) -> Done:
    try:
        job = msgspec.msgpack.decode(content, type=Job)
        handed = () if job.size is None else (Handed(job.size, _asked),)
        return Done(True, modules[job.name].work(job.payload, *handed))
    except MemoryError:
        # What is left of the heap is in pieces: chatr starts another worker.
        os._exit(3)
    except Exception:
        return Done(False)


def _asked(said: Said) -> bytes:
    _say(said)
    head = _read(LENGTH_BYTES)
    content = _read(length_of(head, PIECE_BYTES)) if head is not None else None
    if content is None:
        os._exit(0)
    return content


def _give_up_rights(told: Start) -> None:
    # Out of the terminal's process group: Ctrl-C is for chatr.
    os.setsid()
    _stand_behind(told.nice)
    if told.uid >= 0:
        os.setgroups([])
        os.setgid(told.gid)
        os.setuid(told.uid)
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # Behind the change of account, which clears it: nobody is left alone in a loop when chatr is killed.
    library.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != told.parent:
        sys.exit(1)


def _stand_behind(nice: int) -> None:
    """Leave the processor to others: one processor whole, and the rest when they want it.

    Even the nicest process keeps its processor for some milliseconds from whoever wakes up there.
    """
    usable = os.sched_getaffinity(0)
    if nice and len(usable) > 1:
        os.sched_setaffinity(0, usable - {min(usable)})
    os.nice(nice)
    # Where the system shares between sessions first, this one has to be nice too.
    with suppress(OSError), open("/proc/self/autogroup", "w") as group:
        group.write(str(nice))


def _limit(memory_bytes: int) -> None:
    for kind, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_NOFILE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def _limit_time(cpu_s: int) -> None:
    """Set a limit of the processor's time: chatr ends who is late, this ends who is late while chatr can't."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + cpu_s, resource.RLIM_INFINITY))


def _read(size: int) -> bytes | None:
    """So many bytes; None when the input ends before."""
    content = bytearray()
    while len(content) < size:
        piece = os.read(_INPUT, min(size - len(content), _PIECE_BYTES))
        if not piece:
            return None
        content += piece
    return bytes(content)


def _say(said: Said) -> None:
    _write(msgspec.msgpack.encode(said))


def _write(content: bytes) -> None:
    left = memoryview(framed(content))
    while left:
        left = left[os.write(_OUTPUT, left) :]
