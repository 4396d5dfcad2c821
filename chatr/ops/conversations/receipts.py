"""How far somebody has come, in reading and in hearing: kept, and who is told what of it."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import msgspec

from chatr.api.context import Caller, Context
from chatr.api.contract import GUESTS, Route, operation
from chatr.api.errors import ApiError
from chatr.api.events import (
    ACTIVITY_LISTENING,
    MESSAGE_LISTENED,
    MESSAGE_STATUS,
    Listening,
    MessageListened,
    MessageReceived,
    MessageStatusChanged,
)
from chatr.api.model import Empty, Id, Params, Seq, wire_time
from chatr.ops.messages import telling
from chatr.ops.people import permissions
from chatr.ops.ports import Ctx, Ports
from chatr.realtime.rooms import group_room, person_room
from chatr.store.conversations import conversations
from chatr.store.conversations.conversations import Shown
from chatr.store.conversations.marks import Marked
from chatr.store.messages import changes
from chatr.store.messages.changes import Held
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
            publish(MESSAGE_STATUS, own, [group_room(conversation_id)], exclude=connection)
            return
        if marked.shown:
            publish(MESSAGE_STATUS, shown, [group_room(conversation_id)], exclude=connection)
    elif marked.shown:
        other_id = next(user_id for user_id in marked.pair if user_id != me)
        read_seq = marked.shown_read_seq if marked.other_sees_read else 0
        publish(MESSAGE_STATUS, status(marked.shown_delivered_seq, read_seq), [person_room(other_id)])
    publish(MESSAGE_STATUS, own, [person_room(me)], exclude=connection)


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


async def reveal(ctx: Ctx, tx: Transaction, conversation_id: str) -> None:
    """What was withheld of the watermarks of a direct conversation appears to the two."""
    await conversations.reveal(tx, conversation_id)
    for shown in await conversations.shown(tx, conversation_id):
        tx.emit(MESSAGE_STATUS, _told(ctx, conversation_id, shown), [person_room(shown.viewer_id)])


async def revealed(ctx: Ctx, conversation_id: str) -> None:
    """The same after a commit that has revealed them."""
    for shown in await conversations.shown(ctx.ports.db, conversation_id):
        told = _told(ctx, conversation_id, shown)
        ctx.ports.live.publisher.publish(MESSAGE_STATUS, told, [person_room(shown.viewer_id)])


def _told(ctx: Ctx, conversation_id: str, shown: Shown) -> MessageStatusChanged:
    return MessageStatusChanged(conversation_id, shown.user_id, shown.delivered_seq, shown.read_seq, wire_time(ctx.now))


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
    joined = await ctx.ports.messages.marks.mark(
        conversation_id,
        ctx.caller.user_id,
        delivered_seq=delivered,
        read_seq=read,
        connection=ctx.caller.connection,
        tell=partial(marked, ctx, conversation_id),
    )
    if not joined:
        raise ApiError("not_found", "There is no such conversation")
    return Empty()


class WhichAudio(Params, frozen=True, kw_only=True):
    """Which audio message."""

    id: Id


@operation(
    "message.mark_listened",
    Route("POST", "/messages/<id>/listened"),
    GUESTS,
    errors=["not_found", "forbidden", "blocked", "gone"],
)
async def mark_listened(ctx: Ctx, params: WhichAudio) -> Empty:
    """The caller has heard an audio message to its end: the same as activity.listening with ``ended``."""
    return await heard(ctx, params.id)


async def heard(ctx: Ctx, message_id: str) -> Empty:
    me = ctx.caller.user_id

    async def change(tx: Transaction) -> None:
        held = await audio(ctx, tx, message_id)
        told = Listening(held.id, me, False, True)
        tx.emit(ACTIVITY_LISTENING, told, sender_room(held))
        if await changes.listen(tx, held.id, me):
            entry = await changes.log(tx, held, "message.listened", {"userId": me})
            listened = MessageListened(held.conversation_id, entry.seq, held.id, me)
            await telling.tell(tx, held, MESSAGE_LISTENED, lambda _: listened, exclude=ctx.caller.connection)

    await ctx.ports.messages.writer.change(change, caller=me, place=Of(message_id))
    return Empty()


async def audio(ctx: Ctx, tx: Transaction, message_id: str) -> Held:
    """Somebody else's audio message that the caller may listen to."""
    held = await changes.hold(tx, ctx.caller.user_id, message_id)
    if held is None:
        raise ApiError("not_found", "There is no such message")
    if held.unsent:
        raise ApiError("gone", "The message was unsent")
    if held.type != "audio" or held.sender_id == ctx.caller.user_id:
        raise ApiError("forbidden", "This is no audio message of somebody else")
    permissions.passes(held.status, held.closed)
    return held


def sender_room(held: Held) -> list[str]:
    """Who wrote the message, unless they have deleted it from their own view."""
    return [person_room(held.sender_id)] if held.shown_to(held.sender_id) else []
