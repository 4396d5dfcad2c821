"""Reads that the server has no time for."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from chatr.client import Lost, Refused
from chatr.client.patience import FIRST_S, Patient

BUSY = Refused("chatr.error.unavailable", "busy", {"retryAfter": 2})


class PatienceTests(SynchronousTestCase):
    """The server answers as the test says, one answer after the other."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.closed: Deferred[str] = Deferred()
        self.answers: list[Any] = []
        self.asked = 0
        self.patient = Patient(self.call, self.clock, lambda: 1.0, self.closed)

    async def call(self, name: str, params: dict[str, Any]) -> dict[str, Any]:
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)

    def read(self) -> Deferred[dict[str, Any]]:
        return Deferred.fromCoroutine(self.patient.call("sync.changes", {}))

    def test_repeats_after_what_the_server_asks_for(self) -> None:
        """Not before retryAfter has passed, and then at a time of its own; longer each time."""
        self.answers = [BUSY, BUSY, {"cursor": "x"}]
        answer = self.read()
        self.clock.advance(2)
        self.assertEqual(self.asked, 1)
        self.clock.advance(FIRST_S)
        self.assertEqual(self.asked, 2)
        self.clock.advance(2 + FIRST_S)
        self.assertEqual(self.asked, 2)
        self.clock.advance(FIRST_S)
        self.assertEqual(self.successResultOf(answer), {"cursor": "x"})

    def test_refused_for_good(self) -> None:
        """What does not pass is told at once."""
        self.answers = [Refused("chatr.error.not_found")]
        self.failureResultOf(self.read(), Refused)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_the_connection_ends(self) -> None:
        """Nobody waits on a connection that is gone."""
        self.answers = [BUSY]
        answer = self.read()
        self.closed.callback("cut")
        self.failureResultOf(answer, Lost)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_not_wanted_any_more(self) -> None:
        """Whoever cancels the read while it waits ends it, and leaves no timer."""
        self.answers = [BUSY]
        answer = self.read()
        answer.cancel()
        self.failureResultOf(answer, CancelledError)
        self.assertEqual(self.clock.getDelayedCalls(), [])
