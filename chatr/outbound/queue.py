"""The worker of the outbound queue: claims letters, hands them to their channel, tries again or gives up.

Letters are posted with what they are about, so that no caller waits for a server of mail.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from twisted.internet.defer import Deferred, DeferredList, TimeoutError
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatr.auth.vault import Vault, VaultError
from chatr.outbound.letters import Channel, Job, Letter
from chatr.outbound.senders import LetterSender, NotSent
from chatr.process.tasks import Tasks
from chatr.store import outbound
from chatr.store.pool import Database, Transaction

log = Logger()

AT_ONCE = 8
#: Another node may die with letters in its hands: look for them now and then.
EVERY_S = 30.0
#: How long an answer waits in development for the mail that it caused.
WRITTEN_S = 1.0
#: How long a claimed letter is left to its claimer. Longer than any sender's timeout.
LEASE_S = 180
FIRST_RETRY_S, LAST_RETRY_S = 5, 600

CarryOut = Callable[[Job], Awaitable[None]]


class OutboundQueue:
    """Letters posted in a transaction leave after its commit, also when this process dies in between."""

    def __init__(
        self,
        tasks: Tasks,
        db: Database,
        vault: Vault,
        senders: Mapping[Channel, LetterSender],
        *,
        awaited: bool = False,
    ) -> None:
        """``awaited``: whether answers wait for the letters that they caused."""
        self._clock = tasks.clock
        self._db = db
        self._vault = vault
        self._senders = senders
        self._awaited = awaited
        self._carry_out: CarryOut | None = None
        self._task = tasks.every("outbound", EVERY_S, self._work)
        self.wake = self._task.wake
        self.settled = self._task.settled
        self.stop = self._task.stop

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
        self._carry_out = carry_out
        self._task.start()

    def written(self) -> Deferred[None] | None:
        """Wait for what is under way, but not for long; None when there is nothing that an answer waits for."""
        if not self._awaited or not self._task.busy:
            return None

        def too_late(failure: Failure) -> None:
            failure.trap(TimeoutError)

        return self._task.settled().addTimeout(WRITTEN_S, self._clock).addErrback(too_late)

    async def _work(self) -> float | None:
        while self._task.running and (claimed := await outbound.claim(self._db, AT_ONCE, LEASE_S)):
            # All of them to their end: one that fails must not leave the others without anybody who waits for them.
            delivering = [Deferred.fromCoroutine(self._deliver(letter)) for letter in claimed]
            for _, outcome in await DeferredList(delivering, consumeErrors=True):
                if isinstance(outcome, Failure):
                    outcome.raiseException()
            self._task.progressed()
        return await outbound.next_due_s(self._db)

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
            if trouble.final:
                await outbound.bury(self._db, queued.id, trouble.reason)
            else:
                await outbound.retry(self._db, queued.id, trouble.reason, FIRST_RETRY_S, LAST_RETRY_S)
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
