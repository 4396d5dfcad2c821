"""Quotes: what is frozen of a message that is replied to, and what of it is shown to whom.

What may be quoted says sql/functions/send_facts.sql.
"""

from __future__ import annotations

from typing import Any

import msgspec
import regex
from msgspec import UNSET

from chatr.api.model import ReplyTo
from chatr.store.people import faces, people
from chatr.store.people.faces import Faces

#: Of the text. One character more is stored, which tells whether a grapheme ends here.
QUOTED_CHARS = 200
_GRAPHEME = regex.compile(r"\X")


class Original(msgspec.Struct, frozen=True):
    """What has become of a message that is quoted. ``deserted``: whoever wrote it is no more."""

    sender_id: str
    seq: int
    unsent: bool
    deserted: bool


def frozen(snapshot: dict[str, Any]) -> ReplyTo:
    """What was frozen of a message that is replied to: no grapheme is cut in two (Unicode Standard Annex 29)."""
    quote = msgspec.convert(snapshot, ReplyTo)
    if len(quote.content) <= QUOTED_CHARS:
        return quote
    ends = [0, *(each.end() for each in _GRAPHEME.finditer(quote.content) if each.end() <= QUOTED_CHARS)]
    return msgspec.structs.replace(quote, content=quote.content[: ends[-1] or QUOTED_CHARS])


def as_it_is(quote: ReplyTo, original: Original, at: float, *, blockers: Faces, cleared_seq: int) -> ReplyTo:
    """Show what was frozen ``at`` a moment (seconds), unless the original was unsent or the viewer has deleted it.

    ``blockers``: the faces of those who block the viewer; ``cleared_seq``: how far the viewer has deleted.
    """
    name = people.NOBODY if original.deserted else faces.quoted(blockers, original.sender_id, quote.sender_name, at)
    shown = msgspec.structs.replace(quote, sender_name=name)
    if original.seq <= cleared_seq:
        return cleared(shown)
    return _emptied(shown, unsent=True) if original.unsent else shown


def cleared(quote: ReplyTo) -> ReplyTo:
    """A quote for somebody who has deleted the original from their view: what it said does not come back by it."""
    return _emptied(quote, unsent=UNSET, cleared=True)


def _emptied(quote: ReplyTo, **why: Any) -> ReplyTo:
    return msgspec.structs.replace(quote, content="", file_name=UNSET, duration=UNSET, **why)
