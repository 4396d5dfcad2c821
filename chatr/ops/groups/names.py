"""What a group is called and said to be."""

from __future__ import annotations

import unicodedata
from typing import Annotated

import regex
from msgspec import Meta

from chatr.api.errors import invalid
from chatr.ops.messages import texts

MAX_NAME, MAX_DESCRIPTION = 64, 500
#: Of what composes to it, as of people's names: ops/people/names.py ``MAX_DECOMPOSED``.
MAX_DECOMPOSED = 4
GroupName = Annotated[
    str,
    Meta(
        extra_json_schema={"minLength": 1, "maxLength": MAX_NAME, "pattern": r"\S"},
        description=(
            "Kept in Unicode's normal form C, without space around it. No control characters, line ends or marks that "
            "change the direction of text, and not only invisible characters."
        ),
    ),
]
GroupDescription = Annotated[
    str,
    Meta(
        extra_json_schema={"maxLength": MAX_DESCRIPTION},
        description="Kept in Unicode's normal form C, without space around it; empty: none. Line ends are fine.",
    ),
]
#: As for people: ops/people/names.py. A description may have lines.
_STRANGE = regex.compile(r"[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u206f\ufff9-\ufffb]")
_STRANGE_IN_TEXT = regex.compile(r"[\u202a-\u202e\u2066-\u206f\ufff9-\ufffb]")


def name(text: str) -> str:
    """The name of a group as it is stored. Raises ``invalid``."""
    found = _composed(text, "$.name", MAX_NAME)
    if _STRANGE.search(found):
        raise invalid("$.name", "has control characters, line ends or marks that change the direction of text")
    if not texts.visible(found):
        raise invalid("$.name", f"must have 1 to {MAX_NAME} characters, not only invisible ones")
    return found


def description(text: str | None) -> str | None:
    """The description of a group as it is stored, None for none. Raises ``invalid``."""
    found = _composed(text or "", "$.description", MAX_DESCRIPTION)
    if _STRANGE_IN_TEXT.search(found):
        raise invalid("$.description", "has marks that change the direction of text")
    return found if texts.visible(found) else None


def _composed(text: str, path: str, most: int) -> str:
    # Composing takes the square of the length, where the text is made for that.
    found = unicodedata.normalize("NFC", text).strip() if len(text) <= MAX_DECOMPOSED * most else text
    if len(found) > most:
        raise invalid(path, f"has more than {most} characters")
    return found
