"""Presence: who of one's direct conversations is here."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from chatr.api.contract import USERS, Route, operation
from chatr.api.errors import ApiError
from chatr.api.events import PRESENCE_CHANGED, PresenceChanged
from chatr.api.model import Empty, Id, Params, PresenceState, Wire, wire_time
from chatr.ops import audience
from chatr.ops.ports import Ctx, Publisher
from chatr.realtime.presence import Status
from chatr.store import conversations, people
from chatr.store.pool import Database

log = Logger()


class SetPresence(Params, frozen=True, kw_only=True):
    """Whether somebody sits in front of this session."""

    status: Literal["online", "away"]


@operation("presence.set", Route("PUT", "/presence"), USERS, errors=["conflict"])
async def set_presence(ctx: Ctx, params: SetPresence) -> Empty:
    """Say that this realtime session is online or away. ``conflict`` when called outside of one."""
    if not ctx.ports.presence.knows(ctx.caller.user_id, ctx.caller.connection):
        raise ApiError("conflict", "Presence belongs to an open realtime session: call this over WAMP")
    ctx.ports.presence.set(ctx.caller.user_id, ctx.caller.connection, params.status)
    return Empty()


class QueryPresence(Params, frozen=True, kw_only=True):
    """Whose presence."""

    user_ids: Annotated[list[Id], Meta(min_length=1, max_length=200)]


class PresenceList(Wire, frozen=True, kw_only=True):
    """Presence of the people asked for, in the order of the question."""

    items: list[PresenceState]


@operation("presence.query", Route("GET", "/presence"), USERS)
async def query(ctx: Ctx, params: QueryPresence) -> PresenceList:
    """The presence of people. ``hidden`` for whoever the caller has no direct conversation with or who hides it."""
    visible = set((await conversations.contacts(ctx.ports.db, [ctx.caller.user_id])).get(ctx.caller.user_id, []))
    found = await people.by_ids(ctx.ports.db, [id for id in params.user_ids if id in visible])
    return PresenceList(items=[_state(ctx, id, found.get(id)) for id in params.user_ids])


def _state(ctx: Ctx, user_id: str, person: people.Person | None) -> PresenceState:
    if person is None or person.privacy.online_status != "everyone":
        return PresenceState(user_id=user_id, status="offline", hidden=True)
    status = ctx.ports.presence.status(user_id)
    seen = wire_time(person.last_seen_at) if person.last_seen_at and status == "offline" else UNSET
    return PresenceState(user_id=user_id, status=status, last_seen=seen)


class Announcer:
    """Tells the people of somebody's direct conversations that their presence changed."""

    def __init__(self, db: Database, publisher: Publisher) -> None:
        self._db = db
        self._publisher = publisher

    def __call__(self, changes: dict[str, Status]) -> None:
        """Announce changes; one that the database can't serve now is logged and superseded by the next."""
        Deferred.fromCoroutine(self.announce(changes)).addErrback(
            lambda failure: log.warn("presence not announced: {error}", error=failure.getErrorMessage())
        )

    async def announce(self, changes: dict[str, Status]) -> None:
        """Store when people left, and tell everybody who may know."""
        gone = [user_id for user_id, status in changes.items() if status == "offline"]
        seen = await people.left(self._db, gone) if gone else {}
        shown = await people.showing_presence(self._db, list(changes))
        for user_id, others in (await conversations.contacts(self._db, shown)).items():
            if others:
                moment = seen.get(user_id)
                changed = PresenceChanged(
                    user_id=user_id, status=changes[user_id], last_seen=wire_time(moment) if moment else UNSET
                )
                self._publisher.publish(PRESENCE_CHANGED, changed, [audience.person(other) for other in others])
