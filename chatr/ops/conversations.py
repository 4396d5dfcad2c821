"""Conversations: the list, one of them, its log."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import partial
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from chatr.api.contract import GUESTS, USERS, Route, operation
from chatr.api.errors import ApiError, invalid
from chatr.api.events import (
    CONVERSATION_CREATED,
    CONVERSATION_DECLINED,
    CONVERSATION_REMOVED,
    CONVERSATION_UPDATED,
    ConversationChanged,
    ConversationDeclined,
    ConversationRemoved,
)
from chatr.api.model import Conversation, Cursor, Empty, Id, Limit, LogEntry, Params, Seq, Wire, wire_time
from chatr.ops import approaches, audience, cursors, pages, permissions, relating, requests, visibility
from chatr.ops.ports import Ctx
from chatr.store import conversations, messages, people
from chatr.store.ids import uuid7
from chatr.store.pool import Transaction
from chatr.store.relations import Other

LOG_PAGE = 500


class ListConversations(Params, frozen=True, kw_only=True):
    """Which part of the list."""

    filter: Literal["chats", "requests", "archived"] = "chats"
    cursor: Cursor | None = None
    limit: Limit = 50


class ConversationPage(Wire, frozen=True, kw_only=True):
    """Conversations, newest activity first."""

    items: list[Conversation]
    next_cursor: str | None = None


@operation("conversation.list", Route("GET", "/conversations", aliases=("/users/conversations",)), USERS)
async def list_conversations(ctx: Ctx, params: ListConversations) -> ConversationPage:
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
    items = pages.first(shown, ctx.ports.page_bytes)
    # Long last messages may leave room for fewer than were asked for.
    more = len(views) > len(items)
    end = views[len(items) - 1] if more else None
    return ConversationPage(items=items, next_cursor=cursors.cursor(end.active_at, end.id) if end else None)


class GetConversation(Params, frozen=True, kw_only=True):
    """Which conversation."""

    id: Id


@operation("conversation.get", Route("GET", "/conversations/<id>"), GUESTS, errors=["not_found"])
async def get(ctx: Ctx, params: GetConversation) -> Conversation:
    """A conversation of the caller. ``not_found`` also when it is somebody else's."""
    return _found(await conversations.by_id(ctx.ports.db, ctx.caller.user_id, params.id), ctx)


class WithUser(Params, frozen=True, kw_only=True):
    """The other person."""

    user_id: Id


@operation("conversation.with_user", Route("GET", "/conversations/with/<userId>"), GUESTS, errors=["not_found"])
async def with_user(ctx: Ctx, params: WithUser) -> Conversation:
    """The direct conversation with a person. ``not_found`` until its first message."""
    return _found(await conversations.with_user(ctx.ports.db, ctx.caller.user_id, params.user_id), ctx)


class GetLog(Params, frozen=True, kw_only=True):
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
async def log(ctx: Ctx, params: GetLog) -> LogPage:
    """The conversation's log entries above ``after``, in order, at most 500 a call, fewer of long messages."""
    return await ctx.ports.resumes.run(ctx.caller.user_id, lambda: _log(ctx, params), ctx.hang_up)


async def _log(ctx: Ctx, params: GetLog) -> LogPage:
    marks = await messages.marks(ctx.ports.db, params.id, ctx.caller.user_id)
    if marks is None:
        raise ApiError("not_found", "There is no such conversation")
    entries, head, complete = await messages.log_after(
        ctx.ports.db, params.id, ctx.caller.user_id, marks, params.after, params.limit
    )
    return LogPage(entries=pages.first(entries, ctx.ports.page_bytes), head_seq=head, complete=complete)


class WhichConversation(Params, frozen=True, kw_only=True):
    """Which conversation."""

    id: Id


_REQUEST_ERRORS = ("not_found", "forbidden", "conflict")


@operation(
    "conversation.accept",
    Route("POST", "/conversations/<id>/accept"),
    USERS,
    errors=[*_REQUEST_ERRORS, "blocked"],
)
async def accept(ctx: Ctx, params: WhichConversation) -> Conversation:
    """Accept a message request; writing back does the same. What was withheld from the other appears to them.

    ``forbidden`` for whoever began it, ``conflict`` when nothing waits, ``blocked`` while either blocks the other.
    """
    other_id, connection = await _requester(ctx, params.id), ctx.caller.connection

    async def work(tx: Transaction, _: Other | None) -> conversations.View | None:
        permissions.not_closed((await _waiting(ctx, tx, params.id)).closed)
        await conversations.accept(tx, params.id)
        pair = ctx.caller.user_id, other_id
        await requests.accepted(ctx, tx, params.id, pair, exclude=connection)
        return await conversations.by_id(tx, ctx.caller.user_id, params.id)

    return _found(await relating.change(ctx, other_id, work, exclude=connection), ctx)


@operation("conversation.decline", Route("POST", "/conversations/<id>/decline"), USERS, errors=_REQUEST_ERRORS)
async def decline(ctx: Ctx, params: WhichConversation) -> Empty:
    """Decline a message request: it disappears, and whoever began it is told and can ask again after a while only.

    ``forbidden`` for whoever began it, ``conflict`` when nothing waits.
    """
    other_id = await _requester(ctx, params.id)

    async def work(tx: Transaction, _: Other | None) -> None:
        await _waiting(ctx, tx, params.id)
        moment = wire_time(await conversations.decline(tx, params.id))
        await conversations.clear(tx, params.id, ctx.caller.user_id)
        _removed(ctx, tx, params.id)
        declined = ConversationDeclined(params.id, ctx.caller.user_id, moment)
        tx.emit(CONVERSATION_DECLINED, declined, [audience.person(other_id)])

    await relating.change(ctx, other_id, work)
    return Empty()


@operation("conversation.delete", Route("DELETE", "/conversations/<id>"), USERS, errors=["not_found", "forbidden"])
async def delete(ctx: Ctx, params: WhichConversation) -> Empty:
    """Delete a direct conversation from the caller's own view; a new message brings it back, from there on.

    ``forbidden`` for groups: leave them instead.
    """

    async def work(tx: Transaction) -> None:
        view = await _own_view(ctx, tx, params.id)
        if view.kind != "direct":
            raise ApiError("forbidden", "A group can be left, not deleted from one's own view")
        await conversations.clear(tx, params.id, ctx.caller.user_id)
        _removed(ctx, tx, params.id)

    await ctx.ports.writer.change(work, caller=ctx.caller.user_id, place=params.id)
    return Empty()


class UpdateConversation(Params, frozen=True, kw_only=True):
    """How the caller keeps it; what is left out stays. ``mutedUntil``: null ends it, far away is for ever."""

    id: Id
    archived: bool | UnsetType = UNSET
    pinned: bool | UnsetType = UNSET
    muted_until: Annotated[datetime, Meta(tz=True)] | UnsetType | None = UNSET


@operation("conversation.update", Route("PATCH", "/conversations/<id>"), USERS, errors=["not_found"])
async def update(ctx: Ctx, params: UpdateConversation) -> Conversation:
    """Archive, pin or mute a conversation, for the caller alone. None of them hides what is in it."""
    if isinstance(params.muted_until, datetime):
        _check_moment("$.mutedUntil", params.muted_until)

    async def work(tx: Transaction) -> Conversation:
        before = await _own_view(ctx, tx, params.id)
        own = conversations.Own(
            archived=before.archived if params.archived is UNSET else params.archived,
            pinned=before.pinned if params.pinned is UNSET else params.pinned,
            muted_until=before.muted_until if params.muted_until is UNSET else params.muted_until,
        )
        if own == conversations.Own(archived=before.archived, pinned=before.pinned, muted_until=before.muted_until):
            return visibility.conversation(before, ctx.caller.user_id)
        await conversations.set_own(tx, params.id, ctx.caller.user_id, own)
        changed = visibility.conversation(await _own_view(ctx, tx, params.id), ctx.caller.user_id)
        tx.emit(
            CONVERSATION_UPDATED,
            ConversationChanged(conversation=changed),
            [audience.person(ctx.caller.user_id)],
            exclude=ctx.caller.connection,
        )
        return changed

    return await ctx.ports.writer.change(work, caller=ctx.caller.user_id, place=params.id)


def _check_moment(path: str, moment: datetime) -> None:
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
    async with relating.changing(ctx, tx, other_id) as found:
        mine = await people.by_id(tx, me)
        if mine is None:
            # Deleted since the call came in: what is begun now nobody would close, or erase.
            raise ApiError("unauthenticated", "The account no longer exists")
        known = permissions.needs_no_request(permissions.may_write(found), mine)
        made = await conversations.insert_direct(tx, conversation_id, me, other_id, accepted=known)
        there = conversation_id if made else await conversations.direct_id(tx, me, other_id)
        if there is not None:
            # Before anybody is told of it, and hands in something for it.
            tx.then(partial(ctx.ports.writer.begun, me, other_id, there))
        if not made:
            return
        if not known:
            await approaches.begins_conversation(ctx, tx, mine)
        for viewer_id in (me, other_id):
            view = await conversations.by_id(tx, viewer_id, conversation_id, begun=False)
            if view is not None:
                tx.emit(
                    CONVERSATION_CREATED,
                    ConversationChanged(conversation=visibility.conversation(view, viewer_id)),
                    [audience.person(viewer_id)],
                    exclude=ctx.caller.connection,
                )


async def brought_back(ctx: Ctx, conversation_id: str, viewer_id: str) -> None:
    """Tell somebody who had deleted a conversation that a new message has brought it back."""
    view = await conversations.by_id(ctx.ports.db, viewer_id, conversation_id)
    if view is not None:
        created = ConversationChanged(conversation=visibility.conversation(view, viewer_id))
        ctx.ports.publisher.publish(CONVERSATION_CREATED, created, [audience.person(viewer_id)])


async def _own_view(ctx: Ctx, tx: Transaction, conversation_id: str) -> conversations.View:
    """A conversation of the caller, which nobody writes to until the transaction ends."""
    await conversations.lock(tx, conversation_id)
    view = await conversations.by_id(tx, ctx.caller.user_id, conversation_id)
    if view is None:
        raise ApiError("not_found", "There is no such conversation")
    return view


async def _requester(ctx: Ctx, conversation_id: str) -> str:
    """The other person of a direct conversation of the caller: looked up before the pair can be locked."""
    view = await conversations.by_id(ctx.ports.db, ctx.caller.user_id, conversation_id)
    if view is None or view.other is None:
        raise ApiError("not_found", "There is no such conversation")
    return view.other.person.id


async def _waiting(ctx: Ctx, tx: Transaction, conversation_id: str) -> conversations.View:
    """Hold a request that waits for the caller's answer."""
    view = await _own_view(ctx, tx, conversation_id)
    if view.status != "pending" or view.declined_at is not None:
        raise ApiError("conflict", "There is no request that waits for an answer")
    if view.initiator_id == ctx.caller.user_id:
        raise ApiError("forbidden", "The other person has to answer")
    return view


def _removed(ctx: Ctx, tx: Transaction, conversation_id: str) -> None:
    removed = ConversationRemoved(conversation_id=conversation_id)
    tx.emit(CONVERSATION_REMOVED, removed, [audience.person(ctx.caller.user_id)], exclude=ctx.caller.connection)


def _found(view: conversations.View | None, ctx: Ctx) -> Conversation:
    if view is None:
        raise ApiError("not_found", "There is no such conversation")
    return visibility.conversation(view, ctx.caller.user_id)
