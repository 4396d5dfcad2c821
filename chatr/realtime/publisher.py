"""Committed events on their way to the sessions that may see them.

Nothing comes here before its commit: store/pool.py ``Transaction.tell`` holds it until then (store/news.py). Whoever
tells it says which rooms hear it (realtime/rooms.py); ``exclude`` is the connection that called (api/context.py).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator

from chatr.api.events.sessions import SyncRequired
from chatr.api.linked import Sign, signed
from chatr.api.model import Wire
from chatr.api.topics import event_of
from chatr.realtime.broker import Announce, Broker, Doubt, EndRoom, Envelope, Forget, Move
from chatr.realtime.hub import Announcement, Hub

#: Publication ids are of WAMP's global scope: drawn at random from 1 to this (WAMP specification, "Identifiers").
_LAST_ID = 2**53
#: Drawn at once: each call of the kernel costs as much as the rest of a publication.
_DRAWN = 512


class Publisher:
    """Sends events to the broker, and hands what the broker brings to the hub of this process.

    ``sign``: how links to files are signed for all who hear of them.
    """

    def __init__(self, broker: Broker, hub: Hub, *, sign: Sign) -> None:
        self._sign = sign
        self._broker = broker
        self._hub = hub
        self._ids = _random_ids()
        broker.subscribe(self._received)

    def publish(self, payload: Wire, rooms: Iterable[str], *, exclude: str = "", but: Iterable[str] = ()) -> None:
        """Announce a committed event to rooms, without the connection ``exclude`` and whoever sits in ``but``.

        Raises TypeError when no event carries such a payload, or a room is none of its audience.
        """
        event, rooms = event_of(type(payload)), tuple(rooms)
        event.check(rooms)
        payload = signed(payload, self._sign)
        self._broker.publish(Announce(event, payload, next(self._ids), rooms, exclude, tuple(but)))

    def enter(self, rooms: Iterable[str], into: str) -> None:
        """Have all sessions that sit in some rooms, as those of people, enter another, on every node."""
        self._broker.publish(Move(tuple(rooms), into))

    def leave(self, rooms: Iterable[str], out_of: str) -> None:
        """Have all sessions that sit in some rooms leave another, on every node."""
        self._broker.publish(Move(tuple(rooms), out_of, leave=True))

    def end(self, room: str, code: str, reason: str) -> None:
        """End all sessions in a room, on every node."""
        self._broker.publish(EndRoom(room, code, reason))

    def forget(self, user_ids: Iterable[str]) -> None:
        """Have every node forget what it keeps about people."""
        self._broker.publish(Forget(tuple(user_ids)))

    def sync_required(self, reason: str) -> None:
        """Tell every session, on every node, that events of this process may have been lost."""
        self._broker.publish(Doubt(next(self._ids), reason))

    def _received(self, envelope: Envelope) -> None:
        if isinstance(envelope, EndRoom):
            self._hub.end(envelope.room, envelope.code, envelope.reason)
        elif isinstance(envelope, Announce):
            announcement = Announcement(envelope.event, envelope.payload, envelope.publication)
            self._hub.deliver(envelope.rooms, announcement, envelope.exclude, envelope.but)
        elif isinstance(envelope, Move):
            for room in envelope.rooms:
                for member in self._hub.members(room):
                    if envelope.leave:
                        self._hub.part(member, [envelope.into])
                    else:
                        self._hub.join(member, [envelope.into])
        elif isinstance(envelope, Doubt):
            announcement = Announcement(
                event_of(SyncRequired), SyncRequired(reason=envelope.reason), envelope.publication
            )
            for member in self._hub.everyone():
                member.deliver(announcement)


def _random_ids() -> Iterator[int]:
    while True:
        for (number,) in struct.iter_unpack("=Q", os.urandom(8 * _DRAWN)):
            yield number % _LAST_ID + 1
