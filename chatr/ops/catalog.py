"""The contract of this server: every module of operations, named one by one."""

from __future__ import annotations

from chatr.api.contract import build
from chatr.api.events import EVENTS
from chatr.ops.accounts import addresses, oidc, passwords, registration, sessions, two_factor, undo
from chatr.ops.conversations import activity, conversations, receipts, requests, sync
from chatr.ops.messages import changes, history, previews, search, sending
from chatr.ops.people import friends, presence, profile, users

_MODULES = (
    *(registration, addresses, undo, sessions, oidc, passwords, two_factor, profile),
    *(users, friends, presence),
    *(conversations, requests, sending, history, receipts, changes, search, previews, activity, sync),
)
CONTRACT = build(_MODULES, EVENTS)
