"""``python -m bench.files.transfers``: files up and down beside Express and Multer, and what others notice of it.

Uploads and downloads of 1 MB by 16 clients at once, in turns with a peer of the yardstick's stack (``peer_server``) on
the same PostgreSQL. What is sent is a zip, which neither re-encodes: of an image chatr makes others, which the peer
does not. Then a file of 200 MB: how much more memory the server takes, and how long messages of two others take
meanwhile; and these again under a flood of images that are small files and large pictures.
"""

from __future__ import annotations

import argparse
import io
import json
import multiprocessing
import os
import statistics
import struct
import sys
import tempfile
import time
import urllib.request
import uuid
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bench import processes
from bench.contacts import befriend
from bench.files import peer as files_peer
from bench.files.load import Job, Outcome, serve
from bench.files.peer import FilesPeer
from bench.server import Server, free_port, running
from bench.sessions import Client
from chatr.auth.tokens import Tokens
from chatr.datadir import DataDirectory

CLIENTS, BODY_BYTES = 16, 1_000_000
LARGE_BYTES, MAX_BYTES = 200_000_000, 256 * 1024 * 1024
#: What the issue allows.
MOST_GROWTH_MB, MOST_SLOWER = 16.0, 2.0
MESSAGES_PER_S = 50
#: Memory first: what a server has once taken it keeps.
PARTS = ("others", "uploads", "downloads")
_BOUNDARY = "bench-boundary"


class Bench:
    """Chatr, the load, and people of both."""

    def __init__(self, server: Server, rawsocket_port: int, load: Callable[[Job], Outcome]) -> None:
        self.server = server
        self.rawsocket_port = rawsocket_port
        self.load = load
        self.people = server.people(2 * CLIENTS + 2)
        befriend(server, self.people[:CLIENTS], self.people[CLIENTS : 2 * CLIENTS])
        befriend(server, self.people[-1:], self.people[-2:-1])
        keys = DataDirectory.open(server.home).signing_keys()
        self._tokens = Tokens(keys, lifetime_s=86400, now=lambda: datetime.now(timezone.utc))

    def token(self, user_id: str) -> str:
        """What somebody is signed in with."""
        return self._tokens.issue(user_id, user_id, "user")

    def call(self, user_id: str, verb: str, path: str, body: object = None) -> dict[str, Any]:
        """One call of REST as somebody."""
        headers = {"Authorization": f"Bearer {self.token(user_id)}", "Content-Type": "application/json"}
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.server.port}/api{path}", data=data, headers=headers, method=verb
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return dict(json.load(answer))


def archive(size: int) -> bytes:
    """A zip that takes so many bytes, about: random ones, as compressed ones are."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as file:
        file.writestr("random", os.urandom(size))
    return made.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of nothing but black, eight bits of grey a pixel."""
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(width + 1)) for _ in range(height)) + packer.flush()
    parts = ((b"IHDR", struct.pack("!IIBBBBB", width, height, 8, 0, 0, 0, 0)), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack("!I", len(data)) + name + data + struct.pack("!I", zlib.crc32(name + data)) for name, data in parts
    )


def upload_request(token: str, name: str, media_type: str, body: bytes) -> bytes:
    """A whole request that uploads a file, to either server."""
    form = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: {media_type}\r\n\r\n"
    ).encode() + body
    form += f"\r\n--{_BOUNDARY}--\r\n".encode()
    head = (
        "POST /api/files HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: multipart/form-data; boundary={_BOUNDARY}\r\n"
        f"Content-Length: {len(form)}\r\n\r\n"
    )
    return head.encode() + form


def download_request(path: str, token: str = "") -> bytes:
    """A whole request for a file."""
    more = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{more}\r\n".encode()


class Side:
    """One of the two: where it listens, what it is asked, and the process that answers; and what was measured."""

    def __init__(self, port: int, requests: list[bytes], pid: int, expected: int) -> None:
        self.port = port
        self.requests = requests
        self.pid = pid
        self.expected = expected
        self.rates: list[float] = []
        #: Processor time of a request, in ms: of the server, and of the database.
        self.costs: list[tuple[float, float]] = []
        #: How much of a processor the load took.
        self.shares: list[float] = []

    def measure(self, bench: Bench, seconds: float, *, keep: bool) -> None:
        """Ask for so long. ``keep``: it was not to warm up."""
        # What the one has left to be written to the disk is not for the other to wait for.
        os.sync()
        before = processes.used(self.pid), processes.used(bench.server.pid)
        outcome = bench.load(Job(self.port, self.requests, seconds))
        server, database = (
            processes.used(pid).since(past) for pid, past in zip((self.pid, bench.server.pid), before, strict=True)
        )
        if set(outcome.statuses) != {self.expected}:
            raise SystemExit(f"port {self.port} has answered {outcome.statuses}")
        answers = sum(outcome.statuses.values())
        if keep:
            self.rates.append(answers / outcome.seconds)
            self.costs.append((server.server_s / answers * 1000, database.database_s / answers * 1000))
            self.shares.append(outcome.cpu_s / outcome.seconds)

    def __str__(self) -> str:
        server_ms, database_ms = (statistics.median(costs) for costs in zip(*self.costs, strict=True))
        rate, share = statistics.median(self.rates), max(self.shares)
        return f"{rate:.0f}/s ({server_ms:.2f} ms + {database_ms:.2f} ms of PostgreSQL each; the load {share:.0%})"


def compare(bench: Bench, text: str, peer: Side, ours: Side, options: argparse.Namespace) -> bool:
    """Measure both in turns; print requests a second, what each costs, how busy the load was, and the ratio."""
    for number in range(options.rounds + 1):
        for side in (peer, ours):
            side.measure(bench, options.seconds if number else 0.5, keep=number > 0)
    ratios = [mine / other for mine, other in zip(ours.rates, peer.rates, strict=True)]
    ratio = statistics.median(ratios)
    print(f"{text}: peer {peer}\n  chatr {ours}\n  ratio {ratio:.2f} ({min(ratios):.2f}–{max(ratios):.2f})", flush=True)
    return ratio >= 1


def uploads(bench: Bench, peer: FilesPeer, options: argparse.Namespace) -> bool:
    """1 MB each, by many."""
    bodies = [archive(BODY_BYTES) for _ in range(CLIENTS)]
    some = list(zip(bench.people, bodies, strict=False))
    theirs = [upload_request(files_peer.token(who), "some.zip", "application/zip", body) for who, body in some]
    mine = [upload_request(bench.token(who), "some.zip", "application/zip", body) for who, body in some]
    one, other = Side(peer.port, theirs, peer.pid, 201), Side(bench.server.port, mine, bench.server.pid, 201)
    return compare(bench, f"uploads of 1 MB, {CLIENTS} clients", one, other, options)


def downloads(bench: Bench, peer: FilesPeer, options: argparse.Namespace) -> bool:
    """1 MB each, by many: what others have sent them."""
    theirs, mine = [], []
    for sender, receiver in zip(bench.people[:CLIENTS], bench.people[CLIENTS:], strict=False):
        body = archive(BODY_BYTES)
        found = bench.load(Job(bench.server.port, [upload_request(bench.token(sender), "a.zip", "a/zip", body)], 0))
        assert found.statuses == {201: 1}, found.statuses
        with bench.server.database.cursor() as cursor:
            cursor.execute("SELECT id FROM files WHERE owner_id = %s ORDER BY id DESC LIMIT 1", (sender,))
            [(file_id,)] = cursor.fetchall()
        send = {"recipientId": receiver, "content": "", "fileId": str(file_id), "clientId": str(uuid.uuid4())}
        bench.call(sender, "POST", "/messages", send)
        mine.append(download_request(bench.call(receiver, "GET", f"/files/{file_id}")["url"]))
        theirs.append(_at_peer(peer, sender, receiver, body))
    one, other = Side(peer.port, theirs, peer.pid, 200), Side(bench.server.port, mine, bench.server.pid, 200)
    return compare(bench, f"downloads of 1 MB, {CLIENTS} clients", one, other, options)


def _at_peer(peer: FilesPeer, sender: str, receiver: str, body: bytes) -> bytes:
    """The request for a file of the same size that the peer has."""
    file_id = str(uuid.uuid4())
    (peer.folder / file_id).write_bytes(body)
    with peer.database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO files VALUES (%s, %s, %s, 'a.zip', %s, 'application/zip')",
            (file_id, sender, peer.conversation(sender, receiver), len(body)),
        )
    return download_request(f"/api/files/{file_id}", files_peer.token(receiver))


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


def beside(bench: Bench, talking: Connection, text: str, job: Job, idle: list[float]) -> tuple[bool, Outcome]:
    """Talk while something else goes on; print how long messages take, beside the time without."""
    talking.send(job.seconds)
    outcome = bench.load(job)
    times = talking.recv()
    quiet, busy = _p(idle, 0.99), _p(times, 0.99)
    print(
        f"messages of two others {text}: p50 {_p(times, 0.5):.1f} ms, p99 {busy:.1f} ms, {busy / quiet:.1f}× of idle;"
        f" answers {outcome.statuses} in {outcome.seconds:.1f} s",
        flush=True,
    )
    return busy <= MOST_SLOWER * quiet, outcome


def _p(times: list[float], part: float) -> float:
    return sorted(times)[int(len(times) * part)]


def others(bench: Bench, options: argparse.Namespace) -> bool:
    """What a large file, and pictures that are larger than their files, do to memory and to other people."""
    tickets = [bench.token(who) for who in bench.people[-2:]]
    with _child(talk, bench.rawsocket_port, tickets, bench.people[-1]) as talking:
        talking.send(options.seconds * 3)
        idle = talking.recv()
        print(f"messages of two, idle: p50 {_p(idle, 0.5):.1f} ms, p99 {_p(idle, 0.99):.1f} ms", flush=True)
        # What is needed for the first one of all is not its size's.
        small = [upload_request(bench.token(bench.people[0]), "small.zip", "application/zip", archive(BODY_BYTES))]
        bench.load(Job(bench.server.port, small, 0))
        large = [upload_request(bench.token(bench.people[0]), "large.zip", "application/zip", archive(LARGE_BYTES))]
        before = processes.memory_mb(bench.server.pid)
        processes.forget_peak(bench.server.pid)
        bench.load(Job(bench.server.port, large, 0))
        grown = processes.peak_mb(bench.server.pid) - before
        print(f"memory of the server at 200 MB: {before:.0f} MB, and at most {grown:.1f} MB more", flush=True)
        good = grown < MOST_GROWTH_MB
        under = [(f"under uploads of {LARGE_BYTES // 1_000_000} MB", large)]
        for kind, (width, height) in (("too large", (30_000, 30_000)), ("as large as may be", (7_000, 7_000))):
            picture = bomb(width, height)
            flood = [upload_request(bench.token(who), "a.png", "image/png", picture) for who in bench.people[:8]]
            under.append((f"under images of {width}×{height} in {len(picture) // 1000} kB, {kind}", flood))
        for text, requests in under:
            fine, _ = beside(bench, talking, text, Job(bench.server.port, requests, options.seconds * 3), idle)
            good &= fine
    return good


@contextmanager
def _child(work: Callable[..., None], *args: Any) -> Iterator[Connection]:
    """A process that is talked to by a pipe, and told to end by None."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=work, args=(*args, theirs))
    process.start()
    try:
        yield ours
    finally:
        ours.send(None)
        process.join(10)
        process.kill()


def main() -> int:
    """Measure and print; 1 when something is worse than it may be."""
    parser = argparse.ArgumentParser(prog="python -m bench.files.transfers", description=__doc__.partition("\n")[0])
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()) / "chatr-bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    options = parser.parse_args()
    parts = options.parts or PARTS
    port = free_port()
    settings = (f"server.rawsocket=tcp:{port}:interface=127.0.0.1", f"files.max_bytes={MAX_BYTES}")
    with running(*settings, "files.quota_bytes=0") as server, _child(serve) as pipe:

        def load(job: Job) -> Outcome:
            pipe.send(job)
            found: Outcome = pipe.recv()
            return found

        bench = Bench(server, port, load)
        good = "others" not in parts or others(bench, options)
        if {"uploads", "downloads"} & set(parts):
            with files_peer.running(server, options.scratch) as peer:
                good &= "uploads" not in parts or uploads(bench, peer, options)
                good &= "downloads" not in parts or downloads(bench, peer, options)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
