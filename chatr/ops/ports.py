"""What operations work through. Each is made once, in tap.py, and passed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from chatr.api.context import Context
from chatr.auth.codes import Codes
from chatr.auth.limits import RateLimiter
from chatr.auth.oidc import Provider
from chatr.auth.passwords import Passwords
from chatr.auth.tokens import Tokens
from chatr.auth.vault import Vault
from chatr.config import Auth, Limits, LoginCode, Messages, Oidc
from chatr.outbound.queue import OutboundQueue
from chatr.process.turns import Turns
from chatr.realtime.presence import PresenceTracker
from chatr.realtime.publisher import Publisher
from chatr.services.code_gate import CodeGate
from chatr.services.eraser import Eraser
from chatr.services.link_previews import Previews
from chatr.services.presence_news import Announcer
from chatr.services.preview_queue import PreviewQueue
from chatr.services.throttle import Throttle
from chatr.store.conversations.marks import Marks
from chatr.store.pool import Database
from chatr.store.writing.writer import MessageWriter


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
