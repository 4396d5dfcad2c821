"""What to look for in messages, as conditions in SQL, and where it is in a text."""

from __future__ import annotations

import html
import re
from typing import Any

import msgspec

from chatr.store.columns import Columns
from chatr.store.pool import Queryable

#: The dictionary that changes nothing but the case: what it finds, the letters find too.
SIMPLE = "simple"
#: Letters in a row that the index of parts of words knows.
_TRIGRAM = 3
#: Words, and characters at most, that a snippet shows on each side of the first hit.
_WORDS, _CHARACTERS = 15, 120
_START, _STOP = "\x02", "\x03"
#: Without another start inside: a text may hold thousands of them.
_HIT = re.compile(f"{_START}([^{_START}{_STOP}]+){_STOP}")
_WORD = re.compile(r"\S+")
#: For ts_headline: the whole text, marked by what hardly anybody writes.
HEADLINE = f"HighlightAll=true, StartSel={_START}, StopSel={_STOP}"


class Term(msgspec.Struct, frozen=True):
    """One word to look for. ``letters``: as in message_words.text; ``query``: for tsvector, empty for a stop word."""

    word: str
    letters: str
    query: str

    @property
    def long(self) -> bool:
        """Whether the index of parts of words can find it."""
        return len(self.letters) >= _TRIGRAM


#: For the alias ``w`` (words in a column ``word``); the parameter is the text search configuration.
_TERM = Columns(
    Term,
    {
        "word": "w.word",
        "letters": "search_text(w.word)",
        "query": "to_tsquery(%s::regconfig, '''' || w.word || ''':*')::text",
    },
)


class Condition(msgspec.Struct, frozen=True):
    """A piece of SQL and its parameters."""

    sql: str
    params: list[Any]


class Terms(msgspec.Struct, frozen=True):
    """Words to look for, all of them, by a text search configuration of the database."""

    dictionary: str
    terms: list[Term]

    @property
    def simple(self) -> bool:
        """Whether words are found by their letters alone."""
        return self.dictionary == SIMPLE

    @property
    def short(self) -> bool:
        """Whether no word is long enough for the index of parts of words."""
        return not any(term.long for term in self.terms)

    @property
    def query(self) -> str:
        """Any of the words, for ts_headline."""
        return " | ".join(f"({term.query})" for term in self.terms if term.query)

    def fit(self, text: str, words: str) -> Condition:
        """Write the condition that all words are there, as a part of the text or by the dictionary."""
        each, params = [], list[Any]()
        for term in self.terms:
            # Words have letters, digits and marks only: nothing in them means anything to LIKE.
            sql, params = f"{text} LIKE %s", [*params, f"%{term.letters}%"]
            if term.query and not self.simple:
                sql, params = f"({sql} OR {words} @@ %s::tsquery)", [*params, term.query]
            each.append(sql)
        return Condition(" AND ".join(each), params)

    def indexed(self, text: str, words: str) -> Condition:
        """Write the same where an index has to find it: short words only at the beginning of a word."""
        if not self.short:
            return self.fit(text, words)
        queries = [term.query for term in self.terms]
        return Condition(" AND ".join(f"{words} @@ %s::tsquery" for _ in queries), list(queries))

    def snippet(self, content: str, headline: str | None) -> str:
        """HTML, escaped: some words around the first hit, ``<mark>`` around each. ``headline``: of ts_headline."""
        needles = {term.word for term in self.terms}
        if headline:
            needles.update(_HIT.findall(headline))
        ordered = sorted(needles, key=lambda needle: (-len(needle), needle))
        return _marked(content, re.compile("|".join(map(re.escape, ordered)), re.IGNORECASE))


async def parse(db: Queryable, dictionary: str, words: list[str]) -> Terms:
    """Ask the database what it makes of words. Stop words count only where there is nothing else."""
    # Words have letters, digits and marks only: nothing in them means anything to tsquery.
    rows = await db.query(
        f"SELECT {_TERM.sql} FROM unnest(%s::text[]) WITH ORDINALITY AS w(word, n) ORDER BY w.n",
        (dictionary, words),
    )
    terms = _TERM.all(rows)
    return Terms(dictionary, [term for term in terms if term.query] or terms)


def _marked(content: str, hits: re.Pattern[str]) -> str:
    first = hits.search(content)
    start, stop = _window(content, *(first.span() if first else (0, 0)))
    parts, done = ["… " if start else ""], start
    for hit in hits.finditer(content, start, stop):
        parts += [html.escape(content[done : hit.start()], quote=False)]
        parts += [f"<mark>{html.escape(hit[0], quote=False)}</mark>"]
        done = hit.end()
    parts += [html.escape(content[done:stop], quote=False), " …" if stop < len(content) else ""]
    return "".join(parts)


def _window(content: str, start: int, stop: int) -> tuple[int, int]:
    before = [word.start() for word in _WORD.finditer(content[:start])][-_WORDS:]
    after = [word.end() for word in _WORD.finditer(content[stop:])][:_WORDS]
    begin = max(before[0] if before else 0, start - _CHARACTERS)
    end = min(stop + after[-1] if after else len(content), stop + _CHARACTERS, len(content))
    return begin, end
