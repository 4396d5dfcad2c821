"""What a client knows from one connection, and one run, to the next."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

#: The parameters of a ``message.send``, with ``clientId``.
Send = Mapping[str, Any]


class State(Protocol):
    """The sync cursor, how far each conversation's log has been handled, and the sends that wait.

    All but the sends is of one epoch, which is one history of the server's database.
    What a method has changed is kept when it returns.
    """

    @property
    def cursor(self) -> str | None:
        """Of the last answer of ``sync.changes`` whose news were all handled."""

    def set_cursor(self, cursor: str) -> None:
        """Keep that all news up to this cursor were handled."""

    @property
    def epoch(self) -> str:
        """Of all that is here but the sends; empty before the first connection."""

    def begin(self, epoch: str) -> None:
        """Forget the cursor. After another epoch put each log back to where it began here, too: it is another one."""

    def seq(self, conversation_id: str) -> int | None:
        """The last entry of a conversation's log that was handled; None: the conversation is not known."""

    def set_seq(self, conversation_id: str, seq: int) -> None:
        """Keep that all entries up to ``seq`` were handled. The first that is said of a log is where it begins."""

    def sends(self) -> list[Send]:
        """The sends that wait, oldest first."""

    def add_send(self, send: Send) -> None:
        """Keep a send."""

    def remove_send(self, client_id: str) -> None:
        """Forget a send that was acknowledged, or refused for good."""


class MemoryState:
    """A state that ends with the process: each start begins with what there is then."""

    def __init__(self) -> None:
        self._epoch = ""
        self._cursor: str | None = None
        self._seqs: dict[str, int] = {}
        self._first: dict[str, int] = {}
        self._sends: dict[str, Send] = {}

    @property
    def cursor(self) -> str | None:
        """See :class:`State`."""
        return self._cursor

    def set_cursor(self, cursor: str) -> None:
        """See :class:`State`."""
        self._cursor = cursor

    @property
    def epoch(self) -> str:
        """See :class:`State`."""
        return self._epoch

    def begin(self, epoch: str) -> None:
        """See :class:`State`."""
        if self._epoch:
            self._seqs = dict(self._first)
        self._epoch, self._cursor = epoch, None

    def seq(self, conversation_id: str) -> int | None:
        """See :class:`State`."""
        return self._seqs.get(conversation_id)

    def set_seq(self, conversation_id: str, seq: int) -> None:
        """See :class:`State`."""
        self._first.setdefault(conversation_id, seq)
        self._seqs[conversation_id] = seq

    def sends(self) -> list[Send]:
        """See :class:`State`."""
        return list(self._sends.values())

    def add_send(self, send: Send) -> None:
        """See :class:`State`."""
        self._sends[send["clientId"]] = send

    def remove_send(self, client_id: str) -> None:
        """See :class:`State`."""
        self._sends.pop(client_id, None)


class FileState(MemoryState):
    """A state in a file (SQLite), of one process at a time: it outlives the process, and the machine's power cuts."""

    def __init__(self, path: str | Path) -> None:
        """Raises sqlite3.Error, with the path, when the file can't be used, and when another process uses it."""
        super().__init__()
        try:
            self._open(path)
        except sqlite3.Error as error:
            raise type(error)(f"{path}: {error}") from None

    def _open(self, path: str | Path) -> None:
        self._file = sqlite3.connect(path, isolation_level=None, timeout=1)
        # Held until the end: two processes with one state would each miss what the other has handled.
        self._file.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.executescript(
            """CREATE TABLE IF NOT EXISTS cursor (only INTEGER PRIMARY KEY CHECK (only = 1), cursor TEXT NOT NULL);
               CREATE TABLE IF NOT EXISTS epoch (only INTEGER PRIMARY KEY CHECK (only = 1), epoch TEXT NOT NULL);
               CREATE TABLE IF NOT EXISTS seqs (conversation_id TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
               CREATE TABLE IF NOT EXISTS firsts (
                 conversation_id TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
               CREATE TABLE IF NOT EXISTS sends (
                 number INTEGER PRIMARY KEY AUTOINCREMENT, client_id TEXT UNIQUE NOT NULL, send TEXT NOT NULL);"""
        )
        for (epoch,) in self._file.execute("SELECT epoch FROM epoch"):
            super().begin(epoch)
        for (cursor,) in self._file.execute("SELECT cursor FROM cursor"):
            super().set_cursor(cursor)
        self._first.update(self._file.execute("SELECT conversation_id, seq FROM firsts"))
        for conversation_id, seq in self._file.execute("SELECT conversation_id, seq FROM seqs"):
            super().set_seq(conversation_id, seq)
        for (send,) in self._file.execute("SELECT send FROM sends ORDER BY number"):
            super().add_send(json.loads(send))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def set_cursor(self, cursor: str) -> None:
        """See :class:`State`."""
        super().set_cursor(cursor)
        self._file.execute("INSERT OR REPLACE INTO cursor VALUES (1, ?)", (cursor,))

    def begin(self, epoch: str) -> None:
        """See :class:`State`."""
        # One transaction: what was handled in another epoch never stands beside this one.
        self._file.execute("BEGIN")
        self._file.execute("DELETE FROM cursor")
        if self.epoch:
            self._file.execute("DELETE FROM seqs")
            self._file.execute("INSERT INTO seqs SELECT conversation_id, seq FROM firsts")
        self._file.execute("INSERT OR REPLACE INTO epoch VALUES (1, ?)", (epoch,))
        self._file.execute("COMMIT")
        super().begin(epoch)

    def set_seq(self, conversation_id: str, seq: int) -> None:
        """See :class:`State`."""
        if conversation_id not in self._first:
            self._file.execute("INSERT OR REPLACE INTO firsts VALUES (?, ?)", (conversation_id, seq))
        super().set_seq(conversation_id, seq)
        self._file.execute("INSERT OR REPLACE INTO seqs VALUES (?, ?)", (conversation_id, seq))

    def add_send(self, send: Send) -> None:
        """See :class:`State`."""
        self._file.execute(
            "INSERT OR IGNORE INTO sends (client_id, send) VALUES (?, ?)", (send["clientId"], json.dumps(dict(send)))
        )
        super().add_send(send)

    def remove_send(self, client_id: str) -> None:
        """See :class:`State`."""
        super().remove_send(client_id)
        self._file.execute("DELETE FROM sends WHERE client_id = ?", (client_id,))
