"""Statements that run often are prepared once a connection and then executed by name: PostgreSQL plans each once.

psycopg2 writes parameters into the text, which PostgreSQL parses and plans anew each time: for a page of history a
third of all it does. Here a text that is used once more is prepared behind that use, in a message of its own, so that
what goes wrong with it concerns nobody. PostgreSQL says of what types it takes the parameters to be. Only where those
are the types of what is handed in is EXECUTE sure to do what the plain text does; all else stays plain.

PostgreSQL plans the first five executions for their parameters, and then once for all if that seems no worse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from itertools import count
from sys import intern
from typing import Any, TypeAlias

import psycopg2

Statement: TypeAlias = tuple[str, Sequence[Any]]
#: Writes parameters into a text.
Mogrify: TypeAlias = Callable[..., bytes]

#: Statements of one connection: PostgreSQL keeps about 50 KiB for each.
MOST_PREPARED = 128
#: Texts that are known as used, or as to be left plain: some are put together of parts.
MOST_KNOWN = 1000
#: A plan may have been made when tables were empty: from time to time it is made anew, by their sizes of then.
RENEWED_AFTER = 1000

_PLACE = re.compile("%(.)", re.DOTALL)
_PREPARABLE = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")
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
    timedelta: frozenset({"interval"}),
}
#: A name that is not known (26000), and a result that has another type by now (0A000): nothing was executed.
_STALE = frozenset({"26000", "0A000"})
#: What is wrong with a text: not supported, values that do not fit, types and syntax.
_WRONG = ("0A", "22", "42")
#: On lines of their own: a statement may end with a comment.
_BETWEEN = "\n;\n"


class KnownTexts:
    """What the connections of a pool know of texts."""

    def __init__(self, *, prepare: bool = True) -> None:
        """``prepare``: whether any is to be prepared at all."""
        self._prepare = prepare
        self._used: set[str] = set()
        self.plain: dict[str, str] = {}
        """Those that PostgreSQL can't prepare, or takes for something else then, and why."""

    def worth_preparing(self, sql: str) -> bool:
        """Note a use of a text that is not prepared where it is used."""
        if not self._prepare or sql in self.plain:
            return False
        if sql in self._used:
            return bool(_PREPARABLE.match(sql)) and not _NEVER.search(sql)
        if len(self._used) >= MOST_KNOWN:
            self._used.clear()
        self._used.add(sql)
        return False

    def leave_plain(self, sql: str, reason: str) -> None:
        """Never prepare a text."""
        if len(self.plain) >= MOST_KNOWN:
            self.plain.clear()
        self.plain[sql] = reason


class Prepared:
    """A statement as a connection prepares it."""

    __slots__ = ("execute", "message", "name", "params", "sql", "uses")

    def __init__(self, statement: Statement, name: str, *, instead_of: str) -> None:
        """``instead_of``: the name of another that goes for it, or ALL; empty: none."""
        sql, self.params = statement
        # One for all connections: those that are put together are made anew at each use.
        self.sql = intern(sql)
        self.name = name
        self.execute = f"EXECUTE {name}({', '.join(['%s'] * len(self.params))})".encode()
        self.uses = 0
        drop = [f"DEALLOCATE {instead_of}"] if instead_of else []
        types = f"SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = '{name}'"
        self.message = _BETWEEN.join([*drop, f"PREPARE {name} AS {numbered(sql)}", types]).encode()
        """Prepares it, and answers of what types its parameters are."""


class PreparedStatements:
    """Those of one connection, and the messages that execute them."""

    def __init__(self, texts: KnownTexts) -> None:
        self._texts = texts
        self._prepared: dict[str, Prepared] = {}
        self._names = map("s{}".format, count(1))
        self._stale = False
        self.candidate: Statement | None = None
        """What is to be prepared when the connection is idle."""

    def message(self, mogrify: Mogrify, statements: Sequence[Statement]) -> bytes:
        """Write statements in one message.

        PostgreSQL 55.2.2.1 "Multiple Statements in a Simple Query": they are run in order, each with a snapshot of its
        own; the first that fails ends all, and the answer is that of the last.
        """
        parts = [self._written(mogrify, sql, params) for sql, params in statements]
        return _BETWEEN.encode().join(parts) if len(parts) > 1 else parts[0]

    def failed(self, error: BaseException) -> bool:
        """Note that a message has failed; tell whether that is for what was prepared.

        Then nothing is prepared any more, and unless it was part of a larger transaction it can go once more.
        """
        self.candidate = None
        stale = isinstance(error, psycopg2.Error) and error.pgcode in _STALE
        if stale:
            self._prepared.clear()
            self._stale = True
        return stale

    def prepare(self, statement: Statement) -> Prepared:
        """Begin to prepare a statement in the place of what it renews, or of the oldest if there are too many."""
        self.candidate = None
        former = self._prepared.pop(statement[0], None)
        if former is None and len(self._prepared) >= MOST_PREPARED:
            former = self._prepared.pop(next(iter(self._prepared)))
        gone = "ALL" if self._stale else former.name if former is not None else ""
        self._stale = False
        return Prepared(statement, next(self._names), instead_of=gone)

    def done(self, prepared: Prepared, types: Sequence[str]) -> None:
        """Use what has been prepared, if its parameters are of the types that were handed in."""
        if len(types) == len(prepared.params) and all(map(_fits, prepared.params, types)):
            prepared.params, prepared.message = (), b""
            self._prepared[prepared.sql] = prepared
        else:
            # It stays there unused: once a text.
            self._texts.leave_plain(prepared.sql, f"parameters of types {', '.join(types)}")

    def refused(self, prepared: Prepared, error: BaseException) -> None:
        """Note that a statement could not be prepared; never try again if that is for what it says."""
        if not self.failed(error) and isinstance(error, psycopg2.Error) and (error.pgcode or "").startswith(_WRONG):
            self._texts.leave_plain(prepared.sql, str(error))

    def _written(self, mogrify: Mogrify, sql: str, params: Sequence[Any]) -> bytes:
        if not params:
            return mogrify(sql)
        prepared = self._prepared.get(sql)
        if prepared is None:
            if self._texts.worth_preparing(sql):
                self.candidate = sql, params
            return mogrify(sql, tuple(params))
        prepared.uses += 1
        if prepared.uses >= RENEWED_AFTER:
            self.candidate = sql, params
        return mogrify(prepared.execute, [array(each) if type(each) is list else each for each in params])


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
