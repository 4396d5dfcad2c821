"""Files of a conversation, apart from what was said between them."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType

from chatr.api.contract import GUESTS, Route, operation
from chatr.api.model import Cursor, Id, Limit, Message, Params, Wire
from chatr.ops import access, cursors, pages
from chatr.ops.ports import Ctx
from chatr.store.messages import galleries

Shelf = Literal["media", "audio", "file"]


class ConversationFilesParams(Params, frozen=True, kw_only=True):
    """Which of them: images and videos (``media``), ``audio``, or all others (``file``)."""

    id: Id
    kind: Shelf = "media"
    cursor: Cursor | None = None
    limit: Limit = 50


class ConversationFiles(Wire, frozen=True, kw_only=True):
    """Messages with files, newest first. ``nextCursor``: there are more."""

    items: list[Message]
    next_cursor: Cursor | UnsetType = UNSET


@operation("conversation.files", Route("GET", "/conversations/<id>/files"), GUESTS, errors=["not_found"])
async def conversation_files(ctx: Ctx, params: ConversationFilesParams) -> ConversationFiles:
    """The files of a conversation: the messages that they are in, newest first."""
    marks = await access.marks(ctx, params.id)
    top = cursors.seq(params.cursor) if params.cursor is not None else 2**53
    found, more = await galleries.with_files(
        ctx.ports.db, params.id, ctx.caller.user_id, marks, params.kind, top, params.limit
    )
    items = pages.first(found, ctx.ports.limits.page_bytes)
    more = more or len(items) < len(found)
    return ConversationFiles(items=items, next_cursor=cursors.seq_cursor(items[-1].seq) if more and items else UNSET)
