"""Migrations."""

from __future__ import annotations

import psycopg2
from twisted.internet.defer import gatherResults
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from chatr.store.migrate import migrate
from tests.box import box
from tests.refusing import refusing, run


class MigrateTests(TestCase):
    """Forward, once, whoever comes first."""

    def setUp(self) -> None:
        self.dsn = box().empty_database()
        self.addCleanup(box().drop, self.dsn)

    async def test_nodes_that_start_together(self) -> None:
        """Of several nodes at once, one applies each migration and the others wait for it."""
        applied = await gatherResults([deferToThread(migrate, self.dsn) for _ in range(4)])
        self.assertEqual(sorted(map(len, applied)), [0, 0, 0, len(max(applied, key=len))])
        self.assertEqual(migrate(self.dsn), [])

    def test_after_a_node_was_killed(self) -> None:
        """The lock row that a killed node left does not block the next."""
        migrate(self.dsn)
        connection = psycopg2.connect(self.dsn)
        with connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO yoyo_lock (locked, ctime, pid) VALUES (1, now(), 1)")
        connection.close()
        self.assertEqual(migrate(self.dsn), [])

    def test_ended_before_the_mark(self) -> None:
        """A migration is applied and marked, or neither: the next start finds it to do.

        Before, yoyo marked it in a transaction of its own. Two of seven servers that were killed while they migrated
        never started again: column "erased" of relation "messages" already exists.
        """
        migrate(self.dsn)
        run(self.dsn, "DELETE FROM _yoyo_migrations WHERE migration_id = '0023_retention'")
        run(self.dsn, "DROP INDEX messages_unsent, message_edits_at")
        run(self.dsn, "ALTER TABLE messages DROP COLUMN erased; ALTER TABLE preview_images DROP COLUMN used_at")
        run(self.dsn, "DROP INDEX sessions_expires, refresh_tokens_used, codes_expires, outbound_dead")
        run(self.dsn, "DROP INDEX messages_preview_image, messages_preview_favicon")
        with refusing(self.dsn, "_yoyo_migrations", "53100"), self.assertRaises(psycopg2.Error):
            migrate(self.dsn)
        self.assertEqual(migrate(self.dsn), ["0023_retention"])

    def test_ended_before_the_functions(self) -> None:
        """The functions come with the schema that they are for, or nothing does.

        Before, who was killed between the two had the functions of the version before for good.
        """
        run(self.dsn, "CREATE FUNCTION gives_receipts(p_user uuid) RETURNS integer LANGUAGE sql AS 'SELECT 1'")
        with self.assertRaises(psycopg2.Error):
            migrate(self.dsn)
        run(self.dsn, "DROP FUNCTION gives_receipts")
        migrate(self.dsn)
        run(self.dsn, "SELECT gives_receipts(gen_random_uuid())")

    def test_every_foreign_key_has_an_index(self) -> None:
        """No foreign key that a delete has to follow is without an index on its own columns."""
        migrate(self.dsn)
        connection = psycopg2.connect(self.dsn)
        with connection, connection.cursor() as cursor:
            cursor.execute(
                """SELECT c.conrelid::regclass::text, c.conname FROM pg_constraint c
                    WHERE c.contype = 'f' AND c.confdeltype = 'c' AND NOT EXISTS (
                      SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])"""
            )
            self.assertEqual(cursor.fetchall(), [])
        connection.close()

    def test_blocks_that_are_there(self) -> None:
        """Who is blocked already sees the blocker as they are at the migration, from then on."""
        migrate(self.dsn)
        connection = psycopg2.connect(self.dsn)
        with connection, connection.cursor() as cursor:
            # As it was before.
            cursor.execute(
                """ALTER TABLE blocks DROP COLUMN username, DROP COLUMN display_name, DROP COLUMN profile_image;
                   DELETE FROM _yoyo_migrations WHERE migration_id = '0021_faces';
                   INSERT INTO users (id, username, email, password_hash, display_name, profile_image)
                   VALUES (gen_random_uuid(), '@ann', 'a@x', '', 'Ann', '/a.png'),
                          (gen_random_uuid(), '@ben', 'b@x', '', 'Ben', NULL);
                   INSERT INTO blocks (id, blocker_id, blocked_id)
                   SELECT gen_random_uuid(), one.id, other.id FROM users one JOIN users other ON other.id <> one.id"""
            )
        self.assertEqual(migrate(self.dsn), ["0021_faces"])
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT username, display_name, profile_image FROM blocks ORDER BY 1")
            self.assertEqual(cursor.fetchall(), [("@ann", "Ann", "/a.png"), ("@ben", "Ben", None)])
        connection.close()
