"""What somebody is doing at this moment: told to whom it concerns, never stored.

No signal passes a message request that waits, nor a block, either way: ops/people/permissions.py ``passes``.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from chatr.api.contract import GUESTS, Rate, Route, operation
from chatr.api.errors import ApiError
from chatr.api.events.activity import Activity, ActivityDraft, ActivityListening, ActivityRecording, ActivityTyping
from chatr.api.model import Empty, Id, Params
from chatr.ops import access
from chatr.ops.conversations import receipts
from chatr.ops.people import permissions
from chatr.ops.ports import Ctx
from chatr.realtime.rooms import conversation_rooms
from chatr.store.conversations.conversations import Scene
from chatr.store.people import people

#: At most one signal of a kind passes in this time, for each person and conversation.
EVERY_S, DRAFT_EVERY_S = 2.0, 0.1
#: And of a group so many people's at most: more are shown nowhere, and each goes to all who are here.
MOST_AT_ONCE = 3
_RATE = Rate(1200, 60)
_ERRORS = ("not_found", "forbidden", "blocked")


class ActivityParams(Params, frozen=True, kw_only=True):
    """Whether it begins (or goes on) or ends."""

    conversation_id: Id
    active: bool = True


@operation("activity.typing", Route("POST", "/activity/typing"), GUESTS, errors=_ERRORS, rate=_RATE)
async def typing(ctx: Ctx, params: ActivityParams) -> Empty:
    """Say that the caller types; repeat it every few seconds. The others forget it six seconds after the last signal.

    ``forbidden`` while a message request waits.
    """
    return await _signal(ctx, params, ActivityTyping)


@operation("activity.recording", Route("POST", "/activity/recording"), GUESTS, errors=_ERRORS, rate=_RATE)
async def recording(ctx: Ctx, params: ActivityParams) -> Empty:
    """Say that the caller records. The others forget it thirty seconds after the last signal.

    ``forbidden`` while a message request waits.
    """
    return await _signal(ctx, params, ActivityRecording)


class ActivityDraftParams(Params, frozen=True, kw_only=True):
    """The text as it stands; empty: there is none any more."""

    conversation_id: Id
    text: Annotated[str, Meta(max_length=2000)]


@operation("activity.draft", Route("POST", "/activity/draft"), GUESTS, errors=_ERRORS, rate=Rate(3000, 60))
async def draft(ctx: Ctx, params: ActivityDraftParams) -> Empty:
    """Show what the caller is writing, letter by letter, where both have switched that on (``privacy.ghostTyping``).

    ``forbidden`` where not both have, in groups, and while a message request waits.
    """
    me = ctx.caller.user_id
    scene = await _scene(ctx, params.conversation_id)
    found = await people.by_ids(ctx.ports.db, scene.pair or ())
    if scene.pair is None or not all(person.privacy.ghost_typing for person in found.values()):
        raise ApiError("forbidden", "Not both have switched on that drafts are shown")
    if ctx.ports.live.throttle.passes(("draft", me, scene.id), active=bool(params.text), every_s=DRAFT_EVERY_S):
        _publish(ctx, ActivityDraft(scene.id, me, params.text), scene)
    return Empty()


class ActivityListeningParams(Params, frozen=True, kw_only=True):
    """Which audio message, whether it plays, and whether it has been heard to its end."""

    message_id: Id
    active: bool = True
    ended: bool = False


@operation("activity.listening", Route("POST", "/activity/listening"), GUESTS, errors=[*_ERRORS, "gone"], rate=_RATE)
async def listening(ctx: Ctx, params: ActivityListeningParams) -> Empty:
    """Say that the caller listens to an audio message; its sender is told. Its end is kept as "listened".

    ``forbidden`` for messages that are no audio, for one's own, and while a message request waits.
    """
    if params.ended:
        return await receipts.heard(ctx, params.message_id)
    me = ctx.caller.user_id
    async with ctx.ports.db.transaction() as tx:
        held = await receipts.audio(ctx, tx, params.message_id)
        if ctx.ports.live.throttle.passes(("listening", me, held.id), active=params.active, every_s=EVERY_S):
            tx.tell(ActivityListening(held.id, me, params.active, False), receipts.sender_room(held))
    return Empty()


async def _signal(ctx: Ctx, params: ActivityParams, kind: type[Activity]) -> Empty:
    me, passes = ctx.caller.user_id, ctx.ports.live.throttle.passes
    scene = await _scene(ctx, params.conversation_id)
    own = kind.__name__, me, scene.id
    if not passes(own, active=params.active, every_s=EVERY_S):
        return Empty()
    places = [(kind.__name__, scene.id, str(number)) for number in range(MOST_AT_ONCE)]
    if (
        not params.active
        or scene.pair is not None
        or any(passes(each, active=True, every_s=EVERY_S) for each in places)
    ):
        _publish(ctx, kind(scene.id, me, params.active), scene)
    else:
        # What nobody hears of has no end to be told of either.
        passes(own, active=False, every_s=EVERY_S)
    return Empty()


async def _scene(ctx: Ctx, conversation_id: str) -> Scene:
    """A conversation of the caller in which signals pass."""
    scene = await access.scene(ctx, conversation_id)
    permissions.passes(scene.status, scene.closed)
    return scene


def _publish(ctx: Ctx, payload: Activity | ActivityDraft, scene: Scene) -> None:
    rooms = conversation_rooms(payload.conversation_id, scene.pair)
    ctx.ports.live.publisher.publish(payload, rooms, exclude=ctx.caller.connection)
