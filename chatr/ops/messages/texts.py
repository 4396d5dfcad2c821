"""What people write: how long, whom it calls, and what an emoji is. It is kept as it is given, and never HTML.

What is no Unicode is refused by api/dispatch.py, whatever the operation. Who is called by a name, members only, says
sql/functions/mentioned.sql.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Annotated

import msgspec
import regex
from msgspec import Meta

from chatr.api.errors import invalid

MAX_CONTENT, MAX_CAPTION = 8000, 2000
#: People whom one message calls; names beyond are text.
MOST_NAMES = 100
#: Bounded by :func:`content`, since trailing space does not count.
Content = Annotated[
    str,
    Meta(
        description="1 to 8,000 characters, trailing space apart, not only invisible ones.",
        extra_json_schema={"minLength": 1, "maxLength": MAX_CONTENT, "pattern": r"\S"},
    ),
]

#: Of a file: it may be empty. Bounded by :func:`caption`.
Caption = Annotated[
    str,
    Meta(
        description="Up to 8,000 characters, with a file 2,000, trailing space apart; without a file at least one, and "
        "not only invisible ones.",
        extra_json_schema={"maxLength": MAX_CONTENT},
    ),
]

# The sign first: only where there is one is anything else looked at.
_NAME = re.compile(r"@(?<![A-Za-z0-9_@.]@)[A-Za-z0-9_]{3,20}(?![A-Za-z0-9_@])")
#: Where the library of emoji has its table.
_TABLE = "unicode_codes/emoji.json"
#: Says that what is before it is to be shown as a picture (Unicode Technical Standard 51).
_AS_PICTURE = "\ufe0f"
#: A character that leaves a mark on the screen. Blank without being space or ignorable: the Braille pattern without a
#: dot, a note without a head, annotation marks, and the controls of hieroglyphs.
_VISIBLE = regex.compile(
    r"[^\p{Z}\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffb\U0001D159\U00013430-\U0001345F]"
)


def all_emoji() -> Iterable[str]:
    """Unicode's emoji, by the table of the library, which imported keeps in memory what each is called: 2.5 MB."""
    library = find_spec("emoji")
    for folder in (library and library.submodule_search_locations) or ():
        table = Path(folder) / _TABLE
        if table.is_file():
            return msgspec.json.decode(table.read_bytes(), type=dict[str, msgspec.Raw])
    import emoji

    return emoji.EMOJI_DATA


#: The emoji that Unicode recommends for general interchange (RGI), without that sign.
_EMOJI = frozenset(each.replace(_AS_PICTURE, "") for each in all_emoji())


def content(text: str) -> str:
    """The text of a message without trailing space. Raises ``invalid``."""
    cleaned = text.rstrip()
    if not 1 <= len(cleaned) <= MAX_CONTENT:
        raise invalid("$.content", f"must have 1 to {MAX_CONTENT} characters")
    if not visible(cleaned):
        raise invalid("$.content", "has only invisible characters")
    return cleaned


def caption(text: str) -> str:
    """What is said of a file, without trailing space; empty when it shows nothing. Raises ``invalid``."""
    if not visible(text):
        return ""
    if len(text.rstrip()) > MAX_CAPTION:
        raise invalid("$.content", f"has at most {MAX_CAPTION} characters with a file")
    return content(text)


def visible(text: str) -> bool:
    """Whether a text shows anything: invisible characters, controls, marks that choose a variant or tag, do not."""
    return _VISIBLE.search(text) is not None


def names(text: str) -> str:
    """The first usernames that a text calls: lower case, with @, apart by spaces."""
    if "@" not in text:
        return ""
    return " ".join(islice(dict.fromkeys(name.lower() for name in _NAME.findall(text)), MOST_NAMES))


def is_emoji(text: str) -> bool:
    """Whether a text is one emoji of Unicode's RGI set and nothing else, with or without variation selectors."""
    bare = text.replace(_AS_PICTURE, "")
    # Each may follow a character that it says something about.
    return bare in _EMOJI and _AS_PICTURE * 2 not in text and not text.startswith(_AS_PICTURE)
