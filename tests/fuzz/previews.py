"""Targets: pages and links that people name."""

from __future__ import annotations

from random import Random

from chatr.ops import texts
from chatr.previews import links, pages
from tests.fuzz.harness import Bound, Hostile, Target
from tests.previews.test_pages import HOSTILE

_PARTS = (
    *(b"<title>", b"</title>", b"<meta ", b"charset", b"=", b" ", b"utf-16", b"'", b'"', b">", b"<", b"/", b"<svg>"),
    *(b"<base href=", b"<link rel=icon href=", b"property=og:image content=", b"<!--", b"-->", b"<![CDATA[", b"]]>"),
    *(b"<!DOCTYPE html [<!ENTITY a '&a;'>]>", b"&a;", b"&#x1f600;", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xd8"),
)
_LINK_PARTS = (
    *(b"https://", b"http://", b"a.", b"xn--", b"//", b"[", b"@", b"%", b"%41", b"?", b"#", b":", b"\xc3\xbc", b"."),
    *(b"`", b"``", b"```", b"~~~", b"\n", b"(", b")", b" ", b"0x7f", b"..", b"/"),
)


def _of(*parts: bytes) -> Hostile:
    def made(random: Random, size: int) -> bytes:
        """Some parts, of which a few come again and again."""
        data = bytearray()
        while len(data) < size and random.random() < 0.9:
            part = b"".join(random.choices(parts, k=random.randrange(1, 4)))
            data += part * random.choice((1, 1, 2, 50, size // len(part)))
        return bytes(data[:size])

    return made


def _page(data: bytes) -> None:
    kind = ("text/html", "text/html; charset=utf-16", "text/html; charset=" + " " * 500)[len(data) % 3]
    pages.read(data, kind, "https://example.org/")


def _link(data: bytes) -> None:
    texts.first_link(data.decode("utf-8", "replace"))
    try:
        links.normal(data.decode("utf-8", "replace"))
    except ValueError:
        pass


TARGETS = (
    Target(
        name="previews.page",
        run=_page,
        corpus=[page[:4096] for page in HOSTILE],
        hostile=[_of(*_PARTS)],
        max_bytes=1 << 20,
        bound=Bound(base_ms=20.0, base_bytes=16 * 1024 * 1024),
    ),
    Target(
        name="previews.link",
        run=_link,
        corpus=[b"see https://example.org/a?b=c#d `code`", b"http://\xc3\xbc.example/(a)"],
        hostile=[_of(*_LINK_PARTS)],
        # Of a text; a link is refused beyond 2,000.
        max_bytes=9000,
        bound=Bound(base_ms=20.0),
    ),
)
