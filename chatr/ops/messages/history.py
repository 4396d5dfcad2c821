"""Reading messages: a page of a conversation, and one message. How long a page may be says api/model.py ``Limit``.

What each viewer has of one, of an unsent one a placeholder, says store/messages/messages.py ``seen_by``. A block hides
none: ops/people/friends.py.
"""

from __future__ import annotations

import msgspec
from twisted.internet.defer import Deferred

from chatr.api.contract import GUESTS, USERS, Route, operation
from chatr.api.errors import invalid
from chatr.api.model import Id, Limit, Message, MessageParams, Params, Seq, Wire
from chatr.ops import access, pages
from chatr.ops.ports import Ctx
from chatr.store.conversations import conversations
from chatr.store.messages import history as stored
from chatr.store.messages.history import Page
from chatr.store.people import people


class MessageHistoryParams(Params, frozen=True, kw_only=True):
    """Which stretch: the newest page, or around a seq. Exactly one of the conversation and the other person."""

    conversation_id: Id | None = None
    other_user_id: Id | None = None
    before: Seq | None = None
    after: Seq | None = None
    around: Seq | None = None
    limit: Limit = 50


class MessagePage(Wire, frozen=True, kw_only=True):
    """Messages, ascending. ``otherDeliveredSeq``, ``otherReadSeq``: up to where all others have come, as it is shown.

    From these the status of the caller's messages derives. A view of a group does not have them.
    """

    items: list[Message]
    has_before: bool
    has_after: bool
    other_delivered_seq: int = 0
    other_read_seq: int = 0


class GroupMessagesParams(Params, frozen=True, kw_only=True):
    """Which stretch of which group: the newest page, or around a seq."""

    id: Id
    before: Seq | None = None
    after: Seq | None = None
    around: Seq | None = None
    limit: Limit = 50


@operation("group.messages", Route("GET", "/groups/<id>/messages"), USERS, errors=["not_found"])
async def group_messages(ctx: Ctx, params: GroupMessagesParams) -> MessagePage:
    """A page of a group's messages: as message.history answers it."""
    where = MessageHistoryParams(
        conversation_id=params.id, before=params.before, after=params.after, around=params.around, limit=params.limit
    )
    return await history(ctx, where)


@operation("message.history", Route("GET", "/messages/history"), GUESTS, errors=["not_found"])
async def history(ctx: Ctx, params: MessageHistoryParams) -> MessagePage:
    """A page of a conversation's messages, ascending: the newest, or before, after or around a seq.

    Give either conversationId or otherUserId, and at most one of before, after and around.

    With a person with whom there is no conversation yet the page is empty. Long messages may leave room for fewer than
    ``limit``. Reading marks nothing as read.
    """
    if (params.conversation_id is None) == (params.other_user_id is None):
        raise invalid("$.conversationId", "give either conversationId or otherUserId")
    if sum(value is not None for value in (params.before, params.after, params.around)) > 1:
        raise invalid("$.before", "give at most one of before, after and around")
    me, other_id = ctx.caller.user_id, params.other_user_id
    place = stored.between(me, other_id) if other_id is not None else stored.conversation(params.conversation_id or "")
    page = await _shared(ctx, place, params)
    if page is None and other_id is not None:
        if await conversations.direct_id(ctx.ports.db, me, other_id) is None:
            access.somebody(await people.by_id(ctx.ports.db, other_id))
            return MessagePage(items=[], has_before=False, has_after=False)
        # It was begun between the two looks.
        page = await _shared(ctx, place, params)
    page = access.there(page)
    return MessagePage(
        items=page.items,
        has_before=page.has_before,
        has_after=page.has_after,
        other_delivered_seq=page.marks.delivered_seq,
        other_read_seq=page.marks.read_seq,
    )


@operation("message.get", Route("GET", "/messages/<id>"), USERS, errors=["not_found"])
async def get(ctx: Ctx, params: MessageParams) -> Message:
    """A message of one of the caller's conversations."""
    return await access.message(ctx, params.id)


def _shared(ctx: Ctx, place: stored.Place, params: MessageHistoryParams) -> Deferred[Page | None]:
    """The page, read once for all who want the same."""
    key = ctx.caller.user_id, ctx.as_json, params
    return ctx.ports.messages.reads.get(key, lambda: _page(ctx, place, params))


async def _page(ctx: Ctx, place: stored.Place, params: MessageHistoryParams) -> Page | None:
    db, me, limit, most = ctx.ports.db, ctx.caller.user_id, params.limit, ctx.ports.limits.page_bytes
    if params.after is not None:
        return _first(await stored.after(db, place, me, params.after, limit, as_text=ctx.as_json), most)
    if params.around is None:
        top = params.before if params.before is not None else 2**53
        return _last(await stored.before(db, place, me, top, limit, as_text=ctx.as_json), most)
    seq = params.around
    below = _last(await stored.before(db, place, me, seq + 1, limit // 2 + 1, as_text=ctx.as_json), most // 2)
    if below is None:
        return None
    room = limit - len(below.items)
    above = _first(await stored.after(db, place, me, seq, max(room, 1), as_text=ctx.as_json), most // 2)
    if above is None:
        return None
    items = [*below.items, *above.items][:limit]
    return Page(below.marks, items, below.has_before, above.has_after or len(above.items) > room)


def _first(page: Page | None, max_bytes: int) -> Page | None:
    if page is None:
        return None
    items = pages.first(page.items, max_bytes)
    return msgspec.structs.replace(page, items=items, has_after=page.has_after or len(items) < len(page.items))


def _last(page: Page | None, max_bytes: int) -> Page | None:
    if page is None:
        return None
    items = pages.last(page.items, max_bytes)
    return msgspec.structs.replace(page, items=items, has_before=page.has_before or len(items) < len(page.items))
