"""Every server event: what it carries, where it goes, and whether it is kept in a conversation's log."""

from __future__ import annotations

from chatr.api.events import activity, conversations, messages, people, sessions
from chatr.api.topics import declared

EVENTS = declared({**vars(messages), **vars(activity), **vars(conversations), **vars(people), **vars(sessions)})
