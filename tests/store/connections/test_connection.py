"""What goes over a connection at once."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from chatr.store.connections.connection import StatementBatch


class BatchTests(SynchronousTestCase):
    """StatementBatch.take"""

    def test_alone(self) -> None:
        """A statement before which nothing waits is what it is."""
        self.assertEqual(StatementBatch().take("SELECT '%'"), [("SELECT '%'", ())])

    def test_together(self) -> None:
        """In order, each with its parameters, and once."""
        batch = StatementBatch()
        batch.add("BEGIN")
        batch.add("A %s", (1,))
        self.assertEqual(batch.take("B %s %s", [2, 3]), [("BEGIN", ()), ("A %s", (1,)), ("B %s %s", [2, 3])])
        self.assertEqual(batch.take("COMMIT"), [("COMMIT", ())])
