"""Brings a database to this version: yoyo's forward migrations and the SQL functions, under one advisory lock."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import psycopg2
import yoyo
from psycopg2.extensions import parse_dsn
from yoyo.backends.core.postgresql import PostgresqlBackend
from yoyo.connections import DatabaseURI

from chatr.store import fitness, functions

#: Any fixed number: every chatr node takes the same advisory lock, so that nodes that start together queue up.
_LOCK = 0x63686174
#: The migrations of the last version before the first release: 0001_schema is what they had made, and more.
_UNRELEASED = {
    "0001_foundation",
    "0002_append_messages",
    "0003_outbound",
    "0004_accounts",
    "0005_people",
    "0006_messages",
    "0007_previews",
    "0008_search",
    "0009_erasing",
    "0010_system_entries",
    "0011_pair_either_way",
    "0012_unshown_reading",
    "0013_combining_marks",
    "0014_quotes_of_the_deleted",
    "0016_limits",
    "0018_codes_and_addresses",
    "0019_refresh_again",
    "0021_faces",
    "0023_retention",
}


class _Backend(PostgresqlBackend):
    """Applies and marks a migration in one transaction: yoyo does it in two, over two connections.

    Killed between them it would leave a migration that is applied and not marked, and no start would get past that.
    """

    def apply_one(self, migration: Any, force: bool = False, mark: bool = True) -> None:
        self.ensure_internal_schema_updated()
        with self.transaction():
            migration.process_steps(self, "apply", force=force)
            self.log_migration(migration, "apply")
            if mark:
                self.mark_one(migration, log=False)


def migrate(dsn: str, copy: str | None = None) -> list[str]:
    """Apply what is missing and return what was applied. Blocking: call it off the reactor.

    Safe when several nodes start together, and after a node was killed in the middle: all that is missing comes in one
    transaction, and a lock row that a killed node left behind is removed under our advisory lock. ``copy``: which copy
    of the database's files this is, if that is known; another one than before has another epoch.
    Raises psycopg2.Error, and :class:`fitness.Unfit` before anything is made.
    """
    guard = psycopg2.connect(fitness.bounded(dsn))
    try:
        guard.autocommit = True
        fitness.check(guard)
        with guard.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
            with as_file(files("chatr").joinpath("sql")) as directory:
                applied = _apply(guard, dsn, directory)
            cursor.execute("SELECT current_epoch(%s)", (copy,))
        return applied
    finally:
        guard.close()


def has_dictionary(dsn: str, name: str) -> bool:
    """Whether the database has a text search configuration of this name. Blocking. Raises psycopg2.Error."""
    connection = psycopg2.connect(fitness.bounded(dsn))
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_ts_config WHERE cfgname = %s AND pg_ts_config_is_visible(oid)", (name,))
            return cursor.fetchone() is not None
    finally:
        connection.close()


def _apply(guard: Any, dsn: str, directory: Path) -> list[str]:
    parts = parse_dsn(dsn)
    uri = DatabaseURI("postgresql", None, None, None, None, parts.pop("dbname", ""), parts)
    backend = _Backend(uri, PostgresqlBackend.migration_table)
    try:
        backend.init_database()
        backend.break_lock()
        known = yoyo.read_migrations(str(directory / "migrations"))
        unreleased = _is_unreleased(backend, {migration.id for migration in known})
        # The schema and the functions that are for it come together, or neither does.
        with backend.transaction():
            if unreleased:
                backend.execute((directory / "adoption.sql").read_text(encoding="utf-8"))
            pending = backend.to_apply(known)
            if pending:
                fitness.check_rights(guard)
                backend.apply_migrations(pending)
            found = functions.difference(backend.connection, directory / "functions")
            if found.names:
                fitness.check_rights(guard)
                functions.make(backend.connection, found)
        applied = ["0001_schema (adopted)"] if unreleased else [migration.id for migration in pending]
        return [*applied, *(f"function {name}" for name in found.names)]
    finally:
        backend.connection.close()


def _is_unreleased(backend: PostgresqlBackend, known: set[str]) -> bool:
    """Whether the schema is that of the last version before the first release, which can be taken on.

    Raises :class:`fitness.Unfit` for one that this version knows nothing about.
    """
    backend.ensure_internal_schema_updated()
    applied = {row[0] for row in backend.execute("SELECT migration_id FROM _yoyo_migrations").fetchall()}
    unknown = applied - known
    if unknown and unknown != _UNRELEASED:
        raise fitness.Unfit(
            f"the database was made by another version (schema: {max(unknown)}): take a newer chatr or, if that "
            "version was before the first release, an empty database"
        )
    return bool(unknown)
