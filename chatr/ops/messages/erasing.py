"""Erasing what deleted people have written and how they reacted, message by message, as if they took it back."""

from __future__ import annotations

from chatr.api.events import MESSAGE_REACTION, MESSAGE_UNSENT, MessageReaction, MessageUnsent
from chatr.api.model import Message
from chatr.ops.messages import telling
from chatr.store.messages import changes, erasing
from chatr.store.messages.changes import Held
from chatr.store.pool import Transaction


async def take_back(tx: Transaction, held: Held) -> None:
    """Erase what a message says; who has not been told yet that it was unsent is told now."""
    if not held.content:
        return
    await erasing.erase(tx, held)
    if held.unsent:
        # All were told when it was unsent.
        return
    entry = await changes.log(tx, held, "message.unsent")

    def told(seen: Message) -> MessageUnsent:
        return MessageUnsent(held.conversation_id, entry.seq, held.id, seen.sender.display_name)

    await telling.tell(tx, held, MESSAGE_UNSENT, told)


async def take_away(tx: Transaction, held: Held, user_id: str) -> None:
    """Delete a person's reaction to a message."""
    if await changes.reaction(tx, held.id, user_id) is None:
        return
    await changes.react(tx, held.id, user_id, None)
    entry = await changes.log(tx, held, "message.reaction", {"userId": user_id, "emoji": None})

    def told(seen: Message) -> MessageReaction:
        return MessageReaction(held.conversation_id, entry.seq, held.id, user_id, None, seen.reactions)

    await telling.tell(tx, held, MESSAGE_REACTION, told)
