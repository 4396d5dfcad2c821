"""Erasing what deleted people have written and how they reacted, message by message, as if they took it back."""

from __future__ import annotations

from chatr.api.events.messages import MessageReaction, MessageUnsent, Reacted
from chatr.ops import log
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
    await log.record(tx, held, MessageUnsent)


async def take_away(tx: Transaction, held: Held, user_id: str) -> None:
    """Delete a person's reaction to a message."""
    if await changes.reaction(tx, held.id, user_id) is None:
        return
    changes.react(tx, held.id, user_id, None)
    await log.record(tx, held, MessageReaction, Reacted(user_id, None))
