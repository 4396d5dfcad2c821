"""A server for the benches of chatr alone."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2

#: What a server's process runs.
TWISTD = "from twisted.scripts.twistd import run; run()"


@contextmanager
def running(*settings: str, program: str = TWISTD) -> Iterator[Server]:
    """A server with these settings, ended and removed with the block. ``program``: what its Python runs."""
    with tempfile.TemporaryDirectory(prefix="chatr-bench-", ignore_cleanup_errors=True) as folder:
        # As root the embedded PostgreSQL runs under another name.
        Path(folder).chmod(0o755)
        server = Server(Path(folder) / "data", *settings, program=program)
        try:
            yield server
        finally:
            server.stop()


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Server:
    """A chatr of its own in production mode on an embedded PostgreSQL, limits off, from its start to its end.

    ``home``: an empty folder that the unprivileged account of the database can pass.
    """

    def __init__(self, home: Path, *settings: str, program: str = TWISTD) -> None:
        self.home = home
        self.port = free_port()
        options = ["--http", f"tcp:{self.port}:interface=127.0.0.1:backlog=512", "--data-dir", str(home)]
        for setting in ("server.mode=production", "limits.enabled=false", *settings):
            options += ["--set", setting]
        twistd = [sys.executable, "-c", program, "--nodaemon", "--pidfile="]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("CHATR_")}
        self._log = (home.parent / "chatr.log").open("w+")
        self._process = subprocess.Popen(
            [*twistd, "chatr", *options], stdout=self._log, stderr=subprocess.STDOUT, env=environment
        )
        deadline = time.monotonic() + 60
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                self._log.seek(0)
                raise SystemExit(f"the server did not start:\n{self._log.read()}")
            time.sleep(0.1)
        self.database = psycopg2.connect(host=(home / "pg.socket").read_text().strip(), user="chatr", dbname="chatr")
        self.database.autocommit = True

    def stop(self) -> None:
        """End it and wait."""
        self._process.terminate()
        self._process.wait(30)

    @property
    def pid(self) -> int:
        """Of the server process."""
        return self._process.pid

    def people(self, count: int) -> list[str]:
        """New accounts, each with a session that has its id; their ids."""
        made = [str(uuid.uuid4()) for _ in range(count)]
        with self.database.cursor() as cursor:
            cursor.execute(
                "INSERT INTO users (id, username, display_name, password_hash, email_verified_at)"
                " SELECT id, '@' || left(id::text, 18), 'Somebody', '', now() FROM unnest(%s::uuid[]) id",
                (made,),
            )
            cursor.execute(
                "INSERT INTO sessions (id, user_id, expires_at)"
                " SELECT id, id, now() + interval '1 day' FROM unnest(%s::uuid[]) id",
                (made,),
            )
        return made

    def post(self, path: str, body: object, address: str = "") -> tuple[int, str]:
        """Status and text of an answer, over a new connection; as from ``address``, with server.trusted_proxies = 1."""
        headers = {"Content-Type": "application/json", **({"X-Forwarded-For": address} if address else {})}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        try:
            connection.request("POST", f"/api{path}", json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def get(self, path: str) -> str:
        """The text of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def cpu_s(self) -> float:
        """Processor time of the server process so far, without its database."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_bytes(self, *, reset: bool = False) -> int:
        """The most memory that the server process has had, since the last reset (proc(5), clear_refs)."""
        process = Path(f"/proc/{self._process.pid}")
        if reset:
            (process / "clear_refs").write_text("5")
        lines = (line.split() for line in (process / "status").read_text().splitlines())
        return next(int(line[1]) * 1024 for line in lines if line[0] == "VmHWM:")

    def _ready(self) -> bool:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            connection.request("GET", "/ready")
            return connection.getresponse().status == 200
        except OSError:
            return False
