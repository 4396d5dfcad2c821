"""A database that refuses for reasons of its own, as one without room on its disk does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2


def run(dsn: str, statements: str) -> None:
    """Run statements beside the server under test."""
    connection = psycopg2.connect(dsn)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statements)
    finally:
        connection.close()


@contextmanager
def refusing(dsn: str, table: str, code: str, *, deferred: bool = False) -> Iterator[None]:
    """Whatever is written to a table is refused with an SQLSTATE; ``deferred``: not before the COMMIT."""
    when = "CONSTRAINT TRIGGER refused AFTER" if deferred else "TRIGGER refused BEFORE"
    how = "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW" if deferred else "FOR EACH STATEMENT"
    run(
        dsn,
        f"""CREATE OR REPLACE FUNCTION refused_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '{code}'; END $$;
            CREATE {when} INSERT OR UPDATE ON {table} {how} EXECUTE FUNCTION refused_{table}()""",
    )
    try:
        yield
    finally:
        run(dsn, f"DROP FUNCTION refused_{table} CASCADE")
