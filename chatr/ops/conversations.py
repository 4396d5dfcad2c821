"""Conversations: the list, one of them, its log."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from chatr.api.contract import GUESTS, USERS, Route, operation
from chatr.api.errors import ApiError
from chatr.api.events import CONVERSATION_CREATED, ConversationChanged
from chatr.api.model import Conversation, Cursor, Id, Limit, LogEntry, Params, Seq, Wire
from chatr.ops import audience, cursors, permissions, relating, visibility
from chatr.ops.ports import Ctx
from chatr.store import conversations, messages
from chatr.store.ids import uuid7

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
        pending=params.filter == "requests",
        below=cursors.position(params.cursor) if params.cursor else None,
        limit=params.limit + 1,
    )
    page = views[: params.limit]
    more = len(views) > params.limit
    return ConversationPage(
        items=[visibility.conversation(view, ctx.caller.user_id) for view in page],
        next_cursor=cursors.cursor(page[-1].active_at, page[-1].id) if more else None,
    )


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
    """The conversation's log entries above ``after``, in order, at most 500 a call."""
    marks = await messages.marks(ctx.ports.db, params.id, ctx.caller.user_id)
    if marks is None:
        raise ApiError("not_found", "There is no such conversation")
    entries, head, complete = await messages.log_after(
        ctx.ports.db, params.id, ctx.caller.user_id, marks, params.after, params.limit
    )
    return LogPage(entries=entries, head_seq=head, complete=complete)


async def begin_direct(ctx: Ctx, other_id: str) -> None:
    """Make sure that the caller's direct conversation with a person exists; both are told if it is new.

    Raises ``not_found`` and ``blocked``.
    """
    conversation_id = uuid7()
    async with ctx.ports.db.transaction() as tx, relating.changing(ctx, tx, other_id) as found:
        permissions.may_write(found)
        if not await conversations.insert_direct(tx, conversation_id, ctx.caller.user_id, other_id):
            return
        for viewer_id in (ctx.caller.user_id, other_id):
            view = await conversations.by_id(tx, viewer_id, conversation_id)
            if view is not None:
                tx.emit(
                    CONVERSATION_CREATED,
                    ConversationChanged(conversation=visibility.conversation(view, viewer_id)),
                    [audience.person(viewer_id)],
                    exclude=ctx.caller.connection,
                )


def _found(view: conversations.View | None, ctx: Ctx) -> Conversation:
    if view is None:
        raise ApiError("not_found", "There is no such conversation")
    return visibility.conversation(view, ctx.caller.user_id)
