"""Telling people that somebody's account changed, each what they may see of it: store/people/relations.py ``Circle``.

What becomes of friends, requests and blocks is told by friends.py. All of it leaves behind the commit: store/pool.py
``Transaction.tell``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

import msgspec

from chatr.api.events.conversations import ConversationUpdated
from chatr.api.events.people import FriendDeclined, FriendRemoved, FriendUnblocked, OwnUserUpdated, UserUpdated
from chatr.api.model import Friendship
from chatr.ops.people import permissions, visibility
from chatr.ops.ports import Ctx
from chatr.realtime.rooms import person_room
from chatr.store.conversations import conversations
from chatr.store.people import friends, people, relations
from chatr.store.people.people import Person
from chatr.store.people.relations import Circle
from chatr.store.pool import Transaction


async def changed(ctx: Ctx, tx: Transaction, before: Person, after: Person) -> Person:
    """Tell the person's other sessions, and everybody who sees something else of the person than before.

    Returns the person with the revision that this change has.
    """
    level = before.privacy.online_status
    shown = _views(before) != _views(after) or level != after.privacy.online_status
    after = await people.revise(tx, after, shown=shown)
    told = OwnUserUpdated(visibility.me(after), after.revision)
    tx.tell(told, [person_room(after.id)], exclude=ctx.caller.connection)
    if not shown:
        return after
    circle = (await relations.circles(tx, [after.id])).get(after.id, Circle())
    _tell(tx, circle, before, after)
    if level != after.privacy.online_status:
        was, now = Circle(level, circle.friends, circle.near).presence, circle.presence
        _presence(ctx, tx, after.id, hidden=sorted({*was} - {*now}), shown=sorted({*now} - {*was}))
    return after


async def erased(ctx: Ctx, tx: Transaction, before: Person, after: Person, circle: Circle) -> None:
    """Tell everybody in the circle that a person is no more. ``circle``: as it was."""
    after = await people.revise(tx, after, shown=True)
    stranger = visibility.user(after, permissions.STRANGER)
    gone = await friends.delete_all(tx, after.id)
    # Those whom the person had blocked saw them as they were then until now.
    others = list({*gone.blockers, *gone.blocked})
    for ended in gone.friendships:
        other_id = ended.addressee_id if ended.requester_id == after.id else ended.requester_id
        status: Literal["removed", "declined"] = "removed" if ended.accepted else "declined"
        friendship = Friendship(ended.id, status, ended.requester_id, ended.addressee_id)
        event = FriendRemoved if ended.accepted else FriendDeclined
        tx.tell(event.of(friendship, stranger), [person_room(other_id)])
        others.append(other_id)
    for blocker_id in gone.blockers:
        tx.tell(FriendUnblocked.of(stranger), [person_room(blocker_id)])
    friends.touch(tx, others)
    for viewer_id in others:
        conversation_id = await conversations.direct_id(tx, viewer_id, after.id)
        if conversation_id is None:
            continue
        conversations.touch(tx, conversation_id, viewer_id)
        view = await conversations.by_id(tx, viewer_id, conversation_id)
        if view is not None:
            tx.tell(ConversationUpdated.of(visibility.conversation(view, viewer_id)), [person_room(viewer_id)])
    _tell(tx, circle, before, after)
    _presence(ctx, tx, after.id, hidden=circle.presence, shown=())
    tx.then(partial(ctx.ports.live.publisher.forget, [*circle.friends, *circle.near, *circle.far]))


_FRIEND = relations.Relation(accepted_at=relations.EVER, near=True)
_NEAR = relations.Relation(near=True)


def _views(person: Person) -> tuple[object, ...]:
    """What friends, those near, and those far see of somebody."""
    return tuple(visibility.user(person, relation) for relation in (_FRIEND, _NEAR, permissions.STRANGER))


def _tell(tx: Transaction, circle: Circle, before: Person, after: Person) -> None:
    """Tell everybody in the circle who sees something else of the person: what that is, not that there is more."""
    before = msgspec.structs.replace(before, profile_revision=after.profile_revision)
    seen = [
        (circle.friends, _FRIEND),
        (circle.near, _NEAR),
        (circle.far, permissions.STRANGER),
    ]
    for viewer_ids, relation in seen:
        user = visibility.user(after, relation)
        if viewer_ids and user != visibility.user(before, relation):
            # The profile's revision is the newest that anybody has of them: pairs change at no time with it.
            tx.tell(UserUpdated.of(user), map(person_room, viewer_ids))


def _presence(ctx: Ctx, tx: Transaction, user_id: str, *, hidden: Sequence[str], shown: Sequence[str]) -> None:
    tx.then(partial(ctx.ports.live.publisher.forget, [user_id]))
    if hidden:
        tx.then(partial(ctx.ports.live.announcer.hide, user_id, hidden))
    if shown:
        tx.then(partial(ctx.ports.live.announcer.show, user_id, shown))
