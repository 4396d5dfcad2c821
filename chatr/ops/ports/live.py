"""What open sessions hear without a change in the database, and which there are."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from chatr.realtime.presence import PresenceTracker
from chatr.realtime.publisher import Publisher
from chatr.services.presence_news import Announcer
from chatr.services.throttle import Throttle


class LivePorts(msgspec.Struct, frozen=True, kw_only=True):
    """Events, presence, and the open realtime sessions."""

    publisher: Publisher
    presence: PresenceTracker
    announcer: Announcer
    throttle: Throttle
    connections: Callable[[str], list[str]]
    """The open realtime sessions of a sign-in, by its session id."""
    extend: Callable[[str, str, float], None]
    """Prolong an open realtime session: connection, session id, new expiry (epoch seconds)."""
