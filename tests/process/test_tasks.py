"""What must never end."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import psycopg2
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from chatr.api.errors import ApiError
from chatr.process.tasks import LAST_PAUSE_S, LATE_S, Tasks
from tests.logs import LogLines


class TaskCase(SynchronousTestCase):
    """Tasks on a clock, and what they log."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.tasks = Tasks(self.clock)
        self.runs = 0
        log = LogLines("chatr.process.tasks", "chatr.process.incidents")
        self.addCleanup(log.end)
        self.lines = log.lines

    def pass_s(self, seconds: float) -> None:
        """Let time pass in small steps."""
        self.clock.pump([0.5] * int(seconds / 0.5))

    async def count(self) -> None:
        self.runs += 1

    def failing(self, make: Callable[[], Exception]) -> Callable[[], Deferred[None]]:
        async def work() -> None:
            self.runs += 1
            raise make()

        return work  # type: ignore[return-value]


class RhythmTests(TaskCase):
    """When work is done."""

    def test_every(self) -> None:
        """At once, and then so many seconds after the end of the last time; no more after a stop."""
        task = self.tasks.every("counting", 10.0, self.count)
        task.start()
        self.assertEqual(self.runs, 1)
        self.pass_s(30)
        self.assertEqual(self.runs, 4)
        self.successResultOf(task.stop())
        self.pass_s(30)
        self.assertEqual((self.runs, self.clock.getDelayedCalls()), (4, []))

    def test_later(self) -> None:
        """The first time may be later, and work may ask for its next time."""

        async def work() -> float:
            self.runs += 1
            return 2.0

        task = self.tasks.every("counting", 10.0, work)
        task.start(after_s=5.0)
        self.pass_s(4.5)
        self.assertEqual(self.runs, 0)
        self.pass_s(4.5)
        self.assertEqual(self.runs, 3)
        task.stop()

    def test_never_twice_at_once(self) -> None:
        """Who is woken while at work looks once more when done; a stop waits for that and no longer."""
        doors = [Deferred[None](), Deferred[None]()]

        async def work() -> None:
            self.runs += 1
            await doors[self.runs - 1]

        task = self.tasks.every("counting", 10.0, work)
        task.start()
        task.wake()
        task.wake()
        self.assertEqual(self.runs, 1)
        doors[0].callback(None)
        self.assertEqual(self.runs, 2)
        stopped = task.stop()
        self.assertNoResult(stopped)
        self.assertTrue(task.stopping)
        doors[1].callback(None)
        self.successResultOf(stopped)

    def test_stop_takes_nothing_new(self) -> None:
        """Who was woken while at work, and is stopped before that is done, does not look once more."""
        door: Deferred[None] = Deferred()

        async def work() -> None:
            self.runs += 1
            await door

        task = self.tasks.every("counting", 10.0, work)
        task.start()
        task.wake()
        stopped = task.stop()
        door.callback(None)
        self.successResultOf(stopped)
        self.assertEqual((self.runs, self.clock.getDelayedCalls()), (1, []))

    def test_stop_ends_a_rest(self) -> None:
        """Work that rests is done at once when it is to stop."""

        async def work() -> None:
            while not task.stopping:
                self.runs += 1
                await task.rest(1000.0)

        task = self.tasks.every("counting", 10.0, work)
        task.start()
        self.successResultOf(task.stop())
        self.assertEqual((self.runs, self.clock.getDelayedCalls()), (1, []))


class FailureTests(TaskCase):
    """Point 32 of issue 12: nothing ends it."""

    def test_goes_on(self) -> None:
        """Whatever is raised: it is tried again, after 1, 2, 4, 8, 16, 30, 30 s, and goes on when it can."""
        broken = True

        async def work() -> None:
            self.runs += 1
            if broken:
                raise psycopg2.errors.DiskFull("no space left")

        task = self.tasks.every("indexing", 0.5, work)
        task.start()
        moments = [0.0]
        while len(moments) < 8:
            before = self.runs
            self.clock.advance(0.5)
            if self.runs > before:
                moments.append(self.clock.seconds())
        pauses = [later - earlier for earlier, later in pairwise(moments)]
        self.assertEqual(pauses, [1, 2, 4, 8, 16, LAST_PAUSE_S, LAST_PAUSE_S])
        self.assertEqual(task.pulse.failures, 8)
        task.wake()
        self.assertEqual(self.runs, 8)
        broken = False
        self.pass_s(LAST_PAUSE_S)
        self.assertEqual((task.pulse.tries, task.pulse.failures), (0, 8))
        before = self.runs
        self.pass_s(5)
        self.assertEqual(self.runs, before + 10)
        self.assertEqual(len(self.flushLoggedErrors(psycopg2.errors.DiskFull)), 1)
        task.stop()

    def test_one_incident_one_line(self) -> None:
        """A failure has one traceback; then a line a minute with the count, and a line when it works again."""
        task = self.tasks.every("indexing", 0.5, self.failing(lambda: KeyError("gone")), longest_pause_s=1.0)
        task.start()
        self.pass_s(119)
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
        self.assertEqual(self.lines, ["indexing failed", "60 times more in 60 s: indexing failed: KeyError"])
        task.pulse.succeeded()
        self.assertEqual(self.lines[2:], ["indexing works again, after 120 failures"])
        task.stop()

    def test_unavailable_is_told_by_whoever_is_away(self) -> None:
        """What lasts less than a minute is no news; then it is one line, however long it lasts."""
        task = self.tasks.every("indexing", 0.5, self.failing(lambda: ApiError("unavailable")), longest_pause_s=1.0)
        task.start()
        self.pass_s(59)
        self.assertEqual(self.lines, [])
        self.pass_s(300)
        self.assertEqual(self.lines, ["indexing has not succeeded for a minute: Temporarily unavailable"])
        task.stop()

    def test_late(self) -> None:
        """What has not succeeded for a minute is named, with the time, until it succeeds."""
        task = self.tasks.every("indexing", 10.0, self.failing(lambda: ApiError("unavailable")))
        fine = self.tasks.every("counting", 10.0, self.count)
        for each in (task, fine):
            each.start()
        self.pass_s(LATE_S - 1)
        self.assertEqual(self.tasks.late(), [])
        self.pass_s(2)
        self.assertEqual(self.tasks.late(), ["indexing has not succeeded for 61 s"])
        task.pulse.succeeded()
        self.assertEqual(self.tasks.late(), [])
        for each in (task, fine):
            each.stop()

    def test_stuck(self) -> None:
        """What neither fails nor ends is late as well, unless it says that it goes on."""
        never: Deferred[None] = Deferred()

        async def hang() -> None:
            await never

        task = self.tasks.every("hanging", 10.0, hang)
        task.start()
        self.pass_s(LATE_S + 9)
        self.assertEqual(self.tasks.late(), [])
        task.progressed()
        self.pass_s(LATE_S + 9)
        self.assertEqual(self.tasks.late(), [])
        self.pass_s(1)
        self.assertEqual(self.tasks.late(), ["hanging has not succeeded for 70 s"])
        never.callback(None)
        task.stop()

    def test_stuck_at_one_place(self) -> None:
        """Work that gets somewhere and then fails at the same place each time does not count as well."""

        async def work() -> None:
            task.progressed()
            raise KeyError("the same place")

        task = self.tasks.every("indexing", 10.0, work)
        task.start()
        self.pass_s(LATE_S + 5)
        self.assertEqual(len(self.tasks.late()), 1)
        self.assertGreater(task.pulse.tries, 5)
        self.flushLoggedErrors(KeyError)
        task.stop()

    def test_by_its_own_means(self) -> None:
        """What succeeds only when there is reason is late only while it fails."""
        pulse = self.tasks.pulse("telling")
        self.pass_s(1000)
        self.assertEqual((self.tasks.late(), pulse.age_s), ([], 0.0))
        pulse.failed(Failure(ApiError("unavailable")))
        self.pass_s(LATE_S)
        self.assertEqual(self.tasks.late(), ["telling has not succeeded for 60 s"])
        pulse.succeeded()
        self.assertEqual(self.tasks.late(), [])
