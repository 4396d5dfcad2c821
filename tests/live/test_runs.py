"""Runs of coroutines."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from chatr.live.runs import Run


class RunTests(SynchronousTestCase):
    """What becomes of a coroutine, in both ways."""

    def outcomes(self, coroutine: Coroutine[Deferred[Any], Any, Any]) -> list[Any]:
        told: list[Any] = []
        self.run_ = Run(coroutine, told.append)
        return told

    def test_returned(self) -> None:
        """What a coroutine returns is told once, when all it awaits has come."""
        first: Deferred[str] = Deferred()
        second: Deferred[str] = Deferred()

        async def both() -> str:
            return await first + await second

        told = self.outcomes(both())
        first.callback("a")
        self.assertEqual(told, [])
        second.callback("b")
        self.assertEqual(told, ["ab"])
        self.assertIsNone(self.successResultOf(first))

    def test_at_once(self) -> None:
        """One that waits for nothing is over when it has begun."""

        async def nothing() -> int:
            return 3

        self.assertEqual(self.outcomes(nothing()), [3])

    def test_raised(self) -> None:
        """What it raises is told as a failure, also when something it awaits has failed; that is then handled."""
        awaited: Deferred[None] = Deferred()

        async def caught() -> None:
            try:
                await awaited
            except ValueError as error:
                raise KeyError("told") from error

        told = self.outcomes(caught())
        awaited.errback(ValueError("awaited"))
        self.assertIsInstance(told[0], Failure)
        self.assertIsInstance(told[0].value, KeyError)
        self.assertIsInstance(told[0].value.__cause__, ValueError)
        self.assertIsNone(self.successResultOf(awaited))

    def test_paused(self) -> None:
        """What has come but does not go on yet is waited for; thousands that come in between need no deeper stack."""
        waiting: list[Deferred[int]] = []

        async def many() -> int:
            total = 0
            for number in range(5000):
                each: Deferred[int] = Deferred()
                each.callback(number)
                each.pause()
                waiting.append(each)
                total += await each
            return total

        told = self.outcomes(many())
        while waiting:
            waiting.pop().unpause()
        self.assertEqual(told, [sum(range(5000))])

    def test_cancelled(self) -> None:
        """Cancelling cancels what it waits for at the moment; of one that is over nothing is cancelled."""
        first: Deferred[None] = Deferred()
        second: Deferred[None] = Deferred()

        async def both() -> None:
            await first
            await second

        told = self.outcomes(both())
        first.callback(None)
        self.run_.cancel()
        self.run_.cancel()
        self.assertTrue(told[0].check(CancelledError))
        self.assertEqual(len(told), 1)
