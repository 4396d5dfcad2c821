"""Statements that run often are prepared once a connection and then executed by name: PostgreSQL plans each once.

psycopg2 writes parameters into the text, which PostgreSQL parses and plans anew each time: for a page of history a
third of all it does. Here the second use of a text has it tried: PREPAREd, by itself, on a connection that is idle.
PostgreSQL says of what types it takes the parameters to be. Only where those are the types of what is handed in is
EXECUTE sure to do what the plain text does; all else stays plain. From then on each connection prepares the text as it
needs it, in the message that executes it.

PostgreSQL plans the first five executions for their parameters, and then once for all if that seems no worse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from itertools import count
from typing import Any, TypeAlias

import psycopg2

Statement: TypeAlias = tuple[str, Sequence[Any]]
#: Writes parameters into a text.
Mogrify: TypeAlias = Callable[..., bytes]

#: Statements of one connection: PostgreSQL keeps about 50 KiB for each.
MOST_PREPARED = 128
#: Texts that are known, as prepared, as plain, or as used once: some are put together of parts.
MOST_KNOWN = 1000
#: A plan may have been made when tables were empty: from time to time it is made anew, by their sizes of then.
RENEWED_AFTER = 1000

_PLACE = re.compile("%(.)", re.DOTALL)
#: How a pattern or the words of a search are best found is known only with them. A dollar may be the text's own.
_NEVER = re.compile(r"\bI?LIKE\b|@@|\$")
_NUMBERS = frozenset({"smallint", "integer", "bigint", "real", "double precision", "numeric", "oid"})
#: As what type PostgreSQL may take what stands there by its kind in plain text.
_TYPES: dict[type, frozenset[str]] = {
    bool: frozenset({"boolean"}),
    int: _NUMBERS,
    float: frozenset({"real", "double precision", "numeric"}),
    bytes: frozenset({"bytea"}),
    date: frozenset({"date"}),
    datetime: frozenset({"timestamp with time zone"}),
}
#: Classes of errors that only an execution raises: what was to be prepared before it has been.
_EXECUTED = ("22", "23", "40", "P0")
#: A name that is not known (26000), and a result that has another type by now (0A000): nothing was executed.
_STALE = frozenset({"26000", "0A000"})


class KnownTexts:
    """What the connections of a pool know of texts: which can be prepared, and as what."""

    def __init__(self, *, prepare: bool = True) -> None:
        """``prepare``: whether any is to be prepared at all."""
        self._prepare = prepare
        self.numbered: dict[str, str] = {}
        """Those to prepare, with $1, $2 … for their parameters."""
        self.plain: dict[str, str] = {}
        """Those that PostgreSQL can't prepare, or takes for something else then, and why."""
        self._used: set[str] = set()

    def worth_trying(self, sql: str) -> bool:
        """Note a use of a text that is not to be prepared so far; tell whether to try."""
        if not self._prepare or sql in self.plain:
            return False
        if sql in self._used:
            return _NEVER.search(sql) is None
        if len(self._used) >= MOST_KNOWN:
            self._used.clear()
        self._used.add(sql)
        return False

    def can(self, sql: str, numbered: str) -> None:
        """Prepare a text from now on."""
        if len(self.numbered) >= MOST_KNOWN:
            self.numbered.clear()
        self.numbered[sql] = numbered

    def cannot(self, sql: str, reason: str) -> None:
        """Leave a text as it is."""
        if len(self.plain) >= MOST_KNOWN:
            self.plain.clear()
        self.plain[sql] = reason


class _Prepared:
    """A statement that a connection has prepared."""

    __slots__ = ("execute", "name", "uses")

    def __init__(self, name: str, parameters: int) -> None:
        self.name = name
        self.execute = f"EXECUTE {name}({', '.join(['%s'] * parameters)})"
        self.uses = 0


class Trial:
    """A text that is tried."""

    def __init__(self, statement: Statement, name: str) -> None:
        self.sql, self.params = statement
        self.name = name
        self.numbered = numbered(self.sql)
        types = f"SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = '{name}'"
        self.message = f"PREPARE {name} AS {self.numbered}\n;\n{types}".encode()


class PreparedStatements:
    """Those of one connection, and the messages that prepare and execute them."""

    def __init__(self, texts: KnownTexts) -> None:
        self._texts = texts
        self._prepared: dict[str, _Prepared] = {}
        self._names = map("s{}".format, count(1))
        self._candidate: Statement | None = None
        self._first: list[bytes] = []
        self._prepares = False

    def message(self, mogrify: Mogrify, statements: Sequence[Statement]) -> bytes:
        """Write statements in one message; what they need prepared goes before all of them.

        PostgreSQL 55.2.2.1 "Multiple Statements in a Simple Query": they are run in order, each with a snapshot of its
        own; the first that fails ends all, and the answer is that of the last.
        """
        self._prepares = False
        parts = [self._written(mogrify, sql, params) for sql, params in statements]
        first, self._first = self._first, []
        self._prepares = bool(first)
        # On lines of their own: a statement may end with a comment.
        return b"\n;\n".join([*first, *parts]) if first or len(parts) > 1 else parts[0]

    def failed(self, error: BaseException) -> bool:
        """Note that the last message has failed; tell whether that is for what was prepared, and it is to go once more.

        That may be done where it was no part of a larger transaction: nothing of it was executed.
        """
        self._candidate = None
        code = (error.pgcode if isinstance(error, psycopg2.Error) else None) or ""
        stale = code in _STALE
        if stale or (self._prepares and not code.startswith(_EXECUTED)):
            # What there is by now, nobody knows.
            self._prepared.clear()
            self._first = [b"DEALLOCATE ALL"]
        return stale

    def trial(self) -> Trial | None:
        """Take what is to be tried, if there is anything."""
        statement, self._candidate = self._candidate, None
        return Trial(statement, next(self._names)) if statement is not None else None

    def tried(self, trial: Trial, types: Sequence[str]) -> None:
        """Note of what types a text that was tried takes its parameters to be."""
        if len(types) == len(trial.params) and all(map(_fits, trial.params, types)):
            self._texts.can(trial.sql, trial.numbered)
            self._add(trial.sql, _Prepared(trial.name, len(types)))
        else:
            self._texts.cannot(trial.sql, f"parameters of types {', '.join(types)}")
            self._first.append(f"DEALLOCATE {trial.name}".encode())

    def refused(self, trial: Trial, error: BaseException) -> None:
        """Note that a text can't be prepared, if it was for that."""
        if isinstance(error, psycopg2.Error) and (error.pgcode or "").startswith(("0A", "22", "42")):
            self._texts.cannot(trial.sql, str(error))

    def _written(self, mogrify: Mogrify, sql: str, params: Sequence[Any]) -> bytes:
        if not params:
            return mogrify(sql)
        prepared = self._prepared.get(sql)
        if prepared is None or prepared.uses >= RENEWED_AFTER:
            prepared = self._prepare(sql, params)
        if prepared is None:
            return mogrify(sql, tuple(params))
        prepared.uses += 1
        return mogrify(prepared.execute, [array(each) if type(each) is list else each for each in params])

    def _prepare(self, sql: str, params: Sequence[Any]) -> _Prepared | None:
        text = self._texts.numbered.get(sql)
        if text is None:
            if self._texts.worth_trying(sql):
                self._candidate = sql, params
            return None
        prepared = _Prepared(next(self._names), len(params))
        self._add(sql, prepared)
        self._first.append(f"PREPARE {prepared.name} AS {text}".encode())
        return prepared

    def _add(self, sql: str, prepared: _Prepared) -> None:
        """Add one in the place of what it renews, or else of the oldest if there are too many."""
        former = self._prepared.pop(sql, None)
        if former is None and len(self._prepared) >= MOST_PREPARED:
            former = self._prepared.pop(next(iter(self._prepared)))
        if former is not None:
            self._first.append(f"DEALLOCATE {former.name}".encode())
        self._prepared[sql] = prepared


def numbered(sql: str) -> str:
    """Write $1, $2 … for the places of a text's parameters."""
    numbers = count(1)
    return _PLACE.sub(lambda found: f"${next(numbers)}" if found[1] == "s" else found[1], sql)


def array(values: list[Any]) -> Any:
    """Write an array as a text (PostgreSQL 8.15.2 "Array Value Input"), which unlike ARRAY[…] may be of any type."""
    try:
        return "{" + ",".join([_ELEMENTS[type(each)](each) for each in values]) + "}"
    except KeyError:
        return values


def _quoted(value: Any) -> str:
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


_ELEMENTS: dict[type, Callable[[Any], str]] = {
    str: _quoted,
    bool: str,
    int: str,
    float: str,
    date: _quoted,
    datetime: _quoted,
    bytes: lambda value: _quoted(f"\\x{value.hex()}"),
    type(None): lambda _: "NULL",
}


def _fits(value: Any, kind: str) -> bool:
    """Whether a value is of this type in plain text too; texts and NULL are of any."""
    if value is None or isinstance(value, str):
        return True
    if isinstance(value, list):
        return kind.endswith("[]") and all(_fits(each, kind[:-2]) for each in value)
    return kind in _TYPES.get(type(value), ())
