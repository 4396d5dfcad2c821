"""Inside of a server that is looked at: how long each turn of its reactor takes, and each garbage collection.

Imported by the server's process before anything else; see ``watched`` of bench/growth/pauses.py.
"""

from __future__ import annotations

import gc
import json
import signal
import time
from array import array
from pathlib import Path
from typing import Any


class Poller:
    """Stands before the poller of the reactor: a turn is what is between two waits for something to do."""

    def __init__(self, poller: Any) -> None:
        self._poller = poller
        self._woke = time.perf_counter()
        self.turns = array("d")

    def poll(self, *arguments: Any) -> Any:
        """Wait."""
        self.turns.append(time.perf_counter() - self._woke)
        answer = self._poller.poll(*arguments)
        self._woke = time.perf_counter()
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._poller, name)


class Collections:
    """Seconds of each garbage collection, by generation."""

    def __init__(self) -> None:
        self.took: list[list[float]] = [[], [], []]
        self._began = 0.0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        """As gc.callbacks calls it."""
        if phase == "start":
            self._began = time.perf_counter()
        else:
            self.took[info["generation"]].append(time.perf_counter() - self._began)


def watch(path: str) -> None:
    """From now on; each SIGUSR2 writes to ``path`` what has been since the last."""
    from twisted.internet import reactor

    poller: Any = Poller(reactor._poller)  # type: ignore[attr-defined]
    reactor._poller = poller  # type: ignore[attr-defined]
    collections = Collections()
    gc.callbacks.append(collections)

    def give(*_: object) -> None:
        found, poller.turns = poller.turns, array("d")
        took, collections.took = collections.took, [[], [], []]
        made = Path(f"{path}.new")
        made.write_text(json.dumps({"turns": found.tolist(), "collections": took}))
        made.replace(path)

    signal.signal(signal.SIGUSR2, give)
