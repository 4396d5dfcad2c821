"""Answers of another server as they come."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from chatr.files.s3.answers import Idle, Lost


class IdleTests(TestCase):
    """When something is given up."""

    def test_moves(self) -> None:
        """Each move gives as much time again; what rests has all of it; what does not move is cancelled."""
        clock = Clock()
        idle = Idle(clock, 10)
        waiting: Deferred[None] = Deferred()
        watched = Deferred.fromCoroutine(idle.watch(waiting))
        for _ in range(5):
            clock.advance(9)
            idle.moved()
        idle.rest()
        clock.advance(1000)
        idle.go_on()
        clock.advance(9)
        self.assertNoResult(watched)
        clock.advance(1)
        self.failureResultOf(watched, Lost)
        self.assertEqual(clock.getDelayedCalls(), [])
