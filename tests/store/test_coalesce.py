"""Look-ups made together."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from chatr.store.coalesce import MAX_KEYS, Coalescer, SharedReads


class CoalescerTests(TestCase):
    """One look-up serves all who wait."""

    def setUp(self) -> None:
        self.asked: list[list[str]] = []
        self.answers: list[Deferred[dict[str, str]]] = []
        self.coalescer: Coalescer[str] = Coalescer(self.fetch)

    def fetch(self, keys: Sequence[str]) -> Deferred[dict[str, str]]:
        self.asked.append(list(keys))
        self.answers.append(Deferred())
        return self.answers[-1]

    def test_gathers_while_one_is_under_way(self) -> None:
        """The first goes at once, all that come meanwhile go together, a key twice is asked once."""
        first = self.coalescer.get("a")
        later = [self.coalescer.get(key) for key in ("b", "c", "b")]
        self.assertEqual(self.asked, [["a"]])
        self.answers[0].callback({"a": "A"})
        self.assertEqual((self.successResultOf(first), self.asked[1]), ("A", ["b", "c"]))
        self.answers[1].callback({"b": "B"})
        self.assertEqual([self.successResultOf(waiter) for waiter in later], ["B", None, "B"])

    def test_failure_reaches_those_who_waited_for_it(self) -> None:
        """A look-up that fails fails for its own callers; the next one is made all the same."""
        first, second = self.coalescer.get("a"), self.coalescer.get("b")
        self.answers[0].errback(KeyError("a"))
        self.failureResultOf(first, KeyError)
        self.answers[1].callback({"b": "B"})
        self.assertEqual(self.successResultOf(second), "B")

    def test_cancelled_waiter(self) -> None:
        """Whoever gives up does not disturb the others."""
        self.coalescer.get("busy")
        first, second = self.coalescer.get("a"), self.coalescer.get("a")
        first.addErrback(lambda _: None)
        first.cancel()
        self.answers[0].callback({})
        self.answers[1].callback({"a": "A"})
        self.assertEqual(self.successResultOf(second), "A")

    def test_bounded(self) -> None:
        """One look-up has a limited number of keys."""
        self.coalescer.get("first")
        for number in range(MAX_KEYS + 10):
            self.coalescer.get(str(number))
        self.answers[0].callback({})
        self.answers[1].callback({})
        self.assertEqual([len(keys) for keys in self.asked], [1, MAX_KEYS, 10])
        self.answers[2].callback({})


class SharedReadsTests(TestCase):
    """One read serves all who want the same."""

    def setUp(self) -> None:
        self.reads = SharedReads()
        self.begun: list[tuple[str, Deferred[str]]] = []

    def get(self, key: str) -> Deferred[str]:
        def read() -> Deferred[str]:
            self.begun.append((key, Deferred()))
            return self.begun[-1][1]

        return self.reads.get(key, read)

    def test_the_next_is_shared(self) -> None:
        """Whoever comes while one is under way shares the next, which begins after they came; others go at once."""
        first, later, other = self.get("a"), [self.get("a") for _ in range(3)], self.get("b")
        self.assertEqual([key for key, _ in self.begun], ["a", "b"])
        self.begun[1][1].callback("B")
        self.begun[0][1].callback("A")
        self.assertEqual((self.successResultOf(first), self.successResultOf(other)), ("A", "B"))
        self.assertEqual([key for key, _ in self.begun], ["a", "b", "a"])
        last = self.get("a")
        self.begun[2][1].callback("AA")
        self.assertEqual([self.successResultOf(waiter) for waiter in later], ["AA"] * 3)
        self.begun[3][1].callback("AAA")
        self.assertEqual((self.successResultOf(last), self.reads._waiting), ("AAA", {}))

    def test_failures_and_who_gives_up(self) -> None:
        """A read that fails does so for those who shared it; one who waits no more is not waited for."""
        first, second, third = self.get("a"), self.get("a"), self.get("a")
        first.addErrback(lambda _: None)
        third.addErrback(lambda _: None)
        first.cancel()
        third.cancel()
        self.begun[0][1].callback("nobody's")
        self.begun[1][1].errback(KeyError("a"))
        self.failureResultOf(second, KeyError)
        self.assertEqual(self.reads._waiting, {})
