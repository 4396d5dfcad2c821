"""What a row of conversations can't be."""

from __future__ import annotations

import psycopg2
from psycopg2.errors import CheckViolation
from twisted.trial.unittest import TestCase

from tests.box import box

PEOPLE = """INSERT INTO users (id, username, password_hash, display_name)
  SELECT ('00000000-0000-4000-8000-00000000000' || n)::uuid, '@user' || n, '', 'User' FROM generate_series(1, 2) n"""
LOW, HIGH = (f"'00000000-0000-4000-8000-00000000000{n}'" for n in (1, 2))
#: By its name each rule, as what breaks it.
BROKEN = {
    "kind": "'channel', 'accepted', NULL, 'closed', 'admins', NULL, NULL",
    "status": "'group', 'open', NULL, 'closed', 'admins', NULL, NULL",
    "closed": "'group', 'accepted', 'shut', 'closed', 'admins', NULL, NULL",
    "join_policy": "'group', 'accepted', NULL, 'open', 'admins', NULL, NULL",
    "invite_policy": "'group', 'accepted', NULL, 'closed', 'nobody', NULL, NULL",
    "a group of a pair": f"'group', 'accepted', NULL, 'closed', 'admins', {LOW}, {HIGH}",
    "a direct one without": f"'direct', 'accepted', NULL, 'closed', 'admins', {LOW}, NULL",
    "not in order": f"'direct', 'accepted', NULL, 'closed', 'admins', {HIGH}, {LOW}",
    "the same twice": f"'direct', 'accepted', NULL, 'closed', 'admins', {LOW}, {LOW}",
}
WHOLE = (
    "'group', 'accepted', NULL, 'link', 'members', NULL, NULL",
    f"'direct', 'pending', 'deserted', 'closed', 'admins', {LOW}, {HIGH}",
)
COLUMNS = "kind, status, closed, join_policy, invite_policy, user_low, user_high"


class RuleTests(TestCase):
    """They are looked at by a trigger, not by CHECK (sql/migrations/0006_hot_checks.sql)."""

    def setUp(self) -> None:
        dsn = box().database()
        self.addCleanup(box().drop, dsn)
        self.connection = psycopg2.connect(dsn)
        self.addCleanup(self.connection.close)
        self.connection.autocommit = True
        self.cursor = self.connection.cursor()
        self.cursor.execute(PEOPLE)

    def add(self, values: str) -> None:
        self.cursor.execute(f"INSERT INTO conversations (id, {COLUMNS}) VALUES (gen_random_uuid(), {values})")

    def test_added(self) -> None:
        """None of them gets in."""
        for rule, values in BROKEN.items():
            error = self.assertRaises(CheckViolation, self.add, values)
            self.assertEqual(error.diag.table_name, "conversations", rule)

    def test_changed(self) -> None:
        """No row becomes one."""
        for values in WHOLE:
            self.add(values)
            for rule, broken in BROKEN.items():
                with self.assertRaises(CheckViolation, msg=rule):
                    self.cursor.execute(f"UPDATE conversations SET ({COLUMNS}) = ({broken})")
            self.cursor.execute("DELETE FROM conversations")
