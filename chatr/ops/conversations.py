"""Conversations: the list, one of them, its log."""

from __future__ import annotations

import base64
import binascii
import uuid
from datetime import datetime
from typing import Annotated, Literal, cast

from msgspec import UNSET, Meta

from chatr.api.contract import GUESTS, USERS, Route, operation
from chatr.api.errors import ApiError, invalid
from chatr.api.events import CONVERSATION_CREATED, ConversationChanged
from chatr.api.model import Conversation, Cursor, Id, Limit, LogEntry, Params, Seq, Wire, wire_time
from chatr.ops import audience, visibility
from chatr.ops.ports import Ctx
from chatr.store import conversations, messages
from chatr.store.ids import uuid7

LOG_PAGE = 500


def seen(view: conversations.View, viewer_id: str) -> Conversation:
    """The wire form of a conversation for one participant."""
    direct = view.kind == "direct"
    return Conversation(
        id=view.id,
        kind=cast(Literal["direct", "group"], view.kind),
        status=cast(Literal["pending", "accepted"], view.status),
        initiator_id=view.initiator_id or UNSET,
        title=view.title or UNSET,
        description=view.description or UNSET,
        other=visibility.user(view.other, viewer_id) if view.other else UNSET,
        role=UNSET if direct else cast(Literal["owner", "admin", "member"], view.role),
        member_count=UNSET if direct else view.member_count,
        head_seq=view.head_seq,
        read_seq=view.read_seq,
        delivered_seq=view.delivered_seq,
        other_read_seq=view.others_read_seq if direct else UNSET,
        other_delivered_seq=view.others_delivered_seq if direct else UNSET,
        unread_count=view.unread,
        last_message=messages.message(view.last, viewer_id, view.marks) if view.last else UNSET,
        muted_until=wire_time(view.muted_until) if view.muted_until else UNSET,
        archived=view.archived,
        pinned=view.pinned,
        updated_at=wire_time(view.active_at),
    )


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
        below=_position(params.cursor) if params.cursor else None,
        limit=params.limit + 1,
    )
    page = views[: params.limit]
    more = len(views) > params.limit
    return ConversationPage(
        items=[seen(view, ctx.caller.user_id) for view in page], next_cursor=_cursor(page[-1]) if more else None
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
    """Make sure that the caller's direct conversation with a person exists; both are told if it is new."""
    conversation_id = uuid7()
    async with ctx.ports.db.transaction() as tx:
        if not await conversations.insert_direct(tx, conversation_id, ctx.caller.user_id, other_id):
            return
        for viewer_id in (ctx.caller.user_id, other_id):
            view = await conversations.by_id(tx, viewer_id, conversation_id)
            if view is not None:
                tx.emit(
                    CONVERSATION_CREATED,
                    ConversationChanged(conversation=seen(view, viewer_id)),
                    [audience.person(viewer_id)],
                    exclude=ctx.caller.connection,
                )


def _found(view: conversations.View | None, ctx: Ctx) -> Conversation:
    if view is None:
        raise ApiError("not_found", "There is no such conversation")
    return seen(view, ctx.caller.user_id)


def _cursor(view: conversations.View) -> str:
    return base64.urlsafe_b64encode(f"{view.active_at.isoformat()} {view.id}".encode()).decode()


def _position(cursor: str) -> tuple[datetime, str]:
    try:
        moment, _, conversation_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        return datetime.fromisoformat(moment), str(uuid.UUID(conversation_id))
    except (ValueError, binascii.Error, UnicodeError):
        raise invalid("$.cursor", "is not a cursor of this list") from None
