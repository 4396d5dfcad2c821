"""Telling people that somebody's account changed, each what they may see of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

from chatr.api.events import (
    CONVERSATION_UPDATED,
    FRIEND_DECLINED,
    FRIEND_REMOVED,
    FRIEND_UNBLOCKED,
    USER_UPDATED,
    ConversationChanged,
    FriendChanged,
    PersonBlocked,
    UserUpdated,
)
from chatr.api.model import Friendship
from chatr.ops.people import permissions, visibility
from chatr.ops.ports import Ctx
from chatr.realtime.rooms import person_room
from chatr.store.conversations import conversations
from chatr.store.people import friends, people, relations
from chatr.store.people.people import Person
from chatr.store.people.relations import Circle
from chatr.store.pool import Transaction


async def changed(ctx: Ctx, tx: Transaction, before: Person, after: Person) -> None:
    """Tell the person's other sessions, and everybody who sees something else of the person than before."""
    tx.emit(
        USER_UPDATED,
        UserUpdated(user=visibility.me(after)),
        [person_room(after.id)],
        exclude=ctx.caller.connection,
    )
    level = before.privacy.online_status
    if _views(before) == _views(after) and level == after.privacy.online_status:
        return
    circle = (await relations.circles(tx, [after.id])).get(after.id, Circle())
    await _shown(tx, circle, before, after)
    if level != after.privacy.online_status:
        was, now = Circle(level, circle.friends, circle.near).presence, circle.presence
        _presence(ctx, tx, after.id, hidden=sorted({*was} - {*now}), shown=sorted({*now} - {*was}))


async def erased(ctx: Ctx, tx: Transaction, before: Person, after: Person, circle: Circle) -> None:
    """Tell everybody in the circle that a person is no more. ``circle``: as it was."""
    stranger = visibility.user(after, permissions.STRANGER)
    gone = await friends.delete_all(tx, after.id)
    # Those whom the person had blocked saw them as they were then until now.
    others = list({*gone.blockers, *gone.blocked})
    for ended in gone.friendships:
        other_id = ended.addressee_id if ended.requester_id == after.id else ended.requester_id
        status: Literal["removed", "declined"] = "removed" if ended.accepted else "declined"
        friendship = Friendship(ended.id, status, ended.requester_id, ended.addressee_id)
        event = FRIEND_REMOVED if ended.accepted else FRIEND_DECLINED
        tx.emit(event, FriendChanged(friendship, stranger), [person_room(other_id)])
        others.append(other_id)
    for blocker_id in gone.blockers:
        tx.emit(FRIEND_UNBLOCKED, PersonBlocked(after.id, stranger), [person_room(blocker_id)])
    await friends.touch(tx, others)
    for viewer_id in others:
        view = await conversations.with_user(tx, viewer_id, after.id)
        if view is not None:
            updated = ConversationChanged(visibility.conversation(view, viewer_id))
            tx.emit(CONVERSATION_UPDATED, updated, [person_room(viewer_id)])
    await _shown(tx, circle, before, after)
    _presence(ctx, tx, after.id, hidden=circle.presence, shown=())
    tx.then(partial(ctx.ports.live.publisher.forget, [*circle.friends, *circle.near, *circle.far]))


_FRIEND = relations.Relation(accepted_at=relations.EVER, near=True)
_NEAR = relations.Relation(near=True)


def _views(person: Person) -> tuple[object, ...]:
    """What friends, those near, and those far see of somebody."""
    return tuple(visibility.user(person, relation) for relation in (_FRIEND, _NEAR, permissions.STRANGER))


async def _shown(tx: Transaction, circle: Circle, before: Person, after: Person) -> None:
    seen = [
        (circle.friends, _FRIEND),
        (circle.near, _NEAR),
        (circle.far, permissions.STRANGER),
    ]
    for viewer_ids, relation in seen:
        user = visibility.user(after, relation)
        if viewer_ids and user != visibility.user(before, relation):
            tx.emit(USER_UPDATED, UserUpdated(user=user), [person_room(id) for id in viewer_ids])
    await people.profile_changed(tx, after.id)


def _presence(ctx: Ctx, tx: Transaction, user_id: str, *, hidden: Sequence[str], shown: Sequence[str]) -> None:
    tx.then(partial(ctx.ports.live.publisher.forget, [user_id]))
    if hidden:
        tx.then(partial(ctx.ports.live.announcer.hide, user_id, hidden))
    if shown:
        tx.then(partial(ctx.ports.live.announcer.show, user_id, shown))
