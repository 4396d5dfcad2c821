"""What operations work through. Each is made once, in tap.py, and passed in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeAlias

import msgspec

from chatr.api.context import Context
from chatr.api.contract import Event
from chatr.auth.codes import Codes
from chatr.auth.oidc import Provider
from chatr.auth.passwords import Passwords
from chatr.auth.tokens import Tokens
from chatr.auth.vault import Vault
from chatr.config import Auth, LoginCode, Oidc
from chatr.outbound.queue import OutboundQueue
from chatr.realtime.presence import PresenceTracker
from chatr.store.pool import Database
from chatr.store.writer import MessageWriter


class Publisher(Protocol):
    """Announces what is committed."""

    def publish(self, event: Event, payload: msgspec.Struct, rooms: Iterable[str], *, exclude: str = "") -> None:
        """Announce to rooms, without the connection ``exclude``."""

    def end(self, room: str, code: str, reason: str) -> None:
        """End every realtime session in a room, on every node."""


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an operation may touch beside its caller."""

    db: Database
    writer: MessageWriter
    publisher: Publisher
    passwords: Passwords
    tokens: Tokens
    codes: Codes
    vault: Vault
    oidc: Provider | None
    oidc_settings: Oidc
    oidc_vault: Vault
    outbound: OutboundQueue
    presence: PresenceTracker
    settings: Auth
    login_code: LoginCode
    extend: Callable[[str, str, float], None]
    """Prolong an open realtime session: connection, session id, new expiry (epoch seconds)."""


Ctx: TypeAlias = Context[Ports]
