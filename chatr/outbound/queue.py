"""The worker of the outbound queue: claims letters, hands them to their channel, tries again or gives up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatr.api.errors import ApiError
from chatr.auth.vault import Vault, VaultError
from chatr.outbound.letters import Channel, Job, Letter
from chatr.outbound.senders import NotSent, Sender
from chatr.store import outbound
from chatr.store.pool import Database, Transaction

log = Logger()

AT_ONCE = 8
#: Another node may die with letters in its hands: look for them now and then.
LOOK_EVERY_S = 30.0

CarryOut = Callable[[Job], Awaitable[None]]


class OutboundQueue:
    """Letters posted in a transaction leave after its commit, also when this process dies in between."""

    def __init__(self, clock: IReactorTime, db: Database, vault: Vault, senders: Mapping[Channel, Sender]) -> None:
        self._clock = clock
        self._db = db
        self._vault = vault
        self._senders = senders
        self._carry_out: CarryOut | None = None
        self._running = False
        self._working = False
        self._again = False
        self._timer: IDelayedCall | None = None
        self._settled: list[Deferred[None]] = []

    def can_send(self, channel: Channel) -> bool:
        """Whether the operator has set this channel up."""
        return channel in self._senders

    async def post(self, tx: Transaction, job: Job, expires_at: datetime) -> None:
        """Queue a letter, or a job that may post one when its turn comes, as part of a transaction."""
        await outbound.put(tx, job.channel, self._vault.seal(msgspec.json.encode(job)), expires_at)
        tx.then(self.wake)

    async def reseal(self, tx: Transaction) -> None:
        """Seal all letters anew, under the newest key. What can't be opened is left as it is."""
        for id, payload in (await outbound.payloads(tx)).items():
            try:
                await outbound.reseal(tx, id, self._vault.reseal(payload))
            except VaultError:
                log.warn("letter {id} is sealed under a key that is gone", id=id)

    def start(self, carry_out: CarryOut) -> None:
        """Begin to work. ``carry_out`` does what a job other than a letter asks for."""
        self._carry_out, self._running = carry_out, True
        self.wake()

    def stop(self) -> Deferred[None]:
        """Take nothing new; fires when what is under way is done."""
        self._running = False
        self._cancel_timer()
        return self.settled()

    @property
    def busy(self) -> bool:
        """Whether letters are under way."""
        return self._working

    def settled(self) -> Deferred[None]:
        """Fires when nothing is under way and nothing more is due."""
        waiter: Deferred[None] = Deferred()
        if self._working:
            self._settled.append(waiter)
        else:
            waiter.callback(None)
        return waiter

    def wake(self) -> None:
        """Look for due letters now."""
        self._again = True
        if self._working or not self._running:
            return
        self._working = True
        self._cancel_timer()
        Deferred.fromCoroutine(self._work()).addErrback(_log_trouble).addBoth(self._done)

    async def _work(self) -> float:
        """Send all that is due; the seconds until it is worth looking again."""
        while self._again:
            self._again = False
            while self._running and (claimed := await outbound.claim(self._db, AT_ONCE)):
                await gatherResults([Deferred.fromCoroutine(self._deliver(letter)) for letter in claimed])
        await outbound.prune(self._db)
        wait_s = await outbound.next_due_s(self._db)
        return LOOK_EVERY_S if wait_s is None else min(wait_s, LOOK_EVERY_S)

    def _done(self, wait_s: float | None) -> None:
        self._working = False
        if self._running:
            if self._again and wait_s is not None:
                self.wake()
                return
            # Never at once: a letter that is due and yet was not claimed is in another node's hands.
            self._timer = self._clock.callLater(max(1.0, LOOK_EVERY_S if wait_s is None else wait_s), self._look)
        settled, self._settled = self._settled, []
        for waiter in settled:
            waiter.callback(None)

    def _look(self) -> None:
        self._timer = None
        self.wake()

    async def _deliver(self, queued: outbound.Queued) -> None:
        try:
            await self._send(queued)
        except NotSent as trouble:
            log.warn(
                "{channel} {id} not sent in try {attempts}: {reason}",
                channel=queued.channel,
                id=queued.id,
                attempts=queued.attempts,
                reason=trouble.reason,
            )
            await (outbound.bury if trouble.final else outbound.retry)(self._db, queued.id, trouble.reason)
        else:
            await outbound.done(self._db, queued.id)

    async def _send(self, queued: outbound.Queued) -> None:
        if queued.expired:
            raise NotSent("expired before it could be sent", final=True)
        try:
            job: Any = msgspec.json.decode(self._vault.open(queued.payload), type=Job)
        except (VaultError, msgspec.DecodeError) as error:
            raise NotSent(f"can't be read: {error}", final=True) from None
        if not isinstance(job, Letter):
            if self._carry_out is not None:
                await self._carry_out(job)
            return
        sender = self._senders.get(job.channel)
        if sender is None:
            raise NotSent(f"no {job.channel} is set up on this server", final=True)
        try:
            await sender.send(job)
        except NotSent:
            raise
        except Exception as error:
            log.failure("sender of {channel} failed", channel=queued.channel)
            raise NotSent(f"internal: {type(error).__name__}") from None

    def _cancel_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None


def _log_trouble(failure: Failure) -> None:
    if failure.check(ApiError):
        # The database is away: the timer tries again.
        log.warn("outbound queue: {error}", error=failure.getErrorMessage())
    else:
        log.failure("outbound queue failed", failure)
