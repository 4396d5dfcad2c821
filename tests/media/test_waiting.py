"""Who is next."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from chatr.media.processes.waiting import Waiting


class WaitingTests(SynchronousTestCase):
    """chatr.media.processes.waiting"""

    def make(self, **options: int) -> Waiting[str]:
        return Waiting(**{"most": 10, "most_of_one": 4, "at_once": 2, **options})

    def test_turns(self) -> None:
        """Those of one key wait for each other, and take turns with those of others."""
        waiting = self.make(at_once=10)
        for task in ("a1", "a2", "a3", "b1", "c1", "b2"):
            self.assertTrue(waiting.add(task[0], task))
        self.assertEqual(len(waiting), 6)
        self.assertEqual([waiting.next() for _ in range(7)], ["a1", "b1", "c1", "a2", "b2", "a3", None])
        self.assertEqual(len(waiting), 0)

    def test_at_once(self) -> None:
        """So many of a key are under way; the next begins when one has ended."""
        waiting = self.make()
        for task in ("a1", "a2", "a3", "b1"):
            waiting.add(task[0], task)
        self.assertEqual([waiting.next() for _ in range(4)], ["a1", "b1", "a2", None])
        waiting.ended("b")
        self.assertIsNone(waiting.next())
        waiting.ended("a")
        self.assertEqual(waiting.next(), "a3")

    def test_bounds(self) -> None:
        """So many of a key wait, and so many together; nobody's have only the latter bound."""
        waiting = self.make()
        self.assertEqual([waiting.add("a", "x") for _ in range(5)], [True] * 4 + [False])
        self.assertEqual([waiting.add("", "x") for _ in range(7)], [True] * 6 + [False])
        self.assertFalse(waiting.add("b", "x"))
        self.assertEqual(waiting.drained(), ["x"] * 10)
        self.assertEqual((len(waiting), waiting.next()), (0, None))
        self.assertTrue(waiting.add("a", "y"))

    def test_nobodys(self) -> None:
        """The empty key has no bound of what is under way."""
        waiting = self.make()
        for number in range(5):
            waiting.add("", str(number))
        self.assertEqual([waiting.next() for _ in range(5)], list("01234"))
