"""Whether the machine stood still: a process on each processor that none goes before, and that is late all the same.

It needs the right to real time, as root has. Without it nothing is known, and nothing is measured again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection

from bench.files.world import child

_STEP_S = 0.001
_PRIORITY = 50


@contextmanager
def stalls() -> Iterator[Stalls]:
    """Watch all processors."""
    with ExitStack() as stack:
        yield Stalls([stack.enter_context(child(_watch, each)) for each in os.sched_getaffinity(0)])


class Stalls:
    """What is known by all who watch."""

    def __init__(self, pipes: list[Connection]) -> None:
        self._pipes = pipes

    def longest_ms(self) -> float:
        """For how long a processor stood still since the last call, at most."""
        for pipe in self._pipes:
            pipe.send("")
        return float(max(pipe.recv() for pipe in self._pipes))


def _watch(processor: int, pipe: Connection) -> None:
    os.sched_setaffinity(0, {processor})
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(_PRIORITY))
    except PermissionError:
        while pipe.recv() is not None:
            pipe.send(0.0)
        return
    longest_s = 0.0
    while True:
        due = time.perf_counter() + _STEP_S
        time.sleep(_STEP_S)
        longest_s = max(longest_s, time.perf_counter() - due)
        if pipe.poll():
            if pipe.recv() is None:
                return
            pipe.send(longest_s * 1000)
            longest_s = 0.0
