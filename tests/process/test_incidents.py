"""One incident, one line."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from chatr.process import incidents
from chatr.process.incidents import QUIET_S, Incidents
from tests.logs import LogLines


class IncidentsTests(SynchronousTestCase):
    """Failures that come in thousands."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.incidents = Incidents(self.clock.seconds)
        log = LogLines("chatr.process.incidents")
        self.addCleanup(log.end)
        self.lines = log.lines

    def test_first_in_full_then_by_count(self) -> None:
        """Of a thousand failures within a minute the first is told; each minute has one line with their number."""
        told = 0
        for _ in range(2):
            for _ in range(500):
                told += self.incidents.first("disk", "no space left")
            self.clock.advance(QUIET_S / 4)
        self.assertEqual((told, self.lines), (1, []))
        self.clock.advance(QUIET_S / 2)
        self.assertFalse(self.incidents.first("disk", "no space left"))
        self.assertEqual(self.lines, ["1000 times more in 60 s: no space left"])

    def test_others_are_news(self) -> None:
        """Another failure is told at once, and so is the same after a quiet minute."""
        self.assertTrue(self.incidents.first("disk", "no space left"))
        self.assertTrue(self.incidents.first("table", "no such table"))
        self.clock.advance(QUIET_S)
        self.assertTrue(self.incidents.first("disk", "no space left"))

    def test_flush(self) -> None:
        """Counts that nobody asks for any more are said all the same, once."""
        for _ in range(3):
            self.incidents.first("disk", "no space left")
        self.incidents.flush()
        self.assertEqual(self.lines, [])
        self.clock.advance(QUIET_S)
        self.incidents.flush()
        self.incidents.flush()
        self.assertEqual(self.lines, ["2 times more in 60 s: no space left"])
        self.incidents.first("disk", "no space left")
        self.incidents.flush(everything=True)
        self.assertEqual(self.lines[1:], ["1 times more in 0 s: no space left"])

    def test_bounded(self) -> None:
        """A thousand kinds of failures don't stay for ever; what is pushed out has its count said."""
        self.patch(incidents, "MOST", 10)
        for key in range(1000):
            self.incidents.first(key, f"failure {key}")
            self.incidents.first(key, f"failure {key}")
        self.assertEqual(len(self.incidents._open), 10)
        self.assertEqual(len(self.lines), 990)
