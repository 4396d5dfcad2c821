"""What operations work through. Each is made once, in tap.py, and passed in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeAlias

import msgspec

from chatr.api.context import Context
from chatr.api.contract import Event
from chatr.auth.codes import Codes
from chatr.auth.limits import RateLimiter
from chatr.auth.oidc import Provider
from chatr.auth.passwords import Passwords
from chatr.auth.tokens import Tokens
from chatr.auth.vault import Vault
from chatr.config import Auth, Limits, LoginCode, Messages, Oidc
from chatr.ops.code_gate import CodeGate
from chatr.ops.erasing import Eraser
from chatr.ops.link_previews import Previews
from chatr.ops.preview_queue import PreviewQueue
from chatr.ops.throttle import Throttle
from chatr.outbound.queue import OutboundQueue
from chatr.realtime.presence import PresenceTracker
from chatr.store.marks import Marks
from chatr.store.pool import Database
from chatr.store.writer import MessageWriter
from chatr.turns import Turns


class Publisher(Protocol):
    """Announces what is committed."""

    def publish(self, event: Event, payload: msgspec.Struct, rooms: Iterable[str], *, exclude: str = "") -> None:
        """Announce to rooms, without the connection ``exclude``."""

    def end(self, room: str, code: str, reason: str) -> None:
        """End every realtime session in a room, on every node."""

    def forget(self, user_ids: Iterable[str]) -> None:
        """Have every node read anew to whom these people matter."""


class Announcer(Protocol):
    """Tells people about each other's presence."""

    def show(self, user_id: str, viewer_ids: Sequence[str]) -> None:
        """Viewers may be told of a person's presence from now on: tell them how it is."""

    def meet(self, one_id: str, other_id: str) -> None:
        """Two people may see more of each other than before: tell each how it is, as far as they may know."""

    def hide(self, user_id: str, viewer_ids: Sequence[str]) -> None:
        """Viewers may no longer be told of a person's presence: to them the person has left."""


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an operation may touch beside its caller."""

    db: Database
    writer: MessageWriter
    marks: Marks
    publisher: Publisher
    passwords: Passwords
    tokens: Tokens
    codes: Codes
    code_gate: CodeGate
    vault: Vault
    oidc: Provider | None
    oidc_settings: Oidc
    oidc_vault: Vault
    outbound: OutboundQueue
    presence: PresenceTracker
    announcer: Announcer
    throttle: Throttle
    limiter: RateLimiter
    limits: Limits
    searches: Turns
    resumes: Turns
    previews: Previews
    preview_queue: PreviewQueue
    eraser: Eraser
    settings: Auth
    login_code: LoginCode
    reserved_names: frozenset[str]
    """Words that can't be usernames."""
    message_settings: Messages
    page_bytes: int
    """What the items of a page take together at most, as JSON: ops/pages.py."""
    connections: Callable[[str], list[str]]
    """The open realtime sessions of a sign-in, by its session id."""
    extend: Callable[[str, str, float], None]
    """Prolong an open realtime session: connection, session id, new expiry (epoch seconds)."""


Ctx: TypeAlias = Context[Ports]
