"""A file of this machine that somebody writes to as a consumer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConsumer
from zope.interface import implementer

from chatr.files.disk import Disk
from chatr.files.storage import StorageError


@implementer(IConsumer)
class FetchedFile:
    """A new file, written to in a thread while the producer pauses. A failure stops the producer."""

    def __init__(self, disk: Disk, path: Path) -> None:
        self._disk = disk
        self._path = path
        self._waiting: list[bytes] = []
        self._writing: Deferred[None] | None = None
        self._producer: Any = None
        self._error: StorageError | None = None

    async def create(self) -> None:
        """Make the file. Raises :class:`StorageError`, also when there is one."""
        await self._disk.run(_create, self._path)

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Take what somebody writes."""
        self._producer = producer

    def unregisterProducer(self) -> None:
        """Nobody writes any more."""
        self._producer = None

    def write(self, data: bytes) -> None:
        """Take a piece."""
        self._waiting.append(data)
        if self._writing is None and self._error is None:
            self._producer.pauseProducing()
            self._writing = Deferred.fromCoroutine(self._write())

    async def finish(self) -> None:
        """Wait until all is written. Raises what went wrong: :class:`StorageFull`, :class:`StorageUnavailable`."""
        if self._writing is not None:
            await self._writing
        if self._error is not None:
            raise self._error

    async def discard(self) -> None:
        """Remove the file."""
        await self._disk.run(self._path.unlink, missing_ok=True)

    async def _write(self) -> None:
        try:
            while self._waiting:
                data = b"".join(self._waiting)
                self._waiting.clear()
                await self._disk.run(_append, self._path, data)
        except StorageError as error:
            self._error = error
            if self._producer is not None:
                self._producer.stopProducing()
        self._writing = None
        if self._producer is not None:
            self._producer.resumeProducing()


def _create(path: Path) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _append(path: Path, data: bytes) -> None:
    """Append to a file, if it is still there. Opened each time: nobody has to know which thread is the last."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    with open(descriptor, "wb", buffering=0) as file:
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) :]
