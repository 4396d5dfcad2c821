"""Presence: who of the people one has to do with is here.

Somebody is here as the best of their sessions is, and gone after a while: realtime/presence.py. Who may know says
privacy.py ``sees_presence``; who is near enough store/people/relations.py. services/presence_news.py tells it, and when
somebody was last seen is kept by store/people/people.py ``here``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from chatr.api.contract import USERS, Route, operation
from chatr.api.errors import ApiError
from chatr.api.model import Empty, Id, Params, PresenceState, Wire, wire_time
from chatr.ops.ports import Ctx
from chatr.realtime.presence import Status
from chatr.store.people import people, relations
from chatr.store.people.people import Sighting


class PresenceSetParams(Params, frozen=True, kw_only=True):
    """Whether somebody sits in front of this session."""

    status: Literal["online", "away"]


@operation("presence.set", Route("PUT", "/presence"), USERS, errors=["conflict"])
async def set_presence(ctx: Ctx, params: PresenceSetParams) -> Empty:
    """Say that this realtime session is online or away. Over REST that is the one that ``X-Chatr-Connection`` names.

    Without that header all of this sign-in's; ``conflict`` when it has none open.
    """
    presence, caller = ctx.ports.live.presence, ctx.caller
    connections = [caller.connection] if caller.connection else ctx.ports.live.connections(caller.session_id)
    known = [connection for connection in connections if presence.knows(caller.user_id, connection)]
    if not known:
        raise ApiError("conflict", "Presence belongs to an open realtime session, and this sign-in has none")
    for connection in known:
        presence.set(caller.user_id, connection, params.status)
    return Empty()


class PresenceQueryParams(Params, frozen=True, kw_only=True):
    """Whose presence; left out: of everybody whom the caller may be told about."""

    user_ids: Annotated[list[Id], Meta(min_length=1, max_length=200)] | UnsetType = UNSET


class PresenceList(Wire, frozen=True, kw_only=True):
    """Presence of the people asked for, in the order of the question."""

    items: list[PresenceState]


@operation("presence.query", Route("GET", "/presence"), USERS)
async def query(ctx: Ctx, params: PresenceQueryParams) -> PresenceList:
    """The presence of people: the snapshot that presence.changed events are applied to.

    ``hidden`` for whoever does not let the caller know, or is neither a friend of the caller nor in a conversation with
    them; one sees oneself. Who asked to write to the caller is shown; whom the caller asked is not before they accept.
    """
    asked = None if params.user_ids is UNSET else params.user_ids
    me = ctx.caller.user_id
    shown = await relations.showing(ctx.ports.db, me, asked)
    if asked is not None and me in asked:
        shown[me] = await people.sighting(ctx.ports.db, me)
    # After the revisions, as everywhere: a greater one never comes with an older status.
    statuses = await ctx.ports.live.presence.statuses(list(shown))
    items = [
        _state(user_id, statuses[user_id], shown[user_id])
        if user_id in shown
        else PresenceState(user_id=user_id, status="offline", hidden=True)
        for user_id in (shown if asked is None else asked)
    ]
    return PresenceList(items=items)


def _state(user_id: str, status: Status, found: Sighting) -> PresenceState:
    seen = wire_time(found.last_seen_at) if found.last_seen_at and status == "offline" else UNSET
    return PresenceState(user_id=user_id, status=status, last_seen=seen, revision=found.revision)
