"""Telling the people of a conversation what became of a message: each what they have of it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from chatr.api.contract import Event
from chatr.api.events import CONVERSATION_UPDATED, ConversationChanged
from chatr.api.model import Message
from chatr.ops.people import visibility
from chatr.realtime.rooms import conversation_rooms, person_room
from chatr.store.conversations import conversations
from chatr.store.messages import messages
from chatr.store.messages.changes import Held
from chatr.store.messages.messages import Marks
from chatr.store.pool import Transaction

#: Makes the payload of an event out of the message as somebody sees it, with the status "sent".
Payload = Callable[[Message], msgspec.Struct]


async def tell(tx: Transaction, held: Held, event: Event, payload: Payload, *, exclude: str = "") -> None:
    """Tell everybody in the conversation who has the message.

    Whoever has deleted it from their own view hears nothing of it, only that the log has an entry more: an edit or a
    reaction would bring back what they deleted.
    """
    stored = await messages.stored(tx, held.id)
    if stored is None:
        return
    if held.pair is None:
        told = payload(stored.seen_by("", Marks()))
        tx.emit(event, told, conversation_rooms(held.conversation_id, None), exclude=exclude)
        return
    viewers = [user_id for user_id in held.pair if held.shown_to(user_id)]
    shown = {user_id: payload(stored.seen_by("", held.views.get(user_id, Marks()))) for user_id in viewers}
    for told in _different(list(shown.values())):
        rooms = [person_room(user_id) for user_id in viewers if shown[user_id] == told]
        tx.emit(event, told, rooms, exclude=exclude)
    for user_id in {*held.pair} - {*viewers}:
        await _moved_on(tx, held, user_id)


def _different(payloads: list[msgspec.Struct]) -> list[msgspec.Struct]:
    """Those of two that differ: what is the same for both is encoded once."""
    return payloads[:1] if payloads[:1] == payloads[1:] else payloads


async def _moved_on(tx: Transaction, held: Held, user_id: str) -> None:
    view = await conversations.by_id(tx, user_id, held.conversation_id)
    # None: for them there is no such conversation until the next message.
    if view is not None:
        moved = ConversationChanged(visibility.conversation(view, user_id))
        tx.emit(CONVERSATION_UPDATED, moved, [person_room(user_id)])
