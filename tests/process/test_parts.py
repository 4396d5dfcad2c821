"""Parts in stages."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from chatr.process.parts import Life, Stages
from tests.logs import LogLines


class PartsTests(SynchronousTestCase):
    """In order, and backwards."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.parts = Stages(self.clock)
        self.done: list[str] = []

    def part(self, name: str, *, start: Any = None, stop: Any = None) -> Life:
        """A part that notes what is done with it, and answers what is given."""

        def noted(what: str, answer: Any) -> Any:
            self.done.append(f"{what} {name}")
            return answer() if answer else None

        return Life(start=lambda: noted("start", start), stop=lambda: noted("stop", stop))

    def start(self, *stages: dict[str, Life]) -> Deferred[None]:
        return Deferred.fromCoroutine(self.parts.start(stages))

    def stop(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self.parts.stop(4.5))

    def test_order(self) -> None:
        """One after the other, each when the one before it has begun; stopped backwards, a stage at once; once."""
        ready: Deferred[None] = Deferred()
        one, two, three = self.part("one", start=lambda: ready), self.part("two"), self.part("three")
        started = self.start({"one": one}, {"two": two, "three": three})
        self.assertEqual(self.done, ["start one"])
        ready.callback(None)
        self.successResultOf(started)
        self.assertEqual(self.done, ["start one", "start two", "start three"])
        self.done.clear()
        self.successResultOf(self.stop())
        self.successResultOf(self.stop())
        self.assertEqual(self.done, ["stop two", "stop three", "stop one"])

    def test_a_stage_waits_for_the_one_behind_it(self) -> None:
        """What others stand on is stopped when they are, or when their time is over."""
        log = LogLines("chatr.process.closing")
        self.addCleanup(log.end)
        parts = {"slow": self.part("slow", stop=Deferred), "quick": self.part("quick")}
        self.successResultOf(self.start({"base": self.part("base")}, parts))
        self.done.clear()
        stopped = self.stop()
        self.assertEqual(self.done, ["stop slow", "stop quick"])
        self.clock.advance(5.0)
        self.successResultOf(stopped)
        self.assertEqual((self.done[2:], log.lines), (["stop base"], ["slow: not closed within 5.0 s, left behind"]))

    def test_what_did_not_start(self) -> None:
        """What stands in the way of one is raised; it is stopped, and so is all before it, nothing behind it."""

        def fails() -> None:
            raise OSError("no")

        stages = {"one": self.part("one")}, {"two": self.part("two", start=fails)}, {"three": self.part("three")}
        self.failureResultOf(self.start(*stages), OSError)
        self.successResultOf(self.stop())
        self.assertEqual(self.done, ["start one", "start two", "stop two", "stop one"])

    def test_stopped_while_it_starts(self) -> None:
        """What is told to stop meanwhile is stopped, and nothing more is started."""
        ready: Deferred[None] = Deferred()
        started = self.start({"one": self.part("one", start=lambda: ready), "two": self.part("two")})
        self.successResultOf(self.stop())
        ready.callback(None)
        self.successResultOf(started)
        self.assertEqual(self.done, ["start one", "stop one"])

    def test_more(self) -> None:
        """What is started later stands on what is there."""
        self.successResultOf(self.start({"one": self.part("one", start=lambda: succeed(None))}))
        self.successResultOf(self.start({"two": self.part("two")}))
        self.successResultOf(self.stop())
        self.assertEqual(self.done, ["start one", "start two", "stop two", "stop one"])
