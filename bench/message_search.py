"""``python -m bench.message_search``: search and history over a million messages. Chatr alone.

Some people in conversations of very different size, words with a frequency as in language. Measured over REST: the 95th
percentile of searches for common, rare, several and parts of words, how long the newest page and a page far back take.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote

from bench.server import Server, running
from chatr.auth.tokens import Tokens
from chatr.datadir import DataDirectory
from chatr.store.messages import message_search, search_terms

#: So few that everybody has many messages in many conversations, beside the long one.
PEOPLE = 120
WORDS = 20_000
LIMIT_MS = 200


def populate(server: Server, messages: int) -> tuple[list[str], str]:
    """People; half of the messages in one long conversation, the rest in all pairs. The people, the long one's id."""
    people = server.people(PEOPLE)
    with server.database.cursor() as cursor:
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
            "INSERT INTO message_words (message_id, conversation_id, words, text)"
            " SELECT id, conversation_id, to_tsvector('simple', composed(content)), search_text(content) FROM messages"
            " ON CONFLICT DO NOTHING"
        )
        cursor.execute(
            "INSERT INTO search_progress (conversation_id, seq, words_seq, dictionary)"
            " SELECT conversation_id, max(seq), max(seq), 'simple' FROM messages GROUP BY conversation_id"
            " ON CONFLICT (conversation_id) DO UPDATE SET seq = excluded.seq, words_seq = excluded.seq"
        )
        cursor.execute(
            "UPDATE conversations c SET head_seq = g.seq, active_at = g.at FROM ("
            "  SELECT conversation_id, max(seq) AS seq, max(created_at) AS at FROM messages GROUP BY conversation_id) g"
            " WHERE g.conversation_id = c.id"
        )
        cursor.execute("VACUUM ANALYZE")
    return people, str(long)


CASES: tuple[tuple[str, Callable[[], str]], ...] = (
    ("one common word", lambda: f"w{random.randint(1, 5)}x"),
    ("one rare word", lambda: f"w{random.randint(1000, WORDS)}x"),
    ("two words", lambda: f"w{random.randint(1, 50)}x w{random.randint(1, 500)}x"),
    ("the beginning of many words", lambda: f"w{random.randint(10, 99)}"),
    ("two letters", lambda: f"{random.randint(1, 9)}x"),
    ("a part of many words", lambda: f"{random.randint(10, 99)}x"),
    ("a part of a rare word", lambda: f"{random.randint(1000, WORDS)}x"),
    # One trigram, again and again: the index brings all that have it.
    ("a rare part with common trigrams", lambda: str(random.randint(1, 9)) * 5),
    ("a common and a rare part", lambda: f"{random.randint(10, 99)}x {random.randint(1000, WORDS)}"),
)


class Explaining:
    """Runs statements as the store does, and prints which indexes their plans use."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    async def query(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement that answers rows."""
        self._cursor.execute(f"EXPLAIN (ANALYZE, FORMAT TEXT) {sql}", params)
        text = "\n".join(row[0] for row in self._cursor.fetchall())
        used = sorted(set(re.findall(r"Index[A-Za-z ]* (?:using|on) (\w+)|(Seq Scan on mess\w+)", text)))
        took = re.search(r"Execution Time: (.*)", text)
        if used:
            print(f"  {took[1] if took else ''}: {', '.join(''.join(names) for names in used)}")
        self._cursor.execute(sql, params)
        return list(self._cursor.fetchall())

    async def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        """Run one statement without rows."""
        self._cursor.execute(sql, params)


async def explain(server: Server, user_id: str) -> None:
    """Print the plans of one search of each kind, from the newest and of a later page."""
    with server.database.cursor() as cursor:
        db = Explaining(cursor)
        for name, words in CASES:
            terms = await search_terms.parse(db, search_terms.SIMPLE, words().split())
            for below in (None, (datetime.now(timezone.utc), user_id)):
                print(f"plan, {name} {[term.word for term in terms.terms]}{', later page' if below else ''}:")
                await message_search.search(
                    db, user_id, terms, conversation_id=None, sender_id=None, below=below, limit=51
                )


def sizes(server: Server) -> None:
    """Print what the indexes of search take."""
    with server.database.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, pg_size_pretty(pg_relation_size(c.oid)) FROM pg_class c"
            " WHERE c.relname IN ('message_words', 'message_words_words', 'message_words_text', 'messages')"
        )
        print(", ".join(f"{name} {size}" for name, size in cursor.fetchall()), flush=True)


def pages(name: str, words: str, user_id: str, ask: Callable[[str, str], tuple[float, bytes]]) -> bool:
    """Measure forty pages of one search, each by the cursor of the one before; whether that is fast enough."""
    times, cursor = [], ""
    for _ in range(40):
        took, text = ask(f"/messages/search?q={quote(words)}{cursor}", user_id)
        times.append(took)
        following = json.loads(text)["nextCursor"]
        if following is None:
            break
        cursor = f"&before={quote(following)}"
    times.sort()
    p95 = times[int(len(times) * 0.95)]
    print(f"{len(times)} pages, {name}: p50 {statistics.median(times):.0f} ms, p95 {p95:.0f} ms", flush=True)
    return p95 <= LIMIT_MS


def main() -> int:
    """Measure and print; 1 when searching takes too long."""
    parser = argparse.ArgumentParser(prog="python -m bench.message_search", description=__doc__.partition("\n")[0])
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--plans", action="store_true", help="print which indexes the plans use")
    options = parser.parse_args()
    with running() as server:
        people, long = populate(server, options.messages)
        keys = DataDirectory.open(server.home).signing_keys()
        tokens = Tokens(keys, lifetime_s=86400, now=lambda: datetime.now(timezone.utc))
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

        def ask(path: str, user_id: str) -> tuple[float, bytes]:
            started = time.perf_counter()
            bearer = {"Authorization": f"Bearer {tokens.issue(user_id, user_id, 'user')}"}
            connection.request("GET", f"/api{path}", headers=bearer)
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 200, text
            return (time.perf_counter() - started) * 1000, text

        def get(path: str, user_id: str) -> float:
            return ask(path, user_id)[0]

        good = True
        sizes(server)
        for name, words in CASES:
            for who, chosen in (("with the long conversation", people[:1]), ("others", people[1:])):
                times = sorted(get(f"/messages/search?q={quote(words())}", random.choice(chosen)) for _ in range(60))
                p95 = times[int(len(times) * 0.95)]
                good &= p95 <= LIMIT_MS
                print(f"search, {name}, {who}: p50 {statistics.median(times):.0f} ms, p95 {p95:.0f} ms", flush=True)
        for name, words in CASES[:1] + CASES[5:6]:
            good &= pages(name, words(), people[0], ask)
        for name, before in (("newest page", ""), ("page at the very beginning", "&before=60")):
            times = [get(f"/messages/history?conversationId={long}{before}", people[0]) for _ in range(50)]
            print(f"history of {options.messages // 2} messages, {name}: p50 {statistics.median(times):.1f} ms")
        if options.plans:
            asyncio.run(explain(server, people[0]))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
