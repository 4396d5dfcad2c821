"""Who leaves a group, or is removed from it. A group is never without an owner, nor without anybody."""

from __future__ import annotations

from chatr.api.contract import USERS, Route, operation
from chatr.api.errors import ApiError
from chatr.api.events.groups import GroupInviteRevoked, GroupMemberLeft, GroupMemberRemoved
from chatr.api.model import GroupMemberParams, GroupParams
from chatr.ops.groups import details, rules, turns
from chatr.ops.ports import Ctx
from chatr.realtime.publisher import Publisher
from chatr.realtime.rooms import person_room
from chatr.services.receipt_counts import ReceiptCounts
from chatr.store.groups import groups
from chatr.store.pool import Transaction


@operation("group.leave", Route("POST", "/groups/<id>/leave"), USERS, errors=["not_found", "forbidden"])
async def leave(ctx: Ctx, params: GroupParams) -> details.GroupDetails:
    """Leave a group. Of the last owner the longest-serving admin becomes owner, or else the longest-serving member.

    When the last who is in it leaves, it is deleted. ``forbidden`` for whoever is only invited: decline instead.
    """

    async def work(turn: turns.GroupTurn) -> details.GroupDetails:
        mine = rules.check("leave", turn.group, turn.mine)
        await go(turn, mine)
        return details.GroupDetails(group=turns.info(turn.group, inside=False), members=[])

    return await turns.change(ctx, params.id, work)


async def go(turn: turns.GroupTurn, mine: groups.MemberRow) -> None:
    """Let somebody leave a group, and somebody inherit it if need be."""
    me = mine.user_id
    if mine.role == "owner" and await groups.other_owner(turn.tx, turn.id, me) is None:
        heir = await groups.heir(turn.tx, turn.id, me)
        if heir is None:
            await turns.end(turn)
            return
        # Before, so that the group has an owner at each entry of its log.
        await turns.give_role(turn, "promoted", (heir, "owner"))
    await turns.let_go(turn, mine, "left", GroupMemberLeft)


async def desert(publisher: Publisher, receipts: ReceiptCounts, tx: Transaction, group_id: str, user_id: str) -> None:
    """Let somebody leave a group whose account is deleted, unless it was deleted meanwhile itself."""
    try:
        turn = await turns.hold_for(user_id, tx, group_id, publisher, receipts)
    except ApiError as error:
        if error.code != "not_found":
            raise
        return
    if turn.mine is not None and turn.mine.status == "joined":
        await go(turn, turn.mine)
    else:
        groups.leave(tx, group_id, user_id)


@operation(
    "group.remove_member",
    Route("DELETE", "/groups/<id>/members/<userId>"),
    USERS,
    errors=["not_found", "forbidden", "conflict"],
)
async def remove_member(ctx: Ctx, params: GroupMemberParams) -> details.GroupDetails:
    """Remove somebody from a group, take an invitation back, or refuse who asks to be let in.

    Owners remove anybody but an owner, admins only members. Whoever was removed hears nothing of the group from that
    moment on. ``conflict`` for oneself: leave instead.
    """

    async def work(turn: turns.GroupTurn) -> details.GroupDetails:
        target = rules.check_on("remove", turn.mine, turn.people.get(params.user_id))
        if target.status == "joined":
            await turns.let_go(turn, target, "removed", GroupMemberRemoved)
        else:
            groups.leave(turn.tx, turn.id, target.user_id)
            revision = await groups.revision(turn.tx, turn.id, target.user_id)
            turn.tx.tell(GroupInviteRevoked(turn.id, revision), [person_room(target.user_id)])
        return await details.after_change(ctx, turn)

    return await turns.change(ctx, params.id, work, concerned=[params.user_id])
