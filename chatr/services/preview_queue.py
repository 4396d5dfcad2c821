"""Messages that wait for the preview of their link: put by the send, worked off after it."""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from chatr.api.errors import ApiError
from chatr.api.model import LinkPreview
from chatr.process.tasks import Tasks
from chatr.services.link_previews import FOR_MESSAGES, Previews
from chatr.store.messages import previews
from chatr.store.messages.previews import PreviewJob
from chatr.store.pool import Database, Transaction
from chatr.store.writing.places import Of
from chatr.store.writing.writer import MessageWriter

log = Logger()

#: Another node may die with work in its hands: look for it now and then.
EVERY_S = 30.0
FORGET_EVERY_S = 30.0
#: In whose name the writer is asked.
CALLER = "previews"


class Attach(Protocol):
    """Gives a message its preview."""

    def __call__(self, tx: Transaction, job: PreviewJob, preview: LinkPreview) -> Awaitable[None]:
        """Unless the message has become another meanwhile; the job is done either way."""


class PreviewQueue:
    """Gives messages their previews, also those that another process has left; each one once."""

    def __init__(self, tasks: Tasks, db: Database, writer: MessageWriter, found: Previews, *, attach: Attach) -> None:
        """``attach`` gives a message its preview, for a job that is still this process's."""
        self._tasks = tasks
        self._db = db
        self._writer = writer
        self._previews = found
        self._attach = attach
        self._forget_at = 0.0
        self._doing: set[Deferred[None]] = set()
        self._looked = False
        self._waiting: Deferred[None] | None = None
        self._task = tasks.every("link_previews", EVERY_S, self._work)
        self.settled = self._task.settled
        self.stop = self._task.stop

    def start(self) -> None:
        """Begin to work, unless previews are switched off."""
        if self._previews.enabled:
            self._task.start()

    def wake(self) -> None:
        """Look for work now, also beside what is under way."""
        self._look_again()
        self._task.wake()

    def _look_again(self) -> None:
        self._looked = False
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.callback(None)

    async def _work(self) -> float | None:
        while True:
            self._looked = True
            free = FOR_MESSAGES - len(self._doing) if self._task.running else 0
            for job in await previews.claim(self._db, free) if free else ():
                self._begin(job)
            if self._looked and not self._doing:
                break
            if self._looked:
                # Until one is done, or there may be another.
                self._waiting = Deferred()
                await self._waiting
        if self._tasks.clock.seconds() >= self._forget_at:
            self._forget_at = self._tasks.clock.seconds() + FORGET_EVERY_S
            await self._previews.forget()
        return await previews.next_due_s(self._db)

    def _begin(self, job: PreviewJob) -> None:
        doing = Deferred.fromCoroutine(self._do(job))
        self._doing.add(doing)

        def done(_: None) -> None:
            self._doing.discard(doing)
            self._task.progressed()
            self._look_again()

        doing.addCallback(done)

    async def _do(self, job: PreviewJob) -> None:
        """Whatever goes wrong: the job's lease runs out, and it is tried again."""
        try:
            preview = await self._previews.for_message(job.url)
            if preview is None:
                await previews.take(self._db, job)
            else:
                attach = partial(self._attach, job=job, preview=preview)
                await self._writer.change(attach, caller=CALLER, place=Of(job.message_id))
        except ApiError as error:
            log.debug("the preview of message {id} waits: {error}", id=job.message_id, error=error.detail)
        except Exception as error:
            # Its text may hold the link.
            kind = type(error).__name__
            if self._tasks.incidents.first(("a preview", kind), f"the preview of a message failed: {kind}"):
                log.error("the preview of message {id} failed: {kind}", id=job.message_id, kind=kind)
