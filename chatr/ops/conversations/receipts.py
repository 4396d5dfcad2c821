"""How far somebody has come, in reading and in hearing: kept, and who is told what of it.

What others are shown says store/conversations/marks.py ``store``: a request that waits, and a block, withhold all, and
who gives no read receipts what was read. Who gives none sees none: store/conversations/views.py, which counts what is
unread too. Senders in groups are told by services/receipt_counts.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

import msgspec
from msgspec import UNSET, UnsetType

from chatr.api.context import Caller, Context
from chatr.api.contract import GUESTS, USERS, Route, operation
from chatr.api.errors import ApiError
from chatr.api.events.activity import ActivityListening
from chatr.api.events.messages import HeardBy, MessageListened, MessageReceived, MessageStatusChanged
from chatr.api.model import Cursor, Empty, Id, Limit, MessageParams, Params, Seq, User, Wire, wire_time
from chatr.ops import access, cursors, log
from chatr.ops.people import permissions, visibility
from chatr.ops.ports import Ctx, Ports
from chatr.realtime.rooms import person_room
from chatr.store.conversations import conversations, receipt_counts
from chatr.store.conversations.marks import Marked
from chatr.store.conversations.receipt_counts import Grown
from chatr.store.ids import NIL
from chatr.store.messages import changes
from chatr.store.messages.changes import Held
from chatr.store.news import News
from chatr.store.pool import Transaction
from chatr.store.writing.places import Of


def marked(ctx: Ctx, conversation_id: str, marked: Marked, connection: str) -> None:
    """Tell the caller's other sessions of the watermarks, and the other person of what is shown of them.

    In a group nobody else is told of one's marks: senders are told how many there are. ``connection``: the one that
    knows them already.
    """
    me, publish = ctx.caller.user_id, ctx.ports.live.publisher.publish

    def status(delivered_seq: int, read_seq: int) -> MessageStatusChanged:
        return MessageStatusChanged(conversation_id, me, delivered_seq, read_seq, wire_time(ctx.now))

    if marked.shown and marked.pair is None:
        ctx.ports.messages.receipt_counts.note(conversation_id, Grown.by(me, marked))
    elif marked.shown and marked.pair is not None:
        other_id = next(user_id for user_id in marked.pair if user_id != me)
        read_seq = marked.shown_read_seq if marked.other_sees_read else 0
        publish(status(marked.shown_delivered_seq, read_seq), [person_room(other_id)])
    publish(status(marked.delivered_seq, marked.read_seq), [person_room(me)], exclude=connection)


def when_written(ports: Ports, clock: Callable[[], datetime]) -> Callable[[str, msgspec.Struct], None] | None:
    """Say what hears of each event that a session of somebody takes; None where only what a client says counts.

    That is the setting ``messages.delivered_when_written``.
    """
    if not ports.messages.settings.delivered_when_written:
        return None
    return lambda user_id, payload: _written(ports, clock(), user_id, payload)


def _written(ports: Ports, now: datetime, user_id: str, payload: msgspec.Struct) -> None:
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
    """Mark everything up to ``seq`` as delivered to one of the caller's devices. The watermark only grows.

    In a group those who wrote it are told by ``message.receipts`` how many it has reached, not whom.
    """
    return await _mark(ctx, params.id, delivered=params.seq, read=0)


@operation("message.mark_read", Route("POST", "/conversations/<id>/read"), GUESTS, errors=["not_found"])
async def mark_read(ctx: Ctx, params: MessageMarkParams) -> Empty:
    """Mark everything up to ``seq`` as read by the caller. The watermark only grows; read implies delivered.

    In a group those who wrote it are told by ``message.receipts`` how many have read it; ``message.readers`` says who.
    """
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


class MessageReadersParams(Params, frozen=True, kw_only=True):
    """Of which message, and which part of the list."""

    id: Id
    cursor: Cursor | None = None
    limit: Limit = 50


class Reader(Wire, frozen=True):
    """Somebody who has read a message."""

    user: User


class MessageReaders(Wire, frozen=True, kw_only=True):
    """Who has read a message of a group, and how many others it has reached of all members, the sender among these.

    ``readCount`` is absent, and ``items`` empty, for whoever gives no receipts.
    """

    items: list[Reader]
    delivered_count: int
    read_count: int | UnsetType = UNSET
    member_count: int
    next_cursor: str | None = None


@operation("message.readers", Route("GET", "/messages/<id>/readers"), USERS, errors=["not_found", "forbidden", "gone"])
async def readers(ctx: Ctx, params: MessageReadersParams) -> MessageReaders:
    """List who has read a message of a group of the caller, in no order that means anything, and count them.

    Of those who are in the group and were when it was written: ``memberCount`` counts these, the sender among them.
    Who gives no receipts has received it and never reads it. ``forbidden`` in direct conversations, where the message
    has a status, and for what the server tells; ``gone`` when it was unsent.
    """
    db, me = ctx.ports.db, ctx.caller.user_id
    after = cursors.row(params.cursor) if params.cursor else NIL
    message = await receipt_counts.reached(db, me, params.id)
    if message is None:
        raise ApiError("not_found", "There is no such message")
    if message.unsent:
        raise ApiError("gone", "The message was unsent")
    if message.kind != "group" or message.type == "system":
        raise ApiError("forbidden", "Only what somebody wrote in a group has readers")
    if not message.gives:
        return MessageReaders(items=[], delivered_count=message.delivered, member_count=message.member_count)
    found = await receipt_counts.readers(db, me, message, after=after, limit=params.limit + 1)
    shown = found[: params.limit]
    return MessageReaders(
        items=[Reader(visibility.other(each, me)) for each in shown],
        delivered_count=message.delivered,
        read_count=message.read,
        member_count=message.member_count,
        next_cursor=cursors.row_cursor(shown[-1].person.id) if len(found) > len(shown) else None,
    )


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
