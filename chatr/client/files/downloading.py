"""Files on their way from the server: to a name of their own first, and on from where a connection broke."""

from __future__ import annotations

import os
import re
import uuid
from pathlib import Path
from typing import Any, BinaryIO

from chatr.client.errors import Lost, Refused
from chatr.client.files.disk import Disk
from chatr.client.files.rest import Answer, Rest
from chatr.client.files.uploading import Progress
from chatr.client.patience import Tries

_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18})")
#: What a link answers that is over, or was signed for somebody who is no member any more: the next one says which.
_OTHER_LINK = frozenset({"forbidden", "invalid"})


class Download:
    """One file, until it is here."""

    def __init__(self, reactor: Any, rest: Rest, tries: Tries, file_id: str, target: Path, progress: Progress) -> None:
        self._reactor = reactor
        self._disk = Disk(reactor)
        self._rest = rest
        self._tries = tries
        self._file_id = file_id
        self._target = target
        self._part = target.with_name(f".{target.name}.{uuid.uuid4().hex[:12]}.part")
        self._progress = progress
        self._offset = 0
        #: Of what is here already; empty: it can't be gone on with.
        self._tag = ""

    async def run(self) -> Path:
        """The target, when all of the file is there. Raises :class:`Refused`, and OSError for what the disk refuses."""
        file = self._part.open("xb")
        try:
            try:
                await self._whole(file)
                await self._disk.run(_sync, file)
            finally:
                await self._disk.run(file.close)
            await self._disk.run(os.replace, self._part, self._target)
        except BaseException:
            self._part.unlink(missing_ok=True)
            raise
        return self._target

    async def _whole(self, file: BinaryIO) -> None:
        while True:
            try:
                return await self._go_on(file)
            except (Refused, Lost) as error:
                await self._tries.again(error, doubtful=_OTHER_LINK)

    async def _go_on(self, file: BinaryIO) -> None:
        """Write what is not here yet."""
        known = await (await self._rest.call("GET", f"files/{self._file_id}")).content()
        match known:
            case {"url": str(url), "size": int(size)}:
                pass
            case _:
                raise Lost("the answer is not that of chatr")
        if self._tag and self._offset == size:
            # The connection was lost behind the last byte.
            return
        answer = await self._ask(url)
        try:
            await self._begin(answer, file)
            while data := await answer.read():
                await self._disk.run(file.write, data)
                self._offset += len(data)
                self._tries.went_well()
                # Whoever is told may cancel this: that has to come from outside of it.
                self._reactor.callLater(0, self._progress, self._offset, size)
        finally:
            answer.close()
        if self._offset != size:
            self._tag = ""
            raise Refused("internal", f"the file has {self._offset} bytes instead of {size}")

    async def _ask(self, url: str) -> Answer:
        """Follow the link, to what is not here yet."""
        headers = {"Range": f"bytes={self._offset}-", "If-Range": self._tag} if self._tag and self._offset else {}
        try:
            return await self._rest.fetch(url, headers)
        except Refused as error:
            if not error.passes:
                self._tag = ""
            raise

    async def _begin(self, answer: Answer, file: BinaryIO) -> None:
        """Find the place from where on the answer has the file."""
        offset = 0
        if answer.status == 206:
            found = _RANGE.fullmatch(answer.header("content-range"))
            offset = int(found[1]) if found is not None else -1
        if answer.status not in (200, 206) or offset not in (0, self._offset):
            self._tag = ""
            raise Lost("the answer is not that of chatr")
        tag = answer.header("etag")
        # A weak one does not say that it is the same byte by byte (RFC 9110, section 13.1.5).
        self._tag = tag if tag.startswith('"') else ""
        self._offset = offset
        await self._disk.run(file.seek, offset)
        await self._disk.run(file.truncate, offset)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
