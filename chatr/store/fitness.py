"""Whether a database can be ours, found out before anything is made in it. Blocking: call it off the reactor."""

from __future__ import annotations

import ctypes
from typing import Any

import psycopg2
from psycopg2 import _psycopg
from psycopg2.extensions import make_dsn, parse_dsn

#: Of connections made here, where the DSN says nothing: an address that nobody answers at holds one for minutes.
CONNECT_TIMEOUT_S = 5
ENCODING = "UTF8"
EXTENSION = "pg_trgm"
#: What libpq's PQping says of a server that starts, stops or recovers, and of one that does not answer.
_AWAY = (1, 2)


class Unfit(Exception):
    """The database can't be ours; one sentence that says what to do."""


def bounded(dsn: str) -> str:
    """Give the DSN a time to connect in. Raises :class:`Unfit`; the DSN, which may hold a password, is not repeated."""
    try:
        given = parse_dsn(dsn).get("connect_timeout", CONNECT_TIMEOUT_S)
        return str(make_dsn(dsn, connect_timeout=given))
    except psycopg2.ProgrammingError:
        raise Unfit("database.dsn is no connection string, as host=/run/postgresql dbname=chatr is one") from None


def look(dsn: str) -> None:
    """Connect and look. Raises :class:`Unfit` and psycopg2.Error."""
    connection = psycopg2.connect(bounded(dsn))
    try:
        check(connection)
    finally:
        connection.close()


def away(dsn: str) -> bool:
    """Tell whether no server answers there, or one that takes nobody yet: waiting may help.

    Asked of libpq, which knows it by the server's code: messages come in the server's language.
    """
    return ctypes.CDLL(_psycopg.__file__).PQping(bounded(dsn).encode()) in _AWAY


def check(connection: Any) -> None:
    """Raise :class:`Unfit` unless our schema can be made in this database, or is there."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT current_database(), current_user, pg_encoding_to_char(encoding),
                      to_regclass('_yoyo_migrations') IS NOT NULL, has_database_privilege(oid, 'CREATE'),
                      EXISTS (SELECT 1 FROM pg_extension WHERE extname = %s),
                      EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = %s)
                 FROM pg_database WHERE datname = current_database()""",
            (EXTENSION, EXTENSION),
        )
        database, user, encoding, made, may_extend, extended, available = cursor.fetchone()
    if encoding != ENCODING:
        how = f"CREATE DATABASE {database} ENCODING '{ENCODING}' TEMPLATE template0"
        raise Unfit(f"the database {database} has the encoding {encoding}, and chatr needs {ENCODING}: {how}")
    if not made:
        check_rights(connection)
    if not extended and not available:
        raise Unfit(f"PostgreSQL has no extension {EXTENSION} there: install its contrib package (postgresql-contrib)")
    if not extended and not may_extend:
        how = f"GRANT CREATE ON DATABASE {database} TO {user}"
        raise Unfit(f"the account {user} may not create the extension {EXTENSION} in the database {database}: {how}")


def check_rights(connection: Any) -> None:
    """Raise :class:`Unfit` unless the account may make tables where ours belong."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT current_database(), current_user, coalesce(current_schema(), 'public'),
                      current_schema() IS NOT NULL AND has_schema_privilege(current_schema(), 'CREATE')"""
        )
        database, user, schema, may_create = cursor.fetchone()
    if not may_create:
        how = f"ALTER DATABASE {database} OWNER TO {user}, or GRANT CREATE ON SCHEMA {schema} TO {user}"
        raise Unfit(f"the account {user} may not make tables in the database {database}: {how}")
