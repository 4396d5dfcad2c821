"""Groups as they are read: one's own, those one is invited to, and who is in one."""

from __future__ import annotations

from typing import Annotated, cast

from msgspec import UNSET, Meta, UnsetType

from chatr.api.contract import USERS, Route, operation
from chatr.api.model import (
    Conversation,
    Cursor,
    GroupInfo,
    GroupMember,
    GroupRole,
    GroupStatus,
    Id,
    Limit,
    Params,
    Revision,
    Time,
    User,
    Wire,
    wire_time,
)
from chatr.ops import access, cursors, pages
from chatr.ops.groups import rules, turns
from chatr.ops.people import visibility
from chatr.ops.ports import Ctx
from chatr.store.conversations import conversations
from chatr.store.groups import groups, rosters
from chatr.store.groups.groups import GroupRow, MemberRow
from chatr.store.people import relations
from chatr.store.people.relations import Other
from chatr.store.pool import Queryable

#: Members that an answer of something done names: all of most groups.
ANSWERED = 100


class GroupListParams(Params, frozen=True, kw_only=True):
    """Which page."""

    cursor: Cursor | None = None
    limit: Limit = 50


class GroupPage(Wire, frozen=True, kw_only=True):
    """Groups as the caller has them, newest activity first."""

    items: list[Conversation]
    next_cursor: str | None = None


@operation("group.list", Route("GET", "/groups"), USERS)
async def list_groups(ctx: Ctx, params: GroupListParams) -> GroupPage:
    """The groups in which the caller is, newest activity first."""
    me = ctx.caller.user_id
    below = cursors.position(params.cursor) if params.cursor else None
    views = await conversations.newest(ctx.ports.db, me, kind="group", below=below, limit=params.limit + 1)
    shown = [visibility.conversation(view, me) for view in views[: params.limit]]
    items = pages.first(shown, ctx.ports.limits.page_bytes)
    end = views[len(items) - 1] if len(views) > len(items) else None
    return GroupPage(items=items, next_cursor=cursors.cursor(end.active_at, end.id) if end else None)


class GroupInvite(Wire, frozen=True, kw_only=True):
    """An invitation: to which group, by whom unless they are no more, and since when.

    ``revision``: of what the caller is to the group; what is told of that has a greater one.
    """

    group: GroupInfo
    invited_by: User | UnsetType = UNSET
    member_count: int
    invited_at: Time
    revision: Revision


class GroupInvitePage(Wire, frozen=True, kw_only=True):
    """Invitations, newest first."""

    items: list[GroupInvite]
    next_cursor: str | None = None


@operation("group.invites", Route("GET", "/groups/invites"), USERS)
async def invites(ctx: Ctx, params: GroupListParams) -> GroupInvitePage:
    """The groups to which the caller is invited, newest first. Until they accept they see no more of them."""
    db, me = ctx.ports.db, ctx.caller.user_id
    below = cursors.position(params.cursor) if params.cursor else None
    found = await rosters.invitations(db, me, below=below, limit=params.limit + 1)
    shown = found[: params.limit]
    people = await relations.by_ids(db, me, sorted({each.invited_by for each in shown if each.invited_by}))
    items = [
        GroupInvite(
            group=turns.info(each.group, inside=False),
            invited_by=_user(people, each.invited_by, me) or UNSET,
            member_count=each.group.member_count,
            invited_at=wire_time(each.at),
            revision=each.revision,
        )
        for each in shown
    ]
    more = len(found) > len(shown)
    return GroupInvitePage(items=items, next_cursor=cursors.cursor(shown[-1].at, shown[-1].group.id) if more else None)


def _user(people: dict[str, Other], user_id: str | None, viewer_id: str) -> User | None:
    found = people.get(user_id or "")
    return visibility.other(found, viewer_id) if found else None


class GroupGetParams(Params, frozen=True, kw_only=True):
    """Which group, and which page of its members: of all, or of those whose name begins with ``q``.

    ``status``: only of those who are that, as who asks to be let in.
    """

    id: Id
    q: Annotated[str, Meta(max_length=64)] | None = None
    status: GroupStatus | None = None
    cursor: Cursor | None = None
    limit: Limit = 100


class GroupDetails(Wire, frozen=True, kw_only=True):
    """A group and a page of its members, owners and admins first, and what the caller is in it.

    Whoever is only invited, or has asked to be let in, sees neither members nor messages. ``myStatus`` is absent for
    whoever is none of these, ``myRole`` for whoever is not in it.
    """

    group: GroupInfo
    members: list[GroupMember]
    next_cursor: str | None = None
    my_role: GroupRole | UnsetType = UNSET
    my_status: GroupStatus | UnsetType = UNSET


@operation("group.get", Route("GET", "/groups/<id>"), USERS, errors=["not_found"])
async def get(ctx: Ctx, params: GroupGetParams) -> GroupDetails:
    """A group in which the caller is, with its members page by page; or to which they are invited, or ask to be let in.

    Where ``joinPolicy`` is ``request`` also before they ask. Owners and admins also see who has asked.
    """
    return await details(ctx, ctx.ports.db, params)


async def details(ctx: Ctx, db: Queryable, params: GroupGetParams) -> GroupDetails:
    """A group as the caller sees it. Raises ``not_found``."""
    me = ctx.caller.user_id
    group = access.group(await groups.find(db, params.id))
    mine = (await groups.members(db, params.id, [me])).get(me)
    if mine is None and group.join_policy != "request":
        raise access.no_group()
    if mine is None or not rules.sees(mine):
        status = UNSET if mine is None else cast(GroupStatus, mine.status)
        return GroupDetails(group=turns.info(group, inside=False), members=[], my_status=status)
    members, cursor = await _members(ctx, db, group, mine, params)
    return GroupDetails(
        group=turns.info(group, inside=True),
        members=members,
        next_cursor=cursor,
        my_role=mine.role,
        my_status="joined",
    )


async def after_change(ctx: Ctx, turn: turns.GroupTurn) -> GroupDetails:
    """A group as the caller sees it who has just changed it, with all members of most groups."""
    return await details(ctx, turn.tx, GroupGetParams(id=turn.id, limit=ANSWERED))


async def _members(
    ctx: Ctx, db: Queryable, group: GroupRow, mine: MemberRow, params: GroupGetParams
) -> tuple[list[GroupMember], str | None]:
    me, limit = ctx.caller.user_id, params.limit
    found = await rosters.page(
        db,
        group.id,
        me,
        called=(params.q or "").strip(),
        status=params.status,
        after=cursors.ranked(params.cursor) if params.cursor else None,
        requested=rules.may_let_in(mine),
        limit=limit + 1,
    )
    shown = found[:limit]
    people = await relations.by_ids(db, me, [each.member.user_id for each in shown])
    items = [
        GroupMember(
            user=visibility.other(people[each.member.user_id], me),
            role=each.member.role,
            status=cast(GroupStatus, each.member.status),
            invited_by=each.member.invited_by or UNSET,
            joined_at=wire_time(each.member.joined_at),
        )
        for each in shown
        # Somebody whose account was deleted a moment ago.
        if each.member.user_id in people
    ]
    more = len(found) > len(shown)
    return items, cursors.ranked_cursor(shown[-1].rank, shown[-1].member.user_id) if more else None
