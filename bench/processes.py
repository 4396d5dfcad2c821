"""What processes have used so far, from /proc."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

_TICKS = os.sysconf("SC_CLK_TCK")


class Used(NamedTuple):
    """Processor time in seconds: of a server with all that it has begun, and of PostgreSQL below it."""

    server_s: float
    database_s: float

    def since(self, before: Used) -> Used:
        """What was used after ``before``."""
        return Used(self.server_s - before.server_s, self.database_s - before.database_s)


def used(pid: int) -> Used:
    """By a process and all below it."""
    children: dict[int, list[int]] = {}
    found: dict[int, tuple[str, float]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal() and (read := _stat(int(entry.name))) is not None:
            name, parent, cpu_s = read
            found[int(entry.name)] = (name, cpu_s)
            children.setdefault(parent, []).append(int(entry.name))
    server_s = database_s = 0.0
    waiting = [pid]
    while waiting:
        each = waiting.pop()
        name, cpu_s = found.get(each, ("", 0.0))
        if name.startswith("postgres"):
            database_s += cpu_s
        else:
            server_s += cpu_s
        waiting += children.get(each, [])
    return Used(server_s, database_s)


def _stat(pid: int) -> tuple[str, int, float] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    name, _, rest = text.partition("(")[2].rpartition(")")
    fields = rest.split()
    # With the children that have ended and were waited for.
    return name, int(fields[1]), sum(map(int, fields[11:15])) / _TICKS


def memory_mb(pid: int) -> float:
    """What of a process is in memory now."""
    return _status_mb(pid, "VmRSS")


def forget_peak(pid: int) -> None:
    """Have :func:`peak_mb` begin anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_mb(pid: int) -> float:
    """The most that was in memory of a process."""
    return _status_mb(pid, "VmHWM")


def _status_mb(pid: int, field: str) -> float:
    found = re.search(rf"^{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0
