"""Message requests: accepted by act, by an answer or by becoming friends; and declined.

They are listed apart (conversations.py ``list_conversations``). Who needs none says ops/people/permissions.py
``needs_no_request``. While one waits it withholds the recipient's watermarks (store/conversations/marks.py ``store``)
and signals (permissions.py ``passes``).
"""

from __future__ import annotations

from functools import partial

from msgspec import UNSET, UnsetType

from chatr.api.contract import USERS, Route, operation
from chatr.api.errors import ApiError
from chatr.api.events.conversations import ConversationAccepted, ConversationDeclined
from chatr.api.model import Conversation, ConversationParams, Empty, wire_time
from chatr.ops import access
from chatr.ops.conversations import receipts
from chatr.ops.conversations.conversations import removed
from chatr.ops.people import pairs, permissions, visibility
from chatr.ops.ports import Ctx
from chatr.realtime.rooms import person_room
from chatr.store.conversations import conversations
from chatr.store.conversations.views import View
from chatr.store.news import News
from chatr.store.people.relations import Other
from chatr.store.pool import Transaction

#: Of a message to somebody who has not accepted: five may wait (the setting ``messages.pending_limit``), and who has
#: declined is left alone for a week (``messages.request_cooldown_s``). sql/functions/judge_sends.sql says which it is.
REFUSED = {
    "waiting": "Wait until the recipient accepts the request",
    "declined": "The recipient declined the request: a new one is possible later",
}
_REQUEST_ERRORS = ("not_found", "forbidden", "conflict")


async def accepted(ctx: Ctx, news: News, conversation_id: str, pair: tuple[str, str], *, exclude: str = "") -> None:
    """Tell both that the caller has accepted a request between them, and what was withheld while it waited.

    ``exclude``: the connection that has it from its answer.
    """
    for viewer_id in pair:
        view = await conversations.by_id(news, viewer_id, conversation_id, begun=False)
        if view is not None:
            told = ConversationAccepted(conversation_id, ctx.caller.user_id, view.revision, _begun(view, viewer_id))
            news.tell(told, [person_room(viewer_id)], exclude=exclude)
    await receipts.revealed(ctx, news, conversation_id)


async def answered(ctx: Ctx, news: News, conversation_id: str, pair: tuple[str, str]) -> None:
    """Tell both the same after a message of the caller's, whose commit has accepted the request."""
    ctx.ports.live.publisher.forget(pair)
    ctx.ports.live.announcer.meet(*pair)
    # Behind what was told of the watermarks so far, and before what is told of them next.
    work = partial(accepted, ctx, news, conversation_id, pair)
    await ctx.ports.messages.writer.work(work, caller=ctx.caller.user_id, place=conversation_id)


@operation(
    "conversation.accept",
    Route("POST", "/conversations/<id>/accept"),
    USERS,
    errors=[*_REQUEST_ERRORS, "blocked"],
)
async def accept(ctx: Ctx, params: ConversationParams) -> Conversation:
    """Accept a message request; writing back does the same. What was withheld from the other appears to them.

    ``forbidden`` for whoever began it, ``conflict`` when nothing waits, ``blocked`` while either blocks the other.
    """
    other_id, connection = await _requester(ctx, params.id), ctx.caller.connection

    async def work(tx: Transaction, _: Other | None) -> View:
        permissions.not_closed((await _waiting(ctx, tx, params.id)).closed)
        await conversations.accept(tx, params.id)
        await conversations.reveal(tx, params.id)
        pair = ctx.caller.user_id, other_id
        await accepted(ctx, tx, params.id, pair, exclude=connection)
        return await access.conversation(ctx, tx, params.id)

    return visibility.conversation(await pairs.change(ctx, other_id, work, exclude=connection), ctx.caller.user_id)


@operation("conversation.decline", Route("POST", "/conversations/<id>/decline"), USERS, errors=_REQUEST_ERRORS)
async def decline(ctx: Ctx, params: ConversationParams) -> Empty:
    """Decline a message request: it disappears, and whoever began it is told and can ask again after a while only.

    ``forbidden`` for whoever began it, ``conflict`` when nothing waits.
    """
    other_id = await _requester(ctx, params.id)

    async def work(tx: Transaction, _: Other | None) -> None:
        await _waiting(ctx, tx, params.id)
        moment = wire_time(await conversations.decline(tx, params.id))
        revision = await conversations.clear(tx, params.id, ctx.caller.user_id)
        removed(ctx, tx, params.id, revision)
        view = await conversations.by_id(tx, other_id, params.id, begun=False)
        if view is not None:
            shown = _begun(view, other_id)
            told = ConversationDeclined(params.id, ctx.caller.user_id, moment, view.revision, shown)
            tx.tell(told, [person_room(other_id)])

    await pairs.change(ctx, other_id, work)
    return Empty()


def _begun(view: View, viewer_id: str) -> Conversation | UnsetType:
    """The conversation, if there is one for the viewer, who may have deleted it from their own view."""
    return visibility.conversation(view, viewer_id) if view.last is not None else UNSET


async def _requester(ctx: Ctx, conversation_id: str) -> str:
    """The other person of a direct conversation of the caller: looked up before the pair can be locked."""
    view = await access.conversation(ctx, ctx.ports.db, conversation_id)
    if view.other is None:
        raise access.no_conversation()
    return view.other.person.id


async def _waiting(ctx: Ctx, tx: Transaction, conversation_id: str) -> View:
    """Hold a request that waits for the caller's answer."""
    view = await access.held_conversation(ctx, tx, conversation_id)
    if view.status != "pending" or view.declined_at is not None:
        raise ApiError("conflict", "There is no request that waits for an answer")
    if view.initiator_id == ctx.caller.user_id:
        raise ApiError("forbidden", "The other person has to answer")
    return view
