"""What a large file, and pictures that are larger than their files, do to memory and to other people's messages."""

from __future__ import annotations

import itertools
import os
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from multiprocessing.connection import Connection

from bench import processes
from bench.files.load import Job
from bench.files.stalls import Stalls, stalls
from bench.files.world import BODY_BYTES, Bench, archive, bomb, child, upload_request
from bench.sessions import Client

LARGE_BYTES = 200_000_000
#: What the issue allows.
MOST_GROWTH_MB, MOST_SLOWER = 16.0, 2.0
MESSAGES_PER_S = 100
#: A round in which a processor stood still for so long is measured again, so often.
STALL_MS, TRIES = 10.0, 3


def talk(port: int, tickets: Sequence[str], recipient_id: str, pipe: Connection) -> None:
    """Send messages from one to the other, at a rate, for as long as is asked; answer how long each took, in ms."""
    one, other = (Client(port, ticket) for ticket in tickets)
    other.subscribe()
    while (seconds := pipe.recv()) is not None:
        times = []
        began = time.perf_counter()
        for number in range(int(seconds * MESSAGES_PER_S)):
            due = began + number / MESSAGES_PER_S
            time.sleep(max(due - time.perf_counter(), 0))
            sent = one.call("chatr.message.send", recipientId=recipient_id, content="x", clientId=str(uuid.uuid4()))
            while other.event().get("message", {}).get("id") != sent["id"]:
                pass
            # From when it was due: what waits for a slow one before it has waited too.
            times.append((time.perf_counter() - due) * 1000)
        pipe.send(times)


class Beside:
    """How long the messages of two others take while something goes on, or nothing, over rounds."""

    def __init__(self, text: str, requests: list[bytes], *, most: float | None = None) -> None:
        """``most``: how many times as long as idle they may take; None: it is only told."""
        self.text = text
        self.most = most
        self._requests = requests
        self._rounds: list[list[float]] = []
        self._statuses: Counter[int] = Counter()
        self._stood_still = 0

    def measure(self, bench: Bench, talking: Connection, watch: Stalls, seconds: float) -> None:
        """Talk for so long; again, when the machine stood still meanwhile."""
        for _ in range(TRIES):
            # What the one has left to be written to the disk is not for the next to wait for.
            os.sync()
            watch.longest_ms()
            talking.send(seconds)
            if self._requests:
                self._statuses.update(bench.load(Job(bench.server.port, self._requests, seconds)).statuses)
            times = talking.recv()
            if watch.longest_ms() < STALL_MS:
                break
            self._stood_still += 1
        self._rounds.append(times)

    @property
    def p99(self) -> float:
        """Of all rounds, in ms."""
        return self._p(0.99)

    def _p(self, part: float) -> float:
        times = sorted(itertools.chain.from_iterable(self._rounds))
        return times[int(len(times) * part)]

    def __str__(self) -> str:
        each = " ".join(f"{sorted(times)[int(len(times) * 0.99)]:.1f}" for times in self._rounds)
        return (
            f"{self.text}: p50 {self._p(0.5):.1f} ms, p95 {self._p(0.95):.1f} ms, p99 {self.p99:.1f} ms"
            f" (rounds {each}; the machine stood still in {self._stood_still}); answers {dict(self._statuses)}"
        )


def memory(bench: Bench, large: bytes) -> bool:
    """How much more of it one large file takes."""
    # What is needed for the first one of all is not its size's.
    small = [upload_request(bench.token(bench.people[0]), "small.zip", "application/zip", archive(BODY_BYTES))]
    bench.load(Job(bench.server.port, small, 0))
    before = processes.memory_mb(bench.server.pid)
    processes.forget_peak(bench.server.pid)
    bench.load(Job(bench.server.port, [large], 0))
    grown = processes.peak_mb(bench.server.pid) - before
    print(f"memory of the server at 200 MB: {before:.0f} MB, and at most {grown:.1f} MB more", flush=True)
    return grown < MOST_GROWTH_MB


def others(bench: Bench, rounds: int, seconds: float) -> bool:
    """Measure and print; whether nothing is worse than it may be."""
    sender = bench.token(bench.people[0])
    large = upload_request(sender, "large.zip", "application/zip", archive(LARGE_BYTES))
    good = memory(bench, large)
    idle = Beside("messages of two others, idle", [])
    busy = [Beside(f"under uploads of {LARGE_BYTES // 1_000_000} MB", [large], most=MOST_SLOWER)]
    for kind, size in (("too large", 30_000), ("as large as may be", 7_000)):
        picture = bomb(size, size)
        for people, most in ((1, MOST_SLOWER), (8, None)):
            flood = [upload_request(bench.token(who), "a.png", "image/png", picture) for who in bench.people[:people]]
            text = f"under images of {size}² in {len(picture) // 1000} kB, {kind}, {people} at once"
            busy.append(Beside(text, flood, most=most))
    tickets = [bench.token(who) for who in bench.people[-2:]]
    with child(talk, bench.rawsocket_port, tickets, bench.people[-1]) as talking, stalls() as watch:
        # What is done for the first time is not what is measured.
        talking.send(seconds)
        talking.recv()
        for _ in range(rounds):
            for beside in (idle, *busy):
                beside.measure(bench, talking, watch, seconds)
    for beside in (idle, *busy):
        ratio = beside.p99 / idle.p99
        print(f"{beside}: {ratio:.1f}× of idle", flush=True)
        good &= beside.most is None or ratio <= beside.most
    return good
