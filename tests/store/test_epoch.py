"""The epoch of the database: which history it has."""

from __future__ import annotations

import subprocess

from twisted.internet.defer import gatherResults
from twisted.internet.threads import deferToThread

from chatr.embedded.postgres import binaries
from chatr.store.migrate import migrate
from tests.box import box
from tests.refusing import run
from tests.store.test_migrate import MigrateCase, ask

EPOCH = "SELECT id FROM epoch"


class EpochTests(MigrateCase):
    """What keeps it, and what begins another."""

    def setUp(self) -> None:
        super().setUp()
        migrate(self.dsn)
        self.epoch = ask(self.dsn, EPOCH)

    def test_kept(self) -> None:
        """Another start, with the files known or not, finds the same."""
        for copy in (None, "a", "a", None, "a"):
            migrate(self.dsn, copy)
            self.assertEqual(ask(self.dsn, EPOCH), self.epoch, copy)

    def test_another_copy_of_the_files(self) -> None:
        """Files that were put back are another history, once."""
        migrate(self.dsn, "a")
        migrate(self.dsn, "b")
        second = ask(self.dsn, EPOCH)
        self.assertNotEqual(second, self.epoch)
        migrate(self.dsn, "b")
        self.assertEqual(ask(self.dsn, EPOCH), second)

    def test_a_dump(self) -> None:
        """Loaded into another database, or into this one in place of its tables, it begins another epoch."""
        pg_dump = [str(binaries() / "pg_dump"), "--clean", "--if-exists", self.dsn]
        dump = subprocess.run(pg_dump, capture_output=True, check=True)
        other = box().empty_database()
        self.addCleanup(box().drop, other)
        found = [self.epoch]
        for dsn in (other, self.dsn):
            psql = [
                str(binaries() / "psql"),
                "--quiet",
                "--single-transaction",
                "--set",
                "ON_ERROR_STOP=1",
                "--dbname",
                dsn,
            ]
            subprocess.run(psql, input=dump.stdout, capture_output=True, check=True)
            self.assertEqual(ask(dsn, EPOCH), self.epoch)
            migrate(dsn)
            found.append(ask(dsn, EPOCH))
        self.assertEqual(len({str(each) for each in found}), 3)

    def test_an_account_that_may_not_ask(self) -> None:
        """Where an account may not ask for the cluster, the place of the database in it has to do."""
        run(self.dsn, "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC; CREATE ROLE plain LOGIN")
        self.addCleanup(run, self.dsn, "DROP ROLE plain")
        [(whole,)] = ask(self.dsn, "SELECT database_place()")
        [(part,)] = ask(self.dsn.replace("user=chatr", "user=plain"), "SELECT database_place()")
        self.assertEqual((len(whole.split()), whole.split()[:2]), (4, part.split()))

    async def test_found_by_several_at_once(self) -> None:
        """One of them begins it, all have the same."""
        run(self.dsn, "UPDATE epoch SET server = 'elsewhere'")
        found = await gatherResults([deferToThread(ask, self.dsn, "SELECT current_epoch()") for _ in range(4)])
        self.assertEqual(len({str(each) for each in found}), 1)
        self.assertNotEqual(found[0], self.epoch)
