"""Ways into a group without an invitation: asking to be let in, and links. Which is open says the group itself."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Annotated, cast

from msgspec import UNSET, Meta, UnsetType

from chatr.api.contract import USERS, Rate, Route, operation
from chatr.api.errors import ApiError, invalid
from chatr.api.events.groups import GroupJoinRequested
from chatr.api.model import Conversation, Empty, GroupInfo, GroupParams, GroupStatus, Id, Params, Time, Wire, wire_time
from chatr.ops import access
from chatr.ops.conversations.conversations import check_moment
from chatr.ops.groups import inviting, rules, turns
from chatr.ops.ports import Ctx
from chatr.realtime.rooms import person_room
from chatr.store.groups import groups, links
from chatr.store.groups.groups import GroupRow
from chatr.store.groups.links import LinkRow
from chatr.store.ids import uuid7
from chatr.store.people import people
from chatr.store.pool import Queryable

#: Links that a group has at once.
MOST_LINKS = 50
#: Bytes of a link's code: nobody guesses one.
CODE_BYTES = 16


@operation(
    "group.request_to_join",
    Route("POST", "/groups/<id>/join"),
    USERS,
    errors=["not_found", "conflict"],
    rate=Rate(20, 600),
)
async def request_to_join(ctx: Ctx, params: GroupParams) -> Empty:
    """Ask to be let into a group whose ``joinPolicy`` is ``request``: an owner or admin lets the caller in, or not.

    They do so by group.invite and group.remove_member; group.decline withdraws it. Asked again nothing changes.
    ``conflict`` for whoever is in it or invited. A group that nobody may ask is ``not_found``.
    """
    me = ctx.caller.user_id

    async def work(turn: turns.GroupTurn) -> Empty:
        if turn.mine is not None and turn.mine.status != "requested":
            raise ApiError("conflict", "You are in this group, or invited to it")
        if turn.group.join_policy != "request":
            raise access.no_group()
        mine = access.own_account(await people.by_id(turn.tx, me))
        if await groups.enlist(turn.tx, turn.id, [me], "requested", None):
            rooms = [person_room(user_id) for user_id in await groups.administrators(turn.tx, turn.id)]
            revision = await groups.revision(turn.tx, turn.id, me)
            turn.tx.tell(GroupJoinRequested(turn.id, inviting.sender(mine), revision), rooms)
        return Empty()

    return await turns.change(ctx, params.id, work)


class GroupLink(Wire, frozen=True, kw_only=True):
    """A link that lets people into a group. ``uses``: how many may still come by it; absent: any number."""

    id: Id
    code: str
    url: str
    made_by: Id
    created_at: Time
    expires_at: Time | UnsetType = UNSET
    uses: int | UnsetType = UNSET


class GroupLinks(Wire, frozen=True):
    """The links of a group that still let somebody in, newest first."""

    items: list[GroupLink]


class GroupLinkCreateParams(Params, frozen=True, kw_only=True):
    """Of which group, until when, and for how many; without these for ever, and for any number."""

    id: Id
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None
    uses: Annotated[int, Meta(ge=1, le=100_000)] | None = None


@operation(
    "group.link_create",
    Route("POST", "/groups/<id>/links", status=201),
    USERS,
    errors=["not_found", "forbidden", "conflict"],
)
async def link_create(ctx: Ctx, params: GroupLinkCreateParams) -> GroupLink:
    """Make a link that lets whoever has it into a group, while its ``joinPolicy`` is not ``closed``: owners and admins.

    A closed group is not closed any more by that: its ``joinPolicy`` is ``link`` from then on.

    ``expiresAt`` lies ahead. ``conflict`` when there are 50 already.
    """
    if params.expires_at is not None:
        check_moment("$.expiresAt", params.expires_at)
        if params.expires_at <= ctx.now:
            raise invalid("$.expiresAt", "is over already")
    link = LinkRow(
        id=uuid7(),
        code=secrets.token_urlsafe(CODE_BYTES),
        made_by=ctx.caller.user_id,
        created_at=ctx.now,
        expires_at=params.expires_at,
        uses_left=params.uses,
    )

    async def work(turn: turns.GroupTurn) -> GroupLink:
        rules.check("link", turn.group, turn.mine)
        if await links.clear_away(turn.tx, turn.id) >= MOST_LINKS:
            raise ApiError("conflict", f"A group has {MOST_LINKS} links at most: revoke one")
        await links.insert(turn.tx, turn.id, link)
        if turn.group.join_policy == "closed":
            await groups.update(turn.tx, turn.id, {"join_policy": "link"})
            await turns.updated(turn, "settings_changed")
        return _shown(ctx, link)

    return await turns.change(ctx, params.id, work)


@operation("group.link_list", Route("GET", "/groups/<id>/links"), USERS, errors=["not_found", "forbidden"])
async def link_list(ctx: Ctx, params: GroupParams) -> GroupLinks:
    """The links of a group that still let somebody in: for its owners and admins."""
    db, me = ctx.ports.db, ctx.caller.user_id
    group = access.group(await groups.find(db, params.id))
    rules.check("link", group, (await groups.members(db, params.id, [me])).get(me))
    return GroupLinks([_shown(ctx, each) for each in await links.listed(db, params.id, MOST_LINKS)])


class GroupLinkRevokeParams(Params, frozen=True, kw_only=True):
    """Which link, of which group."""

    id: Id
    link_id: Id


@operation(
    "group.link_revoke", Route("DELETE", "/groups/<id>/links/<linkId>"), USERS, errors=["not_found", "forbidden"]
)
async def link_revoke(ctx: Ctx, params: GroupLinkRevokeParams) -> Empty:
    """Take a link back: nobody comes in by it any more. For owners and admins."""

    async def work(turn: turns.GroupTurn) -> Empty:
        rules.check("link", turn.group, turn.mine)
        if not await links.revoke(turn.tx, turn.id, params.link_id):
            raise ApiError("not_found", "There is no such link")
        return Empty()

    return await turns.change(ctx, params.id, work)


class GroupJoinByLinkParams(Params, frozen=True, kw_only=True):
    """The code of the link."""

    code: Annotated[str, Meta(min_length=1, max_length=64)]


class GroupLinkTarget(Wire, frozen=True, kw_only=True):
    """Where a link leads: the group as whoever is not in it sees it, unless the caller is."""

    group: GroupInfo
    my_status: GroupStatus | UnsetType = UNSET


@operation("group.link_target", Route("GET", "/groups/join/<code>"), USERS, errors=["gone"], rate=Rate(60, 60))
async def link_target(ctx: Ctx, params: GroupJoinByLinkParams) -> GroupLinkTarget:
    """Where a link leads, before one goes there: nothing is used up. ``gone``: to nowhere any more, for the caller.

    So it is where the group is closed now, and for whoever was removed from it.
    """
    db, me = ctx.ports.db, ctx.caller.user_id
    group_id = await links.leads_to(db, params.code)
    group = await groups.find(db, group_id) if group_id is not None else None
    if group is None:
        raise _gone()
    mine = (await groups.members(db, group.id, [me])).get(me)
    inside = mine is not None and mine.status == "joined"
    if not inside and not await _lets_in(db, group, me):
        raise _gone()
    status = UNSET if mine is None else cast(GroupStatus, mine.status)
    return GroupLinkTarget(group=turns.info(group, inside=inside), my_status=status)


@operation(
    "group.join_by_link",
    Route("POST", "/groups/join/<code>"),
    USERS,
    errors=["gone", "forbidden", "conflict"],
    rate=Rate(30, 60),
)
async def join_by_link(ctx: Ctx, params: GroupJoinByLinkParams) -> Conversation:
    """Come into a group by a link; whoever is in it already uses nothing up.

    ``gone``: there is no such link any more. ``forbidden``: the group is closed now, or the caller was removed from it.
    ``conflict``: it is full.
    """
    me, code = ctx.caller.user_id, params.code

    async def work(turn: turns.GroupTurn) -> Conversation:
        if turn.mine is None or turn.mine.status != "joined":
            if not await _lets_in(turn.tx, turn.group, me):
                raise ApiError("forbidden", "This group does not let you in by a link")
            if not await links.use(turn.tx, code):
                raise _gone()
            await groups.enlist(turn.tx, turn.id, [me], "invited", None)
            await turns.let_in(turn, me, most=ctx.ports.messages.settings.max_group_members)
        return await turns.view_of(turn, me)

    group_id = await links.leads_to(ctx.ports.db, code)
    if group_id is None:
        raise _gone()
    try:
        return await turns.change(ctx, group_id, work)
    except ApiError as error:
        # It was deleted since.
        raise _gone() if error.code == "not_found" else error from None


async def _lets_in(db: Queryable, group: GroupRow, user_id: str) -> bool:
    return group.join_policy != "closed" and not await groups.was_removed(db, group.id, user_id)


def _gone() -> ApiError:
    return ApiError("gone", "This link lets nobody in any more")


def _shown(ctx: Ctx, link: LinkRow) -> GroupLink:
    return GroupLink(
        id=link.id,
        code=link.code,
        # Behind the #: no server and no proxy between sees it.
        url=f"{ctx.ports.messages.public_url}/join#{link.code}",
        made_by=link.made_by,
        created_at=wire_time(link.created_at),
        expires_at=wire_time(link.expires_at) if link.expires_at else UNSET,
        uses=link.uses_left if link.uses_left is not None else UNSET,
    )
