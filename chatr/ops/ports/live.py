"""What open sessions hear without a change in the database, and which there are."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from chatr.config import Config
from chatr.process.tasks import Tasks
from chatr.process.throttle import Throttle
from chatr.realtime.broker import Broker
from chatr.realtime.hub import Hub
from chatr.realtime.presence import PresenceStore, PresenceTracker
from chatr.realtime.presence_memory import MemoryPresence
from chatr.realtime.presence_redis import RedisPresence
from chatr.realtime.publisher import Publisher
from chatr.realtime.redis import Redis
from chatr.realtime.rooms import session_room
from chatr.services.circles import Circles
from chatr.services.presence_news import Announcer
from chatr.store.pool import Database


class LivePorts(msgspec.Struct, frozen=True, kw_only=True):
    """Events, presence, and the open realtime sessions."""

    publisher: Publisher
    presence: PresenceTracker
    announcer: Announcer
    circles: Circles
    throttle: Throttle
    connections: Callable[[str], list[str]]
    """The open realtime sessions of a sign-in, by its session id."""
    extend: Callable[[str, str, float], None]
    """Prolong an open realtime session: connection, session id, new expiry (epoch seconds)."""


def live_ports(
    config: Config,
    tasks: Tasks,
    db: Database,
    publisher: Publisher,
    broker: Broker,
    hub: Hub,
    redis: Redis | None,
) -> LivePorts:
    """Make the ports. Without ``redis`` this process is the only one that knows who is here."""
    circles = Circles(db)
    broker.subscribe(circles.heard)
    announcer = Announcer(tasks, db, publisher, circles, alone=redis is None)
    store: PresenceStore = MemoryPresence(tasks.clock)
    if redis is not None:
        store = RedisPresence(redis, prefix=f"{config.redis.prefix}:presence")
    presence = PresenceTracker(tasks, store, announcer.changed)
    announcer.follow(presence)

    def connections(session_id: str) -> list[str]:
        return [member.connection for member in hub.members(session_room(session_id))]

    def extend(connection: str, session_id: str, expires_at: float) -> None:
        member = hub.find(session_room(session_id), connection)
        if member is not None:
            member.extend(expires_at)

    return LivePorts(
        publisher=publisher,
        presence=presence,
        announcer=announcer,
        circles=circles,
        throttle=Throttle(seconds=tasks.clock.seconds),
        connections=connections,
        extend=extend,
    )
