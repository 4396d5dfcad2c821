"""Who is told how far somebody has come, and what of it."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import msgspec

from chatr.api.context import Caller, Context
from chatr.api.errors import ApiError
from chatr.api.events import MESSAGE_STATUS, MessageReceived, MessageStatusChanged
from chatr.api.model import wire_time
from chatr.ops import audience
from chatr.ops.ports import Ctx, Ports
from chatr.store import conversations
from chatr.store.conversations import Shown
from chatr.store.marks import Marked
from chatr.store.pool import Transaction


def marked(ctx: Ctx, conversation_id: str, marked: Marked, connection: str) -> None:
    """Tell the caller's other sessions of the watermarks, and the others of what they are shown of them.

    ``connection``: the one that knows them already.
    """
    me, publish = ctx.caller.user_id, ctx.ports.publisher.publish

    def status(delivered_seq: int, read_seq: int) -> MessageStatusChanged:
        return MessageStatusChanged(conversation_id, me, delivered_seq, read_seq, wire_time(ctx.now))

    own = status(marked.delivered_seq, marked.read_seq)
    if marked.pair is None:
        shown = status(marked.shown_delivered_seq, marked.shown_read_seq)
        if shown == own:
            publish(MESSAGE_STATUS, own, [audience.group(conversation_id)], exclude=connection)
            return
        if marked.shown:
            publish(MESSAGE_STATUS, shown, [audience.group(conversation_id)], exclude=connection)
    elif marked.shown:
        other_id = next(user_id for user_id in marked.pair if user_id != me)
        read_seq = marked.shown_read_seq if marked.other_sees_read else 0
        publish(MESSAGE_STATUS, status(marked.shown_delivered_seq, read_seq), [audience.person(other_id)])
    publish(MESSAGE_STATUS, own, [audience.person(me)], exclude=connection)


def written(ports: Ports, now: datetime, user_id: str, payload: msgspec.Struct) -> None:
    """Mark somebody else's message as delivered to a person, to a session of whom it was written."""
    if not isinstance(payload, MessageReceived) or payload.message.sender.id == user_id:
        return
    where = payload.conversation_id
    ctx = Context(caller=Caller(user_id=user_id), request_id="", now=now, ports=ports)
    done = ports.marks.mark(
        where, user_id, delivered_seq=payload.seq, read_seq=0, connection="", tell=partial(marked, ctx, where)
    )
    # There is too much to do at this moment: a later message, or the client, says as much.
    done.addErrback(lambda failure: failure.trap(ApiError))


async def reveal(ctx: Ctx, tx: Transaction, conversation_id: str) -> None:
    """What was withheld of the watermarks of a direct conversation appears to the two."""
    await conversations.reveal(tx, conversation_id)
    for shown in await conversations.shown(tx, conversation_id):
        tx.emit(MESSAGE_STATUS, _told(ctx, conversation_id, shown), [audience.person(shown.viewer_id)])


async def revealed(ctx: Ctx, conversation_id: str) -> None:
    """The same after a commit that has revealed them."""
    for shown in await conversations.shown(ctx.ports.db, conversation_id):
        told = _told(ctx, conversation_id, shown)
        ctx.ports.publisher.publish(MESSAGE_STATUS, told, [audience.person(shown.viewer_id)])


def _told(ctx: Ctx, conversation_id: str, shown: Shown) -> MessageStatusChanged:
    return MessageStatusChanged(conversation_id, shown.user_id, shown.delivered_seq, shown.read_seq, wire_time(ctx.now))
