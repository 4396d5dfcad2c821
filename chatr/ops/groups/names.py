"""What a group is called and said to be: by the rules of people's names, a description with lines."""

from __future__ import annotations

from typing import Annotated

import regex
from msgspec import Meta

from chatr.api.errors import invalid
from chatr.ops.messages import texts
from chatr.ops.people import names

MAX_NAME, MAX_DESCRIPTION = 64, 500
GroupName = Annotated[
    str,
    Meta(extra_json_schema={"minLength": 1, "maxLength": MAX_NAME, "pattern": r"\S"}, description=names.RULES),
]
GroupDescription = Annotated[
    str,
    Meta(
        extra_json_schema={"maxLength": MAX_DESCRIPTION},
        description="Kept in Unicode's normal form C, without space around it; empty: none. Line ends are fine.",
    ),
]
_STRANGE_IN_TEXT = regex.compile(f"[{names.TURNS}]")


def name(text: str) -> str:
    """The name of a group as it is stored. Raises ``invalid``."""
    found = names.cleaned(text, "$.name", MAX_NAME)
    if found is None:
        raise invalid("$.name", f"must have 1 to {MAX_NAME} characters")
    return found


def description(text: str | None) -> str | None:
    """The description of a group as it is stored, None for none. Raises ``invalid``."""
    found = names.composed(text or "", "$.description", MAX_DESCRIPTION)
    if _STRANGE_IN_TEXT.search(found):
        raise invalid("$.description", "has marks that change the direction of text")
    return found if texts.visible(found) else None
