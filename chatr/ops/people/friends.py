"""Friends, requests and blocks.

Two people have one friendship or request; blocks are directional, each lifts only their own. A block closes the direct
conversation, not its history, nor groups (store/conversations/conversations.py ``close_if_blocked``): what that stops
says permissions.py (``not_closed``, ``passes``, ``may_befriend``). What the blocked still see of the blocker says
visibility.py, how many may be asked in a day approaches.py, who is told what else is another between the two pairs.py.
"""

from __future__ import annotations

from typing import Literal

from chatr.api.contract import USERS, Rate, Route, operation
from chatr.api.errors import ApiError, invalid
from chatr.api.events.people import (
    BlockChanged,
    FriendAccepted,
    FriendBlocked,
    FriendChanged,
    FriendDeclined,
    FriendRemoved,
    FriendRequested,
    FriendUnblocked,
)
from chatr.api.model import Cursor, Empty, Friendship, Id, Limit, Params, Time, User, Wire, wire_time
from chatr.ops import access, cursors
from chatr.ops.conversations import receipts, requests
from chatr.ops.people import approaches, pairs, permissions, visibility
from chatr.ops.ports import Ctx
from chatr.realtime.rooms import person_room
from chatr.store.conversations import conversations
from chatr.store.ids import uuid7
from chatr.store.people import friends, relations
from chatr.store.pool import Transaction

_RATE = Rate(120, 60)


class FriendItem(Wire, frozen=True):
    """A line of a friend list: a friendship, a request or a block, since when, and with whom."""

    friendship_id: Id
    since: Time
    user: User


class FriendPage(Wire, frozen=True, kw_only=True):
    """A page of a friend list, newest first."""

    items: list[FriendItem]
    next_cursor: str | None = None


class FriendListParams(Params, frozen=True, kw_only=True):
    """Which page."""

    cursor: Cursor | None = None
    limit: Limit = 50


@operation("friend.list", Route("GET", "/friends"), USERS)
async def list_friends(ctx: Ctx, params: FriendListParams) -> FriendPage:
    """The caller's friends, newest first."""
    return await _page(ctx, params, "friends")


@operation("friend.incoming", Route("GET", "/friends/requests/incoming"), USERS)
async def incoming(ctx: Ctx, params: FriendListParams) -> FriendPage:
    """Requests that wait for the caller's answer."""
    return await _page(ctx, params, "incoming")


@operation("friend.outgoing", Route("GET", "/friends/requests/outgoing"), USERS)
async def outgoing(ctx: Ctx, params: FriendListParams) -> FriendPage:
    """The caller's own requests that wait for an answer."""
    return await _page(ctx, params, "outgoing")


@operation("friend.blocked", Route("GET", "/friends/blocked"), USERS)
async def blocked(ctx: Ctx, params: FriendListParams) -> FriendPage:
    """Whom the caller has blocked. ``friendshipId`` is the block's own id."""
    return await _page(ctx, params, "blocked")


class FriendRequestParams(Params, frozen=True, kw_only=True):
    """Whom to ask."""

    addressee_id: Id


class FriendshipResult(Wire, frozen=True):
    """The friendship or request as it is now, or was when it ended."""

    friendship: Friendship


@operation(
    "friend.request",
    Route("POST", "/friends/request", status=201),
    USERS,
    errors=["not_found", "conflict"],
    rate=_RATE,
)
async def request(ctx: Ctx, params: FriendRequestParams) -> FriendshipResult:
    """Ask somebody else to be friends, 50 people a day. Who is asked by the person already accepts by this.

    ``conflict`` when they are friends or asked already, and, without saying so, when one has blocked the other.
    """
    me, other_id = ctx.caller.user_id, params.addressee_id
    if other_id == me:
        raise invalid("$.addresseeId", "is yourself")

    async def work(tx: Transaction, found: relations.Other | None) -> FriendshipResult:
        permissions.may_befriend(found)
        there = await friends.of_pair(tx, me, other_id)
        if there is None:
            await approaches.asks_friend(ctx, tx)
            asked = friends.FriendshipRow(uuid7(), me, other_id, accepted=False)
            await friends.insert(tx, asked.id, me, other_id)
            return await _told(ctx, tx, asked, "pending", FriendRequested)
        if there.accepted or there.requester_id == me:
            raise ApiError("conflict", "They are friends already" if there.accepted else "The request waits already")
        return await _accept(ctx, tx, there)

    return await pairs.change(ctx, other_id, work)


class FriendshipParams(Params, frozen=True, kw_only=True):
    """Which friendship or request."""

    friendship_id: Id


@operation(
    "friend.accept",
    Route("POST", "/friends/<friendshipId>/accept"),
    USERS,
    errors=["not_found", "forbidden", "conflict"],
    rate=_RATE,
)
async def accept(ctx: Ctx, params: FriendshipParams) -> FriendshipResult:
    """Become friends. ``forbidden`` for who has asked, ``conflict`` when they are friends already."""
    other_id = await _other(ctx, params)

    async def work(tx: Transaction, _: relations.Other | None) -> FriendshipResult:
        there = await access.friendship(ctx, tx, params.friendship_id)
        if there.accepted:
            raise ApiError("conflict", "They are friends already")
        if there.requester_id == ctx.caller.user_id:
            raise ApiError("forbidden", "The other person has to accept")
        return await _accept(ctx, tx, there)

    return await pairs.change(ctx, other_id, work)


@operation(
    "friend.decline",
    Route("POST", "/friends/<friendshipId>/decline"),
    USERS,
    errors=["not_found", "conflict"],
    rate=_RATE,
)
async def decline(ctx: Ctx, params: FriendshipParams) -> FriendshipResult:
    """Decline a request, or cancel one's own. ``conflict`` when they are friends."""
    other_id = await _other(ctx, params)

    async def work(tx: Transaction, _: relations.Other | None) -> FriendshipResult:
        there = await access.friendship(ctx, tx, params.friendship_id)
        if there.accepted:
            raise ApiError("conflict", "They are friends: remove the friend instead")
        return await _end(ctx, tx, there)

    return await pairs.change(ctx, other_id, work)


@operation(
    "friend.remove",
    Route("DELETE", "/friends/<friendshipId>"),
    USERS,
    errors=["not_found", "conflict"],
    rate=_RATE,
)
async def remove(ctx: Ctx, params: FriendshipParams) -> FriendshipResult:
    """End a friendship. ``conflict`` when it is only a request."""
    other_id = await _other(ctx, params)

    async def work(tx: Transaction, _: relations.Other | None) -> FriendshipResult:
        there = await access.friendship(ctx, tx, params.friendship_id)
        if not there.accepted:
            raise ApiError("conflict", "They are not friends yet: decline the request instead")
        return await _end(ctx, tx, there)

    return await pairs.change(ctx, other_id, work)


class BlockParams(Params, frozen=True, kw_only=True):
    """Whom."""

    user_id: Id


@operation("friend.block", Route("POST", "/friends/<userId>/block"), USERS, errors=["not_found"], rate=_RATE)
async def block(ctx: Ctx, params: BlockParams) -> Empty:
    """Block somebody else: nothing passes between the two any more. Ends friendship and requests.

    The other is not told; to them the caller has left, and keeps the name and picture of this moment for them, with
    nothing else of the profile. Blocking again changes nothing.
    """
    me, other_id = ctx.caller.user_id, params.user_id
    if other_id == me:
        raise invalid("$.userId", "is yourself")

    async def work(tx: Transaction, found: relations.Other | None) -> None:
        access.somebody(found)
        if await friends.block(tx, uuid7(), me, other_id):
            await conversations.close_if_blocked(tx, me, other_id)
            there = await friends.of_pair(tx, me, other_id)
            if there is not None:
                await _end(ctx, tx, there, by_me=False)
            await _own(ctx, tx, other_id, FriendBlocked)

    await pairs.change(ctx, other_id, work)
    return Empty()


@operation("friend.unblock", Route("POST", "/friends/<userId>/unblock"), USERS, errors=["not_found"], rate=_RATE)
async def unblock(ctx: Ctx, params: BlockParams) -> Empty:
    """Lift the caller's own block; one by the other stays. Without one nothing changes."""
    if not (await _found(ctx, params.user_id)).relation.blocked_by_me:
        # No trace of the two either, who may be strangers.
        return Empty()

    async def work(tx: Transaction, _: relations.Other | None) -> None:
        if await friends.unblock(tx, ctx.caller.user_id, params.user_id):
            opened = await conversations.close_if_blocked(tx, ctx.caller.user_id, params.user_id)
            if opened is not None:
                await conversations.reveal(tx, opened)
                await receipts.revealed(ctx, tx, opened)
            await _own(ctx, tx, params.user_id, FriendUnblocked)

    await pairs.change(ctx, params.user_id, work)
    return Empty()


class BlockStatus(Wire, frozen=True):
    """Whether the caller has blocked somebody: both say the same. That the other has blocked the caller is not told."""

    blocked: bool
    blocked_by_me: bool


@operation("friend.block_status", Route("GET", "/friends/<userId>/block-status"), USERS, errors=["not_found"])
async def block_status(ctx: Ctx, params: BlockParams) -> BlockStatus:
    """Whether the caller has blocked somebody. That the other has blocked the caller is not told."""
    mine = (await _found(ctx, params.user_id)).relation.blocked_by_me
    return BlockStatus(blocked=mine, blocked_by_me=mine)


async def _found(ctx: Ctx, user_id: str) -> relations.Other:
    return access.somebody(await relations.by_id(ctx.ports.db, ctx.caller.user_id, user_id))


async def _page(ctx: Ctx, params: FriendListParams, which: friends.List) -> FriendPage:
    below = cursors.position(params.cursor) if params.cursor else None
    found = await friends.listed(ctx.ports.db, ctx.caller.user_id, which, below=below, limit=params.limit + 1)
    page = found[: params.limit]
    items = [
        FriendItem(line.id, wire_time(line.since), visibility.user(line.other.person, line.other.relation))
        for line in page
    ]
    more = len(found) > params.limit
    return FriendPage(items=items, next_cursor=cursors.cursor(page[-1].since, page[-1].id) if more else None)


async def _other(ctx: Ctx, params: FriendshipParams) -> str:
    """With whom the caller has this friendship: looked up before the pair can be locked."""
    there = await access.friendship(ctx, ctx.ports.db, params.friendship_id)
    return there.addressee_id if there.requester_id == ctx.caller.user_id else there.requester_id


async def _accept(ctx: Ctx, tx: Transaction, there: friends.FriendshipRow) -> FriendshipResult:
    """Make friends of the two, and an ordinary conversation of a message request between them."""
    await friends.accept(tx, there.id)
    found = await relations.by_id(tx, ctx.caller.user_id, there.requester_id)
    direct_id = found.relation.direct_id if found else None
    if direct_id and await conversations.accept(tx, direct_id):
        await conversations.reveal(tx, direct_id)
        await requests.accepted(ctx, tx, direct_id, (there.requester_id, there.addressee_id))
    return await _told(ctx, tx, there, "accepted", FriendAccepted)


async def _end(ctx: Ctx, tx: Transaction, there: friends.FriendshipRow, *, by_me: bool = True) -> FriendshipResult:
    """Delete a friendship or request. ``by_me``: the caller's session has it from its answer."""
    await friends.delete(tx, there.id)
    if there.accepted:
        return await _told(ctx, tx, there, "removed", FriendRemoved, by_me=by_me)
    return await _told(ctx, tx, there, "declined", FriendDeclined, by_me=by_me)


async def _told(
    ctx: Ctx,
    tx: Transaction,
    there: friends.FriendshipRow,
    status: Literal["pending", "accepted", "declined", "removed"],
    event: type[FriendChanged],
    *,
    by_me: bool = True,
) -> FriendshipResult:
    """Tell both what is between them now, each with the other as they may be seen now."""
    friendship = Friendship(there.id, status, there.requester_id, there.addressee_id)
    pair = (there.requester_id, there.addressee_id)
    friends.touch(tx, pair)
    for viewer_id, seen_id in (pair, pair[::-1]):
        seen = await relations.by_id(tx, viewer_id, seen_id)
        if seen is not None:
            told = event.of(friendship, visibility.user(seen.person, seen.relation))
            tx.tell(told, [person_room(viewer_id)], exclude=ctx.caller.connection if by_me else "")
    return FriendshipResult(friendship)


async def _own(ctx: Ctx, tx: Transaction, other_id: str, event: type[BlockChanged]) -> None:
    """Tell the caller's other sessions, and nobody else, about a block."""
    me = ctx.caller.user_id
    friends.touch(tx, [me])
    found = await relations.by_id(tx, me, other_id)
    if found is not None:
        told = event.of(visibility.user(found.person, found.relation))
        tx.tell(told, [person_room(me)], exclude=ctx.caller.connection)
