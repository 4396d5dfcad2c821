"""Finding messages by their words."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Annotated

import msgspec
import regex
from msgspec import Meta

from chatr.api.contract import USERS, Rate, Route, operation
from chatr.api.errors import ApiError, invalid
from chatr.api.model import Cursor, Id, Limit, Message, Params, Wire
from chatr.ops import cursors, pages
from chatr.ops.ports import Ctx
from chatr.store import message_search, search_terms
from chatr.store.ids import NIL
from chatr.store.pool import Database
from chatr.tasks import Tasks

MOST_WORDS = 10
EVERY_S = 10.0
#: After each piece of work the indexer rests for so many times as long: people come first.
REST = 9.0
#: Letters and digits with their marks: in many scripts a vowel is one.
_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{N}\p{M}]*")


class SearchMessages(Params, frozen=True, kw_only=True):
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
async def search(ctx: Ctx, params: SearchMessages) -> FoundMessages:
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
    found = await ctx.ports.searches.run(ctx.caller.user_id, lambda: _search(ctx, params, words, below), ctx.hang_up)
    whole = [
        FoundMessage(**msgspec.structs.asdict(each.message), snippet=each.snippet) for each in found[: params.limit]
    ]
    items = pages.first(whole, ctx.ports.page_bytes)
    end = found[len(items) - 1] if len(found) > len(items) else None
    return FoundMessages(items=items, next_cursor=cursors.cursor(end.at, end.message.id) if end else None)


async def _search(
    ctx: Ctx, params: SearchMessages, words: list[str], below: tuple[datetime, str] | None
) -> list[message_search.Found]:
    db, me = ctx.ports.db, ctx.caller.user_id
    if params.conversation_id is not None and not await message_search.member(db, params.conversation_id, me):
        raise ApiError("not_found", "There is no such conversation")
    return await message_search.search(
        db,
        me,
        await search_terms.parse(db, ctx.ports.message_settings.search_dictionary, words),
        conversation_id=params.conversation_id,
        sender_id=params.sender_id,
        below=below,
        limit=params.limit + 1,
    )


class Indexer:
    """Takes new messages into the index every few seconds. What it has not yet is found all the same, more slowly.

    Under another dictionary than before it puts the words of all messages anew; until then letters find them.
    """

    def __init__(self, tasks: Tasks, db: Database, dictionary: str) -> None:
        self._clock = tasks.clock
        self._db = db
        self._dictionary = dictionary
        self._task = tasks.every("message_index", EVERY_S, self._look)
        self.stop = self._task.stop

    def start(self) -> None:
        """Begin to work."""
        self._task.start(after_s=EVERY_S)

    async def _look(self) -> None:
        await self.catch_up(rest=REST)

    async def catch_up(self, *, rest: float = 0.0) -> None:
        """Index everything that is there, resting in between: until a pass over all conversations finds nothing."""
        after: str | None = NIL
        found = False
        while not self._task.stopping:
            begun = self._clock.seconds()
            piece = await message_search.index(self._db, self._dictionary, after or NIL)
            self._task.progressed()
            after, found = piece.after, found or piece.conversations > 0
            if after is None:
                if not found:
                    return
                found = False
            if rest:
                await self._task.rest(rest * (self._clock.seconds() - begun))
