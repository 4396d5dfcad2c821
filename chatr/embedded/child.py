"""Child processes that die with chatr, under an unprivileged account when chatr runs as root."""

from __future__ import annotations

import os
import pwd
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

#: Existing accounts without rights, in order of preference: initdb wants one with an entry in the password file.
UNPRIVILEGED = ("postgres", "nobody")


class Account:
    """Whom a child runs as. ``uid`` and ``gid`` are -1 for whoever chatr runs as."""

    def __init__(self) -> None:
        self.uid, self.gid, self.name = -1, -1, ""
        if os.geteuid() == 0:
            for name in UNPRIVILEGED:
                try:
                    entry = pwd.getpwnam(name)
                except KeyError:
                    continue
                self.uid, self.gid, self.name = entry.pw_uid, entry.pw_gid, name
                return
            raise LookupError(f"none of the accounts {', '.join(UNPRIVILEGED)} exists to run a child as")

    def blocked_at(self, target: Path) -> Path | None:
        """The first part of the way to ``target`` that this account can't pass or run, if there is one."""
        if self.uid < 0:
            return None
        return next((part for part in (*reversed(target.parents), target) if not self._passes(part)), None)

    def _passes(self, path: Path) -> bool:
        status = path.stat()
        executable = 0o001
        if status.st_uid == self.uid:
            executable = 0o100
        elif status.st_gid == self.gid:
            executable = 0o010
        return bool(status.st_mode & executable)


def command(account: Account, program: Sequence[str], *, on_death: signal.Signals = signal.SIGINT) -> list[str]:
    """The command line that runs ``program`` behind the shim."""
    shim = files("chatr.embedded").joinpath("shim.py").read_text(encoding="utf-8")
    numbers = [str(number) for number in (account.uid, account.gid, int(on_death), os.getpid())]
    return [sys.executable, "-I", "-S", "-c", shim, *numbers, *program]


class Child(ProcessProtocol):
    """A running child: its output by line, and its end."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._rest = b""
        self.ended: Deferred[int] = Deferred()
        self.running = True

    def outReceived(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._on_line(line.decode("utf-8", "replace").rstrip())

    errReceived = outReceived

    def processEnded(self, reason: Failure) -> None:
        self.running = False
        if self._rest:
            self._on_line(self._rest.decode("utf-8", "replace"))
        value: Any = reason.value
        self.ended.callback(int(value.exitCode if value.exitCode is not None else -(value.signal or 0)))

    def wait(self) -> Deferred[int]:
        """The exit code, or minus the signal, for one of several who wait for the end."""
        waiter: Deferred[int] = Deferred()

        def passed_on(code: int) -> int:
            waiter.callback(code)
            return code

        self.ended.addCallback(passed_on)
        return waiter

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        transport: Any = self.transport
        try:
            transport.signalProcess(int(number))
        except ProcessExitedAlready:
            pass


def spawn(
    reactor: Any, account: Account, program: Sequence[str], on_line: Callable[[str], None], env: Mapping[str, str]
) -> Child:
    """Start a child. Call it on the main thread: the kernel watches the thread that starts it."""
    child = Child(on_line)
    line = command(account, program)
    reactor.spawnProcess(child, line[0], line, env=dict(env), path="/")
    return child
