"""Columns by name: what a statement selects for a struct, and the struct out of the row that comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import msgspec

Row: TypeAlias = Sequence[Any]
S = TypeVar("S", bound=msgspec.Struct)
V = TypeVar("V")


class Made(msgspec.Struct, frozen=True):
    """A column that is made into something else on the way; NULL stays None."""

    sql: str
    make: Callable[[Any], Any]


class ColumnGroup(Protocol):
    """Columns that one field is read from."""

    @property
    def sql(self) -> str:
        """The columns, for a select list."""

    @property
    def width(self) -> int:
        """How many columns they are."""

    def take(self, row: Row, start: int = 0) -> Any:
        """Make the field's value from the columns that begin at ``start``."""


class Columns(Generic[S]):
    """From what each field of a struct is read: SQL, SQL and what to make of it, or columns of its own.

    ``sql`` is the select list, in the order of the fields. Raises TypeError unless each field has its columns, and
    nothing else has. The struct must not be ``kw_only``: thousands of rows are read, and by place it takes a tenth.
    """

    def __init__(self, struct: type[S], columns: Mapping[str, str | Made | ColumnGroup]) -> None:
        fields = struct.__struct_fields__
        if columns.keys() != set(fields):
            raise TypeError(f"{struct.__name__} and its columns differ: {', '.join(columns.keys() ^ set(fields))}")
        self._struct = struct
        self._made: list[tuple[int, Callable[[Any], Any]]] = []
        self._pieces: list[tuple[ColumnGroup | None, int, int]] = []
        self.width = 0
        parts: list[str] = []
        for place, column in enumerate(columns[field] for field in fields):
            if isinstance(column, Made):
                self._made.append((place, column.make))
            parts.append(column if isinstance(column, str) else column.sql)
            self._append(None if isinstance(column, str | Made) else column)
        self.sql = ", ".join(parts)
        self._plain = not self._made and all(part is None for part, _, _ in self._pieces)

    def _append(self, part: ColumnGroup | None) -> None:
        """Add columns; those beside each other that are taken as they are make one piece."""
        begin, end = self.width, self.width + (part.width if part is not None else 1)
        if part is None and self._pieces and self._pieces[-1][0] is None:
            _, begin, _ = self._pieces.pop()
        self._pieces.append((part, begin, end))
        self.width = end

    def take(self, row: Row, start: int = 0) -> S:
        """Make the struct from the columns of a row that begin at ``start``."""
        if self._plain:
            return self._struct(*row[start : start + self.width])
        values: list[Any] = []
        for part, begin, end in self._pieces:
            if part is None:
                values += row[start + begin : start + end]
            else:
                values.append(part.take(row, start + begin))
        for place, make in self._made:
            if values[place] is not None:
                values[place] = make(values[place])
        return self._struct(*values)

    def all(self, rows: Sequence[Row]) -> list[S]:
        """Make a struct from each row, which has these columns and no others."""
        if self._plain:
            struct = self._struct
            return [struct(*row) for row in rows]
        return [self.take(row) for row in rows]

    def first(self, rows: Sequence[Row]) -> S | None:
        """Make a struct from the first row, if there is one."""
        return self.take(rows[0]) if rows else None


class Outer(Generic[S]):
    """Columns of what an outer join may not have found: None where the first of them is NULL."""

    def __init__(self, columns: Columns[S]) -> None:
        self._columns = columns
        self.sql, self.width = columns.sql, columns.width

    def take(self, row: Row, start: int = 0) -> S | None:
        """Make the struct from the columns that begin at ``start``, if they were found."""
        return None if row[start] is None else self._columns.take(row, start)


def value(rows: Sequence[Row], kind: type[V]) -> V:
    """Take the only value of the only row. ``kind``: of what type it is, as the database says."""
    found: V = _plain(rows[0][0])
    return found


def value_if_any(rows: Sequence[Row], kind: type[V]) -> V | None:
    """Take the only value, None where there is no row or it is NULL."""
    return value(rows, kind) if rows else None


def values(rows: Sequence[Row], kind: type[V]) -> list[V]:
    """Take the only value of each row."""
    return [_plain(row[0]) for row in rows]


def _plain(found: Any) -> Any:
    """Copy what is bytes: psycopg2 lends its own memory."""
    return bytes(found) if isinstance(found, memoryview) else found
