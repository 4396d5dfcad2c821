"""Finding messages by their words.

Words of fewer than three letters are found at the beginning of a word: store/messages/search_terms.py ``indexed``,
beside what makes snippets. Which messages are looked at, in which order, says store/messages/message_search.py.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Annotated

import msgspec
import regex
from msgspec import Meta

from chatr.api.contract import USERS, Rate, Route, operation
from chatr.api.errors import invalid
from chatr.api.model import Cursor, Id, Limit, Message, Params, Wire
from chatr.ops import access, cursors, pages
from chatr.ops.ports import Ctx
from chatr.store.messages import message_search, search_terms

MOST_WORDS = 10
#: Letters and digits with their marks: in many scripts a vowel is one.
_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{N}\p{M}]*")


class MessageSearchParams(Params, frozen=True, kw_only=True):
    """What to look for, and where. ``before``: the ``nextCursor`` of the last page."""

    q: Annotated[str, Meta(min_length=1, max_length=200)]
    conversation_id: Id | None = None
    sender_id: Id | None = None
    before: Cursor | None = None
    limit: Limit = 50


class FoundMessage(Message, frozen=True, kw_only=True):
    """A message that was found. ``snippet``: HTML, escaped, with ``<mark>`` around what was found."""

    snippet: str


class FoundMessages(Wire, frozen=True, kw_only=True):
    """Messages that were found, newest first."""

    items: list[FoundMessage]
    next_cursor: str | None = None


@operation("message.search", Route("GET", "/messages/search"), USERS, errors=["not_found"], rate=Rate(60, 60))
async def search(ctx: Ctx, params: MessageSearchParams) -> FoundMessages:
    """Messages of the caller's conversations with all words of ``q``: parts of words, or forms by the dictionary.

    One or two letters inside of a word are found in the newest messages only, at its beginning in all.
    ``not_found`` for a conversation that the caller is not in.
    """
    words = list(dict.fromkeys(_WORD.findall(unicodedata.normalize("NFC", params.q))))
    if not words:
        raise invalid("$.q", "has no word")
    if len(words) > MOST_WORDS:
        raise invalid("$.q", f"has more than {MOST_WORDS} words")
    below = cursors.position(params.before, "$.before") if params.before else None
    turns = ctx.ports.limits.searches
    found = await turns.run(ctx.caller.user_id, lambda: _search(ctx, params, words, below), ctx.hang_up)
    whole = [
        FoundMessage(**msgspec.structs.asdict(each.message), snippet=each.snippet) for each in found[: params.limit]
    ]
    items = pages.first(whole, ctx.ports.limits.page_bytes)
    end = found[len(items) - 1] if len(found) > len(items) else None
    return FoundMessages(items=items, next_cursor=cursors.cursor(end.at, end.message.id) if end else None)


async def _search(
    ctx: Ctx, params: MessageSearchParams, words: list[str], below: tuple[datetime, str] | None
) -> list[message_search.Found]:
    db, me = ctx.ports.db, ctx.caller.user_id
    if params.conversation_id is not None and not await message_search.member(db, params.conversation_id, me):
        raise access.no_conversation()
    return await message_search.search(
        db,
        me,
        await search_terms.parse(db, ctx.ports.messages.settings.search_dictionary, words),
        conversation_id=params.conversation_id,
        sender_id=params.sender_id,
        below=below,
        limit=params.limit + 1,
    )
