"""What people write: how long, whom it calls, where it links to, and what an emoji is."""

from __future__ import annotations

import re
from typing import Annotated

import regex
from msgspec import Meta

from chatr.api.errors import invalid

MAX_CONTENT = 8000
#: Bounded by :func:`content`, since trailing space does not count.
Content = Annotated[
    str,
    Meta(
        description="1 to 8,000 characters, trailing space apart.",
        extra_json_schema={"minLength": 1, "maxLength": MAX_CONTENT, "pattern": r"\S"},
    ),
]

_NAME = re.compile(r"(?<![A-Za-z0-9_@.])@[A-Za-z0-9_]{3,20}(?![A-Za-z0-9_@])")
#: One grapheme (Unicode Standard Annex 29) that is shown as a picture: a pictograph, a flag, or a keycap.
_EMOJI = regex.compile(r"(?=\p{Extended_Pictographic}|\p{Regional_Indicator}{2}|[0-9#*]\uFE0F?\u20E3)\X")

#: Markdown's code: a fence to the next or to the end, and what is between runs of backquotes of one length.
_CODE = re.compile(
    r"^ {0,3}(?P<fence>```+(?=[^`\n]*$)|~~~+).*?(?:^ {0,3}(?P=fence)|\Z)|(?<!`)(?P<run>`+)(?!`).+?(?<!`)(?P=run)(?!`)",
    re.M | re.S,
)
#: Up to a space, a quotation mark, an angle bracket, or punctuation of scripts that have no spaces.
_LINK = re.compile(
    r"(?<![A-Za-z0-9+.-])https?://[^\s<>\"“”«»\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]+", re.I
)
_CLOSING = {")": "(", "]": "[", "}": "{"}


def content(text: str) -> str:
    """The text of a message without trailing space. Raises ``invalid``."""
    cleaned = text.rstrip()
    if not 1 <= len(cleaned) <= MAX_CONTENT:
        raise invalid("$.content", f"must have 1 to {MAX_CONTENT} characters")
    return cleaned


def names(text: str) -> str:
    """The usernames that a text calls: lower case, with @, apart by spaces."""
    return " ".join(sorted({name.lower() for name in _NAME.findall(text)})) if "@" in text else ""


def first_link(text: str) -> str:
    """The first http(s) URL outside of code, without the punctuation around it; empty if there is none."""
    if "://" not in text:
        return ""
    found = _LINK.search(_CODE.sub(" ", text) if "`" in text or "~" in text else text)
    return _balanced(found[0]).rstrip("?!.,:;*_~'’") if found else ""


def _balanced(link: str) -> str:
    """A link up to the first bracket that closes what it did not open: that belongs to the text around it."""
    open_ones: list[str] = []
    for index, character in enumerate(link):
        if character in "([{":
            open_ones.append(character)
        elif character in _CLOSING and (not open_ones or open_ones.pop() != _CLOSING[character]):
            return link[:index]
    return link


def is_emoji(text: str) -> bool:
    """Whether a text is one emoji and nothing else."""
    return _EMOJI.fullmatch(text) is not None
