"""Roles in a group: given, taken, handed on. Who may say rules.py."""

from __future__ import annotations

from typing import Literal

from chatr.api.contract import USERS, Route, operation
from chatr.api.errors import ApiError
from chatr.api.model import GroupMemberParams, GroupParams, GroupRole, Id, Params
from chatr.ops.groups import details, rules, turns
from chatr.ops.ports import Ctx
from chatr.store.groups import groups

_ERRORS = ("not_found", "forbidden", "conflict")


class GroupPromoteParams(Params, frozen=True, kw_only=True):
    """Whom, in which group, to what."""

    id: Id
    user_id: Id
    role: Literal["admin", "owner"] = "admin"


@operation("group.promote", Route("PATCH", "/groups/<id>/members/<userId>/promote"), USERS, errors=_ERRORS)
async def promote(ctx: Ctx, params: GroupPromoteParams) -> details.GroupDetails:
    """Make an admin of a member, or with ``role`` another owner of a member or admin; the latter for owners only.

    ``conflict`` when they are that already, or have not joined yet.
    """
    act: rules.Act = "promote" if params.role == "admin" else "make_owner"
    return await _give(ctx, params.id, params.user_id, act, "promoted", params.role)


@operation("group.demote", Route("PATCH", "/groups/<id>/members/<userId>/demote"), USERS, errors=_ERRORS)
async def demote(ctx: Ctx, params: GroupMemberParams) -> details.GroupDetails:
    """Make a member of an admin: for owners, and for admins of themselves. ``conflict`` for whoever is no admin."""
    return await _give(ctx, params.id, params.user_id, "demote", "demoted", "member")


async def _give(
    ctx: Ctx, group_id: str, user_id: str, act: rules.Act, said: str, role: GroupRole
) -> details.GroupDetails:
    async def work(turn: turns.GroupTurn) -> details.GroupDetails:
        rules.check_on(act, turn.mine, turn.people.get(user_id))
        await turns.give_role(turn, said, (user_id, role))
        return await details.after_change(ctx, turn)

    return await turns.change(ctx, group_id, work, concerned=[user_id])


@operation("group.transfer_ownership", Route("POST", "/groups/<id>/transfer-ownership"), USERS, errors=_ERRORS)
async def transfer_ownership(ctx: Ctx, params: GroupMemberParams) -> details.GroupDetails:
    """Hand the caller's ownership on to somebody in the group, and be an admin from then on.

    ``conflict`` for whoever is an owner already, or has not joined yet.
    """
    me = ctx.caller.user_id

    async def work(turn: turns.GroupTurn) -> details.GroupDetails:
        rules.check_on("transfer", turn.mine, turn.people.get(params.user_id))
        await turns.give_role(turn, "transferred", (params.user_id, "owner"), (me, "admin"))
        return await details.after_change(ctx, turn)

    return await turns.change(ctx, params.id, work, concerned=[params.user_id])


@operation("group.step_down", Route("POST", "/groups/<id>/step-down"), USERS, errors=_ERRORS)
async def step_down(ctx: Ctx, params: GroupParams) -> details.GroupDetails:
    """Be an owner no more, but an admin. ``conflict`` for the only owner: hand the group on instead."""
    me = ctx.caller.user_id

    async def work(turn: turns.GroupTurn) -> details.GroupDetails:
        rules.check("step_down", turn.group, turn.mine)
        if await groups.other_owner(turn.tx, turn.id, me) is None:
            raise ApiError("conflict", "A group needs an owner: hand it on instead")
        await turns.give_role(turn, "stepped_down", (me, "admin"))
        return await details.after_change(ctx, turn)

    return await turns.change(ctx, params.id, work)
