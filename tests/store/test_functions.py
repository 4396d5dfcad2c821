"""SQL functions: what the files say is what the database does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from chatr.store.migrate import migrate
from tests.refusing import run
from tests.store.test_migrate import MigrateCase, ask

ROOT = Path(__file__).parent.parent.parent
FORMS = "SELECT oid::regprocedure::text FROM pg_proc WHERE proname = '{}' ORDER BY 1"


class FunctionTests(MigrateCase):
    """Another version of the program, which has other functions, at the same database."""

    def setUp(self) -> None:
        super().setUp()
        migrate(self.dsn)
        self.home = Path(self.mktemp()).absolute()
        ignored = shutil.ignore_patterns("__pycache__", "sql", "static")
        shutil.copytree(ROOT / "chatr", self.home / "chatr", ignore=ignored)
        shutil.copytree(ROOT / "sql", self.home / "chatr" / "sql")
        self.functions = self.home / "chatr" / "sql" / "functions"

    def edit(self, name: str, old: str, new: str) -> None:
        file = self.functions / f"{name}.sql"
        text = file.read_text()
        self.assertIn(old, text)
        file.write_text(text.replace(old, new))

    def start(self, code: int = 0) -> str:
        """What the other version's migration says."""
        environment = {**os.environ, "PYTHONPATH": str(self.home)}
        command = [sys.executable, "-m", "chatr.cli", "--set", f"database.dsn={self.dsn}", "migrate"]
        done = subprocess.run(command, env=environment, cwd=self.home, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return (done.stdout + done.stderr).strip()

    def test_nothing_differs(self) -> None:
        """Then nothing is touched."""
        before = ask(self.dsn, "SELECT oid, xmin::text FROM pg_proc ORDER BY oid")
        self.assertEqual(self.start(), "nothing to apply")
        self.assertEqual(ask(self.dsn, "SELECT oid, xmin::text FROM pg_proc ORDER BY oid"), before)

    def test_edited(self) -> None:
        """One that was edited is made anew, alone, though no migration is pending."""
        self.edit("gives_receipts", "true)", "false)")
        self.assertEqual(self.start(), "applied function gives_receipts")
        run(
            self.dsn,
            "INSERT INTO users (id, username, password_hash, display_name) SELECT gen_random_uuid(), '@a', '', 'A'",
        )
        self.assertEqual(ask(self.dsn, "SELECT gives_receipts(id) FROM users"), [(False,)])
        self.assertEqual(self.start(), "nothing to apply")

    def test_other_parameters(self) -> None:
        """Its former shape goes: there are never two of a name."""
        self.edit("composed", "p_text text)", "p_text text, p_more integer DEFAULT 0)")
        self.assertEqual(self.start(), "applied function composed")
        self.assertEqual(ask(self.dsn, FORMS.format("composed")), [("composed(text,integer)",)])

    def test_gone(self) -> None:
        """One that has no file any more goes; what is not ours stays, an extension's functions too."""
        run(self.dsn, "CREATE FUNCTION theirs() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
        (self.functions / "mentioned.sql").unlink()
        (self.functions / "similarity.sql").write_text(
            "CREATE FUNCTION similarity(p_one integer) RETURNS integer LANGUAGE sql AS $$ SELECT p_one $$;"
        )
        self.assertEqual(self.start(), "applied function mentioned, function similarity")
        self.assertEqual(ask(self.dsn, FORMS.format("mentioned")), [])
        self.assertEqual(ask(self.dsn, FORMS.format("theirs")), [("theirs()",)])
        self.assertEqual(
            ask(self.dsn, FORMS.format("similarity")), [("similarity(integer)",), ("similarity(text,text)",)]
        )

    def test_broken(self) -> None:
        """One that can't work is found at the start, and all stay as they were."""
        self.edit("composed", "normalize(p_text, NFC)", "no_such_function(p_text)")
        self.edit("gives_receipts", "true)", "false)")
        before = ask(self.dsn, "SELECT oid FROM pg_proc ORDER BY oid")
        self.assertIn("no_such_function", self.start(code=1))
        self.assertEqual(ask(self.dsn, "SELECT oid FROM pg_proc ORDER BY oid"), before)
