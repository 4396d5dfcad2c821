"""The garbage collector of a process that lives long: what has survived a full collection is not looked at again.

CPython looks at all there is each time that has grown by a quarter, and nothing else happens meanwhile: with 3,600
sessions a quarter of a second, to find a few hundred objects (bench.resume). What is no cycle is freed without it, and
our sessions are none (tests/e2e/test_garbage.py). What has become one among what is not looked at waits for a sweep.
"""

from __future__ import annotations

import gc
from typing import Any

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall

#: How often everything is looked at all the same.
SWEEP_S = 3600.0
#: When the collector looks (gc.set_threshold): at what is new for so many new objects beyond those that are gone by
#: then; at what it has seen once and twice about as often as by CPython's own (700, 10, 10). With 700 the calls of some
#: dozen sessions that are under way at once make it look again and again at what is about to go.
THRESHOLDS = 10_000, 1, 4


class Collector:
    """Of the whole process: for whoever owns that."""

    def __init__(self, clock: IReactorTime) -> None:
        self._sweeps = LoopingCall(_sweep)
        self._sweeps.clock = clock
        self._thresholds = gc.get_threshold()

    def start(self) -> None:
        """Begin; what has been imported is the first to be left alone."""
        gc.callbacks.append(_collected)
        gc.collect()
        gc.set_threshold(*THRESHOLDS)
        self._sweeps.start(SWEEP_S, now=False)

    def stop(self) -> None:
        """Have everything looked at again."""
        self._sweeps.stop()
        gc.callbacks.remove(_collected)
        gc.set_threshold(*self._thresholds)
        gc.unfreeze()


def _collected(phase: str, info: dict[str, Any]) -> None:
    if phase == "stop" and info["generation"] == 2:
        gc.freeze()


def _sweep() -> None:
    gc.unfreeze()
    gc.collect()
