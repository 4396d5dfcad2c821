"""How long the server does nothing else: turns of its reactor, and garbage collections, while much is sent."""

from __future__ import annotations

import argparse
import json
import os
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.growth.senders import Senders
from bench.growth.world import Found, growing
from bench.server import TWISTD
from bench.tables import number

#: Who send, who are here beside them, and what was sent before one looks.
PAIRS, IDLE, WARM = 64, 1000, 2000
LIMIT_MS = 20
#: Within what time a server that is alive says it.
ANSWERS_S = 30.0


def pauses(options: argparse.Namespace) -> list[Found]:
    """Turns while 64 send, with a thousand others here who hold what the collector has to look at."""
    with tempfile.TemporaryDirectory(prefix="chatr-bench-") as folder:
        path = Path(folder) / "turns.json"
        with growing(program=watched(path)) as world:
            people = world.server.people(2 * PAIRS)
            conversations = world.pairs(people)
            idle = [world.session(user_id) for user_id in world.server.people(IDLE)]
            senders = Senders(world.server.pid, [world.session(each) for each in people[::2]], conversations)
            senders.send(WARM)
            seen(path, world.server.pid)
            senders.send(options.sends)
            found = seen(path, world.server.pid)
            for session in idle:
                session.close()
    turns = sorted(found["turns"])
    p99, p999 = (turns[int(len(turns) * part)] * 1000 for part in (0.99, 0.999))
    value = f"p99 {number(p99)}, p99.9 {number(p999)}, longest {number(turns[-1] * 1000)} ms of {len(turns):,}"
    took = [seconds * 1000 for generation in found["collections"] for seconds in generation]
    counts = " + ".join(str(len(generation)) for generation in found["collections"])
    collected = f"{counts} by generation, longest {number(max(took, default=0))}, in all {number(sum(took))} ms"
    return [
        Found(f"turns of the reactor over {options.sends:,} sends", value, f"p99.9 ≤ {LIMIT_MS} ms", p999 <= LIMIT_MS),
        Found("garbage collections meanwhile", collected),
    ]


def watched(path: Path) -> str:
    """The program of a server that writes to ``path`` what turns and collections took: see ``seen``."""
    return f"from bench.growth import turns; turns.watch({str(path)!r}); {TWISTD}"


def seen(path: Path, pid: int) -> dict[str, Any]:
    """What has been since this was asked last, in seconds: ``turns``, and ``collections`` by generation.

    Raises TimeoutError.
    """
    os.kill(pid, signal.SIGUSR2)
    deadline = time.monotonic() + ANSWERS_S
    while not path.exists():
        if time.monotonic() > deadline:
            raise TimeoutError("the server does not say what its turns took")
        time.sleep(0.01)
    found: dict[str, Any] = json.loads(path.read_text())
    path.unlink()
    return found
