"""What somebody does at this moment: never kept."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from chatr.api.model import (
    Id,
    Presence,
    Revision,
    Time,
    Wire,
)
from chatr.api.topics import CONVERSATION, USER, event


class Activity(Wire, frozen=True):
    """Whether somebody is at it."""

    conversation_id: Id
    user_id: Id
    active: bool


@event(
    "activity.typing",
    CONVERSATION,
    "Somebody types; forget it six seconds after the last signal.",
    ephemeral=True,
)
class ActivityTyping(Activity, frozen=True):
    """Whether somebody types."""


@event(
    "activity.recording",
    CONVERSATION,
    "Somebody records; forget it thirty seconds after the last signal.",
    ephemeral=True,
)
class ActivityRecording(Activity, frozen=True):
    """Whether somebody records."""


@event(
    "activity.draft",
    CONVERSATION,
    "What somebody is about to write, where both have switched that on.",
    ephemeral=True,
)
class ActivityDraft(Wire, frozen=True):
    """What somebody is about to write; empty: nothing any more."""

    conversation_id: Id
    user_id: Id
    text: str


@event("activity.listening", USER, "Somebody listens to an audio message of the receiver.", ephemeral=True)
class ActivityListening(Wire, frozen=True):
    """Whether somebody listens to an audio message of the receiver, and whether they have heard its end."""

    message_id: Id
    user_id: Id
    active: bool
    ended: bool


@event(
    "presence.changed",
    USER,
    "The presence of a friend, or of somebody with whom the receiver has a direct conversation, changed.",
    ephemeral=True,
)
class PresenceChanged(Wire, frozen=True):
    """Somebody came, went away or left; ``hidden``: the receiver is not told any more whether they are here."""

    user_id: Id
    status: Presence
    revision: Revision
    last_seen: Time | UnsetType = UNSET
    hidden: bool | UnsetType = UNSET
