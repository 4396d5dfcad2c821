"""Working off what waits in the database: when woken, when the next is due, and now and then all the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatr.api.errors import ApiError

log = Logger()

#: Another node may die with work in its hands: look for it now and then.
LOOK_EVERY_S = 30.0


class Worker:
    """Runs ``work`` whenever there may be something to do, never twice at once.

    ``work`` does all that is due, as long as the worker is :attr:`running`, and answers the seconds until the next is
    due; None when nothing waits.
    """

    def __init__(self, clock: IReactorTime, work: Callable[[], Awaitable[float | None]], *, name: str) -> None:
        self._clock = clock
        self._work = work
        self._name = name
        self._again = False
        self._timer: IDelayedCall | None = None
        self._settled: list[Deferred[None]] = []
        self.running = False
        self.busy = False
        """Whether work is under way."""

    def start(self) -> None:
        """Begin to work."""
        self.running = True
        self.wake()

    def stop(self) -> Deferred[None]:
        """Take nothing new; fires when what is under way is done."""
        self.running = False
        self._cancel_timer()
        return self.settled()

    def settled(self) -> Deferred[None]:
        """Fires when nothing is under way and nothing more is due."""
        waiter: Deferred[None] = Deferred()
        if self.busy:
            self._settled.append(waiter)
        else:
            waiter.callback(None)
        return waiter

    def wake(self) -> None:
        """Look for work now."""
        self._again = True
        if self.busy or not self.running:
            return
        self.busy = True
        self._cancel_timer()
        Deferred.fromCoroutine(self._run()).addErrback(self._trouble).addBoth(self._done)

    async def _run(self) -> float:
        wait_s: float | None = None
        while self._again:
            self._again = False
            wait_s = await self._work()
        return LOOK_EVERY_S if wait_s is None else min(wait_s, LOOK_EVERY_S)

    def _done(self, wait_s: float | None) -> None:
        self.busy = False
        if self.running:
            if self._again and wait_s is not None:
                self.wake()
                return
            # Never at once: what is due and yet was not taken is in another node's hands.
            self._timer = self._clock.callLater(max(1.0, LOOK_EVERY_S if wait_s is None else wait_s), self._look)
        settled, self._settled = self._settled, []
        for waiter in settled:
            waiter.callback(None)

    def _look(self) -> None:
        self._timer = None
        self.wake()

    def _cancel_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def _trouble(self, failure: Failure) -> None:
        if failure.check(ApiError):
            # The database is away: the timer tries again.
            log.warn("{name}: {error}", name=self._name, error=failure.getErrorMessage())
        else:
            log.failure("{name} failed", failure, name=self._name)
