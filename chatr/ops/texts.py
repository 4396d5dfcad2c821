"""What people write: how long, whom it calls, and what an emoji is."""

from __future__ import annotations

import re
from typing import Annotated

import regex
from msgspec import Meta

from chatr.api.errors import invalid

MAX_CONTENT = 8000
#: With room for trailing space, which does not count.
Content = Annotated[str, Meta(max_length=MAX_CONTENT + 1000)]

_NAME = re.compile(r"(?<![A-Za-z0-9_@.])@[A-Za-z0-9_]{3,20}(?![A-Za-z0-9_@])")
#: One grapheme (Unicode Standard Annex 29) that is shown as a picture: a pictograph, a flag, or a keycap.
_EMOJI = regex.compile(r"(?=\p{Extended_Pictographic}|\p{Regional_Indicator}{2}|[0-9#*]\uFE0F?\u20E3)\X")


def content(text: str) -> str:
    """The text of a message without trailing space. Raises ``invalid``."""
    cleaned = text.rstrip()
    if not 1 <= len(cleaned) <= MAX_CONTENT:
        raise invalid("$.content", f"must have 1 to {MAX_CONTENT} characters")
    return cleaned


def names(text: str) -> str:
    """The usernames that a text calls: lower case, with @, apart by spaces."""
    return " ".join(sorted({name.lower() for name in _NAME.findall(text)})) if "@" in text else ""


def is_emoji(text: str) -> bool:
    """Whether a text is one emoji and nothing else."""
    return _EMOJI.fullmatch(text) is not None
