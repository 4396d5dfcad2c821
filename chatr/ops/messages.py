"""Messages: send, history, receipts."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta

from chatr.api.contract import GUESTS, USERS, Rate, Route, operation
from chatr.api.errors import ApiError, invalid
from chatr.api.events import MESSAGE_RECEIVED, SYNC_REQUIRED, MessageReceived, SyncRequired
from chatr.api.model import Empty, Id, Limit, Message, Params, Sender, Seq, Wire, wire_time
from chatr.ops import audience, pages, permissions, previews, receipts, requests, texts
from chatr.ops.conversations import begin_direct, brought_back
from chatr.ops.ports import Ctx
from chatr.store import conversations, messages, people
from chatr.store.appending import Append, Appended
from chatr.store.ids import uuid7

_REFUSED = {
    "waiting": "Wait until the recipient accepts the request",
    "declined": "The recipient declined the request: a new one is possible later",
}
ClientId = Annotated[
    str,
    Meta(
        pattern="^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
        min_length=36,
        max_length=36,
        description="A UUID chosen by the client: a send repeated with it creates nothing new, for ever.",
        extra_json_schema={"format": "uuid"},
    ),
]


class SendMessage(Params, frozen=True, kw_only=True):
    """A message to a person or to a conversation: exactly one of ``recipientId`` and ``conversationId``.

    Without ``linkPreview`` the server does not look at its link. ``afterClientId``: the ``clientId`` of the caller's
    message before this one, by which many can be sent without waiting for each other: in their order or not at all.
    """

    content: texts.Content
    client_id: ClientId
    recipient_id: Id | None = None
    conversation_id: Id | None = None
    type: Literal["text"] = "text"
    reply_to_id: Id | None = None
    link_preview: bool = True
    after_client_id: ClientId | None = None


@operation(
    "message.send",
    Route("POST", "/messages", status=201),
    GUESTS,
    errors=["not_found", "blocked", "forbidden"],
    # 20 a second, 40 at once.
    rate=Rate(40, 2),
)
async def send(ctx: Ctx, params: SendMessage) -> Message:
    """Send a message. When this returns, the message is committed.

    Give either recipientId, of somebody else, or conversationId. Repeated with the same ``clientId`` it returns the
    first message. The first message to a person begins the direct conversation. ``unavailable`` also while the message
    of ``afterClientId`` is not stored: it was refused, send it first. ``not_found``: no such person, or no such
    conversation of the caller. ``blocked``: one of the two has blocked the other. ``forbidden``: the recipient has not
    accepted yet and has enough to read, or has declined. ``rate_limited`` also for a first message to a stranger after
    30 within a day, 10 on the account's first.
    """
    item = _checked(ctx, params)
    done = await ctx.ports.writer.append(item)
    if done.outcome == "created":
        message = _announce(ctx, item, done)
        if item.link:
            ctx.ports.preview_queue.wake()
        await _follow_up(ctx, done)
        return message
    if done.outcome == "repeat":
        first = await messages.by_client_id(ctx.ports.db, ctx.caller.user_id, item.client_id)
        if first is not None:
            return first
    begins = done.outcome == "no_conversation" and params.recipient_id is not None
    if done.outcome == "no_reply_target" or (begins and params.reply_to_id is not None):
        raise invalid("$.replyToId", "is not a message of this conversation")
    if done.outcome == "blocked":
        raise permissions.blocked()
    if done.outcome == "early":
        raise ApiError("unavailable", "The message before this one is not stored: send it first", retry_after_s=1)
    if done.outcome in _REFUSED:
        raise ApiError("forbidden", _REFUSED[done.outcome])
    raise ApiError("not_found", "There is no such conversation")


async def _follow_up(ctx: Ctx, done: Appended) -> None:
    """Tell what else a message has changed. It is sent: if that can't be read now, who is concerned has to look."""
    pair = done.pair if done.accepts else None
    try:
        for viewer_id in done.back_for:
            await brought_back(ctx, done.conversation_id, viewer_id)
        if pair is not None:
            await requests.answered(ctx, done.conversation_id, pair)
    except ApiError:
        rooms = [audience.person(user_id) for user_id in {*done.back_for, *(pair or ())}]
        ctx.ports.publisher.publish(SYNC_REQUIRED, SyncRequired(reason="the database was interrupted"), rooms)


class History(Params, frozen=True, kw_only=True):
    """Which stretch: the newest page, or around a seq. Exactly one of the conversation and the other person."""

    conversation_id: Id | None = None
    other_user_id: Id | None = None
    before: Seq | None = None
    after: Seq | None = None
    around: Seq | None = None
    limit: Limit = 50


class MessagePage(Wire, frozen=True, kw_only=True):
    """Messages, ascending."""

    items: list[Message]
    has_before: bool
    has_after: bool


@operation("message.history", Route("GET", "/messages/history"), GUESTS, errors=["not_found"])
async def history(ctx: Ctx, params: History) -> MessagePage:
    """A page of a conversation's messages, ascending: the newest, or before, after or around a seq.

    Give either conversationId or otherUserId, and at most one of before, after and around.

    With a person with whom there is no conversation yet the page is empty. Long messages may leave room for fewer than
    ``limit``. Reading marks nothing as read.
    """
    if (params.conversation_id is None) == (params.other_user_id is None):
        raise invalid("$.conversationId", "give either conversationId or otherUserId")
    if sum(value is not None for value in (params.before, params.after, params.around)) > 1:
        raise invalid("$.before", "give at most one of before, after and around")
    db, viewer_id = ctx.ports.db, ctx.caller.user_id
    conversation_id = params.conversation_id
    if params.other_user_id is not None:
        conversation_id = await conversations.direct_id(db, viewer_id, params.other_user_id)
        if conversation_id is None:
            if await people.by_id(db, params.other_user_id) is None:
                raise ApiError("not_found", "There is no such user")
            return MessagePage(items=[], has_before=False, has_after=False)
    marks = await messages.marks(db, conversation_id or "", viewer_id)
    if marks is None:
        raise ApiError("not_found", "There is no such conversation")
    page = await _page(ctx, conversation_id or "", marks, params)
    return MessagePage(items=page.items, has_before=page.has_before, has_after=page.has_after)


class GetMessage(Params, frozen=True, kw_only=True):
    """Which message."""

    id: Id


@operation("message.get", Route("GET", "/messages/<id>"), USERS, errors=["not_found"])
async def get(ctx: Ctx, params: GetMessage) -> Message:
    """A message of one of the caller's conversations."""
    found = await messages.by_id(ctx.ports.db, ctx.caller.user_id, params.id)
    if found is None:
        raise ApiError("not_found", "There is no such message")
    return found


class Mark(Params, frozen=True, kw_only=True):
    """Up to which seq."""

    id: Id
    seq: Seq


@operation("message.mark_delivered", Route("POST", "/conversations/<id>/delivered"), GUESTS, errors=["not_found"])
async def mark_delivered(ctx: Ctx, params: Mark) -> Empty:
    """Everything up to ``seq`` has reached one of the caller's devices. The watermark only grows."""
    return await _mark(ctx, params.id, delivered=params.seq, read=0)


@operation("message.mark_read", Route("POST", "/conversations/<id>/read"), GUESTS, errors=["not_found"])
async def mark_read(ctx: Ctx, params: Mark) -> Empty:
    """The caller has read everything up to ``seq``. The watermark only grows; read implies delivered."""
    return await _mark(ctx, params.id, delivered=0, read=params.seq)


async def _mark(ctx: Ctx, conversation_id: str, *, delivered: int, read: int) -> Empty:
    joined = await ctx.ports.marks.mark(
        conversation_id,
        ctx.caller.user_id,
        delivered_seq=delivered,
        read_seq=read,
        connection=ctx.caller.connection,
        tell=partial(receipts.marked, ctx, conversation_id),
    )
    if not joined:
        raise ApiError("not_found", "There is no such conversation")
    return Empty()


def _checked(ctx: Ctx, params: SendMessage) -> Append:
    if (params.recipient_id is None) == (params.conversation_id is None):
        raise invalid("$.recipientId", "give either recipientId or conversationId")
    if params.recipient_id == ctx.caller.user_id:
        raise invalid("$.recipientId", "is yourself")
    content = texts.content(params.content)
    # A reply never begins a conversation: there is nothing in it to reply to.
    reply = params.reply_to_id
    return Append(
        id=uuid7(),
        sender_id=ctx.caller.user_id,
        client_id=params.client_id.lower(),
        content=content,
        names=texts.names(content),
        link=previews.wanted(ctx, content) if params.link_preview else None,
        conversation_id=params.conversation_id,
        recipient_id=params.recipient_id,
        reply_to_id=reply,
        after=params.after_client_id.lower() if params.after_client_id else None,
        begin=partial(begin_direct, ctx, params.recipient_id) if params.recipient_id and not reply else None,
    )


def _announce(ctx: Ctx, item: Append, done: Appended) -> Message:
    """Publish a committed message. Nothing is awaited between its commit and this: events leave in seq order."""
    message = Message(
        id=item.id,
        conversation_id=done.conversation_id,
        seq=done.seq,
        client_id=item.client_id,
        sender=Sender(
            id=item.sender_id,
            username=done.sender_username,
            display_name=done.sender_display_name,
            profile_image=done.sender_profile_image or UNSET,
        ),
        type="text",
        content=item.content,
        created_at=wire_time(done.created_at),
        reply_to=messages.quote(done.reply_to) if done.reply_to else UNSET,
        mentions=done.mentions,
    )
    hidden = [audience.person(user_id) for user_id in done.quote_cleared_by]
    rooms = [room for room in audience.conversation(done.conversation_id, done.pair) if room not in hidden]
    _publish(ctx, message, rooms)
    if hidden and message.reply_to is not UNSET:
        quote = messages.cleared(message.reply_to)
        _publish(ctx, msgspec.structs.replace(message, reply_to=quote), hidden)
    return message


def _publish(ctx: Ctx, message: Message, rooms: list[str]) -> None:
    received = MessageReceived(conversation_id=message.conversation_id, seq=message.seq, message=message)
    ctx.ports.publisher.publish(MESSAGE_RECEIVED, received, rooms, exclude=ctx.caller.connection)


async def _page(ctx: Ctx, conversation_id: str, marks: messages.Marks, params: History) -> messages.Page:
    db, viewer_id = ctx.ports.db, ctx.caller.user_id
    most = ctx.ports.page_bytes
    if params.after is not None:
        return _first(await messages.after(db, conversation_id, viewer_id, marks, params.after, params.limit), most)
    if params.around is None:
        top = params.before if params.before is not None else 2**53
        return _last(await messages.before(db, conversation_id, viewer_id, marks, top, params.limit), most)
    below = await messages.before(db, conversation_id, viewer_id, marks, params.around + 1, params.limit // 2 + 1)
    below = _last(below, most // 2)
    room = params.limit - len(below.items)
    above = _first(await messages.after(db, conversation_id, viewer_id, marks, params.around, max(room, 1)), most // 2)
    items = [*below.items, *above.items][: params.limit]
    return messages.Page(items, below.has_before, above.has_after or len(above.items) > room)


def _first(page: messages.Page, max_bytes: int) -> messages.Page:
    items = pages.first(page.items, max_bytes)
    return messages.Page(items, page.has_before, page.has_after or len(items) < len(page.items))


def _last(page: messages.Page, max_bytes: int) -> messages.Page:
    items = pages.last(page.items, max_bytes)
    return messages.Page(items, page.has_before or len(items) < len(page.items), page.has_after)
