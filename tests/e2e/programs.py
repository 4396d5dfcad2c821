"""Programs under test that run as processes of their own and speak JSON lines."""

from __future__ import annotations

import json
import os
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

LIMIT_S = 30.0


class Program(ProcessProtocol):
    """A running program: what it prints, line by line, and its end."""

    def __init__(self, command: list[str], env: dict[str, str] | None = None, cwd: str | None = None) -> None:
        self.output = ""
        self.errors = ""
        self._waiting: list[tuple[str, Deferred[str]]] = []
        self.ended: Deferred[int] = Deferred()
        whole = {**os.environ, **(env or {})}
        reactor.spawnProcess(self, command[0], command, env=whole, path=cwd)  # type: ignore[attr-defined]

    def outReceived(self, data: bytes) -> None:
        self.output += data.decode()
        self._look()

    def errReceived(self, data: bytes) -> None:
        self.errors += data.decode()
        self._look()

    def processEnded(self, reason: Failure) -> None:
        self.ended.callback(reason.value.exitCode if reason.value.exitCode is not None else -reason.value.signal)
        for text, waiter in self._waiting:
            waiter.errback(AssertionError(f"ended without saying {text!r}: {self.output}{self.errors}"))
        self._waiting.clear()

    def says(self, text: str) -> Deferred[str]:
        """Fires with everything said so far once ``text`` is part of it; fails when the program ends without."""
        waiter: Deferred[str] = Deferred()
        self._waiting.append((text, waiter))
        self._look()
        return waiter.addTimeout(LIMIT_S, reactor, onTimeoutCancel=self._too_late)

    def kill(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        try:
            self.transport.signalProcess(number)
        except ProcessExitedAlready:
            pass

    def _look(self) -> None:
        said = self.output + self.errors
        ready = [entry for entry in self._waiting if entry[0] in said]
        self._waiting = [entry for entry in self._waiting if entry not in ready]
        for _, waiter in ready:
            waiter.callback(said)

    def _too_late(self, result: Any, timeout: float) -> Any:
        raise AssertionError(f"too late: {self.output}{self.errors}")


async def steps(command: list[str], env: dict[str, str]) -> list[dict[str, Any]]:
    """Run a program to its end and return the JSON lines it printed; it must end with 0 in time."""
    program = Program(command, env)
    waiter: Deferred[int] = Deferred()
    program.ended.addCallback(lambda code: (waiter.callback(code), code)[1])
    try:
        code = await waiter.addTimeout(LIMIT_S, reactor)
    except TimeoutError:
        program.kill(9)
        await program.ended
        raise AssertionError(f"too late: {program.output}{program.errors}") from None
    assert code == 0, f"ended with {code}: {program.output}{program.errors}"
    return [json.loads(line) for line in program.output.splitlines() if line.startswith("{")]
