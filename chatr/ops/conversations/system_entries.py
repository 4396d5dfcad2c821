"""System entries: what happened in a conversation, told in its place among the messages."""

from __future__ import annotations

from collections.abc import Sequence

from chatr.api.events.messages import MessageReceived
from chatr.api.model import Message
from chatr.ops import access
from chatr.realtime.rooms import conversation_rooms
from chatr.store.conversations import system_entries
from chatr.store.ids import uuid7
from chatr.store.messages import messages
from chatr.store.pool import Transaction


async def add(
    tx: Transaction, conversation_id: str, event: str, *, by_id: str, user_ids: Sequence[str] = (), text: str = ""
) -> Message:
    """Say in a conversation what somebody has done to whom. For a change that has its turn (``writer.change``).

    Structured, so that every client says it in its reader's language: ``event`` is a word as ``renamed``, ``text`` what
    it brought, as the new name. It counts as read, nothing finds it, and nobody edits, unsends, quotes or reacts to it.
    Returns it as all see it.
    """
    message_id = uuid7()
    told = await system_entries.append(
        tx, conversation_id, message_id, event, by_id=by_id, user_ids=user_ids, text=text
    )
    message = access.message_there(await messages.of(tx, message_id, ""))
    # The caller's session too: the answer of what it did tells of no entry.
    tx.tell(MessageReceived.entry(told.seq, message), conversation_rooms(conversation_id, told.pair))
    return message
