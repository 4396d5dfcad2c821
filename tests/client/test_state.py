"""What a client keeps from one run to the next."""

from __future__ import annotations

import sqlite3

from twisted.trial.unittest import SynchronousTestCase

from chatr.client import FileState, MemoryState
from chatr.client.patience import Backoff
from chatr.client.state import State


class StateTests(SynchronousTestCase):
    """One set of checks for both kinds."""

    def keeps(self, state: State) -> None:
        """Cursor, seqs, and sends in the order in which they came, each once."""
        self.assertIsNone(state.cursor)
        self.assertIsNone(state.seq("a"))
        state.set_cursor("one")
        state.set_cursor("two")
        state.set_seq("a", 5)
        state.set_seq("a", 6)
        for client_id in ("3", "1", "2"):
            state.add_send({"clientId": client_id, "content": "ä"})
        state.remove_send("1")
        state.remove_send("unknown")
        self.kept(state)

    def kept(self, state: State) -> None:
        self.assertEqual((state.cursor, state.seq("a"), state.seq("b")), ("two", 6, None))
        self.assertEqual(state.sends(), [{"clientId": "3", "content": "ä"}, {"clientId": "2", "content": "ä"}])

    def begins(self, state: State) -> None:
        """The first epoch is that of what is there already; another one puts every log back to where it began."""
        state.set_cursor("one")
        state.set_seq("a", 5)
        state.set_seq("b", 0)
        state.set_seq("b", 7)
        state.add_send({"clientId": "1"})
        self.assertEqual(state.epoch, "")
        state.begin("first")
        self.assertEqual((state.epoch, state.cursor, state.seq("a"), state.seq("b")), ("first", None, 5, 7))
        state.set_seq("a", 6)
        state.set_cursor("two")
        state.begin("second")
        self.begun(state)

    def begun(self, state: State) -> None:
        self.assertEqual((state.epoch, state.cursor, state.seq("a"), state.seq("b")), ("second", None, 5, 0))
        self.assertEqual(state.sends(), [{"clientId": "1"}])

    def test_memory(self) -> None:
        """In memory."""
        self.keeps(MemoryState())
        self.begins(MemoryState())

    def test_file(self) -> None:
        """In a file: the next to open it finds everything, and nobody else can meanwhile."""
        path = self.mktemp()
        state = FileState(path)
        self.keeps(state)
        self.assertRaises(sqlite3.OperationalError, FileState, path)
        state.close()
        again = FileState(path)
        self.kept(again)
        again.close()

    def test_epochs_in_a_file(self) -> None:
        """A file keeps them too."""
        path = self.mktemp()
        state = FileState(path)
        self.begins(state)
        state.close()
        again = FileState(path)
        self.begun(again)
        again.close()


class BackoffTests(SynchronousTestCase):
    """Delays."""

    def test_delays(self) -> None:
        """Doubling up to the limit, from half to all of it by chance, and from the start again when it went well."""
        chance = 1.0
        backoff = Backoff(lambda: chance, first_s=1, last_s=5)
        self.assertEqual([backoff.delay_s() for _ in range(4)], [1, 2, 4, 5])
        backoff.reset()
        chance = 0.0
        self.assertEqual([backoff.delay_s() for _ in range(2)], [0.5, 1])
