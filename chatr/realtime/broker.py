"""The broker: how committed events reach every process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

import msgspec

from chatr.api.topics import Event


class Announce(msgspec.Struct, frozen=True):
    """Announce an event to rooms, without the connection ``exclude``."""

    event: Event
    payload: msgspec.Struct
    publication: int
    rooms: tuple[str, ...]
    exclude: str
    but: tuple[str, ...] = ()
    """Whoever sits in one of these rooms does not hear it."""


class Move(msgspec.Struct, frozen=True):
    """Have all sessions that sit in any of ``rooms`` enter another room, or leave it if ``leave``."""

    rooms: tuple[str, ...]
    into: str
    leave: bool = False


class EndRoom(msgspec.Struct, frozen=True):
    """End all sessions in a room."""

    room: str
    code: str
    reason: str


class Forget(msgspec.Struct, frozen=True):
    """What is kept about these people has changed in the database."""

    user_ids: tuple[str, ...]


class Doubt(msgspec.Struct, frozen=True):
    """Events of the process that says so may have been lost: whoever is connected anywhere may have missed some."""

    publication: int
    reason: str


Envelope: TypeAlias = Announce | Move | EndRoom | Forget | Doubt
Receiver: TypeAlias = Callable[[Envelope], None]


class Broker(Protocol):
    """Carries envelopes between processes.

    Guarantees: envelopes of one publisher arrive in its order at every receiver that is connected, each at most once.
    A broker that may have lost some calls ``on_doubt`` of its maker, so that sessions are told to resume.
    """

    def publish(self, envelope: Envelope) -> None:
        """Send to every process, this one included. Never blocks and never raises."""

    def subscribe(self, receiver: Receiver) -> None:
        """Have every envelope handed to ``receiver``."""

    async def start(self) -> None:
        """Connect."""

    async def stop(self) -> None:
        """Disconnect."""
