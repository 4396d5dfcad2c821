"""Changes of a group: made in its turn, written to its log, and told to its members."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec

from chatr.api.errors import ApiError
from chatr.api.events.conversations import ConversationCreated, ConversationRemoved
from chatr.api.events.groups import (
    GroupDeleted,
    GroupMemberJoined,
    GroupRoleChanged,
    GroupState,
    GroupUpdated,
    Membership,
    RoleGiven,
)
from chatr.api.model import Conversation, GroupInfo, GroupRole, Message, Wire, wire_time
from chatr.api.topics import Logged, event_of
from chatr.config import MessagesSettings
from chatr.ops import access
from chatr.ops.conversations import system_entries
from chatr.ops.people import visibility
from chatr.ops.ports import Ctx
from chatr.realtime.publisher import Publisher
from chatr.realtime.rooms import group_room, person_room
from chatr.services.receipt_counts import ReceiptCounts
from chatr.store.conversations import conversations, receipt_counts
from chatr.store.files import files
from chatr.store.groups import groups
from chatr.store.groups.groups import GroupRow, MemberRow
from chatr.store.pool import Queryable, Transaction

_T = TypeVar("_T")


class GroupTurn(msgspec.Struct, frozen=True):
    """A group that nobody else changes or writes to until the transaction ends, and those in it who are concerned."""

    tx: Transaction
    publisher: Publisher
    receipts: ReceiptCounts
    by_id: str
    connection: str
    """That of the caller, who has the answer."""
    group: GroupRow
    people: dict[str, MemberRow]

    @property
    def id(self) -> str:
        """The group's id."""
        return self.group.id

    @property
    def mine(self) -> MemberRow | None:
        """What the caller is in it."""
        return self.people.get(self.by_id)


async def change(
    ctx: Ctx, group_id: str, work: Callable[[GroupTurn], Awaitable[_T]], *, concerned: Sequence[str] = ()
) -> _T:
    """Let ``work`` change a group when it is its turn in the lane. Raises ``not_found`` if it is none, or no more.

    ``concerned``: whom beside the caller this is about.
    """
    me = ctx.caller.user_id

    async def turn(tx: Transaction) -> _T:
        return await work(await hold(ctx, tx, group_id, concerned=concerned))

    return await ctx.ports.messages.writer.change(turn, caller=me, place=group_id)


async def hold(ctx: Ctx, tx: Transaction, group_id: str, *, concerned: Sequence[str] = ()) -> GroupTurn:
    """Let nobody but the caller change a group until the transaction ends. Raises ``not_found``."""
    ports, caller = ctx.ports, ctx.caller
    return await hold_for(
        caller.user_id,
        tx,
        group_id,
        ports.live.publisher,
        ports.messages.receipt_counts,
        connection=caller.connection,
        concerned=concerned,
    )


async def hold_for(
    user_id: str,
    tx: Transaction,
    group_id: str,
    publisher: Publisher,
    receipts: ReceiptCounts,
    *,
    connection: str = "",
    concerned: Sequence[str] = (),
) -> GroupTurn:
    """Hold a group for somebody, who need not be here. Raises ``not_found``."""
    conversations.lock(tx, group_id)
    group = access.group(await groups.find(tx, group_id))
    people = await groups.members(tx, group_id, [user_id, *concerned])
    return GroupTurn(tx, publisher, receipts, user_id, connection, group, people)


async def write(
    turn: GroupTurn,
    said: str,
    *entries: tuple[type[Logged[Any]], Wire],
    about: Sequence[str] = (),
    text: str = "",
) -> Message:
    """Say in the log of a group what the caller has done: for people, and behind that for those who keep a roster.

    ``about``: to whom. The caller's other sessions are told; the one that calls has the answer.
    """
    message = await system_entries.add(turn.tx, turn.id, said, by_id=turn.by_id, user_ids=about, text=text)
    for event, facts in entries:
        seq = await groups.append(turn.tx, turn.id, message.id, event_of(event).name, facts)
        told = event.entry(seq, message, facts)
        turn.tx.tell(told, [group_room(turn.id)], exclude=turn.connection)
    return message


def membership(member: MemberRow, member_count: int) -> Membership:
    """What the log keeps of somebody who came or went."""
    return Membership(
        user_id=member.user_id,
        role=member.role,
        member_count=member_count,
        invited_by=member.invited_by or msgspec.UNSET,
        joined_at=wire_time(member.joined_at),
    )


async def let_in(turn: GroupTurn, user_id: str, limits: MessagesSettings) -> None:
    """Let somebody into a group who is enlisted: their sessions hear what comes from now on, and have what was before.

    Raises ``conflict`` when it is full, or they are in too many, and ``unauthenticated`` when their account is deleted.
    """
    await check_count(turn.tx, user_id, limits)
    member = access.own_account(await groups.join(turn.tx, turn.id, user_id))
    count = access.group(await groups.find(turn.tx, turn.id)).member_count
    if count > limits.max_group_members:
        raise full()
    said = "joined" if user_id == turn.by_id else "let_in"
    await write(turn, said, (GroupMemberJoined, membership(member, count)), about=[user_id])
    # In this order: what was told before is in what they are told now, and nothing lies between.
    turn.tx.then(partial(turn.publisher.enter, [person_room(user_id)], group_room(turn.id)))
    view = await view_of(turn, user_id)
    turn.tx.tell(ConversationCreated.of(view), [person_room(user_id)], exclude=turn.connection)


async def check_count(db: Queryable, user_id: str, limits: MessagesSettings) -> None:
    """Raise ``conflict`` for somebody who is in as many groups as one may be. Of two at once both may come in."""
    if await groups.count_of(db, user_id, limits.max_groups) >= limits.max_groups:
        raise ApiError("conflict", f"Somebody can be in {limits.max_groups} groups: {user_id}")


def full() -> ApiError:
    """Make the refusal for somebody more than a group may have."""
    return ApiError("conflict", "The group is full")


async def let_go(turn: GroupTurn, member: MemberRow, said: str, event: type[Logged[Membership]]) -> None:
    """Let a member go: their sessions hear nothing of this any more, nor of what comes after it."""
    user_id, rooms = member.user_id, [person_room(member.user_id)]
    left_behind = await receipt_counts.left_behind(turn.tx, turn.id, user_id)
    groups.leave(turn.tx, turn.id, user_id, removed=user_id != turn.by_id)
    turn.tx.then(partial(turn.publisher.leave, rooms, group_room(turn.id)))
    await write(turn, said, (event, membership(member, turn.group.member_count - 1)), about=[user_id])
    gone = ConversationRemoved(turn.id, await groups.revision(turn.tx, turn.id, user_id))
    turn.tx.tell(gone, rooms, exclude=turn.connection)
    # What only they had not read is read by all now.
    turn.tx.then(partial(turn.receipts.note, turn.id, left_behind))


async def give_role(turn: GroupTurn, said: str, *given: tuple[str, GroupRole]) -> None:
    """Give members other roles; the first is the one it is about."""
    for user_id, role in given:
        groups.set_role(turn.tx, turn.id, user_id, role)
    entries = [(GroupRoleChanged, RoleGiven(user_id, role, turn.by_id)) for user_id, role in given]
    await write(turn, said, *entries, about=[given[0][0]], text=given[0][1])


async def updated(turn: GroupTurn, said: str, text: str = "") -> None:
    """Say that a group is another, as it is by now."""
    group = access.group(await groups.find(turn.tx, turn.id))
    await write(turn, said, (GroupUpdated, GroupState(info(group, inside=True, head=False))), text=text)


async def end(turn: GroupTurn) -> None:
    """Delete a group: nobody is in it any more, and all are told, the invited too."""
    people = await groups.delete(turn.tx, turn.id)
    await files.let_go(turn.tx, files.image_ids(turn.group.profile_image, turn.group.cover_image))
    # Above that of whatever any of them has of it.
    gone = ConversationRemoved(turn.id, await groups.last_revision(turn.tx, turn.id))
    rooms = [person_room(user_id) for user_id in people]
    turn.tx.then(partial(turn.publisher.leave, rooms, group_room(turn.id)))
    turn.tx.tell(GroupDeleted(turn.id, turn.group.name), rooms, exclude=turn.connection)
    turn.tx.tell(gone, rooms, exclude=turn.connection)


async def view_of(turn: GroupTurn, user_id: str) -> Conversation:
    """A group as one of its members has it by now."""
    view = await conversations.by_id(turn.tx, user_id, turn.id)
    if view is None:
        raise access.no_group()
    return visibility.conversation(view, user_id)


def info(group: GroupRow, *, inside: bool, head: bool = True) -> GroupInfo:
    """A group as somebody sees it who is in it, or is not. ``head``: with that of its log."""
    if not inside:
        return GroupInfo(
            id=group.id,
            name=group.name,
            title=group.name,
            profile_image=group.profile_image or msgspec.UNSET,
            member_count=group.member_count,
        )
    return GroupInfo(
        id=group.id,
        name=group.name,
        title=group.name,
        description=group.description or msgspec.UNSET,
        profile_image=group.profile_image or msgspec.UNSET,
        cover_image=group.cover_image or msgspec.UNSET,
        member_count=group.member_count,
        join_policy=group.join_policy,
        invite_policy=group.invite_policy,
        history_visible=group.history_visible,
        created_at=wire_time(group.created_at),
        head_seq=group.head_seq if head else msgspec.UNSET,
    )
