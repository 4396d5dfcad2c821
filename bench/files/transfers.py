"""``python -m bench.files.transfers``: files up and down beside Express and Multer, and what others notice of it.

Uploads and downloads of 1 MB by 16 clients at once, in turns with a peer of the yardstick's stack (``peer_server``) on
the same PostgreSQL. What is sent is a zip, which neither re-encodes: of an image chatr makes others, which the peer
does not. Then a file of 200 MB: how much more memory the server takes, and how long messages of two others take
meanwhile; and these again under images that are small files and large pictures, one after the other and in a flood.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import uuid
from pathlib import Path

from bench import processes
from bench.files import peer as files_peer
from bench.files.load import Job
from bench.files.others import others
from bench.files.peer import FilesPeer
from bench.files.world import BODY_BYTES, CLIENTS, NICE, Bench, archive, loading, upload_request
from bench.server import free_port, running

MAX_BYTES = 256 * 1024 * 1024
#: Memory first: what a server has once taken it keeps.
PARTS = ("others", "uploads", "downloads")


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
    good = True
    with running(*settings, "files.quota_bytes=0") as server:
        if "others" in parts:
            # Who sends files is elsewhere: it takes no processor from those who talk.
            with loading(nice=NICE) as load:
                good &= others(Bench(server, port, load), options.rounds, options.seconds)
        if {"uploads", "downloads"} & set(parts):
            with loading() as load, files_peer.running(server, options.scratch) as peer:
                bench = Bench(server, port, load)
                good &= "uploads" not in parts or uploads(bench, peer, options)
                good &= "downloads" not in parts or downloads(bench, peer, options)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
