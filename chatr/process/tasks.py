"""What must never end: the one way to run work again and again, whatever goes wrong with it.

::

    class Retention:
        def __init__(self, tasks: Tasks, db: Database) -> None:
            self._task = tasks.every("retention", 86400.0, self._work)
            self.stop = self._task.stop                 # a Deferred: fires when what is under way is done

        def start(self) -> None:
            self._task.start(after_s=seconds_until_night())    # at once by default

        async def _work(self) -> float | None:          # None: again after 86400 s; a number: already after so many
            while not self._task.stopping and await self._piece():
                self._task.progressed()                 # long work says that it goes on, or it counts as stuck
                await self._task.rest(1.0)              # a stop ends the rest early

:class:`Task` runs ``work`` never twice at once. Whatever it raises is caught, told once and then by count,
and it is tried again after pauses that grow from one second to ``longest_pause_s``. ``task.wake()`` looks for work now.

What has a rhythm of its own takes a :class:`Pulse` (``tasks.pulse(name)``) and says ``succeeded()`` or
``failed(failure)``. All are in the metrics (``chatr_task_failures_total``, ``chatr_task_success_age_seconds``) and in
/ready, where one that has not succeeded for a minute has a line. A failure that is ``unavailable`` is no news for a
minute, and then told once: whoever is away, the database or Redis, has lines of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatr.api.errors import ApiError
from chatr.process.incidents import Incidents

log = Logger()

#: What has not succeeded for so long, beyond its own rhythm, is told as late.
LATE_S = 60.0
FIRST_PAUSE_S, LAST_PAUSE_S = 1.0, 30.0

Work = Callable[[], Awaitable[float | None]]


class Pulse:
    """How something that must go on fares. ``every_s``: how often it succeeds in good days; None: when it has to."""

    def __init__(
        self, name: str, seconds: Callable[[], float], incidents: Incidents, *, every_s: float | None = None
    ) -> None:
        self.name = name
        self.failures = 0
        """Since the process began."""
        self.tries = 0
        """Failures since the last success."""
        self._seconds = seconds
        self._incidents = incidents
        self._every_s = every_s
        self._succeeded_at: float | None = None
        self._failing_since = self._failed_at = 0.0
        self._told_away = False

    def begin(self) -> None:
        """Expect it to succeed from now on."""
        self._succeeded_at = self._seconds()

    def end(self) -> None:
        """Expect nothing of it any more."""
        self._succeeded_at, self.tries = None, 0

    def succeeded(self) -> None:
        """Note that it went well, or goes on well."""
        if self.tries and self.late:
            log.info("{task} works again, after {tries} failures", task=self.name, tries=self.tries)
        self.tries, self._told_away = 0, False
        if self._succeeded_at is not None:
            self._succeeded_at = self._seconds()

    def progressed(self) -> None:
        """Note that it is not done, and goes on. After a failure that is no success before it went on for a minute."""
        if not self.tries or self._seconds() - self._failed_at >= LATE_S:
            self.succeeded()

    def failed(self, failure: Failure, *, said: str = "") -> None:
        """Note that it went wrong: told once, then by count; ``said``: a line that says it without a traceback."""
        self.failures += 1
        self.tries += 1
        self._failed_at = self._seconds()
        if self.tries == 1:
            self._failing_since = self._failed_at
        error = failure.value
        if isinstance(error, ApiError) and not said:
            self._away(error)
            return
        # Without the error's words, which may hold what people wrote.
        short = said or f"{self.name} failed: {type(error).__name__}"
        if self._incidents.first((self.name, type(error), getattr(error, "pgcode", None)), short):
            if said:
                log.warn("{said}", said=said)
            else:
                log.failure("{task} failed", failure, task=self.name)

    def _away(self, error: ApiError) -> None:
        if self.late and not self._told_away:
            self._told_away = True
            log.warn("{task} has not succeeded for a minute: {detail}", task=self.name, detail=error.detail)

    @property
    def age_s(self) -> float:
        """Seconds since the last success; for what succeeds only when it has to, since it began to fail."""
        if self._every_s is None:
            return self._seconds() - self._failing_since if self.tries else 0.0
        return self._seconds() - self._succeeded_at if self._succeeded_at is not None else 0.0

    @property
    def late(self) -> bool:
        """Whether it has not succeeded for a minute although it should have."""
        if self._every_s is not None and self._succeeded_at is None:
            return False
        if self.tries and self._seconds() - self._failing_since >= LATE_S:
            return True
        return self._every_s is not None and self.age_s >= self._every_s + LATE_S


class Task:
    """Runs ``work`` again and again: when it is due, when woken, and after failures. Made by :meth:`Tasks.every`."""

    def __init__(
        self, clock: IReactorTime, work: Work, pulse: Pulse, *, every_s: float, longest_pause_s: float
    ) -> None:
        self.pulse = pulse
        self.busy = False
        """Whether work is under way."""
        self.running = False
        self.stopping = False
        """Whether work is to come to its end."""
        self._clock = clock
        self._work = work
        self._every_s = every_s
        self._longest_pause_s = longest_pause_s
        self._again = False
        self._timer: IDelayedCall | None = None
        self._resting: Deferred[None] | None = None
        self._settled: list[Deferred[None]] = []

    def start(self, *, after_s: float = 0.0) -> None:
        """Begin to work, at once or after so many seconds."""
        self.running, self.stopping = True, False
        self.pulse.begin()
        if after_s:
            self._in(after_s)
        else:
            self.wake()

    def stop(self) -> Deferred[None]:
        """Take nothing new; fires when what is under way is done."""
        self.running, self.stopping = False, True
        self.pulse.end()
        self._cancel_timer()
        if self._resting is not None:
            self._resting.cancel()
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
        """Look for work now; not in the pause after a failure."""
        self._again = True
        if self.running and not self.busy and not self.pulse.tries:
            self._begin()

    def progressed(self) -> None:
        """Note that the work that is under way goes on."""
        self.pulse.progressed()

    async def rest(self, seconds: float) -> None:
        """Wait in the middle of work. A stop ends it."""
        if self.stopping:
            return
        self._resting = deferLater(self._clock, seconds)
        try:
            await self._resting
        except CancelledError:
            pass
        finally:
            self._resting = None

    def _begin(self) -> None:
        self.busy = True
        self._cancel_timer()
        Deferred.fromCoroutine(self._run()).addBoth(self._done)

    async def _run(self) -> float | None:
        wait_s: float | None = None
        self._again = True
        while self._again and self.running:
            self._again = False
            wait_s = await self._work()
            self.pulse.succeeded()
        return wait_s

    def _done(self, outcome: float | Failure | None) -> None:
        self.busy = False
        if isinstance(outcome, Failure):
            self.pulse.failed(outcome)
            outcome.cleanFailure()
            pause_s: float = FIRST_PAUSE_S * 2 ** min(self.pulse.tries - 1, 10)
            wait_s = min(pause_s, self._longest_pause_s)
        elif outcome is None:
            wait_s = self._every_s
        else:
            # Never at once: what is due and yet was not taken is in another node's hands.
            wait_s = min(max(1.0, outcome), self._every_s)
        if self.running:
            if self._again and not self.pulse.tries:
                self._begin()
                return
            self._in(wait_s)
        settled, self._settled = self._settled, []
        for waiter in settled:
            waiter.callback(None)

    def _in(self, seconds: float) -> None:
        self._cancel_timer()
        self._timer = self._clock.callLater(seconds, self._due)

    def _due(self) -> None:
        self._timer = None
        if self.running and not self.busy:
            self._begin()

    def _cancel_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None


class Tasks:
    """All that must never end in this process, by name."""

    def __init__(self, clock: IReactorTime, incidents: Incidents | None = None) -> None:
        self.clock = clock
        self.incidents = incidents or Incidents(clock.seconds)
        self.pulses: dict[str, Pulse] = {}

    def every(self, name: str, every_s: float, work: Work, *, longest_pause_s: float = LAST_PAUSE_S) -> Task:
        """Have work done every so often; ``name`` in snake_case, as the metrics show it."""
        pulse = self._add(name, every_s)
        return Task(self.clock, work, pulse, every_s=every_s, longest_pause_s=longest_pause_s)

    def pulse(self, name: str) -> Pulse:
        """Make the pulse of something that goes on by its own means, when it has to."""
        return self._add(name, None)

    def late(self) -> list[str]:
        """Return a line for each that has not succeeded for a minute."""
        return [
            f"{pulse.name} has not succeeded for {pulse.age_s:.0f} s" for pulse in self.pulses.values() if pulse.late
        ]

    def _add(self, name: str, every_s: float | None) -> Pulse:
        pulse = self.pulses[name] = Pulse(name, self.clock.seconds, self.incidents, every_s=every_s)
        return pulse
