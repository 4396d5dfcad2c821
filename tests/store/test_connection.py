"""What goes over a connection at once."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from chatr.store.connection import StatementBatch


class BatchTests(SynchronousTestCase):
    """StatementBatch.take"""

    def test_alone(self) -> None:
        """A statement before which nothing waits is what it is."""
        self.assertEqual(StatementBatch().take("SELECT '%'"), ("SELECT '%'", ()))

    def test_together(self) -> None:
        """In order, each on its own lines, and once."""
        batch = StatementBatch()
        batch.add("BEGIN")
        batch.add("LOCK a -- now")
        self.assertEqual(batch.take("SELECT '%'"), ("BEGIN\n;\nLOCK a -- now\n;\nSELECT '%'", []))
        self.assertEqual(batch.take("COMMIT"), ("COMMIT", ()))

    def test_parameters(self) -> None:
        """Of all in order; a % of what has none stays one."""
        batch = StatementBatch()
        batch.add("A LIKE '%'")
        batch.add("B %s", (1,))
        self.assertEqual(batch.take("C %s %s", [2, 3]), ("A LIKE '%%'\n;\nB %s\n;\nC %s %s", [1, 2, 3]))
