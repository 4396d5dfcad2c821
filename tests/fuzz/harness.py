"""What fuzz targets share: inputs made from a corpus, and a worker process that holds each of them to its bound.

Linux only: the peak of memory and its reset are read from /proc/self.
"""

from __future__ import annotations

import gc
import math
import mmap
import multiprocessing
import resource
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

#: Makes one input of at most so many bytes.
Hostile = Callable[[Random, int], bytes]

#: A worker ends after so many findings: more of them say nothing new.
MAX_FINDINGS = 5
#: Over its time, an input is run again: what is slow each time is slow by itself, and not by its neighbours.
REPEATS = 4
#: An input that takes so many times its bound ends its worker.
HANG_FACTOR, HANG_AT_LEAST_S = 20, 2.0
#: Address space beyond the bound, for what the worker itself does.
SLACK_BYTES = 128 * 1024 * 1024
_FORK = multiprocessing.get_context("fork")
#: Bytes that mean something to many formats.
_NUMBERS = bytes.fromhex("00 01 0a 0d 18 1e 20 22 25 2f 3a 3b 5b 5c 7b 7f 80 9f bf c0 d8 ed ff")


@dataclass(frozen=True, kw_only=True)
class Bound:
    """What an input of n bytes may cost: linear in n. Processor time, so that a busy machine changes little."""

    base_ms: float = 5.0
    ns_per_byte: float = 1_000.0
    base_bytes: int = 8 * 1024 * 1024
    bytes_per_byte: float = 64.0

    def seconds(self, size: int) -> float:
        """The processor time that an input of ``size`` bytes may take."""
        return self.base_ms / 1e3 + size * self.ns_per_byte / 1e9

    def memory(self, size: int) -> float:
        """How many bytes the process may grow by, at its peak, for an input of ``size`` bytes."""
        return self.base_bytes + size * self.bytes_per_byte


@dataclass(frozen=True, kw_only=True)
class Target:
    """One parser: answers what it likes or raises one of ``refuses``; all else is a finding."""

    name: str
    run: Callable[[bytes], object]
    refuses: tuple[type[Exception], ...] = ()
    corpus: Sequence[bytes]
    """Real inputs, to be mutated."""
    hostile: Sequence[Hostile] = ()
    """Makers of inputs that know the format's weak places."""
    max_bytes: int = 128 * 1024
    bound: Bound = Bound()

    def input(self, seed: str) -> bytes:
        """The input of a seed: always the same."""
        random = Random(seed)
        if self.hostile and random.random() < 0.5:
            data = random.choice(self.hostile)(random, some_size(random, self.max_bytes))
            if random.random() < 0.3:
                data = mutated(random, [data], self.max_bytes)
        else:
            data = mutated(random, self.corpus, self.max_bytes)
        return data[: self.max_bytes]

    def attempt(self, data: bytes) -> str:
        """Run one input; what was wrong with its outcome, or nothing."""
        try:
            self.run(data)
        except self.refuses:
            return ""
        except BaseException as error:
            return f"raises {type(error).__name__}: {str(error)[:200]}"
        return ""


@dataclass(frozen=True)
class Finding:
    """An input that shows a defect."""

    target: str
    problem: str
    data: bytes


@dataclass
class Report:
    """What a run over a target has seen. Ratios: the worst input's part of its bound, and that input's size."""

    inputs: int
    worst_time: tuple[float, int]
    worst_memory: tuple[float, int]
    findings: list[Finding]


def some_size(random: Random, max_bytes: int) -> int:
    """A size up to ``max_bytes``, as often of a few bytes as of many."""
    return int(2 ** random.uniform(0, math.log2(max_bytes)))


def mutated(random: Random, corpus: Sequence[bytes], max_bytes: int) -> bytes:
    """One of ``corpus``, changed in a few places."""
    data = bytearray(random.choice(corpus))
    for _ in range(random.choice((1, 1, 2, 3, 5, 8))):
        _mutate(random, data, corpus, max_bytes)
    return bytes(data[:max_bytes])


def _mutate(random: Random, data: bytearray, corpus: Sequence[bytes], max_bytes: int) -> None:
    start = random.randrange(len(data) + 1)
    end = min(len(data), start + some_size(random, 64))
    match random.randrange(7):
        case 0 if data:
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)
        case 1 if data:
            data[random.randrange(len(data))] = random.choice(_NUMBERS)
        case 2:
            data[start:start] = random.randbytes(some_size(random, 16))
        case 3:
            del data[start:end]
        case 4 if end > start:
            # What is quadratic shows in repetitions.
            piece = bytes(data[start:end])
            data[start:end] = piece * (some_size(random, max_bytes) // len(piece) + 1)
        case 5:
            other = random.choice(corpus)
            data[start:end] = other[random.randrange(len(other) + 1) :]
        case _:
            del data[start:]


def check(target: Target, *, seed: int, inputs: int) -> list[Finding]:
    """Run always the same inputs in this process, without bounds of time and memory."""
    found = []
    for index in range(inputs):
        data = target.input(f"{seed}/{index}")
        problem = target.attempt(data)
        if problem:
            found.append(Finding(target.name, problem, data))
    return found


def soak(target: Target, *, seed: int, seconds: float) -> Report:
    """Run inputs for so many seconds in a process of their own, each held to the target's bound."""
    current = mmap.mmap(-1, 8 + target.max_bytes)
    ours, theirs = _FORK.Pipe(duplex=False)
    worker = _FORK.Process(target=_work, args=(target, seed, seconds, theirs, current))
    worker.start()
    theirs.close()
    # What waits takes no processor time: its end is the clock's.
    answered = ours.poll(seconds + 60)
    try:
        if answered:
            report = ours.recv()
            worker.join()
            return report
    except EOFError:
        worker.join()
    worker.kill()
    worker.join()
    size = int.from_bytes(current[:8], "big")
    how = f"ended by signal {-(worker.exitcode or 0)}" if answered else "hangs"
    return Report(0, (0.0, 0), (0.0, 0), [Finding(target.name, how, bytes(current[8 : 8 + size]))])


def _work(target: Target, seed: int, seconds: float, pipe: Connection, current: mmap.mmap) -> None:
    """The worker: the parent reads the input from ``current`` if it kills us."""
    bound = target.bound
    most = _status("VmSize") + int(bound.memory(target.max_bytes)) + SLACK_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    # The default action, because a parser in C would not let a Python handler run.
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    gc.disable()
    report = Report(0, (0.0, 0), (0.0, 0), [])
    until = time.monotonic() + seconds
    for index in count():
        data = target.input(f"{seed}/{index}")
        size = len(data)
        current[: 8 + size] = size.to_bytes(8, "big") + data
        signal.setitimer(signal.ITIMER_PROF, max(HANG_AT_LEAST_S, HANG_FACTOR * bound.seconds(size)))
        problem, took_s, grew = measured(target, data)
        signal.setitimer(signal.ITIMER_PROF, 0)
        report.inputs += 1
        report.worst_time = max(report.worst_time, (took_s / bound.seconds(size), size))
        report.worst_memory = max(report.worst_memory, (grew / bound.memory(size), size))
        if problem:
            report.findings.append(Finding(target.name, problem, data))
        if time.monotonic() > until or len(report.findings) >= MAX_FINDINGS:
            break
        if index % 500 == 499:
            gc.collect()
    pipe.send(report)


def measured(target: Target, data: bytes) -> tuple[str, float, int]:
    """Run one input: what is wrong with it, its processor seconds, and by how many bytes the process grew."""
    Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmHWM")
    problem, took_s = _timed(target, data)
    grew = _status("VmHWM") - before
    may_s, may_grow = target.bound.seconds(len(data)), target.bound.memory(len(data))
    for _ in range(REPEATS):
        if took_s <= may_s:
            break
        took_s = min(took_s, _timed(target, data)[1])
    if took_s > may_s:
        problem = problem or f"takes {took_s * 1e3:.1f} ms, may take {may_s * 1e3:.1f}"
    if grew > may_grow:
        problem = problem or f"takes {grew / 2**20:.1f} MiB, may take {may_grow / 2**20:.1f}"
    return problem, took_s, grew


def _timed(target: Target, data: bytes) -> tuple[str, float]:
    started = time.thread_time_ns()
    problem = target.attempt(data)
    return problem, (time.thread_time_ns() - started) / 1e9


def _status(field: str) -> int:
    """A size of this process in bytes, from /proc/self/status (proc(5))."""
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024
    raise LookupError(field)
