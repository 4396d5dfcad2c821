"""The sessions of people: in their rooms, counted, known to presence, and ended when their token expires."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

import msgspec

from chatr import plain
from chatr.api.context import Caller
from chatr.api.errors import URI_PREFIX
from chatr.live.crowd import Crowd
from chatr.realtime.hub import Announcement, Hub
from chatr.services.admission import Admission
from chatr.timers import Timer, Timers
from chatr.wamp.publication import Publication
from chatr.wamp.realm import Identity, Peer, RealmSession, Refusal


class Presence(Protocol):
    """Is told of every connection of a person."""

    def joined(self, user_id: str, connection: str) -> None:
        """A connection opened."""

    def left(self, user_id: str, connection: str) -> None:
        """A connection closed."""


#: Hears of each event that a session of a user takes.
Written = Callable[[str, msgspec.Struct], None]


class Members:
    """Who is in the realm."""

    def __init__(
        self,
        *,
        hub: Hub,
        presence: Presence,
        per_user: int,
        timers: Timers,
        now: Callable[[], datetime],
        written: Written | None,
    ) -> None:
        self.hub = hub
        self.presence = presence
        self.written = written
        self.timers = timers
        self.now = now
        self.people = Crowd(per_user)

    def refusal(self, identity: Identity) -> Refusal | None:
        """Say why somebody may not come in: with one session more they would have too many."""
        if self.people.full(identity.authid):
            return Refusal(f"{URI_PREFIX}rate_limited", f"a user has at most {self.people.limit} sessions open")
        return None

    def joined(self, session: RealmSession, peer: Peer, identity: Identity) -> Member:
        """Take note of a session that has been welcomed."""
        admission: Admission = identity.account
        member = Member(self, session, peer, admission)
        if member.caller.user_id:
            member.enter(admission.rooms, admission.expires_at)
        return member


class Member:
    """One session of somebody, and of the hub while it is open."""

    __slots__ = ("_expiry", "_members", "_session", "caller", "connection")

    def __init__(self, members: Members, session: RealmSession, peer: Peer, admission: Admission) -> None:
        self.connection = session.connection
        self.caller = Caller(
            role=admission.role,
            user_id=admission.user_id,
            session_id=admission.session_id,
            address=peer.address,
            user_agent=plain.user_agent(peer.headers.get("user-agent")),
            connection=session.connection,
        )
        self._members = members
        self._session = session
        self._expiry: Timer | None = None

    def enter(self, rooms: Iterable[str], expires_at: float) -> None:
        """Be somebody who is here, until ``expires_at`` (seconds since the epoch)."""
        members, user_id = self._members, self.caller.user_id
        members.people.came(user_id)
        members.hub.join(self, rooms)
        members.presence.joined(user_id, self.connection)
        self.extend(expires_at)

    @property
    def speaks_json(self) -> bool:
        """Whether what it is sent is JSON."""
        return self._session.speaks_json

    def left(self) -> None:
        """Give back what an open session holds."""
        members, user_id = self._members, self.caller.user_id
        self._forget_expiry()
        if user_id:
            members.hub.leave(self)
            members.people.gone(user_id)
            members.presence.left(user_id, self.connection)

    def extend(self, expires_at: float) -> None:
        """Live until ``expires_at`` (seconds since the epoch), whatever was said before. Called by the hub too."""
        self._forget_expiry()
        left_s = max(expires_at - self._members.now().timestamp(), 0)
        self._expiry = self._members.timers.call_later(left_s, self._expired)

    def deliver(self, announcement: Announcement) -> None:
        """Send an event. Called by the hub."""
        publication = announcement.made
        if publication is None:
            event = announcement.event
            publication = announcement.made = Publication(
                event.topic, announcement.payload, number=announcement.publication, ephemeral=event.ephemeral
            )
        if self._session.deliver(publication):
            written = self._members.written
            if written is not None:
                written(self.caller.user_id, announcement.payload)

    def end(self, code: str, reason: str) -> None:
        """End the session with GOODBYE. ``code``: an error code of ours."""
        self._session.end(URI_PREFIX + code, reason)

    def _expired(self) -> None:
        self.end("unauthenticated", "token expired")

    def _forget_expiry(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
        self._expiry = None
