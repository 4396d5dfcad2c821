"""Statements that go to the database together: what nobody waits for takes no round trip of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Batch:
    """Statements that wait for one that is waited for. In one message each still sees what was committed before it.

    PostgreSQL 55.2.2.1 "Multiple Statements in a Simple Query": they are run in order, each with a snapshot of its own;
    the first that fails ends all, and the answer is that of the last.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[str, Sequence[Any]]] = []

    def add(self, sql: str, params: Sequence[Any] = ()) -> None:
        """Let a statement wait for the next, in order."""
        self._waiting.append((sql, params))

    def take(self, sql: str, params: Sequence[Any] = ()) -> tuple[str, Sequence[Any]]:
        """Put all that waits before a statement, in one; nothing waits any more."""
        if not self._waiting:
            return sql, params
        statements = [*self._waiting, (sql, params)]
        self._waiting = []
        together = [value for _, values in statements for value in values]
        # What has no parameters is taken as it is, unless it stands beside some: there % is for them.
        texts = [text if values or not together else text.replace("%", "%%") for text, values in statements]
        # On lines of their own: a statement may end with a comment.
        return "\n;\n".join(texts), together
