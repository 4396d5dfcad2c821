"""Brings a database to the newest schema: yoyo's forward migrations under one advisory lock."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import psycopg2
import yoyo
from psycopg2.extensions import parse_dsn
from yoyo.backends.core.postgresql import PostgresqlBackend
from yoyo.connections import DatabaseURI

from chatr.store import fitness

#: Any fixed number: every chatr node takes the same advisory lock, so that nodes that start together queue up.
_LOCK = 0x63686174


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


def migrate(dsn: str) -> list[str]:
    """Apply what is missing and return the ids applied. Blocking: call it off the reactor.

    Safe when several nodes start together, and after a node was killed in the middle: all that is missing comes in one
    transaction, and a lock row that a killed node left behind is removed under our advisory lock.
    Raises psycopg2.Error, and :class:`fitness.Unfit` before anything is made.
    """
    guard = psycopg2.connect(fitness.bounded(dsn))
    try:
        guard.autocommit = True
        fitness.check(guard)
        with guard.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        with as_file(files("chatr").joinpath("sql", "migrations")) as directory:
            return _apply(guard, dsn, directory)
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
        pending = backend.to_apply(yoyo.read_migrations(str(directory)))
        if pending:
            fitness.check_rights(guard)
            # With the functions, which are replaced after the last one: no newer schema has the former functions.
            with backend.transaction():
                backend.apply_migrations(pending)
        return [migration.id for migration in pending]
    finally:
        backend.connection.close()
