"""What the garbage collector looks at."""

from __future__ import annotations

import gc
import weakref

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from chatr.process.collector import SWEEP_S, THRESHOLDS, Collector


class Cycle:
    """Holds on to itself."""

    def __init__(self) -> None:
        self.this = self


class CollectorTests(SynchronousTestCase):
    """On a test clock."""

    def setUp(self) -> None:
        self.clock = Clock()
        collector = Collector(self.clock)
        collector.start()
        self.addCleanup(collector.stop)

    def test_what_lives_is_left_alone(self) -> None:
        """It survived one full collection: none looks at it again, before a sweep does."""
        kept = Cycle()
        gone = weakref.ref(kept)
        gc.collect()
        del kept
        gc.collect()
        self.assertIsNotNone(gone())
        self.clock.advance(SWEEP_S)
        self.assertIsNone(gone())

    def test_what_dies_young_is_found(self) -> None:
        """Whatever was made since the last full collection."""
        gone = weakref.ref(Cycle())
        gc.collect()
        self.assertIsNone(gone())

    def test_stop(self) -> None:
        """The process is as it was."""
        self.addCleanup(gc.set_threshold, *gc.get_threshold())
        gc.set_threshold(900, 9, 9)
        collector = Collector(self.clock)
        collector.start()
        self.assertEqual(gc.get_threshold(), THRESHOLDS)
        collector.stop()
        self.assertEqual((gc.get_freeze_count(), gc.get_threshold()), (0, (900, 9, 9)))
