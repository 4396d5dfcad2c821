"""``python -m bench.message_search``: search and history over a million messages. Chatr alone.

Some people in conversations of very different size, words with a frequency as in language. Measured over REST: the 95th
percentile of searches for common, rare and several words, how long the newest page and a page a long way back take.
"""

from __future__ import annotations

import argparse
import http.client
import random
import statistics
import sys
import time
import uuid
from datetime import datetime, timezone
from urllib.parse import quote

from bench.server import Server, running
from chatr.auth.tokens import Tokens
from chatr.datadir import DataDirectory

PEOPLE = 200
WORDS = 20_000
LIMIT_MS = 200


def populate(server: Server, messages: int) -> tuple[list[str], str]:
    """People; half of the messages in one long conversation, the rest in all pairs. The people, the long one's id."""
    people = [str(uuid.uuid4()) for _ in range(PEOPLE)]
    with server.database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO users (id, username, display_name, password_hash, email_verified_at)"
            " SELECT id, '@' || left(id::text, 18), 'Somebody', '', now() FROM unnest(%s::uuid[]) id",
            (people,),
        )
        cursor.execute(
            "INSERT INTO sessions (id, user_id, expires_at)"
            " SELECT id, id, now() + interval '1 day' FROM unnest(%s::uuid[]) id",
            (people,),
        )
        cursor.execute(
            "INSERT INTO conversations (id, kind, user_low, user_high)"
            " SELECT gen_random_uuid(), 'direct', a.id, b.id FROM users a JOIN users b ON a.id < b.id"
        )
        cursor.execute(
            "INSERT INTO members (conversation_id, user_id) SELECT id, user_low FROM conversations"
            " UNION ALL SELECT id, user_high FROM conversations"
        )
        cursor.execute("SELECT id FROM conversations WHERE %s IN (user_low, user_high) LIMIT 1", (people[0],))
        long = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM conversations")
        each = messages // 2 // cursor.fetchone()[0]
        # Zipf: the n-th word of a language is n times as rare as the first.
        cursor.execute(
            "CREATE FUNCTION pg_temp.text() RETURNS text VOLATILE LANGUAGE sql AS"
            " $$ SELECT string_agg('w' || floor(exp(random() * ln(%s)))::int || 'x', ' ')"
            "      FROM generate_series(1, 12) $$",
            (WORDS,),
        )
        for where, count in (("c.id = %s", messages // 2), ("c.id <> %s", each)):
            cursor.execute(
                "INSERT INTO messages (id, conversation_id, seq, sender_id, client_id, content, created_at)"
                " SELECT gen_random_uuid(), c.id, n, CASE WHEN n %% 2 = 0 THEN c.user_low ELSE c.user_high END,"
                "        gen_random_uuid(), pg_temp.text(), now() - make_interval(secs => 1000000 - n)"
                f"   FROM conversations c, generate_series(1, {count}) n WHERE {where}",
                (long,),
            )
        print("indexing …", file=sys.stderr)
        cursor.execute(
            "INSERT INTO message_words SELECT id, conversation_id, to_tsvector('simple', content) FROM messages"
            " ON CONFLICT DO NOTHING"
        )
        cursor.execute(
            "INSERT INTO search_progress SELECT conversation_id, max(seq) FROM messages GROUP BY conversation_id"
        )
        cursor.execute(
            "UPDATE conversations c SET head_seq = g.seq, active_at = g.at FROM ("
            "  SELECT conversation_id, max(seq) AS seq, max(created_at) AS at FROM messages GROUP BY conversation_id) g"
            " WHERE g.conversation_id = c.id"
        )
        cursor.execute("VACUUM ANALYZE")
    return people, str(long)


def main() -> int:
    """Measure and print; 1 when searching takes too long."""
    parser = argparse.ArgumentParser(prog="python -m bench.message_search", description=__doc__.partition("\n")[0])
    parser.add_argument("--messages", type=int, default=1_000_000)
    options = parser.parse_args()
    with running() as server:
        people, long = populate(server, options.messages)
        keys = DataDirectory.open(server.home).signing_keys()
        tokens = Tokens(keys, lifetime_s=86400, now=lambda: datetime.now(timezone.utc))
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

        def get(path: str, user_id: str) -> float:
            started = time.perf_counter()
            bearer = {"Authorization": f"Bearer {tokens.issue(user_id, user_id, 'user')}"}
            connection.request("GET", f"/api{path}", headers=bearer)
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 200, text
            return (time.perf_counter() - started) * 1000

        good = True
        for name, words in (
            ("one common word", lambda: f"w{random.randint(1, 5)}x"),
            ("one rare word", lambda: f"w{random.randint(1000, WORDS)}x"),
            ("two words", lambda: f"w{random.randint(1, 50)}x w{random.randint(1, 500)}x"),
            ("the beginning of many words", lambda: f"w{random.randint(10, 99)}"),
        ):
            for who, chosen in (("with the long conversation", people[:1]), ("others", people[1:])):
                times = sorted(get(f"/messages/search?q={quote(words())}", random.choice(chosen)) for _ in range(60))
                p95 = times[int(len(times) * 0.95)]
                good &= p95 <= LIMIT_MS
                print(f"search, {name}, {who}: p50 {statistics.median(times):.0f} ms, p95 {p95:.0f} ms", flush=True)
        for name, before in (("newest page", ""), ("page at the very beginning", "&before=60")):
            times = [get(f"/messages/history?conversationId={long}{before}", people[0]) for _ in range(50)]
            print(f"history of {options.messages // 2} messages, {name}: p50 {statistics.median(times):.1f} ms")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
