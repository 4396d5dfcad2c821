"""Plans of the sends: made once a connection, maybe while the database is empty."""

from __future__ import annotations

import psycopg2
from twisted.trial.unittest import TestCase

from tests.box import box

SEND = """SELECT outcome FROM append_messages(ARRAY(
  SELECT (gen_random_uuid(), c.user_low, gen_random_uuid(), NULL, c.user_high, NULL, NULL, 'x', '', '', '', NULL, NULL)
           ::message_send
    FROM conversations c LIMIT 1), p_pending_limit => 5, p_cooldown => interval '1 day', p_quoted_chars => 201,
    p_all_up_to => 50, p_pending_files => false)"""
PLAIN = """SELECT 'created' FROM append_plain(ARRAY(
  SELECT (gen_random_uuid(), c.user_low, gen_random_uuid(), c.id, NULL, NULL, NULL, 'x', '', '', '', NULL, NULL)
           ::message_send
    FROM conversations c LIMIT 3))"""
ONE = """SELECT 'created' FROM (SELECT * FROM conversations LIMIT 1) c,
  append_one(gen_random_uuid(), c.user_low, gen_random_uuid(), c.id, 'x', '')"""
#: Each way to store, and how many sends that are.
WAYS = ((SEND, 1), (ONE, 1), (PLAIN, 3))
PEOPLE = """
  INSERT INTO users (id, username, password_hash, display_name)
  SELECT gen_random_uuid(), '@user' || i, '', 'User' FROM generate_series(1, {people}) i;
  WITH numbered AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM users)
  INSERT INTO conversations (id, kind, user_low, user_high, head_seq)
  SELECT gen_random_uuid(), 'direct', a.id, b.id, 20 FROM numbered a JOIN numbered b ON b.n = a.n + 1;
  INSERT INTO members (conversation_id, user_id)
  SELECT id, user_low FROM conversations UNION ALL SELECT id, user_high FROM conversations"""
MESSAGES = """
  INSERT INTO messages (id, conversation_id, seq, sender_id, client_id, content, created_at)
  SELECT gen_random_uuid(), c.id, n, c.user_low, gen_random_uuid(), 'x', now()
    FROM conversations c, generate_series({first}, {last}) n"""
READ = """SELECT relname, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables
  WHERE relname = ANY ('{users,conversations,members,messages,log}')"""


def people(count: int) -> str:
    """So many, of whom each knows the next."""
    return PEOPLE.format(people=count)


def messages(first: int, last: int) -> str:
    """Those numbers in each conversation."""
    return MESSAGES.format(first=first, last=last)


class PlanTests(TestCase):
    """A connection that was there before anybody wrote."""

    def setUp(self) -> None:
        self.dsn = box().database()
        self.addCleanup(box().drop, self.dsn)

    def test_made_while_there_was_nothing(self) -> None:
        """It reads a few rows a send all the same, when there are thousands."""
        self.few((), (people(400), messages(1, 20)))

    def test_made_before_the_first_message(self) -> None:
        """The same when there were people by then, and that was known to the planner."""
        self.few((people(400), "ANALYZE"), (messages(1, 20),))

    def test_made_of_few_messages(self) -> None:
        """The same when one index had a level more than another by then, which seems to cost more."""
        self.few((people(61), messages(1, 3)), (messages(30, 130),))

    def few(self, before: tuple[str, ...], later: tuple[str, ...]) -> None:
        connection = psycopg2.connect(self.dsn)
        self.addCleanup(connection.close)
        with connection.cursor() as cursor:
            for statement in (*before, *(send for send, _ in WAYS), *later):
                cursor.execute(statement)
                # Each by itself: what ANALYZE has found makes plans void when its transaction ends.
                connection.commit()
            for send, count in WAYS:
                # Counts may be handed on only a while behind.
                cursor.execute(READ)
                counted = dict(cursor.fetchall())
                cursor.execute(send)
                self.assertEqual(cursor.fetchall(), [("created",)] * count)
                cursor.execute(READ)
                read = {name: rows - counted.get(name, 0) for name, rows in cursor.fetchall()}
                self.assertLess(max(read.values()), 12 * count, (send, read))
