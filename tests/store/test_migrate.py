"""Migrations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg2
from twisted.internet.defer import gatherResults
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from chatr.store.fitness import Unfit
from chatr.store.migrate import migrate
from tests.box import box
from tests.refusing import refusing, run

UNRELEASED = Path(__file__).with_name("unreleased.sql")


def ask(dsn: str, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    connection = psycopg2.connect(dsn)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()
    finally:
        connection.close()


class MigrateCase(TestCase):
    """An empty database."""

    def setUp(self) -> None:
        self.dsn = box().empty_database()
        self.addCleanup(box().drop, self.dsn)


class MigrateTests(MigrateCase):
    """Forward, once, whoever comes first."""

    async def test_nodes_that_start_together(self) -> None:
        """Of several nodes at once, one applies each migration and the others wait for it."""
        applied = await gatherResults([deferToThread(migrate, self.dsn) for _ in range(4)])
        self.assertEqual(sorted(map(len, applied)), [0, 0, 0, len(max(applied, key=len))])
        self.assertEqual(migrate(self.dsn), [])

    def test_after_a_node_was_killed(self) -> None:
        """The lock row that a killed node left does not block the next."""
        migrate(self.dsn)
        run(self.dsn, "INSERT INTO yoyo_lock (locked, ctime, pid) VALUES (1, now(), 1)")
        self.assertEqual(migrate(self.dsn), [])

    def test_ended_before_the_mark(self) -> None:
        """A migration is applied and marked, with the functions that are for it, or nothing is there."""
        migrate(self.dsn)
        run(self.dsn, "DELETE FROM _yoyo_migrations")
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename !~ 'yoyo' ORDER BY 1"
        run(self.dsn, "".join(f"DROP TABLE {name} CASCADE;" for (name,) in ask(self.dsn, tables)))
        run(self.dsn, "DROP TYPE message_send CASCADE; DROP SEQUENCE revisions")
        run(self.dsn, "DROP FUNCTION count_members, next_revision, let_file_go, check_conversation")
        with refusing(self.dsn, "_yoyo_migrations", "53100"), self.assertRaises(psycopg2.Error):
            migrate(self.dsn)
        self.assertEqual(ask(self.dsn, tables), [])
        self.assertIn("0001_schema", migrate(self.dsn))

    def test_every_foreign_key_has_an_index(self) -> None:
        """No foreign key that a delete has to follow is without an index on its own columns."""
        migrate(self.dsn)
        without = """SELECT c.conrelid::regclass::text, c.conname FROM pg_constraint c
                      WHERE c.contype = 'f' AND c.confdeltype = 'c' AND NOT EXISTS (
                        SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])"""
        self.assertEqual(ask(self.dsn, without), [])


#: All that makes a schema, without the order of columns.
SCHEMA = (
    """SELECT attrelid::regclass::text, attname, format_type(atttypid, atttypmod), attnotnull, attstorage,
              attidentity, pg_get_expr(adbin, adrelid)
         FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid IN (SELECT oid FROM pg_class WHERE relkind IN ('r', 'c')
                              AND relnamespace = 'public'::regnamespace)
          AND attnum > 0 AND NOT attisdropped ORDER BY 1, 2""",
    "SELECT relname, reloptions FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1",
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2""",
    """SELECT pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
        WHERE p.pronamespace = 'public'::regnamespace AND l.lanname IN ('sql', 'plpgsql') ORDER BY 1""",
)


class UnreleasedTests(MigrateCase):
    """A database of the last version before the first release, whose migrations were others."""

    def setUp(self) -> None:
        super().setUp()
        run(self.dsn, UNRELEASED.read_text())

    def test_adopted(self) -> None:
        """It becomes what a new one is, and keeps its data."""
        run(
            self.dsn,
            """INSERT INTO users (id, username, password_hash, display_name) VALUES
                 ('00000000-0000-4000-8000-00000000000a', '@ann', '', 'Ann'),
                 ('00000000-0000-4000-8000-00000000000b', '@ben', '', 'Ben');
               INSERT INTO conversations (id, kind, user_low, user_high, head_seq)
               SELECT gen_random_uuid(), 'direct', a.id, b.id, 1 FROM users a JOIN users b ON a.id < b.id;
               INSERT INTO members (conversation_id, user_id) SELECT c.id, u.id FROM conversations c, users u;
               INSERT INTO messages (id, conversation_id, seq, sender_id, client_id, content, created_at)
               SELECT gen_random_uuid(), id, 1, user_low, id, 'kept', now() FROM conversations""",
        )
        self.assertIn("0001_schema (adopted)", migrate(self.dsn))
        self.assertEqual(migrate(self.dsn), [])
        self.assertEqual(ask(self.dsn, "SELECT content, seq, digest FROM messages"), [("kept", 1, None)])
        fresh = box().database()
        self.addCleanup(box().drop, fresh)
        for query in SCHEMA:
            self.assertEqual(ask(self.dsn, query), ask(fresh, query))
        # A repeat of what was sent before is known, and the log goes on.
        sent = """SELECT outcome, seq FROM append_messages(ARRAY(
                    SELECT (gen_random_uuid(), user_low, {}, id, NULL, NULL, NULL, 'x', '', '', '', NULL, NULL)
                             ::message_send
                      FROM conversations), 5, interval '1 day', 201, 50, false)"""
        self.assertEqual(ask(self.dsn, sent.format("id")), [("repeat", None)])
        self.assertEqual(ask(self.dsn, sent.format("gen_random_uuid()")), [("created", 2)])

    def test_adopted_or_nothing(self) -> None:
        """A start that is ended in it leaves the database as it was."""
        before = [ask(self.dsn, query) for query in SCHEMA]
        with refusing(self.dsn, "_yoyo_migrations", "53100"), self.assertRaises(psycopg2.Error):
            migrate(self.dsn)
        self.assertEqual([ask(self.dsn, query) for query in SCHEMA], before)
        self.assertIn("0001_schema (adopted)", migrate(self.dsn))

    def test_older(self) -> None:
        """One from before that is refused with a sentence, and left alone."""
        run(self.dsn, "DELETE FROM _yoyo_migrations WHERE migration_id = '0023_retention'")
        error = self.assertRaises(Unfit, migrate, self.dsn)
        self.assertIn("another version (schema: 0021_faces)", str(error))
        self.assertNotIn("\n", str(error))
        self.assertEqual(ask(self.dsn, "SELECT to_regclass('epoch')"), [(None,)])

    def test_newer(self) -> None:
        """So is one that a newer version has made."""
        migrate(self.dsn)
        run(self.dsn, "INSERT INTO _yoyo_migrations VALUES ('x', '0999_later', now())")
        self.assertIn("0999_later", str(self.assertRaises(Unfit, migrate, self.dsn)))
