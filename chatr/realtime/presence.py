"""Who is here: the best of a person's connections, with a grace time before somebody counts as gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from twisted.internet.interfaces import IDelayedCall, IReactorTime

Status = Literal["online", "away", "offline"]

#: A page reload closes one connection and opens another: only who stays away longer is announced as offline.
GRACE_S = 5.0
#: Changes within this time are announced together, and a change that is undone within it is not announced.
SETTLE_S = 0.1


class PresenceTracker:
    """Presence of one process. ``on_changes`` gets the people whose announced status changed, with the new one."""

    def __init__(self, clock: IReactorTime, on_changes: Callable[[dict[str, Status]], None]) -> None:
        self._clock = clock
        self._on_changes = on_changes
        self._connections: dict[str, dict[str, Status]] = {}
        self._announced: dict[str, Status] = {}
        self._leaving: dict[str, IDelayedCall] = {}
        self._changed: set[str] = set()
        self._settle: IDelayedCall | None = None

    def joined(self, user_id: str, connection: str) -> None:
        """A connection of a person opened."""
        self.set(user_id, connection, "online")

    def set(self, user_id: str, connection: str, status: Literal["online", "away"]) -> None:
        """A connection says whether somebody sits in front of it."""
        self._connections.setdefault(user_id, {})[connection] = status
        leaving = self._leaving.pop(user_id, None)
        if leaving is not None:
            leaving.cancel()
        self._touch(user_id)

    def left(self, user_id: str, connection: str) -> None:
        """A connection of a person closed."""
        connections = self._connections.get(user_id)
        if connections is None or connections.pop(connection, None) is None:
            return
        if connections:
            self._touch(user_id)
        elif user_id not in self._leaving:
            self._leaving[user_id] = self._clock.callLater(GRACE_S, self._gone, user_id)

    def knows(self, user_id: str, connection: str) -> bool:
        """Whether this connection of the person is open here."""
        return connection in self._connections.get(user_id, {})

    def status(self, user_id: str) -> Status:
        """A person's presence as others may be told it."""
        if user_id in self._leaving:
            return self._announced.get(user_id, "online")
        return _best(self._connections.get(user_id, {}))

    def stop(self) -> None:
        """Cancel all timers."""
        for call in self._leaving.values():
            call.cancel()
        self._leaving.clear()
        if self._settle is not None:
            self._settle.cancel()
            self._settle = None

    def _gone(self, user_id: str) -> None:
        del self._leaving[user_id]
        self._connections.pop(user_id, None)
        self._touch(user_id)

    def _touch(self, user_id: str) -> None:
        self._changed.add(user_id)
        if self._settle is None:
            self._settle = self._clock.callLater(SETTLE_S, self._announce)

    def _announce(self) -> None:
        self._settle = None
        changed, self._changed = self._changed, set()
        news: dict[str, Status] = {}
        for user_id in changed:
            status = self.status(user_id)
            if status != self._announced.get(user_id, "offline"):
                news[user_id] = status
                if status == "offline":
                    self._announced.pop(user_id, None)
                else:
                    self._announced[user_id] = status
        if news:
            self._on_changes(news)


def _best(connections: dict[str, Status]) -> Status:
    values = connections.values()
    return "online" if "online" in values else "away" if values else "offline"
