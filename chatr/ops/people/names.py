"""Names of people: what they may have in them, and what somebody is shown as who has chosen none."""

from __future__ import annotations

import unicodedata
from typing import Annotated

import regex
from msgspec import Meta

from chatr.api.errors import invalid
from chatr.ops.messages import texts

MAX_NAME = 50
#: How many times as long what composes to a text may be. Composing takes the square of the length, where the text is
#: made for that.
MAX_DECOMPOSED = 4
#: What a name may have in it, for the reference.
RULES = (
    "Kept in Unicode's normal form C, without space around it. No control characters, line ends or marks that "
    "change the direction of text, and not only invisible characters."
)
#: Bounded by :func:`cleaned`, since letters and marks that come apart count as what they compose to.
Name = Annotated[
    str,
    Meta(
        extra_json_schema={"maxLength": MAX_NAME},
        description=RULES,
    ),
]
#: What embeds, overrides or isolates a direction.
TURNS = r"\u202a-\u202e\u2066-\u206f\ufff9-\ufffb"
#: Controls, half characters, line ends, and those.
_STRANGE = regex.compile(rf"[\p{{Cc}}\p{{Cs}}\u2028\u2029{TURNS}]")


def composed(text: str, path: str, most: int) -> str:
    """A text in normal form C, without space around it. Raises ``invalid`` for more than ``most`` characters."""
    found = unicodedata.normalize("NFC", text).strip() if len(text) <= MAX_DECOMPOSED * most else text
    if len(found) > most:
        raise invalid(path, f"has more than {most} characters")
    return found


def cleaned(text: str | None, path: str, most: int = MAX_NAME) -> str | None:
    """A name as it is stored: NFC, without space around it; None when nothing is left.

    Raises ``invalid`` for what would end a line, turn text round, or show nothing: others see it in lists and logs.
    """
    name = composed(text or "", path, most)
    if _STRANGE.search(text or ""):
        raise invalid(path, "has control characters, line ends or marks that change the direction of text")
    if name and not texts.visible(name):
        raise invalid(path, "has only invisible characters")
    return name or None


def tidied(text: str) -> str:
    """A name from elsewhere, made into one that :func:`cleaned` takes; empty when nothing is left."""
    name = " ".join(_STRANGE.sub(" ", unicodedata.normalize("NFC", text)).split())[:MAX_NAME].strip()
    return name if texts.visible(name) else ""


def display_name(text: str | None, first_name: str | None, last_name: str | None, username: str) -> str:
    """What a person is shown as: what they chose, else first and last name, else the username."""
    names = " ".join(name for name in (first_name, last_name) if name)
    # Two full names may be longer than what a display name may have.
    return cleaned(text, "$.displayName") or names[:MAX_NAME].strip() or username.removeprefix("@")
