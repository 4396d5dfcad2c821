"""A conversation as the caller has it: to be shown, or held while it is changed."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from chatr.api.errors import ApiError
from chatr.api.events import ConversationRemoved
from chatr.api.model import Conversation, Id, Params
from chatr.ops.people import visibility
from chatr.ops.ports import Ctx
from chatr.realtime.rooms import person_room
from chatr.store.conversations import conversations
from chatr.store.conversations.views import View
from chatr.store.pool import Transaction


class WhichConversation(Params, frozen=True, kw_only=True):
    """Which conversation."""

    id: Id


async def hold(ctx: Ctx, tx: Transaction, conversation_id: str) -> View:
    """A conversation of the caller, which nobody writes to until the transaction ends."""
    await conversations.lock(tx, conversation_id)
    view = await conversations.by_id(tx, ctx.caller.user_id, conversation_id)
    if view is None:
        raise ApiError("not_found", "There is no such conversation")
    return view


def removed(ctx: Ctx, tx: Transaction, conversation_id: str, revision: int) -> None:
    """Tell the caller's other sessions that a conversation is no more among theirs."""
    removed = ConversationRemoved(conversation_id, revision)
    tx.tell(removed, [person_room(ctx.caller.user_id)], exclude=ctx.caller.connection)


def begun(view: View, viewer_id: str) -> Conversation | UnsetType:
    """A direct conversation, if there is one for the viewer, who may have deleted it from their own view."""
    return visibility.conversation(view, viewer_id) if view.last is not None else UNSET


def found(view: View | None, ctx: Ctx) -> Conversation:
    if view is None:
        raise ApiError("not_found", "There is no such conversation")
    return visibility.conversation(view, ctx.caller.user_id)
