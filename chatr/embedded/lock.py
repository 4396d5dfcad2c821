"""One chatr per data directory, and one PostgreSQL per database directory."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

#: Where the kernel lists System V shared memory: one line per segment, below a heading.
_SHARED_MEMORY = Path("/proc/sysvipc/shm")


class DirectoryInUse(Exception):
    """Another process uses the directory."""


class DirectoryLock:
    """A lock on ``<directory>/chatr.lock`` that ends with the process, however it ends."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "chatr.lock"
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock. Raises :class:`DirectoryInUse` with the process that has it."""
        # Close-on-exec: a child that outlived us would hold the lock on.
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise DirectoryInUse(f"{self._path.parent} is in use by another chatr (process {holder})") from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def server_using(data: Path) -> int | None:
    """Find the server that still uses the database directory ``data``, by pid, also when only its children are left.

    A postmaster whose chatr was killed may be busy with its last checkpoint; the children of a postmaster that was
    killed itself live a moment longer. A second server beside either would damage the data.
    """
    lines = _pid_file(data)
    if not lines:
        return None
    pid = int(lines[0])
    return pid if _serves(pid, data) or _attached(lines) else None


def remove_foreign_pid(data: Path) -> int | None:
    """Remove a pid file that names a process which is no server of ``data``, and return the pid.

    Pids are used again, above all in containers, and PostgreSQL would refuse to start for as long as that process
    lives. It deals with the pid of a process that is gone itself. Call it when :func:`server_using` returns None.
    """
    lines = _pid_file(data)
    if not lines or not Path(f"/proc/{lines[0].strip()}").exists():
        return None
    (data / "postmaster.pid").unlink()
    return int(lines[0])


def _pid_file(data: Path) -> list[str]:
    """The lines of postmaster.pid: first the pid, seventh key and id of the shared memory. Empty when it is no use."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        return lines if lines and int(lines[0]) > 0 else []
    except (OSError, ValueError):
        return []


def _serves(pid: int, data: Path) -> bool:
    try:
        # Empty for a zombie, which uses nothing.
        return os.fsencode(data) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def _attached(lines: list[str]) -> bool:
    """Whether any process holds the shared memory that the pid file names: PostgreSQL's own proof of life."""
    try:
        segment = [int(word) for word in lines[6].split()]
        rows = [line.split() for line in _SHARED_MEMORY.read_text().splitlines()[1:]]
    except (OSError, ValueError, IndexError):
        return False
    # Columns: key, id, permissions, size, creator, last user, number of processes attached.
    return any([int(row[0]), int(row[1])] == segment and int(row[6]) > 0 for row in rows)
