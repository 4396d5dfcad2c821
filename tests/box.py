"""A PostgreSQL for tests: one per process, started when first asked for, on a copy of a cached initdb."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import psycopg2

from chatr.embedded.child import Account, command
from chatr.embedded.lock import server_using
from chatr.embedded.postgres import binaries

_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PATH": os.defpath}
_SHM = Path("/dev/shm")
_MIN_SHM_BYTES = 512 * 1024 * 1024
_WAIT_S = 30.0


class Box:
    """A PostgreSQL server. ``durable``: with fsync, as in production."""

    def __init__(self, *, durable: bool = False) -> None:
        self._durable = durable
        self._account = Account()
        room = _SHM if _SHM.is_dir() and shutil.disk_usage(_SHM).free >= _MIN_SHM_BYTES else None
        self._home = Path(tempfile.mkdtemp(prefix="chatr-test-", dir=room))
        self._sockets = Path(tempfile.mkdtemp(prefix="chatr-test-"))
        for path in (self._home, self._sockets):
            self._own(path)
        subprocess.run(["cp", "-a", f"{self._template()}/.", str(self._home / "data")], check=True)
        self._process: subprocess.Popen[bytes] | None = None
        self._names = count(1)
        self._migrated = False
        self._cleaners: dict[str, tuple[Any, str]] = {}
        self._shared = ""
        self.start_server()
        atexit.register(self.close)

    @property
    def admin_dsn(self) -> str:
        """Connects to database ``postgres`` as superuser."""
        return self._dsn("postgres")

    def start_server(self) -> None:
        """Start the server on its data, and wait until it takes connections."""
        fsync = "on" if self._durable else "off"
        program = [str(binaries() / "postgres"), "-D", str(self._home / "data")]
        for setting in (
            "listen_addresses=",
            f"unix_socket_directories={self._sockets}",
            "unix_socket_permissions=0777",
            f"fsync={fsync}",
            "autovacuum=off",
            "max_connections=100",
            "shared_buffers=64MB",
            "log_min_messages=log",
            "log_min_error_statement=panic",
        ):
            program += ["-c", setting]
        line = command(self._account, program, on_death=signal.SIGQUIT)
        # A file, not a pipe: nobody reads it once the server is up, and a full pipe would stop the server.
        with (self._home / "log").open("wb") as output:
            self._process = subprocess.Popen(
                line, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=_ENVIRONMENT, cwd="/"
            )
        self._await_ready(self._process)

    def stop_server(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End the server, by default as a power cut would: SIGKILL for the postmaster and all of its children."""
        process, self._process = self._process, None
        if process is None:
            return
        if number == signal.SIGKILL:
            # Stopped, it has no more children while they are counted.
            process.send_signal(signal.SIGSTOP)
            for child in _children(process.pid):
                _kill(child)
        process.send_signal(number)
        process.wait(30)
        # The next server refuses to start beside children of this one.
        _wait(lambda: server_using(self._home / "data") is None, "the children of PostgreSQL did not end")
        for connection, _ in self._cleaners.values():
            connection.close()
        self._cleaners.clear()

    def ask_for_passwords(self) -> None:
        """Let nobody in without one from now on, but our own account."""
        rules = "local all chatr trust\nlocal all all scram-sha-256\n"
        (self._home / "data" / "pg_hba.conf").write_text(rules)
        self._sql("SELECT pg_reload_conf()")

    def shared(self) -> str:
        """The DSN of the database that ordinary tests share: migrated, and cleaned by each when it ends."""
        self._shared = self._shared or self.database()
        return self._shared

    def database(self) -> str:
        """The DSN of a fresh, migrated database."""
        if not self._migrated:
            from chatr.store.migrate import migrate

            self._sql("CREATE DATABASE chatr_template")
            migrate(self._dsn("chatr_template"))
            self._migrated = True
        name = f"chatr_{next(self._names)}"
        self._sql(f"CREATE DATABASE {name} TEMPLATE chatr_template STRATEGY file_copy")
        return self._dsn(name)

    def empty_database(self) -> str:
        """The DSN of a fresh database without our schema."""
        name = f"empty_{next(self._names)}"
        self._sql(f"CREATE DATABASE {name}")
        return self._dsn(name)

    def clean(self, dsn: str) -> None:
        """Delete every row of our tables."""
        if dsn not in self._cleaners:
            connection = psycopg2.connect(dsn)
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT string_agg(format('DELETE FROM %I', tablename), ';') FROM pg_tables "
                    "WHERE schemaname = 'public' AND tablename !~ '^(_?yoyo|epoch$|sql_functions$)'"
                )
                found = cursor.fetchone()
            # Replica role: foreign keys don't ask for an order.
            self._cleaners[dsn] = (connection, f"SET session_replication_role = replica; {found[0] if found else ''}")
        connection, sql = self._cleaners[dsn]
        with connection.cursor() as cursor:
            cursor.execute(sql)

    def drop(self, dsn: str) -> None:
        """Remove a database."""
        if dsn in self._cleaners:
            self._cleaners.pop(dsn)[0].close()
        self._sql(f"DROP DATABASE IF EXISTS {dsn.rsplit('dbname=', 1)[1]} WITH (FORCE)")

    def close(self) -> None:
        """Stop the server and remove its data."""
        # At once, but with its shared memory given back.
        self.stop_server(signal.SIGQUIT)
        for path in (self._home, self._sockets):
            shutil.rmtree(path, ignore_errors=True)
        atexit.unregister(self.close)

    def _dsn(self, name: str) -> str:
        return f"host={self._sockets} user=chatr dbname={name}"

    def _sql(self, statement: str) -> None:
        connection = psycopg2.connect(self.admin_dsn)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            connection.close()

    def _own(self, path: Path) -> None:
        path.chmod(0o711)
        if self._account.uid >= 0:
            os.chown(path, self._account.uid, self._account.gid)

    def _template(self) -> Path:
        """initdb once for all runs on this machine; renamed into place, so that two runs can't meet in it."""
        ready = Path(tempfile.gettempdir()) / f"chatr-initdb-{os.geteuid()}-{binaries().stat().st_mtime_ns:x}"
        if not (ready / "PG_VERSION").exists():
            partial = Path(tempfile.mkdtemp(prefix="chatr-initdb-"))
            self._own(partial)
            partial.chmod(0o700)
            initdb = [str(binaries() / "initdb"), "-D", str(partial), "-U", "chatr", "-A", "trust", "-E", "UTF8"]
            line = command(self._account, [*initdb, "--locale=C.UTF-8", "--no-sync"])
            subprocess.run(line, check=True, env=_ENVIRONMENT, cwd="/", stdout=subprocess.DEVNULL)
            try:
                partial.rename(ready)
            except OSError:
                shutil.rmtree(partial)
        return ready

    def _await_ready(self, process: subprocess.Popen[bytes]) -> None:
        log = self._home / "log"

        def ready() -> bool:
            said = log.read_bytes()
            if process.poll() is not None:
                raise RuntimeError(f"PostgreSQL did not start: {said.decode(errors='replace')}")
            return b"ready to accept connections" in said

        _wait(ready, "PostgreSQL was not ready")


def _wait(reached: Callable[[], bool], complaint: str) -> None:
    end = time.monotonic() + _WAIT_S
    while not reached():
        if time.monotonic() > end:
            raise RuntimeError(f"{complaint} within {_WAIT_S:.0f} s")
        time.sleep(0.005)


def _children(pid: int) -> list[int]:
    """The processes that ``pid`` started and that run: the fourth field of their stat, behind the name."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rsplit(")", 1)[1].split()[1]) == pid:
                found.append(int(stat.parent.name))
        except (OSError, IndexError):
            continue
    return found


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


_boxes: list[Box] = []


def box() -> Box:
    """This process's server."""
    if not _boxes:
        _boxes.append(Box())
    return _boxes[0]
