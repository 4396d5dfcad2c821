"""Work of which a little is done at a time, in turn between those who want it."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from twisted.internet.defer import Deferred

from chatr.api.context import HangUp
from chatr.api.errors import ApiError

_T = TypeVar("_T")


class _Job(Generic[_T]):
    """What somebody waits for."""

    def __init__(self, key: str, work: Callable[[], Awaitable[_T]], waiter: Deferred[_T]) -> None:
        self.key = key
        self.work = work
        self.waiter = waiter
        self.begun = False

    async def run(self) -> _T:
        """Do it, once."""
        work = self.work
        # It holds on to the call, which may hold on to this.
        del self.work
        return await work()

    def gone(self) -> None:
        """Note that the caller has gone: what has begun goes on, and whoever waits for it too."""
        if not self.begun:
            self.waiter.cancel()


class Turns:
    """Runs ``at_once`` pieces of work; the others wait, at most ``per_key`` of one key and ``in_all`` of all.

    The keys take turns, those first of which least is running: whoever has little to do waits for one piece of each
    other at most, however many those have. Who comes when it is full gets the place of the last of whoever has most
    waiting. Whoever finds no place, or loses it, gets ``unavailable``. What waits is dropped when its caller has gone;
    what runs goes on to its end, and keeps its place until then, whether or not somebody waits for it.
    """

    def __init__(self, *, at_once: int, per_key: int, in_all: int, detail: str) -> None:
        self._at_once = at_once
        self._per_key = per_key
        self._in_all = in_all
        self._detail = detail
        self._waiting: OrderedDict[str, deque[_Job[Any]]] = OrderedDict()
        self._wait = 0
        self._running: Counter[str] = Counter()
        self._beginning: deque[_Job[Any]] = deque()

    @property
    def running(self) -> int:
        """How many run."""
        return self._running.total()

    def __len__(self) -> int:
        """How many wait."""
        return self._wait

    def run(self, key: str, work: Callable[[], Awaitable[_T]], hang_up: HangUp | None = None) -> Deferred[_T]:
        """Do ``work`` in its turn; fires with its answer. May be cancelled; ``hang_up`` cancels what has not begun.

        Fails with ``unavailable`` and CancelledError, and with what ``work`` raises.
        """
        job = _Job(key, work, Deferred(lambda _: self._drop(job)))
        if self.running < self._at_once:
            self._begin(job)
            return job.waiter
        if not self._has_room(key):
            job.waiter.errback(self._full())
            return job.waiter
        self._waiting.setdefault(key, deque()).append(job)
        self._wait += 1
        if hang_up is not None:
            hang_up.then(job.gone)
        return job.waiter

    def stop(self) -> None:
        """Refuse all who wait."""
        waiting, self._waiting, self._wait = self._waiting, OrderedDict(), 0
        for jobs in waiting.values():
            for job in jobs:
                job.waiter.errback(self._full())

    def _has_room(self, key: str) -> bool:
        own = len(self._waiting.get(key, ()))
        if own >= self._per_key:
            return False
        if len(self) < self._in_all:
            return True
        longest = max(self._waiting, key=lambda each: len(self._waiting[each]))
        if own + 1 >= len(self._waiting[longest]):
            return False
        self._wait -= 1
        self._waiting[longest].pop().waiter.errback(self._full())
        return True

    def _begin(self, job: _Job[Any]) -> None:
        self._running[job.key] += 1
        job.begun = True
        self._beginning.append(job)
        if len(self._beginning) > 1:
            # Work that ends at once leads here again: one after the other, or thousands would be one inside the other.
            return
        while self._beginning:
            Deferred.fromCoroutine(self._beginning[0].run()).addBoth(self._done, self._beginning[0])
            self._beginning.popleft()

    def _done(self, outcome: Any, job: _Job[Any]) -> None:
        # Chosen before this one counts as gone: who has just had a turn is not the next, if there is another.
        following = self._choose()
        self._running[job.key] -= 1
        if not self._running[job.key]:
            del self._running[job.key]
        if following is not None:
            self._begin(following)
        if not job.waiter.called:
            job.waiter.callback(outcome)

    def _choose(self) -> _Job[Any] | None:
        """Of those of whom least is running, the one whose last turn is longest ago."""
        if not self._waiting:
            return None
        idle = next((key for key in self._waiting if not self._running[key]), None)
        key = idle if idle is not None else min(self._waiting, key=self._running.__getitem__)
        jobs = self._waiting.pop(key)
        job = jobs.popleft()
        self._wait -= 1
        if jobs:
            self._waiting[key] = jobs
        return job

    def _drop(self, job: _Job[Any]) -> None:
        jobs = self._waiting.get(job.key)
        if jobs is not None and job in jobs:
            jobs.remove(job)
            self._wait -= 1
            if not jobs:
                del self._waiting[job.key]

    def _full(self) -> ApiError:
        return ApiError("unavailable", self._detail, retry_after_s=2)
