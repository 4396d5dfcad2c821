"""Archives of all that chatr knows of a person, for them alone: made behind the call, also by another process."""

from __future__ import annotations

import zipfile
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from twisted.internet.threads import deferToThread
from twisted.logger import Logger

from chatr.api.events.sessions import ExportReady
from chatr.api.linked import file as linked
from chatr.auth.links import Links
from chatr.files.storage import Missing, Storage, key_of
from chatr.process.tasks import Tasks
from chatr.realtime.publisher import Publisher
from chatr.realtime.rooms import person_room
from chatr.store.files import due, files
from chatr.store.files.due import DueFile
from chatr.store.ids import NIL
from chatr.store.pool import Database

log = Logger()

#: Another node may die with one in its hands: look for it now and then.
EVERY_S = 60.0
TRIES = 3
FILES_AT_ONCE = 50


class Archive:
    """A zip that is being written, in threads. ``kept``: says now and then that it goes on."""

    def __init__(self, path: Path, kept: Callable[[], Awaitable[None]]) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self._kept = kept

    async def add(self, name: str, content: bytes) -> None:
        """Add a file with some content."""
        await deferToThread(self._zip.writestr, name, content)
        await self._kept()

    async def add_pieces(self, name: str, pieces: Any) -> None:
        """Add a file whose content comes piece by piece from an asynchronous iterator."""
        with self._zip.open(name, "w", force_zip64=True) as file:
            async for piece in pieces:
                await deferToThread(file.write, piece)
                await self._kept()

    async def add_file(self, name: str, path: Path) -> None:
        """Add a copy of a file, which is hardly made smaller by packing."""
        await deferToThread(self._zip.write, path, name, zipfile.ZIP_STORED)
        await self._kept()

    async def close(self) -> None:
        """End it."""
        await deferToThread(self._zip.close)


class Describe(Protocol):
    """Tells all of a person."""

    def __call__(self, db: Database, user_id: str, archive: Archive) -> Awaitable[None]:
        """Into an archive."""


class Archives:
    """Makes archives, one at a time."""

    def __init__(
        self,
        tasks: Tasks,
        db: Database,
        storage: Storage,
        publisher: Publisher,
        links: Links,
        scratch: Path,
        describe: Describe,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._storage = storage
        self._publisher = publisher
        self._links = links
        self._scratch = scratch
        self._describe = describe
        self._now = now
        self._task = tasks.every("archives", EVERY_S, self._work)
        self.wake = self._task.wake
        self.settled = self._task.settled
        self.start = self._task.start
        self.stop = self._task.stop

    async def _work(self) -> float | None:
        while self._task.running and (found := await due.take_archive(self._db)) is not None:
            if found.tries > TRIES:
                await files.let_go(self._db, [found.id])
            else:
                await self._make(found)
        return None

    async def _make(self, file: DueFile) -> None:
        path = self._scratch / f"{file.id}.zip"
        try:
            archive = Archive(path, partial(self._goes_on, file.id))
            try:
                await self._describe(self._db, file.owner_id, archive)
                await self._add_files(archive, file.owner_id)
            finally:
                await archive.close()
            if await files.archived(self._db, file.id, path.stat().st_size):
                await self._storage.put(key_of(file.id, files.ORIGINAL), path)
                await self._ready(file)
        finally:
            await deferToThread(partial(path.unlink, missing_ok=True))

    async def _goes_on(self, file_id: str) -> None:
        self._task.progressed()
        await due.keep(self._db, file_id)

    async def _add_files(self, archive: Archive, owner_id: str) -> None:
        after = NIL
        while found := await files.sent_by(self._db, owner_id, after, FILES_AT_ONCE):
            for each in found:
                copy = self._scratch / f"{each.id}.export"
                try:
                    await self._storage.fetch(key_of(each.id, files.ORIGINAL), copy)
                    await archive.add_file(f"files/{each.id}/{each.name}", copy)
                except Missing:
                    log.warn("file {id} is not in storage: an archive goes without it", id=each.id)
                finally:
                    await deferToThread(partial(copy.unlink, missing_ok=True))
            after = found[-1].id

    async def _ready(self, file: DueFile) -> None:
        async with self._db.transaction() as tx:
            made = (await files.ready(tx, [file.id])).get(file.id)
            if made is not None:
                await files.let_go_former_archives(tx, file.owner_id, file.id)
                told = ExportReady(linked(made, self._links.for_person(file.owner_id)))
                tx.tell(told, [person_room(file.owner_id)])
