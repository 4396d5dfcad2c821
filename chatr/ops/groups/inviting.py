"""Invitations: given, accepted, declined. Taken back they are by removing whoever is invited: leaving.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import UNSET, Meta

from chatr.api.contract import USERS, Rate, Route, operation
from chatr.api.errors import ApiError, FieldError
from chatr.api.events.groups import GroupInvited, GroupInviteDeclined, by_name
from chatr.api.model import Conversation, Empty, GroupParams, Id, Params, Sender
from chatr.ops import access
from chatr.ops.groups import details, rules, turns
from chatr.ops.people import approaches, permissions
from chatr.ops.ports import Ctx
from chatr.realtime.rooms import person_room
from chatr.store.groups import groups
from chatr.store.people import people, relations
from chatr.store.people.people import Person

#: People who are invited by one call.
MOST_INVITED = 500
#: Of those who have asked so many are let in in one turn of the group: nobody else writes in it meanwhile, and another
#: process that waits for it stores no message at all.
LET_IN_AT_ONCE = 25


class GroupInviteParams(Params, frozen=True, kw_only=True):
    """Whom."""

    id: Id
    user_ids: Annotated[list[Id], Meta(min_length=1, max_length=MOST_INVITED)]


@operation(
    "group.invite",
    Route("POST", "/groups/<id>/members"),
    USERS,
    errors=["not_found", "forbidden", "blocked", "conflict"],
    rate=Rate(60, 60),
)
async def invite(ctx: Ctx, params: GroupInviteParams) -> details.GroupDetails:
    """Invite people to a group: for its owners and admins, and where ``invitePolicy`` says so for its members.

    Who is in it or invited already is passed over; who has asked to be let in is let in, by owners and admins, of many
    some first. ``not_found`` names who is not there, ``blocked`` with whom there is a block: then nobody is invited.
    ``conflict``: the group would be too large.
    """

    async def work(turn: turns.GroupTurn) -> tuple[details.GroupDetails, Sequence[str]]:
        rules.check("invite", turn.group, turn.mine)
        asking = await invite_all(ctx, turn, params.user_ids, "$.userIds")
        return await details.after_change(ctx, turn), asking

    async def go_on(turn: turns.GroupTurn) -> tuple[details.GroupDetails, Sequence[str]]:
        rules.check("invite", turn.group, turn.mine)
        still = await _let_in(ctx, turn)
        return await details.after_change(ctx, turn), still

    answer, asking = await turns.change(ctx, params.id, work, concerned=params.user_ids)
    while asking:
        answer, asking = await turns.change(ctx, params.id, go_on, concerned=asking)
    return answer


@operation("group.accept", Route("POST", "/groups/<id>/accept"), USERS, errors=["not_found", "forbidden", "conflict"])
async def accept(ctx: Ctx, params: GroupParams) -> Conversation:
    """Accept an invitation: the caller is in the group from now on.

    ``conflict`` when they are, when it is full, or when they are in as many as one may be.
    """
    me = ctx.caller.user_id

    async def work(turn: turns.GroupTurn) -> Conversation:
        rules.check("accept", turn.group, turn.mine)
        await turns.let_in(turn, me, ctx.ports.messages.settings)
        return await turns.view_of(turn, me)

    return await turns.change(ctx, params.id, work)


@operation("group.decline", Route("POST", "/groups/<id>/decline"), USERS, errors=["not_found", "forbidden", "conflict"])
async def decline(ctx: Ctx, params: GroupParams) -> Empty:
    """Decline an invitation, and who has invited is told; or ask no more to be let in, and owners and admins are told.

    ``conflict`` for whoever is in the group: leave it instead.
    """
    me = ctx.caller.user_id

    async def work(turn: turns.GroupTurn) -> Empty:
        mine = rules.check("decline", turn.group, turn.mine)
        person = access.own_account(await people.by_id(turn.tx, me))
        groups.leave(turn.tx, turn.id, me)
        rooms = [person_room(user_id) for user_id in (me, *await _answered(turn, mine))]
        revision = await groups.revision(turn.tx, turn.id, me)
        turn.tx.tell(GroupInviteDeclined(turn.id, sender(person), revision), rooms, exclude=ctx.caller.connection)
        return Empty()

    return await turns.change(ctx, params.id, work)


async def _answered(turn: turns.GroupTurn, mine: groups.MemberRow) -> list[str]:
    """Whom it concerns that somebody does not come in: as long as they are in the group themselves."""
    if mine.status == "requested":
        return await groups.administrators(turn.tx, turn.id)
    found = await groups.members(turn.tx, turn.id, [mine.invited_by] if mine.invited_by else [])
    return [user_id for user_id, member in found.items() if member.status == "joined"]


async def invite_all(ctx: Ctx, turn: turns.GroupTurn, user_ids: Sequence[str], path: str) -> Sequence[str]:
    """Invite people, and let in who has asked to be, where the caller may. Raises as the operation says.

    Returns those who have asked and are not in yet: there are too many for one turn.
    """
    me = ctx.caller.user_id
    mine = access.own_account(await people.by_id(turn.tx, me))
    wanted = [user_id for user_id in dict.fromkeys(user_ids) if user_id != me]
    found = await relations.by_ids(turn.tx, me, wanted)
    for user_id in wanted:
        _check(user_id, found.get(user_id), f"{path}[{user_ids.index(user_id)}]")
    still = await _let_in(ctx, turn)
    invited = await groups.enlist(turn.tx, turn.id, wanted, "invited", me)
    await approaches.invites(ctx, turn.tx, sum(not found[user_id].relation.near for user_id in invited))
    if await groups.population(turn.tx, turn.id) > ctx.ports.messages.settings.max_group_members:
        raise turns.full()
    info = turns.info(turn.group, inside=False)
    for user_id, revision in (await groups.revisions(turn.tx, turn.id, invited)).items():
        turn.tx.tell(GroupInvited(info, by_name(sender(mine)), info.member_count, revision), [person_room(user_id)])
    return still


async def _let_in(ctx: Ctx, turn: turns.GroupTurn) -> Sequence[str]:
    """Let in some of those who have asked to be, where the caller may. Returns the others."""
    if not rules.may_let_in(turn.mine):
        return ()
    asking = sorted(user_id for user_id, member in turn.people.items() if member.status == "requested")
    for user_id in asking[:LET_IN_AT_ONCE]:
        await turns.let_in(turn, user_id, ctx.ports.messages.settings)
    return asking[LET_IN_AT_ONCE:]


def _check(user_id: str, found: relations.Other | None, path: str) -> None:
    if found is None or not found.person.verified or found.person.role == "guest":
        raise ApiError("not_found", f"There is no such user: {user_id}", errors=(FieldError(path, "is no user"),))
    if found.relation.blocked:
        refusal = permissions.blocked()
        raise ApiError(refusal.code, f"{refusal.detail}: {user_id}", errors=(FieldError(path, "is not possible"),))


def sender(person: Person) -> Sender:
    """Somebody as they are called."""
    return Sender(person.id, person.username, person.display_name, person.profile_image or UNSET)
