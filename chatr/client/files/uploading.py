"""Files on their way to the server by tus 1.0 (tus.io), which goes on where a connection broke."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias
from urllib.parse import urljoin, urlsplit

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConsumer, IReactorTime
from twisted.web.iweb import IBodyProducer
from zope.interface import implementer

from chatr.client.errors import Lost, Refused
from chatr.client.files.disk import Disk
from chatr.client.files.rest import Rest
from chatr.client.patience import Tries

#: Told how many bytes of how many have gone.
Progress: TypeAlias = Callable[[int, int], None]

#: Of one request: what a proxy that keeps whole requests loses with a connection. Read from the disk at once.
PIECE_BYTES, READ_BYTES = 8 * 1024 * 1024, 256 * 1024
TUS = {"Tus-Resumable": "1.0.0"}
_PATH, _PIECE_TYPE = "files/tus", "application/offset+octet-stream"
#: The server has another part of the file than was thought, or none any more.
_GONE = frozenset({"not_found", "gone"})
_ELSEWHERE = _GONE | {"conflict"}


class Source:
    """What is to be uploaded, read in threads, from any place."""

    def __init__(self, reactor: Any, source: str | Path | BinaryIO, name: str) -> None:
        """``source``: a path, or an open file that can seek, of which the rest is taken; it is not closed.

        Raises OSError, and ValueError for what has no name or size.
        """
        self._disk = Disk(reactor)
        self._own = isinstance(source, (str, Path))
        self._file: BinaryIO = open(source, "rb") if isinstance(source, (str, Path)) else source  # noqa: SIM115
        try:
            if not self._file.seekable():
                raise ValueError("a file that can't seek can't be sent again after a lost connection")
            self._start = self._file.tell()
            self.size = self._file.seek(0, os.SEEK_END) - self._start
            found = name or str(getattr(self._file, "name", ""))
            self.name = os.path.basename(found)
            if not self.name:
                raise ValueError("the file has no name: give one")
        except BaseException:
            self._close()
            raise

    async def read(self, offset: int, size: int) -> bytes:
        """So many bytes. Raises OSError, and ValueError when they are not there any more."""
        return await self._disk.run(self._read, offset, size)

    async def close(self) -> None:
        """Close the file, if it was opened here."""
        await self._disk.run(self._close)

    def _read(self, offset: int, size: int) -> bytes:
        self._file.seek(self._start + offset)
        data = self._file.read(size)
        if len(data) != size:
            raise ValueError(f"{self.name} has become shorter")
        return data

    def _close(self) -> None:
        if self._own:
            self._file.close()


@implementer(IBodyProducer)
class Piece:
    """A part of a file as the body of a request."""

    def __init__(self, source: Source, start: int, stop: int, wrote: Callable[[int], None]) -> None:
        """``wrote``: told up to where the file has been given to the connection."""
        self.length = stop - start
        #: Fires when nothing is read any more.
        self.over: Deferred[None] = Deferred()
        #: Why the file could not be read.
        self.error: Exception | None = None
        self._source = source
        self._at = start
        self._stop = stop
        self._wrote = wrote
        self._stopped = False
        self._held: Deferred[None] | None = None
        self._done: Deferred[None] = Deferred(lambda _: self.stopProducing())
        self._began = False

    def startProducing(self, consumer: IConsumer) -> Deferred[None]:
        """Write the part to the connection."""
        self._began = True
        Deferred.fromCoroutine(self._produce(consumer))
        return self._done

    def pauseProducing(self) -> None:
        """The connection is behind."""
        if self._held is None:
            self._held = Deferred()

    def resumeProducing(self) -> None:
        """The connection has caught up."""
        held, self._held = self._held, None
        if held is not None:
            held.callback(None)

    def stopProducing(self) -> None:
        """The connection is gone."""
        self._stopped = True
        self.resumeProducing()

    async def ended(self) -> None:
        """Returns when nothing is read any more: of a request that never began, at once."""
        if self._began:
            await self.over

    async def _produce(self, consumer: IConsumer) -> None:
        try:
            while self._at < self._stop and not self._stopped:
                data = await self._source.read(self._at, min(READ_BYTES, self._stop - self._at))
                if self._held is not None:
                    await self._held
                if not self._stopped:
                    self._at += len(data)
                    consumer.write(data)
                    self._wrote(self._at)
        except Exception as error:
            self.error = error
            if not self._stopped:
                self._done.errback()
        else:
            if not self._stopped:
                self._done.callback(None)
        self.over.callback(None)


class Upload:
    """One file, until it is on the server."""

    def __init__(self, clock: IReactorTime, rest: Rest, tries: Tries, source: Source, progress: Progress) -> None:
        self._clock = clock
        self._rest = rest
        self._tries = tries
        self._source = source
        self._progress = progress
        #: Where the server takes it; empty until it does.
        self._location = ""

    async def run(self) -> str:
        """The file's id. Raises :class:`Refused` for what the server does not take, OSError, ValueError."""
        while True:
            try:
                return await self._go_on()
            except (Refused, Lost) as error:
                await self._tries.again(error, doubtful=_ELSEWHERE)

    async def abandon(self) -> None:
        """Have the server forget it, if it can be reached now; by itself it does after some hours."""
        if self._location:
            with suppress(Refused, Lost):
                (await self._rest.call("DELETE", self._location, TUS)).close()

    async def _go_on(self) -> str:
        """Send what the server does not have yet."""
        offset, file_id = 0, ""
        if self._location:
            try:
                offset, file_id = await self._ask("HEAD", {})
            except Refused as error:
                if error.code not in _GONE:
                    raise
                if await self._taken():
                    return self._id
                # It took too long, or was refused and nobody heard of it.
                self._location = ""
        if not self._location:
            await self._create()
        while not file_id:
            # Of a file that is there whole, but not taken yet, the piece is empty.
            before = offset
            offset, file_id = await self._send(offset)
            if offset > before:
                self._tries.went_well()
            elif not file_id:
                raise Refused("internal", "the server does not take the file")
        return file_id

    @property
    def _id(self) -> str:
        return urlsplit(self._location).path.rpartition("/")[2]

    async def _create(self) -> None:
        name = b64encode(self._source.name.encode("utf-8", "replace")).decode()
        headers = {**TUS, "Upload-Length": str(self._source.size), "Upload-Metadata": f"filename {name}"}
        answer = await self._rest.call("POST", _PATH, headers)
        answer.close()
        self._location = urljoin(f"{self._rest.api}/{_PATH}", answer.header("location"))

    async def _send(self, offset: int) -> tuple[int, str]:
        """Send the next piece; up to where the server has it now, and at the end the id of the file."""
        stop = min(offset + PIECE_BYTES, self._source.size)
        piece = Piece(self._source, offset, stop, self._tell)
        try:
            return await self._ask("PATCH", {"Upload-Offset": str(offset), "Content-Type": _PIECE_TYPE}, piece)
        except (Refused, Lost):
            if piece.error is not None:
                raise piece.error from None
            raise
        finally:
            # Where the answer came before the end, the connection is for the server to close.
            piece.stopProducing()
            await piece.ended()

    async def _ask(self, method: str, headers: Mapping[str, str], piece: Piece | None = None) -> tuple[int, str]:
        answer = await self._rest.call(method, self._location, {**TUS, **headers}, piece)
        answer.close()
        offset = answer.header("upload-offset")
        if not (offset.isdecimal() and int(offset) <= self._source.size):
            raise Lost("the answer is not that of chatr")
        self._tell(int(offset))
        return int(offset), answer.header("chatr-file")

    async def _taken(self) -> bool:
        """Whether the file is there, and only the answer that said so was lost."""
        try:
            answer = await self._rest.call("GET", f"files/{self._id}")
        except Refused as error:
            if error.code not in _GONE:
                raise
            return False
        answer.close()
        return True

    def _tell(self, offset: int) -> None:
        # Whoever is told may cancel this: that has to come from outside of it.
        self._clock.callLater(0, self._progress, offset, self._source.size)
