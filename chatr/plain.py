"""Texts of strangers made plain for logs and terminals: they end no line, turn none round, and move no cursor."""

from __future__ import annotations

import sys
from typing import TextIO

MAX_USER_AGENT_CHARS = 512


def escaped(text: str) -> str:
    r"""A text with controls, line ends, directions, and all else that is not printed, as ``\x1b`` or ``\u202e``."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def user_agent(header: str | None) -> str:
    """What a program says that it is, as it is stored and shown; what is not printed is a question mark."""
    text = (header or "")[:MAX_USER_AGENT_CHARS]
    return text if text.isprintable() else "".join(each if each.isprintable() else "?" for each in text)


def say(line: str, file: TextIO | None = None) -> None:
    """Print one line on the operator's terminal: the only way in which commands do."""
    print(escaped(line), file=file or sys.stdout)
