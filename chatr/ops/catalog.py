"""The contract of this server: every module of operations, named one by one."""

from __future__ import annotations

from chatr.api.contract import build
from chatr.api.events import EVENTS
from chatr.ops import (
    accounts,
    conversations,
    friends,
    messages,
    oidc,
    passwords,
    presence,
    profile,
    sessions,
    sync,
    two_factor,
    users,
)

CONTRACT = build(
    [accounts, sessions, oidc, passwords, two_factor, profile, users, friends, presence, conversations, messages, sync],
    EVENTS,
)
