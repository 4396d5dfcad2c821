"""What the benches of files have in common: a server with people, what is sent, and processes that take part."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import struct
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from multiprocessing.connection import Connection
from typing import Any

from bench.contacts import befriend
from bench.files.load import Job, Outcome, serve
from bench.server import Server
from chatr.auth.tokens import Tokens
from chatr.datadir import DataDirectory

CLIENTS, BODY_BYTES = 16, 1_000_000
#: Of the load, where it is not what is compared.
NICE = 19
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


@contextmanager
def child(work: Callable[..., None], *args: Any) -> Iterator[Connection]:
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


@contextmanager
def loading(nice: int = 0) -> Iterator[Callable[[Job], Outcome]]:
    """The process of the load: does one job at a time."""
    with child(serve, nice) as pipe:

        def load(job: Job) -> Outcome:
            pipe.send(job)
            found: Outcome = pipe.recv()
            return found

        yield load
