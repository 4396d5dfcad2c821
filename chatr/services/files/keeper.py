"""What goes on about files behind the calls: waveforms are computed, and what nobody has goes from storage.

Of each person one recording is listened to at a time, so that nobody's flood of long ones keeps others waiting.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from msgspec import UNSET
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.threads import deferToThread
from twisted.logger import Logger
from twisted.python.failure import Failure

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
#: So much is done at once.
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
        #: Whose recordings are listened to.
        self._heard: dict[str, Deferred[None]] = {}
        self._removing = tasks.every("files", EVERY_S, self._remove_all)
        self._listening = tasks.every("waveforms", EVERY_S, self._hear_all)

    def start(self) -> None:
        """Go on with what there is."""
        self._removing.start()
        self._listening.start()

    def wake(self) -> None:
        """Look for more at once."""
        self._removing.wake()
        self._listening.wake()

    async def stop(self) -> None:
        """Take nothing new, and do what is under way."""
        await gatherResults([self._removing.stop(), self._listening.stop()])
        await self.settled()

    async def settled(self) -> None:
        """Return when nothing is under way and nothing more is due."""
        await self._removing.settled()
        await self._listening.settled()
        while self._heard:
            await next(iter(self._heard.values()))
            await self._listening.settled()

    async def _remove_all(self) -> None:
        if self._clock.seconds() >= self._release_at:
            while self._removing.running and await due.release(self._db, self._settings.orphans_h, ARCHIVES_H, BATCH):
                self._removing.progressed()
            self._release_at = self._clock.seconds() + RELEASE_EVERY_S
        while self._removing.running and (found := await due.take_leaving(self._db, BATCH)):
            await gatherResults([Deferred.fromCoroutine(self._remove(each)) for each in found], consumeErrors=True)
            self._removing.progressed()

    async def _hear_all(self) -> None:
        while self._listening.running and len(self._heard) < BATCH:
            found = await due.take_recording(self._db, list(self._heard))
            if found is None:
                return
            done: Deferred[None] = Deferred()
            self._heard[found.owner_id] = done
            Deferred.fromCoroutine(self._hear(found)).addBoth(self._was_heard, found, done)

    def _was_heard(self, outcome: Failure | None, file: DueFile, done: Deferred[None]) -> None:
        """Whatever went wrong: its lease runs out, and it is tried again."""
        if isinstance(outcome, Failure):
            if outcome.check(ApiError, StorageError):
                log.debug("file {id} waits: {error}", id=file.id, error=str(outcome.value))
            else:
                log.failure("no waveform of file {id} was made", outcome, id=file.id)
        del self._heard[file.owner_id]
        self._listening.progressed()
        self._listening.wake()
        done.callback(None)

    async def _remove(self, file: DueFile) -> None:
        """Whatever goes wrong: the lease runs out, and it is tried again."""
        try:
            for form in file.forms:
                await self._storage.delete(key_of(file.id, form))
            await due.gone(self._db, file.id)
        except (ApiError, StorageError) as error:
            log.debug("file {id} waits: {error}", id=file.id, error=str(error))

    async def _hear(self, file: DueFile) -> None:
        copy = self._scratch / file.id
        try:
            await self._storage.fetch(key_of(file.id, files.ORIGINAL), copy)
            heard = await self._media.waveform(copy, key=file.owner_id)
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
