"""Changes of how two people stand to each other, and what each of them is shown of it.

What changes, by whom and with what rules, say friends.py, for friends and blocks, and ops/conversations/requests.py.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

import msgspec
from msgspec import UNSET

from chatr.api.events.conversations import ConversationUpdated
from chatr.api.events.people import UserUpdated
from chatr.api.model import Conversation, User
from chatr.ops.people import privacy, visibility
from chatr.ops.ports import Ctx
from chatr.realtime.rooms import person_room
from chatr.store.conversations import conversations
from chatr.store.people import friends, relations
from chatr.store.people.relations import Other
from chatr.store.pool import Transaction
from chatr.store.writing.places import between

_T = TypeVar("_T")


class _Sight(msgspec.Struct, frozen=True):
    """What somebody has of another person in front of them."""

    found: Other | None
    user: User | None
    conversation: Conversation | None

    @property
    def presence(self) -> bool:
        """Whether they may know if the other is here."""
        return self.found is not None and privacy.sees_presence(self.found.person, self.found.relation)

    @property
    def blocked(self) -> bool:
        """Whether either has blocked the other."""
        return self.found is not None and self.found.relation.blocked

    @property
    def blocked_by_me(self) -> bool:
        """Whether they have blocked the other."""
        return self.found is not None and self.found.relation.blocked_by_me


async def change(
    ctx: Ctx, other_id: str, work: Callable[[Transaction, Other | None], Awaitable[_T]], *, exclude: str = ""
) -> _T:
    """Let ``work`` change how the caller and another person stand to each other, when it is its turn in their lane.

    So that what the two are told of it comes in its place among their messages. See :func:`changing`.
    """

    async def turn(tx: Transaction) -> _T:
        async with changing(ctx, tx, other_id, exclude=exclude) as found:
            return await work(tx, found)

    me = ctx.caller.user_id
    return await ctx.ports.messages.writer.change(turn, caller=me, place=between(me, other_id))


@asynccontextmanager
async def changing(ctx: Ctx, tx: Transaction, other_id: str, *, exclude: str = "") -> AsyncIterator[Other | None]:
    """Change how the caller and another person stand to each other, inside the block; nobody else does meanwhile.

    Yields the other person as the caller stood to them before. When the block has ended, both are told what is another
    for them now: their conversation, and whether they see each other's presence. Begin the transaction with this.
    ``exclude``: the connection that has its conversation from the answer.
    """
    pair = ctx.caller.user_id, other_id
    relations.lock(tx, *pair)
    relations.revise(tx, *pair)
    before = [await _sight(tx, *pair), await _sight(tx, *reversed(pair))]
    yield before[0].found
    after = [await _sight(tx, *pair), await _sight(tx, *reversed(pair))]
    tx.then(partial(ctx.ports.live.publisher.forget, pair))
    for viewer_id, seen_id, was, now in zip(pair, reversed(pair), before, after, strict=True):
        await _tell(tx, viewer_id, was, now, exclude=exclude)
        if now.presence != was.presence:
            show = ctx.ports.live.announcer.show if now.presence else ctx.ports.live.announcer.hide
            tx.then(partial(show, seen_id, [viewer_id]))


async def _tell(tx: Transaction, viewer_id: str, was: _Sight, now: _Sight, *, exclude: str) -> None:
    """Tell one of the two what the conversation, and the other, are for them now."""
    rooms, conversation = [person_room(viewer_id)], now.conversation
    # Across a block nobody was told what the other is called by now.
    news = _own_part(conversation) != _own_part(was.conversation) or (was.blocked and not now.blocked)
    other_news = now.user is not None and now.user != was.user
    if conversation is not None and (news or other_news):
        conversations.touch(tx, conversation.id, viewer_id)
    # Also one whose first message came in between: it was told of as it was before this change.
    if conversation is not None and news:
        # Read again: as it is with the revision that it has by now.
        touched = await conversations.by_id(tx, viewer_id, conversation.id)
        if touched is not None:
            tx.tell(ConversationUpdated.of(visibility.conversation(touched, viewer_id)), rooms, exclude=exclude)
    # To whoever was blocked it is as if the other had made their profile private. A list of blocks shows people too.
    elsewhere = (conversation is not None and not news) or (was.blocked_by_me and now.blocked_by_me)
    if now.user is not None and other_news and elsewhere:
        friends.touch(tx, [viewer_id])
        tx.tell(UserUpdated.of(now.user), rooms)


def _own_part(conversation: Conversation | None) -> Conversation | None:
    """A conversation without the other person, who has a revision of their own."""
    return msgspec.structs.replace(conversation, other=UNSET) if conversation is not None else None


async def _sight(tx: Transaction, viewer_id: str, other_id: str) -> _Sight:
    found = await relations.by_id(tx, viewer_id, other_id)
    # Who is no more is not found, though there may be a conversation.
    none = found is not None and found.relation.direct_id is None
    view = None if none else await conversations.with_user(tx, viewer_id, other_id)
    return _Sight(
        found,
        visibility.user(found.person, found.relation) if found is not None else None,
        visibility.conversation(view, viewer_id) if view else None,
    )
