"""How long searches take among many messages, for words that are common, rare, several, and for parts of words.

Some people in conversations of very different size, words with a frequency as in language.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import statistics
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote

from bench import filling
from bench.growth.world import Found, World, growing
from bench.server import Server
from bench.tables import number
from chatr.store.messages import message_search, search_terms

#: So few that everybody has many messages in many conversations, beside the long one.
PEOPLE = 120
WORDS = 20_000
LIMIT_MS = 100


def populate(world: World, messages: int) -> list[str]:
    """People; half of the messages in a long conversation of the first, the rest in all other pairs."""
    people = world.server.people(PEOPLE)
    with world.server.database.cursor() as cursor:
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
                filling.stored(
                    "SELECT c.id, n, CASE WHEN n %% 2 = 0 THEN c.user_low ELSE c.user_high END, pg_temp.text(),"
                    "       now() - make_interval(secs => 1000000 - n)"
                    f" FROM conversations c, generate_series(1, {count}) n WHERE {where}"
                ),
                (long,),
            )
        print("# indexing …", file=sys.stderr)
        cursor.execute(
            "INSERT INTO message_words (message_id, conversation_id, words, text)"
            " SELECT id, conversation_id, to_tsvector('simple', composed(content)), search_text(content) FROM messages"
            " ON CONFLICT DO NOTHING"
        )
    world.settle()
    return people


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


def search(options: argparse.Namespace) -> list[Found]:
    """The slowest kind of search of somebody with the long conversation and of others, and pages far down."""
    with growing() as world:
        people = populate(world, options.messages)
        sizes(world.server)
        found = []
        for who, chosen in (("by others", people[1:]), ("by one of whom half of them are", people[:1])):
            took = {name: [_ask(world, words(), random.choice(chosen)) for _ in range(60)] for name, words in CASES}
            found.append(_slowest(f"search among {options.messages:,}, {who}", took))
        took = {name: _pages(world, words(), people[0]) for name, words in CASES[:1] + CASES[5:6]}
        found.append(_slowest("the same, page by page", took))
        if options.plans:
            asyncio.run(explain(world.server, people[0]))
    return found


def _ask(world: World, words: str, user_id: str) -> float:
    return world.get(f"/messages/search?q={quote(words)}", user_id)[0]


def _pages(world: World, words: str, user_id: str) -> list[float]:
    """Forty pages of one search, each by the cursor of the one before."""
    took, cursor = [], ""
    for _ in range(40):
        ms, body = world.get(f"/messages/search?q={quote(words)}{cursor}", user_id)
        took.append(ms)
        following = json.loads(body)["nextCursor"]
        if following is None:
            break
        cursor = f"&before={quote(following)}"
    return took


def _slowest(text: str, took: dict[str, list[float]]) -> Found:
    """Of the kind of words that took longest; all are told."""
    p95s = {name: statistics.quantiles(times, n=20)[-1] for name, times in took.items()}
    for name, times in took.items():
        print(f"# {text}: {name}: p50 {number(statistics.median(times))}, p95 {number(p95s[name])} ms", file=sys.stderr)
    slowest = max(p95s, key=p95s.__getitem__)
    value = f"p50 {number(statistics.median(took[slowest]))}, p95 {number(p95s[slowest])} ms ({slowest})"
    return Found(text, value, f"p95 ≤ {LIMIT_MS} ms", p95s[slowest] <= LIMIT_MS)
