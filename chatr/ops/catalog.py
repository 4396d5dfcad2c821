"""The contract of this server: every module of operations, named one by one."""

from __future__ import annotations

from chatr.api.contract import build
from chatr.api.events import EVENTS
from chatr.ops import (
    accounts,
    activity,
    conversations,
    corrections,
    friends,
    message_changes,
    message_search,
    messages,
    oidc,
    passwords,
    presence,
    previews,
    profile,
    sessions,
    sync,
    two_factor,
    undoing,
    users,
)

_MODULES = (
    *(accounts, corrections, undoing, sessions, oidc, passwords, two_factor, profile),
    *(users, friends, presence),
    *(conversations, messages, message_changes, message_search, previews, activity, sync),
)
CONTRACT = build(_MODULES, EVENTS)
