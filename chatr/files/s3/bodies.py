"""What is sent to a bucket: a few bytes, or a part of a file, piece by piece and as often as it takes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IConsumer
from twisted.web.iweb import IBodyProducer
from zope.interface import implementer

from chatr.files.disk import Disk, sha256_of
from chatr.files.pieces import Pieces


@implementer(IBodyProducer)
class OutgoingBytes:
    """Sends a few bytes. Twisted's own fails where the body before, of another request, has filled the connection."""

    def __init__(self, content: bytes) -> None:
        self.length = len(content)
        self._content = content

    def startProducing(self, consumer: IConsumer) -> Deferred[None]:
        """Write all of it."""
        consumer.write(self._content)
        return succeed(None)

    def pauseProducing(self) -> None:
        """Too late."""

    def resumeProducing(self) -> None:
        """There is no more."""

    def stopProducing(self) -> None:
        """Too late."""


class FilePart:
    """A part of a file, as a body that can be sent again. ``sha256``: in hex, which the bucket compares."""

    def __init__(self, disk: Disk, path: Path, start: int, stop: int) -> None:
        self.sha256 = ""
        self._disk = disk
        self._path = path
        self._start = start
        self._stop = stop

    async def read(self) -> None:
        """Find out its hash."""
        self.sha256 = await self._disk.run(sha256_of, self._path, self._start, self._stop)

    async def open(self, moved: Callable[[], None]) -> OutgoingPart:
        """Open the file, to send it once; ``moved`` is called whenever a piece of it has left."""
        descriptor = await self._disk.open(os.open, self._path, os.O_RDONLY | os.O_CLOEXEC)
        pieces = Pieces(self._disk, descriptor, self._start, self._stop)
        return OutgoingPart(pieces, self._stop - self._start, moved)


@implementer(IBodyProducer)
class OutgoingPart:
    """A part of a file on its way to the bucket."""

    def __init__(self, pieces: Pieces, length: int, moved: Callable[[], None]) -> None:
        self.length = length
        self._pieces = pieces
        self._moved = moved
        self._begun = False

    def startProducing(self, consumer: IConsumer) -> Deferred[None]:
        """Begin. As the interface wants it, what this answers never fires after :meth:`stopProducing`."""
        self._begun = True
        return self._pieces.start(consumer)

    def pauseProducing(self) -> None:
        """Write no more for now."""
        self._pieces.pauseProducing()

    def resumeProducing(self) -> None:
        """Write on: what was written has left."""
        self._moved()
        self._pieces.resumeProducing()

    def stopProducing(self) -> None:
        """Write no more."""
        self._pieces.close()

    def close(self) -> None:
        """Close the file if nobody else does.

        One that is being sent goes on after an early answer: Twisted ends the connection behind it, and tells of a
        connection that has ended before.
        """
        if not self._begun:
            self._pieces.close()
