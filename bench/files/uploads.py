"""``python -m bench.files.uploads``: what an upload of 200 MB costs: memory, and the time of others. Chatr alone.

Measured: the most memory that the server process has had while one file came in, beyond what it had before; and how
long the sends of somebody take who has nothing to do with it, one after the other, with and without the upload. The
same by tus, in parts of 10 MB, and while 16 people upload 1 MB each again and again.
"""

from __future__ import annotations

import argparse
import http.client
import multiprocessing
import statistics
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from multiprocessing.connection import Connection

from bench.burst import sends
from bench.resume import populate
from bench.server import Server, free_port, running
from bench.sessions import Client
from chatr.auth.tokens import Tokens
from chatr.datadir import DataDirectory

SIZE, PIECE, PART = 200_000_000, 100_000, 10_000_000
PEOPLE, SMALL, ROUNDS = 16, 1_000_000, 30
#: Enough sends for a 99th percentile.
QUIET_TIMES = 5
_LINE = b"Bread, butter, and a line of some more words to read.\n"
_TEXT = _LINE * (PIECE // len(_LINE)) + b"." * (PIECE % len(_LINE))
_HEAD = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
_TAIL = b"\r\n--x--\r\n"

Upload = Callable[[int, list[str], Connection], None]


def whole(port: int, tokens: list[str], pipe: Connection) -> None:
    """One file in one request."""
    _post(_connection(port), tokens[0], SIZE)
    pipe.send(1)


def parts(port: int, tokens: list[str], pipe: Connection) -> None:
    """The same in many."""
    connection = _connection(port)
    headers = {"Authorization": f"Bearer {tokens[0]}", "Tus-Resumable": "1.0.0"}
    name = b64encode(b"a.txt").decode()
    new = {**headers, "Upload-Length": str(SIZE), "Upload-Metadata": f"filename {name}"}
    where = _ask(connection, "POST", "/api/files/tus", b"", new).getheader("Location") or ""
    for offset in range(0, SIZE, PART):
        sent = {**headers, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        _ask(connection, "PATCH", where, _TEXT * (PART // PIECE), sent)
    pipe.send(1)


def many(port: int, tokens: list[str], pipe: Connection) -> None:
    """Small files of many people at once."""
    going = [multiprocessing.get_context("fork").Process(target=_again, args=(port, token)) for token in tokens]
    for each in going:
        each.start()
    for each in going:
        each.join()
    pipe.send(len(going) * ROUNDS)


def _again(port: int, token: str) -> None:
    connection = _connection(port)
    for _ in range(ROUNDS):
        _post(connection, token, SMALL)


def _connection(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=300)


def _post(connection: http.client.HTTPConnection, token: str, size: int) -> None:
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "multipart/form-data; boundary=x",
        "Content-Length": str(len(_HEAD) + size + len(_TAIL)),
    }
    _ask(connection, "POST", "/api/files", _form(size), headers)


def _form(size: int) -> Iterator[bytes]:
    yield _HEAD
    for _ in range(size // PIECE):
        yield _TEXT
    yield _TAIL


def _ask(
    connection: http.client.HTTPConnection, verb: str, path: str, body: bytes | Iterator[bytes], headers: dict[str, str]
) -> http.client.HTTPResponse:
    connection.request(verb, path, body, headers)
    answer = connection.getresponse()
    said = answer.read()
    assert answer.status in (201, 204), (answer.status, said)
    return answer


def show(text: str, took: list[float]) -> None:
    """A line of figures."""
    cuts = statistics.quantiles(took, n=100) if len(took) > 1 else took * 99
    figures = (("p50", cuts[49]), ("p95", cuts[94]), ("p99", cuts[98]), ("max", max(took)))
    print(f"{text:52}", *(f"{name} {figure:7.1f} ms" for name, figure in figures), f"of {len(took)}", flush=True)


def measure(server: Server, upload: Upload, tokens: list[str], stranger: Client, to: str) -> None:
    """One upload, or many, from beginning to end."""
    here, there = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=upload, args=(server.port, tokens, there))
    before, cpu_s, began = server.peak_bytes(reset=True), server.cpu_s(), time.perf_counter()
    child.start()
    there.close()
    took = sends(stranger, to, here)
    files, seconds = here.recv(), time.perf_counter() - began
    child.join()
    grown, cpu_s = server.peak_bytes() - before, server.cpu_s() - cpu_s
    show(f"a send during: {(upload.__doc__ or '').rstrip('.')}", took)
    print(f"{'':4}{files / seconds:.1f} files/s, {seconds:.1f} s, {cpu_s:.1f} s of processor, +{grown / 1e6:.1f} MB")


def main() -> int:
    """Start a server, measure, print."""
    argparse.ArgumentParser(prog="python -m bench.files.uploads", description=__doc__.partition("\n")[0]).parse_args()
    port = free_port()
    settings = (
        f"server.rawsocket=tcp:{port}:interface=127.0.0.1:backlog=512",
        f"files.max_bytes={2 * SIZE}",
        "files.quota_bytes=0",
    )
    with running(*settings) as server:
        keys = DataDirectory.open(server.home).signing_keys()
        tokens = Tokens(keys, lifetime_s=86400, now=lambda: datetime.now(timezone.utc))
        people, pairs = populate(server, 1)
        stranger, to = Client(port, tokens.issue(people[0], people[0], "user")), pairs[-1]
        uploaders = [tokens.issue(each, each, "user") for each in server.people(PEOPLE)]
        show("a send", [each for _ in range(QUIET_TIMES) for each in sends(stranger, to, None)])
        for upload in (whole, whole, whole, parts, many):
            measure(server, upload, uploaders, stranger, to)
        stranger.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
