"""Uploads that may be gone on with: of each a file of what has come, and beside it one that says what it is to become.

How far it has come says the length of the first, which is on the disk before anybody is told of it. So it is there
after the end of the server too, however sudden that was.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

import msgspec
from twisted.internet.defer import Deferred

from chatr.api.errors import ApiError
from chatr.files.staging import DESCRIPTION, Staging

#: Of one person, and of all.
MOST_OF_ONE, MOST = 32, 5000
#: For so long it is known that an upload has come to its end: whoever has not heard that asks again. Of one person's
#: the last ``MOST_OF_ONE`` are known.
REMEMBERED_S = 3600.0


class Described(msgspec.Struct, frozen=True):
    """What lies beside the bytes. ``metadata``: as the client said it. ``finished``: it has become a file."""

    owner: str
    length: int
    metadata: str = ""
    finished: bool = False


class Holder(Protocol):
    """Is adding to an upload."""

    def cut(self) -> None:
        """Add no more: what has come is kept."""

    @property
    def silent_s(self) -> float:
        """For how long nothing has come."""


class Unfinished:
    """One upload. ``offset``: how much of it is on the disk. ``touched_at``: when that changed last (epoch seconds)."""

    def __init__(self, id: str, described: Described, offset: int, touched_at: float) -> None:
        self.id = id
        self.described = described
        self.offset = offset
        self.touched_at = touched_at
        self.holder: Holder | None = None
        self._waiting: list[Deferred[None]] = []

    def free(self) -> Deferred[None]:
        """Fires when nobody adds to it."""
        waiter: Deferred[None] = Deferred()
        if self.holder is None:
            waiter.callback(None)
        else:
            self._waiting.append(waiter)
        return waiter

    def release(self) -> None:
        """Whoever has added to it has done so."""
        self.holder = None
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            waiter.callback(None)


class UnfinishedUploads:
    """All of them. ``now``: epoch seconds."""

    def __init__(self, staging: Staging, *, now: Callable[[], float] = time.time) -> None:
        self._staging = staging
        self._now = now
        self._uploads: dict[str, Unfinished] = {}
        self._of_owner: dict[str, dict[str, Unfinished]] = {}

    def __len__(self) -> int:
        """How many there are, of all people."""
        return sum(not each.described.finished for each in self._uploads.values())

    async def load(self) -> None:
        """Find those that the last run has left; remove what is of none. Raises OSError."""
        for id, described, size, touched_at in await self._staging.run(_read, self._staging.folder):
            # All of it was there: whether it has become a file by now is not known here, and so it can't again.
            broken = not described.finished and size >= described.length
            self._add(Unfinished(id, described, size, 0.0 if broken else touched_at))
        await self.tidy()

    def find(self, id: str, owner: str) -> Unfinished:
        """An upload of somebody. Raises ``not_found``, also for others'."""
        upload = self._of_owner.get(owner, {}).get(id)
        if upload is None or self.expires_at(upload) <= self._now():
            raise ApiError("not_found", "There is no such upload")
        return upload

    def begin(self, described: Described) -> Unfinished:
        """A new one, which nothing has come of. Raises ``rate_limited`` and ``unavailable`` when there are too many."""
        if len(self.going_on(described.owner)) >= MOST_OF_ONE:
            raise ApiError("rate_limited", f"You have {MOST_OF_ONE} unfinished uploads", retry_after_s=60)
        if len(self) >= MOST:
            raise ApiError("unavailable", "There are too many unfinished uploads", retry_after_s=60)
        upload = Unfinished(self._staging.new_id(), described, 0, self._now())
        self._add(upload)
        return upload

    def going_on(self, owner: str) -> list[Unfinished]:
        """The uploads of somebody that have not come to their end."""
        return [each for each in self._of_owner.get(owner, {}).values() if not each.described.finished]

    def expires_at(self, upload: Unfinished) -> float:
        """Until when it can be gone on with (epoch seconds)."""
        return upload.touched_at + (REMEMBERED_S if upload.described.finished else self._staging.keep_s)

    async def keep(self, upload: Unfinished) -> None:
        """Have a new one on the disk. Raises OSError."""
        await self._staging.run(_write, self._path(upload), msgspec.json.encode(upload.described))

    def reached(self, upload: Unfinished, offset: int) -> None:
        """So much is on the disk."""
        upload.offset, upload.touched_at = offset, self._now()

    async def finish(self, upload: Unfinished) -> None:
        """It has become a file: its bytes are not needed any more. Raises OSError."""
        upload.described = msgspec.structs.replace(upload.described, finished=True)
        self.reached(upload, upload.described.length)
        await self.keep(upload)
        await self._staging.remove(upload.id)
        finished = [each for each in self._of_owner[upload.described.owner].values() if each.described.finished]
        if len(finished) > MOST_OF_ONE:
            await self.remove(*sorted(finished, key=lambda each: each.touched_at)[:-MOST_OF_ONE])

    async def remove(self, *uploads: Unfinished) -> None:
        """Nothing of them stays."""
        for upload in uploads:
            self._uploads.pop(upload.id, None)
            of_owner = self._of_owner.get(upload.described.owner, {})
            of_owner.pop(upload.id, None)
            if not of_owner:
                self._of_owner.pop(upload.described.owner, None)
        await self._staging.remove(*(name for upload in uploads for name in (upload.id + DESCRIPTION, upload.id)))

    async def tidy(self) -> None:
        """Remove those whose time is over, and what else is left behind in the folder. Raises OSError."""
        now = self._now()
        over = [each for each in self._uploads.values() if each.holder is None and self.expires_at(each) <= now]
        await self.remove(*over)
        await self._staging.sweep(self._uploads)

    def _add(self, upload: Unfinished) -> None:
        self._uploads[upload.id] = upload
        self._of_owner.setdefault(upload.described.owner, {})[upload.id] = upload

    def _path(self, upload: Unfinished) -> Path:
        return self._staging.folder / (upload.id + DESCRIPTION)


def _read(folder: Path) -> list[tuple[str, Described, int, float]]:
    """Of each upload its id, what it is, how much of it has come, and when that was. Broken ones are passed over."""
    return [found for path in folder.glob("*" + DESCRIPTION) for found in _described(path)]


def _described(path: Path) -> Iterable[tuple[str, Described, int, float]]:
    try:
        described = msgspec.json.decode(path.read_bytes(), type=Described)
        status = (path if described.finished else path.with_suffix("")).stat()
    except (OSError, msgspec.MsgspecError):
        return
    yield path.stem, described, described.length if described.finished else status.st_size, status.st_mtime


def _write(path: Path, content: bytes) -> None:
    """Have a small file on the disk, whole or not at all, and beside it the empty one of an upload if there is none."""
    partial = path.with_suffix(".new")
    for each, data in ((partial, content), (path.with_suffix(""), b"")):
        descriptor = os.open(each, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
