"""Every server event: what it carries, where it goes, and whether it is kept in a conversation's log."""

from __future__ import annotations

from chatr.api.events import activity, conversations, groups, messages, people, sessions
from chatr.api.topics import declared

_MODULES = (messages, activity, conversations, groups, people, sessions)
EVENTS = declared({name: value for module in _MODULES for name, value in vars(module).items()})
