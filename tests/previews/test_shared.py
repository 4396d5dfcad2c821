"""Work that several wait for."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from chatr.api.errors import ApiError
from chatr.previews.shared import SharedWork


class SharedTests(SynchronousTestCase):
    """chatr.previews.shared"""

    def setUp(self) -> None:
        self.made: dict[str, Deferred[str]] = {}
        self.shared: SharedWork[str] = SharedWork(self.make, at_once=2, most=3)

    async def make(self, key: str) -> str:
        self.made[key] = Deferred()
        return await self.made[key]

    def test_once(self) -> None:
        """One making for all who ask meanwhile; a new one for who asks later."""
        first, second = self.shared.get("a"), self.shared.get("a")
        self.made["a"].callback("A")
        self.assertEqual((self.successResultOf(first), self.successResultOf(second)), ("A", "A"))
        third = self.shared.get("a")
        self.made["a"].callback("B")
        self.assertEqual(self.successResultOf(third), "B")

    def test_bounds(self) -> None:
        """Two at once, three in all; who asks for one of them needs no place."""
        got = [self.shared.get(key) for key in "abc"]
        self.assertEqual(sorted(self.made), ["a", "b"])
        error = self.failureResultOf(self.shared.get("d"), ApiError).value
        self.assertEqual((error.code, error.retry_after_s), ("unavailable", 2))
        again = self.shared.get("c")
        self.made["a"].callback("A")
        self.made["c"].callback("C")
        self.assertEqual([self.successResultOf(each) for each in (got[0], got[2], again)], ["A", "C", "C"])

    def test_failure(self) -> None:
        """What fails, fails for all, and makes room."""
        waiters = [self.shared.get("a"), self.shared.get("a")]
        self.made["a"].errback(ValueError())
        for waiter in waiters:
            self.failureResultOf(waiter, ValueError)
        self.shared.get("a")
        self.assertFalse(self.made["a"].called)

    def test_cancelled(self) -> None:
        """Who stops waiting stops nothing."""
        first, second = self.shared.get("a"), self.shared.get("a")
        first.cancel()
        self.failureResultOf(first)
        self.made["a"].callback("A")
        self.assertEqual(self.successResultOf(second), "A")
