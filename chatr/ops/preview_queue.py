"""Messages that wait for the preview of their link: put by the send, worked off after it."""

from __future__ import annotations

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from chatr.api.errors import ApiError
from chatr.api.events import MESSAGE_PREVIEW, MessagePreview
from chatr.api.model import LinkPreview
from chatr.ops import audience
from chatr.ops.link_previews import AT_ONCE, Previews
from chatr.store import changes, messages, previews
from chatr.store.pool import Database, Transaction
from chatr.store.previews import Job
from chatr.store.writer import MessageWriter
from chatr.worker import Worker

log = Logger()

FORGET_EVERY_S = 30.0


class PreviewQueue:
    """Gives messages their previews, also those that another process has left; each one once."""

    def __init__(self, clock: IReactorTime, db: Database, writer: MessageWriter, found: Previews) -> None:
        self._clock = clock
        self._db = db
        self._writer = writer
        self._previews = found
        self._forget_at = 0.0
        self._worker = Worker(clock, self._work, name="link previews")
        self.wake = self._worker.wake
        self.settled = self._worker.settled
        self.stop = self._worker.stop

    def start(self) -> None:
        """Begin to work, unless previews are switched off."""
        if self._previews.enabled:
            self._worker.start()

    async def _work(self) -> float | None:
        while self._worker.running and (jobs := await previews.claim(self._db, AT_ONCE)):
            await gatherResults([Deferred.fromCoroutine(self._do(job)) for job in jobs])
        if self._clock.seconds() >= self._forget_at:
            self._forget_at = self._clock.seconds() + FORGET_EVERY_S
            await self._previews.forget()
        return await previews.next_due_s(self._db)

    async def _do(self, job: Job) -> None:
        """Whatever goes wrong: the job's lease runs out, and it is tried again."""
        try:
            preview = await self._previews.get(job.url)
            if preview is None:
                await previews.take(self._db, job)
            else:
                await self._attach(job, preview)
        except ApiError as error:
            log.debug("the preview of message {id} waits: {error}", id=job.message_id, error=error.detail)
        except Exception as error:
            # Its text may hold the link.
            log.error("the preview of message {id} failed: {kind}", id=job.message_id, kind=type(error).__name__)

    async def _attach(self, job: Job, preview: LinkPreview) -> None:
        async def change(tx: Transaction) -> None:
            held = await changes.hold_for_nobody(tx, job.message_id)
            if not await previews.take(tx, job) or held is None or held.unsent or held.closed is not None:
                return
            await previews.attach(tx, held.id, preview)
            entry = await changes.log(tx, held, "message.preview")
            message = await messages.of(tx, held.id, "")
            if message is not None:
                told = MessagePreview(held.conversation_id, entry.seq, message)
                tx.emit(MESSAGE_PREVIEW, told, audience.conversation(held.conversation_id, held.pair))

        await self._writer.change(change)
