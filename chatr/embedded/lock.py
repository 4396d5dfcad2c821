"""One process per data directory."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


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
