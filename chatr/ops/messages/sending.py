"""Sending messages.

What becomes of a send is judged in its commit: sql/functions/judge_sends.sql. What a quote keeps says
store/messages/quotes.py, when the same ``clientId`` is another message auth/digests.py, what a text may be texts.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta

from chatr.api.contract import GUESTS, Rate, Route, operation
from chatr.api.errors import ApiError, invalid
from chatr.api.events.messages import MessageReceived
from chatr.api.events.sessions import SyncRequired
from chatr.api.model import Id, Message, Params, Sender, wire_time
from chatr.ops import access
from chatr.ops.conversations import requests
from chatr.ops.conversations.conversations import begin_direct, created
from chatr.ops.files import sending as files
from chatr.ops.messages import previews, texts
from chatr.ops.people import permissions
from chatr.ops.ports import Ctx
from chatr.realtime.rooms import conversation_rooms, person_room
from chatr.store.files import files as stored_files
from chatr.store.ids import uuid7
from chatr.store.messages import messages, quotes
from chatr.store.news import Committed
from chatr.store.writing.appending import Append, Appended

#: Over REST an Idempotency-Key is one too: rest/parameters.py.
ClientId = Annotated[
    str,
    Meta(
        pattern="^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
        min_length=36,
        max_length=36,
        description="A UUID chosen by the client, best a version 7: a send repeated with it creates nothing new, ever.",
        extra_json_schema={"format": "uuid"},
    ),
]


class MessageSendParams(Params, frozen=True, kw_only=True):
    """A message to a person or to a conversation: exactly one of ``recipientId`` and ``conversationId``.

    Without ``linkPreview`` the server does not look at its link. ``afterClientId``: the ``clientId`` of the caller's
    message before this one there, by which many can be sent without waiting for each other: in their order or not at
    all. ``fileId``: of an own file that is in no message yet (file.upload); ``content`` is its caption then, and may be
    empty. ``groupId``: the same of files that belong together.
    """

    content: texts.Caption = ""
    client_id: ClientId
    recipient_id: Id | None = None
    conversation_id: Id | None = None
    #: What a message is follows its file. ``system`` is written by the server alone.
    type: Literal["text", "image", "file", "audio", "video"] = "text"
    file_id: Id | None = None
    group_id: Id | None = None
    reply_to_id: Id | None = None
    link_preview: bool = True
    after_client_id: ClientId | None = None


@operation(
    "message.send",
    Route("POST", "/messages", status=201),
    GUESTS,
    errors=["not_found", "blocked", "forbidden", "conflict"],
    # 20 a second, 40 at once.
    rate=Rate(40, 2),
)
async def send(ctx: Ctx, params: MessageSendParams) -> Message:
    """Send a message. When this returns, the message is committed.

    Give either recipientId, of somebody else, or conversationId. Repeated with the same ``clientId`` in the same
    conversation it returns the first message, for ever; ``conflict``: that one said something else. The first message
    to a person begins the direct conversation. ``unavailable`` also while the message of ``afterClientId`` is not
    stored: it was refused, send it first. ``not_found``: no such person, or no such conversation of the caller.
    ``blocked``: one of the two has blocked the other. ``forbidden``: the recipient has not accepted yet and has enough
    to read, or has declined; files wait until they have. ``conflict`` also for a file that a message has, ``invalid``
    for one that is none of the caller's. ``rate_limited`` also for a first message to a stranger after 30 within a
    day, 10 on the account's first.
    """
    item = _checked(ctx, params)
    told: list[Message] = []

    def announce(done: Appended) -> None:
        told.append(_announce(ctx, item, done))

    # A reply never begins a conversation: there is nothing in it to reply to.
    begin = partial(begin_direct, ctx, params.recipient_id) if params.recipient_id and not item.reply_to_id else None
    done = await ctx.ports.messages.writer.append(item, announce=announce, begin=begin)
    # Members, blocks, requests: sql/functions/judge_sends.sql; what may be replied to: send_facts.sql beside it.
    if done.outcome == "created":
        if item.link:
            ctx.ports.messages.preview_queue.wake()
        if done.accepts or done.back_for:
            await _follow_up(ctx, done)
        return told[-1]
    if done.outcome == "repeat":
        return await _first(ctx, params, item, done)
    begins = done.outcome == "no_conversation" and params.recipient_id is not None
    if done.outcome == "no_reply_target" or (begins and params.reply_to_id is not None):
        raise invalid("$.replyToId", "is not a message of this conversation")
    if done.outcome in files.REFUSED:
        raise files.refused(done.outcome)
    if done.outcome == "blocked":
        raise permissions.blocked()
    if done.outcome == "early":
        raise ApiError("unavailable", "The message before this one is not stored: send it first", retry_after_s=1)
    if done.outcome in requests.REFUSED:
        raise ApiError("forbidden", requests.REFUSED[done.outcome])
    raise access.no_conversation()


async def _first(ctx: Ctx, params: MessageSendParams, item: Append, done: Appended) -> Message:
    """Look up the message that was sent with this client id before."""
    found = await messages.by_client_id(ctx.ports.db, done.conversation_id, item.sender_id, item.client_id)
    if found is None:
        raise access.no_conversation()
    message, digest = found
    if ctx.ports.messages.digests.differs(digest, item.client_id, *_said(params, item.content)):
        raise ApiError("conflict", "Another message was sent with this clientId")
    return message


async def _follow_up(ctx: Ctx, done: Appended) -> None:
    """Tell what else a message has changed. It is sent: if that can't be read now, who is concerned has to look."""
    pair = done.pair if done.accepts else None
    news = Committed(ctx.ports.db, ctx.ports.live.publisher.publish)
    try:
        for viewer_id in done.back_for:
            await created(news, done.conversation_id, viewer_id)
        if pair is not None:
            await requests.answered(ctx, news, done.conversation_id, pair)
    except ApiError:
        news.tell(SyncRequired("the database was interrupted"), map(person_room, {*done.back_for, *(pair or ())}))


def check(params: MessageSendParams, sender_id: str) -> str:
    """The text as it is kept. Raises ``invalid`` for what can go to nobody, or says nothing."""
    if (params.recipient_id is None) == (params.conversation_id is None):
        raise invalid("$.recipientId", "give either recipientId or conversationId")
    if params.recipient_id == sender_id:
        raise invalid("$.recipientId", "is yourself")
    return _content(params)


def differs(ctx: Ctx, digest: bytes | None, params: MessageSendParams, file_id: str) -> bool:
    """Whether what was sent, of which this is the digest, is not the same, with a file that is called ``file_id``."""
    same = msgspec.structs.replace(params, file_id=file_id)
    return ctx.ports.messages.digests.differs(digest, params.client_id.lower(), *_said(same, _content(same)))


def _content(params: MessageSendParams) -> str:
    return texts.caption(params.content) if params.file_id else texts.content(params.content)


def _checked(ctx: Ctx, params: MessageSendParams) -> Append:
    content = check(params, ctx.caller.user_id)
    client_id = params.client_id.lower()
    return Append(
        id=uuid7(),
        sender_id=ctx.caller.user_id,
        client_id=client_id,
        digest=ctx.ports.messages.digests.of(client_id, *_said(params, content)),
        content=content,
        names=texts.names(content),
        link=previews.wanted(ctx, content) if params.link_preview else None,
        conversation_id=params.conversation_id,
        recipient_id=params.recipient_id,
        reply_to_id=params.reply_to_id,
        file_id=params.file_id,
        group_id=params.group_id if params.file_id else None,
        after=params.after_client_id.lower() if params.after_client_id else None,
    )


def _said(params: MessageSendParams, content: str) -> tuple[str, ...]:
    """What makes a message the same one."""
    # What messages without a file have always begun with.
    return params.file_id or "text", params.reply_to_id or "", content


def _announce(ctx: Ctx, item: Append, done: Appended) -> Message:
    """Publish a committed message."""
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
        type=done.type,
        content=item.content,
        created_at=wire_time(done.created_at),
        reply_to=quotes.frozen(done.reply_to) if done.reply_to else UNSET,
        mentions=messages.people_of(done.mentions, done.conversation_id) if done.mentions else [],
        mentions_all=messages.calls_all(done.mentions, done.conversation_id) if done.mentions else UNSET,
        file=stored_files.shown(done.file) if done.file else UNSET,
        group_id=item.group_id or UNSET,
    )
    hidden = [person_room(user_id) for user_id in done.quote_cleared_by]
    _publish(ctx, message, conversation_rooms(done.conversation_id, done.pair), but=hidden)
    if hidden and message.reply_to is not UNSET:
        quote = quotes.cleared(message.reply_to)
        _publish(ctx, msgspec.structs.replace(message, reply_to=quote), hidden)
    return message


def _publish(ctx: Ctx, message: Message, rooms: list[str], *, but: Sequence[str] = ()) -> None:
    told = MessageReceived.entry(message.seq, message)
    ctx.ports.live.publisher.publish(told, rooms, exclude=ctx.caller.connection, but=but)
