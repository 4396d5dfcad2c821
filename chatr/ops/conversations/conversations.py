"""Conversations: the list, one of them, its log, and what somebody does with their own view of it.

Two people have one, by a unique key (store/conversations/conversations.py ``insert_direct``), begun by a first message.
What was deleted from one's own view stays so: ops/log.py for what becomes of it, store/messages/quotes.py for quotes.
How many unread messages are counted says store/conversations/views.py.
"""

from __future__ import annotations

from datetime import datetime, timezone
from functools import partial
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from chatr.api.contract import GUESTS, USERS, Route, operation
from chatr.api.errors import ApiError, invalid
from chatr.api.events.conversations import ConversationCreated, ConversationRemoved, ConversationUpdated
from chatr.api.model import Conversation, ConversationParams, Cursor, Empty, Id, Limit, LogEntry, Params, Seq, Wire
from chatr.ops import access, cursors, pages
from chatr.ops.people import approaches, pairs, permissions, visibility
from chatr.ops.ports import Ctx
from chatr.realtime.rooms import person_room
from chatr.store.conversations import conversations
from chatr.store.ids import uuid7
from chatr.store.messages import messages
from chatr.store.news import News
from chatr.store.people import people
from chatr.store.pool import Transaction

LOG_PAGE = 500


class ConversationListParams(Params, frozen=True, kw_only=True):
    """Which part of the list."""

    filter: Literal["chats", "requests", "archived"] = "chats"
    cursor: Cursor | None = None
    limit: Limit = 50


class ConversationPage(Wire, frozen=True, kw_only=True):
    """Conversations, newest activity first."""

    items: list[Conversation]
    next_cursor: str | None = None


@operation("conversation.list", Route("GET", "/conversations", aliases=("/users/conversations",)), USERS)
async def list_conversations(ctx: Ctx, params: ConversationListParams) -> ConversationPage:
    """The caller's conversations, newest activity first."""
    views = await conversations.newest(
        ctx.ports.db,
        ctx.caller.user_id,
        archived=params.filter == "archived",
        # What is archived is found there, a request too.
        pending=None if params.filter == "archived" else params.filter == "requests",
        below=cursors.position(params.cursor) if params.cursor else None,
        limit=params.limit + 1,
    )
    shown = [visibility.conversation(view, ctx.caller.user_id) for view in views[: params.limit]]
    items = pages.first(shown, ctx.ports.limits.page_bytes)
    # Long last messages may leave room for fewer than were asked for.
    more = len(views) > len(items)
    end = views[len(items) - 1] if more else None
    return ConversationPage(items=items, next_cursor=cursors.cursor(end.active_at, end.id) if end else None)


@operation("conversation.get", Route("GET", "/conversations/<id>"), GUESTS, errors=["not_found"])
async def get(ctx: Ctx, params: ConversationParams) -> Conversation:
    """A conversation of the caller. ``not_found`` also when it is somebody else's."""
    return visibility.conversation(await access.conversation(ctx, ctx.ports.db, params.id), ctx.caller.user_id)


class ConversationWithUserParams(Params, frozen=True, kw_only=True):
    """The other person."""

    user_id: Id


@operation("conversation.with_user", Route("GET", "/conversations/with/<userId>"), GUESTS, errors=["not_found"])
async def with_user(ctx: Ctx, params: ConversationWithUserParams) -> Conversation:
    """The direct conversation with a person. ``not_found`` until its first message."""
    return visibility.conversation(await access.direct_conversation(ctx, params.user_id), ctx.caller.user_id)


class ConversationLogParams(Params, frozen=True, kw_only=True):
    """From where on."""

    id: Id
    after: Seq = 0
    limit: Annotated[int, Meta(ge=1, le=LOG_PAGE)] = LOG_PAGE


class LogPage(Wire, frozen=True, kw_only=True):
    """Log entries in order. ``complete`` is false only if retention removed entries after ``after``."""

    entries: list[LogEntry]
    head_seq: int
    complete: bool


@operation("conversation.log", Route("GET", "/conversations/<id>/log"), GUESTS, errors=["not_found"])
async def log(ctx: Ctx, params: ConversationLogParams) -> LogPage:
    """The conversation's log entries above ``after``, in order, at most 500 a call, fewer of long messages."""
    return await ctx.ports.limits.resumes.run(ctx.caller.user_id, lambda: _log(ctx, params), ctx.hang_up)


async def _log(ctx: Ctx, params: ConversationLogParams) -> LogPage:
    found = await messages.log_after(ctx.ports.db, params.id, ctx.caller.user_id, params.after, params.limit)
    entries, head, complete = access.there(found)
    return LogPage(entries=pages.first(entries, ctx.ports.limits.page_bytes), head_seq=head, complete=complete)


@operation("conversation.delete", Route("DELETE", "/conversations/<id>"), USERS, errors=["not_found", "forbidden"])
async def delete(ctx: Ctx, params: ConversationParams) -> Empty:
    """Delete a direct conversation from the caller's own view; a new message brings it back, from there on.

    ``forbidden`` for groups: leave them instead.
    """

    async def work(tx: Transaction) -> None:
        view = await access.held_conversation(ctx, tx, params.id)
        if view.kind != "direct":
            raise ApiError("forbidden", "A group can be left, not deleted from one's own view")
        revision = await conversations.clear(tx, params.id, ctx.caller.user_id)
        removed(ctx, tx, params.id, revision)

    await ctx.ports.messages.writer.change(work, caller=ctx.caller.user_id, place=params.id)
    return Empty()


class ConversationUpdateParams(Params, frozen=True, kw_only=True):
    """How the caller keeps it; what is left out stays. ``mutedUntil``: null ends it, far away is for ever."""

    id: Id
    archived: bool | UnsetType = UNSET
    pinned: bool | UnsetType = UNSET
    muted_until: Annotated[datetime, Meta(tz=True)] | UnsetType | None = UNSET


@operation("conversation.update", Route("PATCH", "/conversations/<id>"), USERS, errors=["not_found"])
async def update(ctx: Ctx, params: ConversationUpdateParams) -> Conversation:
    """Archive, pin or mute a conversation, for the caller alone. None of them hides what is in it."""
    if isinstance(params.muted_until, datetime):
        check_moment("$.mutedUntil", params.muted_until)
    me = ctx.caller.user_id

    async def work(tx: Transaction) -> Conversation:
        conversations.lock(tx, params.id)
        own = conversations.Own(archived=params.archived, pinned=params.pinned, muted_until=params.muted_until)
        changed = await conversations.set_own(tx, params.id, me, own)
        view = visibility.conversation(await access.conversation(ctx, tx, params.id), me)
        if changed:
            tx.tell(ConversationUpdated.of(view), [person_room(me)], exclude=ctx.caller.connection)
        return view

    return await ctx.ports.messages.writer.change(work, caller=me, place=params.id)


def check_moment(path: str, moment: datetime) -> None:
    """Raise ``invalid`` for a moment that has no name in UTC."""
    try:
        moment.astimezone(timezone.utc)
    except OverflowError:
        raise invalid(path, "is beyond the years 1 to 9999 in UTC") from None


async def begin_direct(ctx: Ctx, other_id: str, tx: Transaction) -> None:
    """Make sure that the caller's direct conversation with a person exists; both are told if it is new.

    For when it is the turn of their lane. Raises ``not_found`` and ``blocked``, and ``rate_limited`` after so many with
    strangers.
    """
    conversation_id = uuid7()
    me = ctx.caller.user_id
    async with pairs.changing(ctx, tx, other_id) as found:
        # One that was deleted since the call came in: what is begun then nobody would close, or erase.
        mine = access.own_account(await people.by_id(tx, me))
        known = permissions.needs_no_request(permissions.may_write(found), mine)
        made = await conversations.insert_direct(tx, conversation_id, me, other_id, accepted=known)
        there = conversation_id if made else await conversations.direct_id(tx, me, other_id)
        if there is not None:
            # Before anybody is told of it, and hands in something for it.
            tx.then(partial(ctx.ports.messages.writer.begun, me, other_id, there))
        if not made:
            return
        if not known:
            await approaches.begins_conversation(ctx, tx, mine)
        for viewer_id in (me, other_id):
            await created(tx, conversation_id, viewer_id, begun=False, exclude=ctx.caller.connection)


async def created(news: News, conversation_id: str, viewer_id: str, *, begun: bool = True, exclude: str = "") -> None:
    """Tell somebody that they have a conversation now: a message has brought it back, or one is about to begin it."""
    if begun:
        # So that its revision is greater than the one with which it was removed.
        conversations.touch(news, conversation_id, viewer_id)
    view = await conversations.by_id(news, viewer_id, conversation_id, begun=begun)
    if view is not None:
        told = ConversationCreated.of(visibility.conversation(view, viewer_id))
        news.tell(told, [person_room(viewer_id)], exclude=exclude)


def removed(ctx: Ctx, news: News, conversation_id: str, revision: int) -> None:
    """Tell the caller's other sessions that a conversation is no more among theirs."""
    gone = ConversationRemoved(conversation_id, revision)
    news.tell(gone, [person_room(ctx.caller.user_id)], exclude=ctx.caller.connection)
