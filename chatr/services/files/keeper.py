"""What goes on about files behind the calls: waveforms are computed, and what nobody has goes from storage."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from msgspec import UNSET
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.threads import deferToThread
from twisted.logger import Logger

from chatr.api.errors import ApiError
from chatr.api.events.messages import AudioWaveform
from chatr.config import FilesSettings
from chatr.files.storage import Storage, StorageError, key_of
from chatr.media.looking import Media, Unparsed
from chatr.process.tasks import Tasks
from chatr.realtime.publisher import Publisher
from chatr.realtime.rooms import conversation_rooms
from chatr.store.files import due, files
from chatr.store.files.due import DueFile
from chatr.store.pool import Database

log = Logger()

#: Another node may die with work in its hands, and what was never sent gets old: look for it now and then.
EVERY_S = 30.0
RELEASE_EVERY_S = 600.0
BATCH = 16
#: How long somebody may fetch their archive.
ARCHIVES_H = 7 * 24


class FileKeeper:
    """Goes on where any process has left off. Two that do the same do nothing twice that anybody sees."""

    def __init__(
        self,
        tasks: Tasks,
        db: Database,
        storage: Storage,
        media: Media,
        publisher: Publisher,
        settings: FilesSettings,
        scratch: Path,
    ) -> None:
        """``scratch``: a directory for copies of what is looked at."""
        self._clock = tasks.clock
        self._db = db
        self._storage = storage
        self._media = media
        self._publisher = publisher
        self._settings = settings
        self._scratch = scratch
        self._release_at = 0.0
        self._task = tasks.every("files", EVERY_S, self._work)
        self.wake = self._task.wake
        self.settled = self._task.settled
        self.start = self._task.start
        self.stop = self._task.stop

    async def _work(self) -> float | None:
        if self._clock.seconds() >= self._release_at:
            while self._task.running and await due.release(self._db, self._settings.orphans_h, ARCHIVES_H, BATCH):
                self._task.progressed()
            self._release_at = self._clock.seconds() + RELEASE_EVERY_S
        while self._task.running and (found := await due.take(self._db, BATCH)):
            await gatherResults([Deferred.fromCoroutine(self._do(each)) for each in found], consumeErrors=True)
            self._task.progressed()
        return await due.next_due_s(self._db)

    async def _do(self, file: DueFile) -> None:
        """Whatever goes wrong: the lease runs out, and it is tried again."""
        try:
            if file.leaving:
                await self._remove(file)
            else:
                await self._hear(file)
        except (ApiError, StorageError) as error:
            log.debug("file {id} waits: {error}", id=file.id, error=str(error))

    async def _remove(self, file: DueFile) -> None:
        for form in file.forms:
            await self._storage.delete(key_of(file.id, form))
        await due.gone(self._db, file.id)

    async def _hear(self, file: DueFile) -> None:
        copy = self._scratch / file.id
        try:
            await self._storage.fetch(key_of(file.id, files.ORIGINAL), copy)
            heard = await self._media.waveform(copy)
        except Unparsed as error:
            log.info("audio file {id} has no waveform: {error}", id=file.id, error=str(error))
            await self._tell(file.id, None, None)
        except StorageError:
            if file.tries < due.TRIES:
                raise
            await self._tell(file.id, None, None)
        else:
            await self._tell(file.id, heard.bars, heard.duration_s)
        finally:
            await deferToThread(partial(copy.unlink, missing_ok=True))

    async def _tell(self, file_id: str, bars: list[float] | None, duration_s: float | None) -> None:
        async with self._db.transaction() as tx:
            told = await due.heard(tx, file_id, bars, duration_s)
            if told is None:
                return
            event = AudioWaveform(
                conversation_id=told.conversation_id,
                message_id=told.message_id,
                file_id=file_id,
                waveform=files.rounded(bars or []),
                duration=duration_s if duration_s is not None else UNSET,
                failed=bars is None,
            )
            pair = (told.low, told.high) if told.low and told.high else None
            tx.tell(event, conversation_rooms(told.conversation_id, pair))
