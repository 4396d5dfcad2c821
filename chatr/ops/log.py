"""The log of a conversation: what becomes of a message is written there and told, in one.

Its seqs have no gap and follow the commits: store/writing/writer.py says why. What sends put there is written by
sql/functions/append_messages.sql.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from chatr.api.events.conversations import ConversationUpdated
from chatr.api.events.messages import EntryCleared
from chatr.api.model import Wire
from chatr.api.topics import Logged, event_of
from chatr.ops.people import visibility
from chatr.realtime.rooms import conversation_rooms, person_room
from chatr.store.conversations import conversations
from chatr.store.messages import changes
from chatr.store.messages.changes import Held
from chatr.store.messages.messages import Stored, Watermarks
from chatr.store.pool import Transaction

_Facts = TypeVar("_Facts", bound=Wire)


@overload
async def record(tx: Transaction, held: Held, event: type[Logged[None]], /, *, exclude: str = "") -> Stored: ...


@overload
async def record(
    tx: Transaction, held: Held, event: type[Logged[_Facts]], facts: _Facts, /, *, exclude: str = ""
) -> Stored: ...


async def record(
    tx: Transaction, held: Held, event: type[Logged[Any]], facts: Any = None, /, *, exclude: str = ""
) -> Stored:
    """Append an entry about a held message to its conversation's log, and tell everybody who has the message of it.

    Returns the message as it is by now.

    Each is told what they see of the message. Whoever has deleted it from their own view hears nothing of it, only that
    the log has an entry more: an edit or a reaction would bring back what they deleted. So does, of a group, whoever is
    not to see what was there before they joined.
    """
    seq, stored = await changes.log(tx, held, event_of(event).name, facts)

    def told(viewer_id: str) -> Wire:
        # Its status is the sender's to know.
        return event.entry(seq, stored.seen_by("", held.views.get(viewer_id, Watermarks())), facts)

    if held.pair is None:
        quoted_seq = stored.quotes_seq or held.seq
        unquoted = event.entry(seq, stored.seen_by("", Watermarks(cleared_seq=quoted_seq)), facts)
        _tell_group(tx, held, seq, quoted_seq, told(""), unquoted, exclude)
        return stored
    _tell_two(tx, [user_id for user_id in held.pair if held.shown_to(user_id)], told, exclude)
    for user_id in held.pair:
        if not held.shown_to(user_id):
            await _moved_on(tx, held, user_id)
    return stored


def _tell_group(
    tx: Transaction, held: Held, seq: int, quoted_seq: int, told: Wire, unquoted: Wire, exclude: str
) -> None:
    """Tell all of a group, each as far as they see back: all of it, without what it quotes, or that there is something.

    ``quoted_seq``: where that stands, or the message itself.
    """
    blind = [person_room(user_id) for user_id, top in held.cleared.items() if top >= held.seq]
    short = [person_room(user_id) for user_id, top in held.cleared.items() if quoted_seq <= top < held.seq]
    tx.tell(told, conversation_rooms(held.conversation_id, None), exclude=exclude, but=[*blind, *short])
    if short:
        tx.tell(unquoted, short, exclude=exclude)
    if blind:
        tx.tell(EntryCleared(held.conversation_id, seq, True), blind)


def _tell_two(tx: Transaction, viewers: list[str], told: Callable[[str], Wire], exclude: str) -> None:
    """Tell each of at most two; what is the same for both is encoded once."""
    shown = {user_id: told(user_id) for user_id in viewers}
    first = next(iter(shown.values()), None)
    if first is not None and all(each == first for each in shown.values()):
        tx.tell(first, map(person_room, viewers), exclude=exclude)
        return
    for user_id, each in shown.items():
        tx.tell(each, [person_room(user_id)], exclude=exclude)


async def _moved_on(tx: Transaction, held: Held, user_id: str) -> None:
    view = await conversations.by_id(tx, user_id, held.conversation_id)
    # None: for them there is no such conversation until the next message.
    if view is not None:
        tx.tell(ConversationUpdated.of(visibility.conversation(view, user_id)), [person_room(user_id)])
