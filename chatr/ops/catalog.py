"""The contract of this server: every module of operations, named one by one."""

from __future__ import annotations

from chatr.api.contract import build
from chatr.api.events import EVENTS
from chatr.ops.accounts import addresses, deletion, passwords, registration, undo, usernames
from chatr.ops.conversations import activity, conversations, receipts, requests, sync
from chatr.ops.messages import changes, history, previews, search, sending
from chatr.ops.people import friends, presence, profile, users
from chatr.ops.people import search as people_search
from chatr.ops.sessions import oidc, sessions, two_factor

_MODULES = (
    *(registration, deletion, addresses, undo, sessions, oidc, passwords, two_factor, profile),
    *(users, people_search, usernames, friends, presence),
    *(conversations, requests, sending, history, receipts, changes, search, previews, activity, sync),
)
CONTRACT = build(_MODULES, EVENTS)
