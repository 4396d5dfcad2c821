"""Fuzz of strangers' pages and links: ``python -m tests.fuzz.previews [seconds]``, part of ``make soak``.

Each input is made of parts of pages, mixed, repeated, cut and spoilt. Of a page of n bytes none may take more time than
:data:`SLOWEST_S` and :data:`SLOWEST_S_PER_MIB` for each MiB, none may raise, and none may take more memory than the
worker process has: this process gives itself that limit. A seed is printed; with it the run is the same again.
"""

from __future__ import annotations

import random
import resource
import sys
import time

from chatr.media.workers import MEMORY_BYTES
from chatr.ops import texts
from chatr.previews import links, pages

SECONDS = 20
SLOWEST_S, SLOWEST_S_PER_MIB = 0.3, 1.5
LARGEST_BYTES = 1 << 20
PARTS = (
    *(b"<title>", b"</title>", b"<meta ", b"charset", b"=", b" ", b"utf-16", b"'", b'"', b">", b"<", b"/", b"<svg>"),
    *(b"<base href=", b"<link rel=icon href=", b"property=og:image content=", b"<!--", b"-->", b"<![CDATA[", b"]]>"),
    *(b"<!DOCTYPE html [<!ENTITY a '&a;'>]>", b"&a;", b"&#x1f600;", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xd8"),
    *(
        b"https://",
        b"a.",
        b"xn--",
        b"//",
        b"[",
        b"@",
        b"%",
        b"?",
        b"#",
        b"`",
        b"```",
        b"~~~",
        b"\n",
        b"(",
        b"shift_jis",
    ),
)
TYPES = ("text/html", "text/html; charset=", "text/html; charset=utf-16", "text/html;" + " " * 500, "")


def page(chance: random.Random) -> bytes:
    """A page: some parts, of which a few come again and again."""
    made = bytearray()
    for _ in range(chance.randrange(1, 12)):
        part = b"".join(chance.choices(PARTS, k=chance.randrange(1, 4)))
        made += part * chance.choice((1, 1, 2, 50, 1000, LARGEST_BYTES // 8 // len(part)))
    if chance.random() < 0.2:
        made += chance.randbytes(200)
    return bytes(made[:LARGEST_BYTES])


def look(body: bytes, kind: str) -> None:
    """What a page, and a text like it, go through."""
    pages.read(body, kind, "https://example.org/")
    text = body[: 2 * links.MAX_CHARS].decode("latin-1")
    texts.first_link(text)
    for url in (text[:2000], f"https://{text[:1900]}"):
        try:
            links.normal(url)
        except ValueError:
            pass


def main(seconds: float) -> int:
    """0 when nothing was found."""
    resource.setrlimit(resource.RLIMIT_AS, (4 * MEMORY_BYTES, 4 * MEMORY_BYTES))
    seed, end, count = random.randrange(1 << 32), time.monotonic() + seconds, 0
    chance, slowest = random.Random(seed), 0.0
    while time.monotonic() < end:
        body, kind = page(chance), chance.choice(TYPES)
        began = time.process_time()
        look(body, kind)
        took_s, count = time.process_time() - began, count + 1
        slowest = max(slowest, took_s)
        if took_s > SLOWEST_S + SLOWEST_S_PER_MIB * len(body) / (1 << 20):
            print(f"seed {seed}, input {count}: {len(body)} bytes took {took_s:.2f} s: {body[:100]!r}")
            return 1
    print(f"seed {seed}: {count} inputs, the slowest took {slowest:.3f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS))
