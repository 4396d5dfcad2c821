"""What a page says of itself: title, description, image. Never raises, whatever is thrown at it.

Only what is HTML comes here (web.py), in worker processes only (chatr/media), by which alone this is imported: what
parses strangers' bytes must not hold up anybody.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Collection
from typing import Any

import msgspec
from lxml import etree

from chatr.previews import urls
from chatr.previews.reading import (
    MAX_CONTENT_TYPE,
    MAX_DESCRIPTION,
    MAX_SITE_NAME,
    MAX_TITLE,
    Answer,
    Given,
    WebPage,
)

#: What is kept of a page while it is read.
_MAX_PARTS, _MAX_VALUE = 500, 4000

_TITLES = ("og:title", "twitter:title")
_DESCRIPTIONS = ("og:description", "twitter:description", "description")
_IMAGES = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")
_WANTED = frozenset({*_TITLES, *_DESCRIPTIONS, *_IMAGES, "og:site_name"})

#: The encodings of the web (WHATWG Encoding Standard). Python knows others, some of them no character sets at all.
_ENCODINGS = frozenset(
    [
        *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "ascii", "mac-roman", "koi8-r", "koi8-u"),
        *(f"cp{number}" for number in (866, 874, 932, 949, *range(1250, 1259))),
        *(f"iso8859-{number}" for number in range(1, 17) if number != 12),
        *("shift_jis", "euc_jp", "euc_kr", "iso2022_jp", "gbk", "gb2312", "gb18030", "big5", "big5hkscs"),
    ]
)
#: What is said and what is meant.
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932"}
_MEANT |= {"iso8859-9": "cp1254", "euc_kr": "cp949", "big5": "big5hkscs"}
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
#: Possessive, and the name is bounded: a million spaces are passed over once.
_CHARSET = re.compile(r"charset\s*+=\s*+[\"']?+\s*+([a-z0-9_:.-]{1,40}+)", re.IGNORECASE)
_PRESCAN_BYTES = 4096
#: Joiners belong to words and emoji; all else of its kind is invisible, or turns the direction of what follows.
_JOINERS = "\u200c\u200d"


def work(payload: bytes) -> bytes:
    """Do the job of a worker process: read one page."""
    given = msgspec.msgpack.decode(payload, type=Given)
    return msgspec.msgpack.encode(Answer(read(given.body, given.content_type, given.url, given.ports)))


def prepare() -> None:
    """Import what is imported only when it is needed: all encodings, and what names with umlauts need."""
    for encoding in _ENCODINGS:
        codecs.lookup(encoding)
    read("<title>ü</title><link rel=icon href=//ü.example/>".encode(), "text/html", "https://example.org/")


def read(body: bytes, content_type: str, url: str, ports: Collection[int] = urls.DEFAULT_PORTS) -> WebPage | None:
    """What a page at ``url`` says of itself, or what has arrived of it; None when that is not worth showing."""
    head = _parsed(decoded(body, content_type))
    base = _first_link(url, [head.base], ports) or url
    page = WebPage(
        title=_clean(head.first(_TITLES) or "".join(head.title), MAX_TITLE),
        description=_clean(head.first(_DESCRIPTIONS), MAX_DESCRIPTION),
        site_name=_clean(head.first(("og:site_name",)), MAX_SITE_NAME),
        image=_first_link(base, [head.said[name] for name in _IMAGES if name in head.said], ports),
        favicon=_first_link(base, [*head.icons, *head.touch_icons], ports),
    )
    return page if page.title or page.description or page.image else None


def decoded(body: bytes, content_type: str) -> str:
    """The text of a page: by its byte order mark, the header, its own word, as UTF-8, or else as Windows-1252."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    for said in (content_type[:MAX_CONTENT_TYPE], body[:_PRESCAN_BYTES].decode("latin-1")):
        found = _CHARSET.search(said)
        named = _encoding(found[1]) if found else None
        if named:
            return body.decode(named, "replace")
    try:
        # Of a page that was cut off the last character may be missing a part.
        return codecs.getincrementaldecoder("utf-8")().decode(body)
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _encoding(label: str) -> str | None:
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    return _MEANT.get(name, name) if name in _ENCODINGS else None


class _Head:
    """Hears the parser and keeps what is of use. No tree is made: that takes minutes for a tag of many attributes."""

    def __init__(self) -> None:
        self.said: dict[str, str] = {}
        self.title: list[str] = []
        self.icons: list[str] = []
        self.touch_icons: list[str] = []
        self.base = ""
        self._in_svg = False
        self._in_title = False
        self._titled = False

    def first(self, names: Collection[str]) -> str:
        """What is said under the first of these names that says something."""
        return next((self.said[name] for name in names if self.said.get(name, "").strip()), "")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "meta":
            self._meta(attributes)
        elif tag == "link":
            self._link(attributes)
        elif tag == "base":
            self.base = self.base or attributes.get("href", "")[:_MAX_VALUE]
        elif tag == "svg":
            self._in_svg = True
        elif tag == "title":
            self._in_title = not self._in_svg and not self._titled

    def end(self, tag: str) -> None:
        if tag == "svg":
            self._in_svg = False
        elif tag == "title":
            self._titled = self._titled or self._in_title
            self._in_title = False

    def data(self, text: str) -> None:
        if self._in_title and len(self.title) < _MAX_PARTS:
            self.title.append(text[:_MAX_VALUE])

    def close(self) -> _Head:
        return self

    def _meta(self, attributes: dict[str, str]) -> None:
        name = (attributes.get("property") or attributes.get("name") or "").strip().lower()
        if name in _WANTED:
            self.said.setdefault(name, attributes.get("content", "")[:_MAX_VALUE])

    def _link(self, attributes: dict[str, str]) -> None:
        kinds = attributes.get("rel", "").lower().split()
        href = attributes.get("href", "")
        # Scalable ones are not shown: they can hold scripts.
        if not href or len(href) > urls.MAX_CHARS or "svg" in attributes.get("type", "") or href.endswith(".svg"):
            return
        into = self.icons if "icon" in kinds else self.touch_icons if "apple-touch-icon" in kinds else None
        if into is not None and len(into) < _MAX_PARTS:
            into.append(href)


def _parsed(text: str) -> _Head:
    head = _Head()
    # Characters that no document may have stop the parser; lone surrogates can't be encoded.
    content = text.replace("\x00", "").encode("utf-8", "replace")
    parser: Any = etree.HTMLParser(encoding="utf-8", no_network=True, target=head)
    try:
        parser.feed(content)
        parser.close()
    except (etree.LxmlError, ValueError):
        # What came before the fault has been heard.
        pass
    return head


def _first_link(base: str, references: Collection[str], ports: Collection[int]) -> str:
    for reference in filter(str.strip, references):
        try:
            return urls.joined(base, reference, ports)
        except ValueError:
            continue
    return ""


def _clean(text: str, limit: int) -> str:
    """One line without invisible characters, cut with an ellipsis."""
    seen = "".join(
        " " if category == "Cc" else character
        for character in text[: 20 * limit]
        if (category := unicodedata.category(character)) not in ("Cf", "Cs", "Co") or character in _JOINERS
    )
    line = " ".join(seen.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
