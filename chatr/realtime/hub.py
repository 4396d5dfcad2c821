"""Rooms of this process: who sits in which, and handing an announcement to each of them once. No reactor, no I/O.

Whether what a session takes counts as delivered says ops/conversations/receipts.py ``when_written``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Protocol

import msgspec
from twisted.logger import Logger

from chatr.api.topics import Event

log = Logger()


class Announcement:
    """A committed event on its way out. ``made`` keeps what a door made of it for all its sessions."""

    __slots__ = ("event", "made", "payload", "publication")

    def __init__(self, event: Event, payload: msgspec.Struct, publication: int) -> None:
        self.event = event
        self.payload = payload
        self.publication = publication
        self.made: Any = None


class Member(Protocol):
    """A realtime session as the hub knows it."""

    connection: str

    def deliver(self, announcement: Announcement) -> None:
        """Take one announcement; must not block."""

    def extend(self, expires_at: float) -> None:
        """Live until then (seconds since the epoch), whatever was said before."""

    def end(self, code: str, reason: str) -> None:
        """End the session, telling its client why."""


class Hub:
    """Room -> members of this process, by connection."""

    def __init__(self) -> None:
        self._rooms: dict[str, dict[str, Member]] = {}
        self._joined: dict[str, tuple[str, ...]] = {}

    def __len__(self) -> int:
        return len(self._joined)

    def join(self, member: Member, rooms: Iterable[str]) -> None:
        """Put a member into rooms, in addition to those it is in."""
        joined = self._joined.get(member.connection, ())
        new = [room for room in dict.fromkeys(rooms) if room not in joined]
        for room in new:
            self._rooms.setdefault(room, {})[member.connection] = member
        self._joined[member.connection] = (*joined, *new)

    def leave(self, member: Member) -> None:
        """Take a member out of all its rooms."""
        for room in self._joined.pop(member.connection, ()):
            self._out_of(room, member)

    def part(self, member: Member, rooms: Iterable[str]) -> None:
        """Take a member out of some of its rooms."""
        joined = self._joined.get(member.connection, ())
        gone = {*rooms}.intersection(joined)
        if gone:
            self._joined[member.connection] = tuple(room for room in joined if room not in gone)
            for room in gone:
                self._out_of(room, member)

    def rooms(self, member: Member) -> tuple[str, ...]:
        """Say in which rooms a member is."""
        return self._joined.get(member.connection, ())

    def named(self, prefix: str) -> list[str]:
        """List the rooms whose names begin so."""
        return [room for room in self._rooms if room.startswith(prefix)]

    def members(self, room: str) -> Collection[Member]:
        """Who is in a room, as a list of its own."""
        return list(self._rooms.get(room, {}).values())

    def find(self, room: str, connection: str) -> Member | None:
        """Find the member of a connection id, if it is in that room."""
        return self._rooms.get(room, {}).get(connection)

    def everyone(self) -> Collection[Member]:
        """All members, each once."""
        found = {connection: self._rooms[rooms[0]][connection] for connection, rooms in self._joined.items() if rooms}
        return list(found.values())

    def deliver(
        self, rooms: Iterable[str], announcement: Announcement, exclude: str = "", but: Iterable[str] = ()
    ) -> int:
        """Hand an announcement to each member of the rooms once, except ``exclude``; how many got it.

        ``but``: whoever is in one of these rooms does not get it.
        """
        count = 0
        joined = self._joined
        deaf = {connection for room in but for connection in self._rooms.get(room, ())} if but else ()
        for member in self._recipients(rooms):
            connection = member.connection
            # One that was delivered to before may have ended this one.
            if connection != exclude and connection in joined and connection not in deaf:
                try:
                    member.deliver(announcement)
                except Exception:
                    # The others must hear it all the same.
                    log.failure("an event could not be delivered")
                count += 1
        return count

    def end(self, room: str, code: str, reason: str) -> int:
        """End every session in a room; how many."""
        members = self.members(room)
        for member in members:
            member.end(code, reason)
        return len(members)

    def _out_of(self, room: str, member: Member) -> None:
        members = self._rooms[room]
        del members[member.connection]
        if not members:
            del self._rooms[room]

    def _recipients(self, rooms: Iterable[str]) -> list[Member]:
        found = [self._rooms[room] for room in rooms if room in self._rooms]
        if len(found) == 1:
            return list(found[0].values())
        merged: dict[str, Member] = {}
        for members in found:
            merged.update(members)
        return list(merged.values())
