"""Beside what chatr's files are measured: Express and Multer, of bench/files/peer_server, on the same PostgreSQL."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2

from bench.server import Server, free_port

_SECRET = "yardstick-secret-0123456789abcdef"
_TABLES = """
CREATE TABLE files (id uuid PRIMARY KEY, owner_id uuid NOT NULL, conversation_id uuid, name text NOT NULL,
                    size bigint NOT NULL, type text NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE members (conversation_id uuid, user_id uuid, PRIMARY KEY (conversation_id, user_id));
"""


def install(scratch: Path) -> Path:
    """A copy of the peer with what it needs from the registry."""
    place = scratch / "files-peer"
    shutil.copytree(Path(__file__).parent / "peer_server", place, dirs_exist_ok=True)
    if not (place / "node_modules").exists():
        command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(command, cwd=place, check=True)
    return place


class FilesPeer:
    """The peer, running."""

    def __init__(self, place: Path, server: Server, folder: Path) -> None:
        """``server``: whose PostgreSQL it gets a database in. ``folder``: where it keeps files."""
        self.port = free_port()
        self.folder = folder
        database = (server.home / "pg.socket").read_text().strip()
        with server.database.cursor() as cursor:
            cursor.execute("CREATE DATABASE files_peer")
        self.database = psycopg2.connect(host=database, user="chatr", dbname="files_peer")
        self.database.autocommit = True
        with self.database.cursor() as cursor:
            cursor.execute(_TABLES)
        environment = {
            **os.environ,
            "NODE_ENV": "production",
            "PORT": str(self.port),
            "PG": f"postgres://chatr@/files_peer?host={database}",
            "SECRET": _SECRET,
            "FOLDER": str(folder),
        }
        self._process = subprocess.Popen(
            ["node", "server.js"], cwd=place, env=environment, stdout=subprocess.PIPE, stderr=None, text=True
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "ready\n":
            raise SystemExit("the peer did not start")

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid

    def stop(self) -> None:
        """End it and wait."""
        self.database.close()
        self._process.terminate()
        self._process.wait(30)

    def conversation(self, *members: str) -> str:
        """A new conversation of these."""
        made = str(uuid.uuid4())
        with self.database.cursor() as cursor:
            cursor.execute("INSERT INTO members SELECT %s, unnest(%s::uuid[])", (made, list(members)))
        return made


def token(user_id: str) -> str:
    """What somebody is signed in with at the peer."""
    claims = {"sub": user_id, "iat": int(time.time()), "exp": int(time.time()) + 86400}
    head = _base64(b'{"alg":"HS256","typ":"JWT"}') + b"." + _base64(json.dumps(claims).encode())
    return (head + b"." + _base64(hmac.new(_SECRET.encode(), head, hashlib.sha256).digest())).decode()


@contextmanager
def running(server: Server, scratch: Path) -> Iterator[FilesPeer]:
    """The peer, ended and its files removed with the block."""
    place = install(scratch)
    with tempfile.TemporaryDirectory(prefix="files-peer-") as folder:
        peer = FilesPeer(place, server, Path(folder))
        try:
            yield peer
        finally:
            peer.stop()


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
