"""What prepared statements do is what plain ones do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any

import psycopg2
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from chatr.store.connections import prepared
from chatr.store.connections.errors import Undone
from chatr.store.connections.prepared import array, numbered
from chatr.store.pool import Database
from tests.box import box
from tests.store.test_pool import PoolCase

_AT = datetime(2026, 11, 27, 13, 5, 7, 123456, timezone(timedelta(hours=2)))
_ID = "01998c5e-0000-7000-8000-000000000001"
_ODD = ["", " ", "a,b", "{}", "NULL", '"', "\\", '\\"', "'", "%s %%", "$1", "😀\n", "\\x41"]
#: Each with what it is read as.
_VALUES: list[tuple[str, Any]] = [
    *(("text", each) for each in _ODD),
    ("text", None),
    ("text[]", _ODD),
    ("text[]", []),
    ("text[]", ["a", None]),
    ("text[]", [None]),
    ("uuid", _ID),
    ("uuid[]", [_ID, _ID]),
    ("integer", -5),
    ("bigint", 2**53),
    ("bigint[]", [1, None, -(2**53)]),
    ("double precision", 1.5),
    ("double precision", 3),
    ("double precision[]", [0.1, None, float("inf")]),
    ("boolean", True),
    ("boolean[]", [True, False, None]),
    ("bytea", bytes(range(256))),
    ("bytea[]", [b"\\x00", b"\x00\xff", b"", None]),
    ("timestamptz", _AT),
    ("timestamptz[]", [_AT, None]),
    ("date", date(2026, 2, 3)),
    ("date[]", [date(2026, 2, 3)]),
    ("interval", timedelta(days=-1, seconds=2, microseconds=3)),
    ("jsonb", '{"a": [1, "\\"", null]}'),
    ("regconfig", "simple"),
]


class PreparedCase(PoolCase):
    """One connection, so that what one statement has it prepare the next finds."""

    async def setUp(self) -> None:
        self.dsn = box().shared()
        self.addCleanup(box().clean, self.dsn)
        self.db = await self.opened(self.dsn, pool_size=1)

    async def prepared(self, db: Database | None = None) -> dict[str, int]:
        """What the connection has prepared, and how often each was executed."""
        rows = await (db or self.db).query("SELECT statement, generic_plans + custom_plans FROM pg_prepared_statements")
        return {sql.partition(" AS ")[2].partition("\n;\n")[0]: uses for sql, uses in rows}


async def thrice(work: Callable[[], Awaitable[Any]]) -> list[Any]:
    """Plain; plain, and prepared behind it; by name."""
    return [await work() for _ in range(3)]


class ValueTests(PreparedCase):
    """Same in, same out."""

    async def test_each_kind_of_value(self) -> None:
        """Prepared or not, the database gets the same, and answers the same."""
        plain = await self.opened(self.dsn, pool_size=1, prepare=False)
        for kind, value in _VALUES:
            sql = f"SELECT %s::{kind}, '100 %%', pg_typeof(%s::{kind})::text -- {kind}"
            [expected] = await plain.query(sql, (value, value))
            for [found] in await thrice(lambda: self.db.query(sql, (value, value))):  # noqa: B023
                self.assertEqual([_plain(each) for each in found], [_plain(each) for each in expected], (kind, value))
        self.assertEqual(self.db.texts.plain, {})
        self.assertEqual(len(await self.prepared()), len({kind for kind, _ in _VALUES}))
        self.assertEqual(await self.prepared(plain), {})

    async def test_a_column_tells_the_type(self) -> None:
        """As it does of what stands in the text."""
        await self.db.execute("CREATE TEMPORARY TABLE things (id uuid, n bigint, at timestamptz, data jsonb, b bytea)")
        values = (_ID, 7, _AT, "[1]", b"\x00")
        for _ in range(3):
            await self.db.execute("INSERT INTO things SELECT %s, %s, %s, %s, %s", values)
            found = await self.db.query(
                "SELECT data FROM things WHERE (id, n) > (%s, %s) AND at = %s AND b = %s AND n IN (%s, 8) LIMIT %s",
                (_ID, 6, _AT, b"\x00", 7, 1),
            )
            self.assertEqual(found, [([1],)])
        self.assertEqual(list((await self.prepared()).values()), [1, 1])

    async def test_a_number_that_would_be_a_text(self) -> None:
        """Where nothing tells of what type a parameter is, the statement stays as it is."""
        self.assertEqual(await thrice(lambda: self.db.query("SELECT %s", (1,))), [[(1,)]] * 3)
        self.assertEqual(await thrice(lambda: self.db.query("SELECT 5 / %s", (2.0,))), [[(2.5,)]] * 3)
        await thrice(lambda: self.db.query("SELECT '[7]'::jsonb -> %s", (0,)))
        self.assertEqual(
            self.db.texts.plain,
            {
                "SELECT %s": "parameters of types text",
                "SELECT 5 / %s": "parameters of types integer",
                "SELECT '[7]'::jsonb -> %s": "parameters of types text",
            },
        )
        self.assertEqual(set((await self.prepared()).values()), {0})

    async def test_patterns(self) -> None:
        """How a pattern is best found is known only with it: it is planned each time."""
        for sql in ("SELECT 'abc' LIKE %s", "SELECT to_tsvector('simple', 'a') @@ %s::tsquery"):
            found = [await self.db.query(sql, (text,)) for text in ("a", "abc", "a")]
            self.assertEqual(found[0], found[2])
        self.assertEqual(await self.prepared(), {})


class TransactionTests(PreparedCase):
    """Several statements, and those that fail."""

    async def setUp(self) -> None:
        await super().setUp()
        await self.db.execute("CREATE TEMPORARY TABLE things (n int PRIMARY KEY, t text)")

    async def insert(self, n: int) -> None:
        await self.db.execute("INSERT INTO things VALUES (%s)", (n,))

    async def test_statements_of_a_transaction(self) -> None:
        """They are tried when it is over, and each is executed by name then, also ahead of another."""

        async def block(n: int) -> Any:
            async with self.db.transaction() as tx:
                tx.ahead("INSERT INTO things VALUES (%s)", (n,))
                return await tx.query("SELECT n FROM things WHERE n = %s -- comment", (n,))

        for n in range(5):
            self.assertEqual(await block(n), [(n,)])
        self.assertEqual(len(await self.prepared()), 2)

    async def test_what_can_not_be_prepared(self) -> None:
        """Trying it breaks no transaction, and it is tried once."""
        sql = "SELECT greatest(least(%s, %s), 3)"
        for _ in range(4):
            async with self.db.transaction() as tx:
                self.assertEqual(await tx.query(sql, (5, 4)), [(4,)])
        self.assertEqual(list(self.db.texts.plain), [sql])

    async def test_errors(self) -> None:
        """They are those of the plain statement, and what is prepared stays."""
        await self.insert(1)
        for _ in range(4):
            await self.assertFailure(Deferred.fromCoroutine(self.insert(1)), psycopg2.IntegrityError)
        await self.insert(2)
        await self.insert(3)
        uses = await self.prepared()
        await self.assertFailure(Deferred.fromCoroutine(self.insert(3)), psycopg2.IntegrityError)
        self.assertEqual({sql: count + 1 for sql, count in uses.items()}, await self.prepared())

    async def test_in_a_transaction_that_has_failed(self) -> None:
        """Nothing is prepared before it is over, and it can be rolled back."""

        async def fails() -> None:
            async with self.db.transaction() as tx:
                with self.assertRaises(psycopg2.Error):
                    await tx.query("SELECT 1 / 0")
                await tx.query("SELECT n FROM things WHERE n = %s", (1,))

        await self.insert(1)
        for _ in range(3):
            await self.assertFailure(Deferred.fromCoroutine(fails()), psycopg2.InternalError)
        found = await thrice(lambda: self.db.query("SELECT n FROM things WHERE n = %s", (1,)))
        self.assertEqual(found, [[(1,)]] * 3)

    async def test_another_type_by_now(self) -> None:
        """A result with a column more is what the plain statement gives; a transaction is undone, once."""
        select = "SELECT * FROM things WHERE n = %s"
        await self.insert(1)
        await thrice(lambda: self.db.query(select, (1,)))
        await self.db.execute("ALTER TABLE things ADD more int")
        self.assertEqual(await self.db.query(select, (1,)), [(1, None, None)])
        await self.db.execute("ALTER TABLE things DROP more")

        async def block() -> Any:
            async with self.db.transaction() as tx:
                return await tx.query(select, (1,))

        await self.assertFailure(Deferred.fromCoroutine(block()), Undone)
        self.assertEqual(await block(), [(1, None)])

    async def test_discarded(self) -> None:
        """What somebody else has thrown away is prepared anew."""
        for _ in range(2):
            await thrice(lambda: self.db.query("SELECT %s::int", (1,)))
            self.assertEqual(len(await self.prepared()), 1)
            await self.db.execute("DISCARD ALL")
        self.assertEqual(await self.db.query("SELECT %s::int", (2,)), [(2,)])


class BoundTests(PreparedCase):
    """How much is prepared, and for how long."""

    async def test_so_many_of_one_connection(self) -> None:
        """The oldest goes when another comes."""
        self.patch(prepared, "MOST_PREPARED", 3)
        for n in range(9):
            await thrice(lambda: self.db.query(f"SELECT %s::int + {n}", (1,)))  # noqa: B023
        self.assertEqual(list(await self.prepared()), [f"SELECT $1::int + {n}" for n in (6, 7, 8)])
        for n in range(9):
            self.assertEqual(await self.db.query(f"SELECT %s::int + {n}", (1,)), [(n + 1,)])

    async def test_texts_that_are_known(self) -> None:
        """However many texts there are, so many are remembered."""
        self.patch(prepared, "MOST_KNOWN", 3)
        for n in range(9):
            await thrice(lambda: self.db.query(f"SELECT %s::int + {n}", (1,)))  # noqa: B023
            await thrice(lambda: self.db.query(f"SELECT %s, {n}", (1,)))  # noqa: B023
        texts = self.db.texts
        self.assertLessEqual(max(len(texts.plain), len(texts._used)), 3)

    async def test_renewed(self) -> None:
        """After so many uses a statement is planned anew, for the tables as they are then."""
        self.patch(prepared, "RENEWED_AFTER", 5)
        for n in range(2 + 5 + 5 + 3):
            self.assertEqual(await self.db.query("SELECT %s::int", (n,)), [(n,)])
        self.assertEqual(await self.prepared(), {"SELECT $1::int": 3})


class TextTests(SynchronousTestCase):
    """Texts and arrays, without a database."""

    def test_places(self) -> None:
        """Numbered in order; what stands for a % is one."""
        self.assertEqual(numbered("a %s b %% c\n%s"), "a $1 b % c\n$2")

    def test_arrays_of_something_else(self) -> None:
        """psycopg2 writes them, or says that it can't."""
        values: list[Any] = [1, {}]
        self.assertIs(array(values), values)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return bytes(value) if isinstance(value, memoryview) else value
