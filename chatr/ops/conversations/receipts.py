"""How far somebody has come, in reading and in hearing: kept, and who is told what of it."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import msgspec

from chatr.api.context import Caller, Context
from chatr.api.contract import GUESTS, Route, operation
from chatr.api.errors import ApiError
from chatr.api.events import (
    ActivityListening,
    HeardBy,
    MessageListened,
    MessageReceived,
    MessageStatusChanged,
)
from chatr.api.model import Empty, Id, MessageParams, Params, Seq, wire_time
from chatr.ops import access, log
from chatr.ops.people import permissions
from chatr.ops.ports import Ctx, Ports
from chatr.realtime.rooms import group_room, person_room
from chatr.store.conversations import conversations
from chatr.store.conversations.marks import Marked
from chatr.store.messages import changes
from chatr.store.messages.changes import Held
from chatr.store.news import News
from chatr.store.pool import Transaction
from chatr.store.writing.places import Of


def marked(ctx: Ctx, conversation_id: str, marked: Marked, connection: str) -> None:
    """Tell the caller's other sessions of the watermarks, and the others of what they are shown of them.

    ``connection``: the one that knows them already.
    """
    me, publish = ctx.caller.user_id, ctx.ports.live.publisher.publish

    def status(delivered_seq: int, read_seq: int) -> MessageStatusChanged:
        return MessageStatusChanged(conversation_id, me, delivered_seq, read_seq, wire_time(ctx.now))

    own = status(marked.delivered_seq, marked.read_seq)
    if marked.pair is None:
        shown = status(marked.shown_delivered_seq, marked.shown_read_seq)
        if shown == own:
            publish(own, [group_room(conversation_id)], exclude=connection)
            return
        if marked.shown:
            publish(shown, [group_room(conversation_id)], exclude=connection)
    elif marked.shown:
        other_id = next(user_id for user_id in marked.pair if user_id != me)
        read_seq = marked.shown_read_seq if marked.other_sees_read else 0
        publish(status(marked.shown_delivered_seq, read_seq), [person_room(other_id)])
    publish(own, [person_room(me)], exclude=connection)


def written(ports: Ports, now: datetime, user_id: str, payload: msgspec.Struct) -> None:
    """Mark somebody else's message as delivered to a person, to a session of whom it was written."""
    if not isinstance(payload, MessageReceived) or payload.message.sender.id == user_id:
        return
    where = payload.conversation_id
    ctx = Context(caller=Caller(user_id=user_id), request_id="", now=now, ports=ports)
    done = ports.messages.marks.mark(
        where, user_id, delivered_seq=payload.seq, read_seq=0, connection="", tell=partial(marked, ctx, where)
    )
    # There is too much to do at this moment: a later message, or the client, says as much.
    done.addErrback(lambda failure: failure.trap(ApiError))


async def revealed(ctx: Ctx, news: News, conversation_id: str) -> None:
    """Tell the two of a direct conversation of the watermarks that are shown to them now."""
    for shown in await conversations.shown(news, conversation_id):
        status = MessageStatusChanged(
            conversation_id, shown.user_id, shown.delivered_seq, shown.read_seq, wire_time(ctx.now)
        )
        news.tell(status, [person_room(shown.viewer_id)])


class MessageMarkParams(Params, frozen=True, kw_only=True):
    """Up to which seq."""

    id: Id
    seq: Seq


@operation("message.mark_delivered", Route("POST", "/conversations/<id>/delivered"), GUESTS, errors=["not_found"])
async def mark_delivered(ctx: Ctx, params: MessageMarkParams) -> Empty:
    """Mark everything up to ``seq`` as delivered to one of the caller's devices. The watermark only grows."""
    return await _mark(ctx, params.id, delivered=params.seq, read=0)


@operation("message.mark_read", Route("POST", "/conversations/<id>/read"), GUESTS, errors=["not_found"])
async def mark_read(ctx: Ctx, params: MessageMarkParams) -> Empty:
    """Mark everything up to ``seq`` as read by the caller. The watermark only grows; read implies delivered."""
    return await _mark(ctx, params.id, delivered=0, read=params.seq)


async def _mark(ctx: Ctx, conversation_id: str, *, delivered: int, read: int) -> Empty:
    joined = await ctx.ports.messages.marks.mark(
        conversation_id,
        ctx.caller.user_id,
        delivered_seq=delivered,
        read_seq=read,
        connection=ctx.caller.connection,
        tell=partial(marked, ctx, conversation_id),
    )
    if not joined:
        raise access.no_conversation()
    return Empty()


@operation(
    "message.mark_listened",
    Route("POST", "/messages/<id>/listened"),
    GUESTS,
    errors=["not_found", "forbidden", "blocked", "gone"],
)
async def mark_listened(ctx: Ctx, params: MessageParams) -> Empty:
    """Mark an audio message as heard to its end by the caller: the same as activity.listening with ``ended``."""
    return await heard(ctx, params.id)


async def heard(ctx: Ctx, message_id: str) -> Empty:
    me = ctx.caller.user_id

    async def change(tx: Transaction) -> None:
        held = await audio(ctx, tx, message_id)
        tx.tell(ActivityListening(held.id, me, False, True), sender_room(held))
        if await changes.listen(tx, held.id, me):
            await log.record(tx, held, MessageListened, HeardBy(me), exclude=ctx.caller.connection)

    await ctx.ports.messages.writer.change(change, caller=me, place=Of(message_id))
    return Empty()


async def audio(ctx: Ctx, tx: Transaction, message_id: str) -> Held:
    """Somebody else's audio message that the caller may listen to."""
    held = access.not_unsent(await access.held_message(ctx, tx, message_id))
    if held.type != "audio" or held.sender_id == ctx.caller.user_id:
        raise ApiError("forbidden", "This is no audio message of somebody else")
    permissions.passes(held.status, held.closed)
    return held


def sender_room(held: Held) -> list[str]:
    """Who wrote the message, unless they have deleted it from their own view."""
    return [person_room(held.sender_id)] if held.shown_to(held.sender_id) else []
