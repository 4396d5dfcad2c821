"""A group begins, is kept, and ends."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType, field

from chatr.api.contract import USERS, Rate, Route, operation
from chatr.api.events.conversations import ConversationCreated
from chatr.api.events.groups import GroupCreated
from chatr.api.model import Conversation, Empty, GroupParams, Id, InvitePolicy, JoinPolicy, Params
from chatr.ops import access
from chatr.ops.groups import details, inviting, names, rules, turns
from chatr.ops.people import visibility
from chatr.ops.ports import Ctx
from chatr.realtime.rooms import group_room, person_room
from chatr.store.groups import groups
from chatr.store.ids import uuid7
from chatr.store.people import people
from chatr.store.pool import Transaction


class GroupCreateParams(Params, frozen=True, kw_only=True):
    """What it is called, and who is invited at once."""

    name: names.GroupName
    description: names.GroupDescription | None = None
    member_ids: Annotated[list[Id], Meta(max_length=inviting.MOST_INVITED)] = field(default_factory=list)


@operation(
    "group.create",
    Route("POST", "/groups", status=201),
    USERS,
    errors=["not_found", "blocked", "conflict"],
    rate=Rate(20, 60),
)
async def create(ctx: Ctx, params: GroupCreateParams) -> Conversation:
    """Create a group, as its owner, and invite people, who are in it once they accept.

    ``not_found`` names who is not there, ``blocked`` with whom there is a block; then no group is created.
    ``conflict``: more people than a group may have, or the caller is in as many groups as one may be.
    """
    name, description = names.name(params.name), names.description(params.description)
    group_id, me, connection = uuid7(), ctx.caller.user_id, ctx.caller.connection

    async def work(tx: Transaction) -> Conversation:
        mine = access.own_account(await people.by_id(tx, me))
        await turns.check_count(tx, me, ctx.ports.messages.settings)
        access.own_account(await groups.insert(tx, group_id, me, name, description))
        turn = await turns.hold(ctx, tx, group_id)
        await turns.write(turn, "created", text=name)
        # Nobody is there yet who could hear it; it is in what they are told.
        tx.then(partial(turn.publisher.enter, [person_room(me)], group_room(group_id)))
        view = await turns.view_of(turn, me)
        tx.tell(ConversationCreated.of(view), [person_room(me)], exclude=connection)
        info = turns.info(access.group(await groups.find(tx, group_id)), inside=True)
        told = GroupCreated(info, visibility.user(mine, None), view, view.revision)
        tx.tell(told, [person_room(me)], exclude=connection)
        await inviting.invite_all(ctx, turn, params.member_ids, "$.memberIds")
        return view

    return await ctx.ports.messages.writer.change(work, caller=me, place=group_id)


class GroupUpdateParams(Params, frozen=True, kw_only=True):
    """What is to be another; what is left out stays."""

    id: Id
    name: names.GroupName | UnsetType = UNSET
    description: names.GroupDescription | UnsetType | None = UNSET
    join_policy: JoinPolicy | UnsetType = UNSET
    invite_policy: InvitePolicy | UnsetType = UNSET
    history_visible: bool | UnsetType = UNSET


@operation("group.update", Route("PATCH", "/groups/<id>"), USERS, errors=["not_found", "forbidden"])
async def update(ctx: Ctx, params: GroupUpdateParams) -> details.GroupDetails:
    """Rename or describe a group, or say how it is kept: for its owners and admins. The log says who did.

    ``joinPolicy``: ``closed`` to all but the invited; by ``link``; or also on ``request``, where who asks waits for an
    admin. ``historyVisible``: whether who joins from now on sees what was written before.
    """
    wanted: dict[str, Any] = {
        "join_policy": params.join_policy,
        "invite_policy": params.invite_policy,
        "history_visible": params.history_visible,
    }
    if params.name is not UNSET:
        wanted["name"] = names.name(params.name)
    if params.description is not UNSET:
        wanted["description"] = names.description(params.description)

    async def work(turn: turns.GroupTurn) -> details.GroupDetails:
        rules.check("update", turn.group, turn.mine)
        changed = {
            key: value for key, value in wanted.items() if value is not UNSET and value != getattr(turn.group, key)
        }
        if changed:
            await groups.update(turn.tx, turn.id, changed)
            said = [(key, word) for key, word in _SAID.items() if key in changed]
            for key, word in said or [("", "settings_changed")]:
                await turns.updated(turn, word, (changed.get(key) or "") if key == "name" else "")
        return await details.after_change(ctx, turn)

    return await turns.change(ctx, params.id, work)


#: What the log says of a change; of any other it says that the group is kept in another way.
_SAID = {"name": "renamed", "description": "described"}


@operation("group.delete", Route("DELETE", "/groups/<id>"), USERS, errors=["not_found", "forbidden"])
async def delete(ctx: Ctx, params: GroupParams) -> Empty:
    """Delete a group with all that is in it, for everybody: for its owners. All are told, the invited too."""

    async def work(turn: turns.GroupTurn) -> Empty:
        rules.check("delete", turn.group, turn.mine)
        await turns.end(turn)
        return Empty()

    return await turns.change(ctx, params.id, work)
