"""The SQL functions of the database as sql/functions has them: each file makes the function of its name."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

_KEPT = "SELECT name, hash FROM sql_functions"
#: What an extension has made is not ours, whatever its name.
_OF_NAME = """SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.proname = %s
   AND p.pronamespace = current_schema()::regnamespace
   AND NOT EXISTS (
     SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e')"""
_CHECK = """SELECT CASE l.lanname WHEN 'plpgsql' THEN plpgsql_validator(p.oid) ELSE fmgr_sql_validator(p.oid) END
  FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
 WHERE p.proname = ANY (%s) AND p.pronamespace = current_schema()::regnamespace AND l.lanname IN ('sql', 'plpgsql')"""


class Difference(msgspec.Struct, frozen=True):
    """What the files have and the database has not, by name, and what it has of files that are gone."""

    texts: Mapping[str, str]
    gone: frozenset[str]

    @property
    def names(self) -> list[str]:
        """All that differs, in order."""
        return sorted({*self.texts, *self.gone})


def difference(connection: Any, directory: Path) -> Difference:
    """Compare the files with what the database has kept of them."""
    texts = {file.stem: file.read_text(encoding="utf-8") for file in sorted(directory.glob("*.sql"))}
    with connection.cursor() as cursor:
        cursor.execute(_KEPT)
        kept = dict(cursor.fetchall())
    changed = {name: text for name, text in texts.items() if kept.get(name) != _hash(text)}
    return Difference(changed, frozenset(kept.keys() - texts.keys()))


def make(connection: Any, found: Difference) -> None:
    """Make the functions anew that differ, and drop those that are gone, in the transaction of the connection.

    All forms that a function ever had go first: with other parameters it would be another function beside the old one.
    """
    with connection.cursor() as cursor:
        for name in found.names:
            cursor.execute(_OF_NAME, (name,))
            for (signature,) in cursor.fetchall():
                cursor.execute(f"DROP FUNCTION {signature}")
        # They call one another: none is looked into before all are there.
        cursor.execute("SET LOCAL check_function_bodies = off")
        for text in found.texts.values():
            cursor.execute(text)
        cursor.execute("SET LOCAL check_function_bodies = on")
        cursor.execute(_CHECK, (list(found.texts),))
        cursor.execute("DELETE FROM sql_functions WHERE name = ANY (%s)", (found.names,))
        for name, text in found.texts.items():
            cursor.execute("INSERT INTO sql_functions (name, hash) VALUES (%s, %s)", (name, _hash(text)))


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
