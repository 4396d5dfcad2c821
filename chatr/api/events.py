"""Every server event: payload, topic and audience. Publishing is elsewhere."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from chatr.api.contract import Event
from chatr.api.model import Conversation, Id, Me, Message, Presence, Time, Wire

USER = "user"
CONVERSATION = "conversation"


class MessageReceived(Wire, frozen=True):
    """A new message, written by somebody else or by another session of the same person."""

    conversation_id: Id
    seq: int
    message: Message
    conversation: Conversation | UnsetType = UNSET


class MessageStatusChanged(Wire, frozen=True):
    """One participant's watermarks after they grew."""

    conversation_id: Id
    user_id: Id
    delivered_seq: int
    read_seq: int
    at: Time


class ConversationChanged(Wire, frozen=True):
    """A conversation as the receiver sees it now."""

    conversation: Conversation


class PresenceChanged(Wire, frozen=True):
    """Somebody of the receiver's conversations came, went away or left."""

    user_id: Id
    status: Presence
    last_seen: Time | UnsetType = UNSET


class SessionRevoked(Wire, frozen=True):
    """A session of the receiver has ended; sent before its sockets close."""

    session_id: Id
    reason: str


class UserUpdated(Wire, frozen=True):
    """The receiver's own account as it is now: all that user.me answers."""

    user: Me


class SyncRequired(Wire, frozen=True):
    """Live events may have been lost: call ``sync.changes``."""

    reason: str


MESSAGE_RECEIVED = Event(
    name="message.received",
    payload=MessageReceived,
    audience=CONVERSATION,
    doc="A message was added to a conversation.",
)
MESSAGE_STATUS = Event(
    name="message.status",
    payload=MessageStatusChanged,
    audience=CONVERSATION,
    doc="A participant's delivered or read watermark grew.",
)
CONVERSATION_CREATED = Event(
    name="conversation.created",
    payload=ConversationChanged,
    audience=USER,
    doc="A conversation with the receiver in it began.",
)
PRESENCE_CHANGED = Event(
    name="presence.changed",
    payload=PresenceChanged,
    audience=USER,
    doc="The presence of somebody with whom the receiver has a direct conversation changed.",
    ephemeral=True,
)
SESSION_REVOKED = Event(
    name="session.revoked", payload=SessionRevoked, audience=USER, doc="One of the receiver's sessions ended."
)
USER_UPDATED = Event(
    name="user.updated",
    payload=UserUpdated,
    audience=USER,
    doc="The receiver's profile, addresses, privacy or settings were changed in another session.",
)
SYNC_REQUIRED = Event(
    name="sync.required",
    payload=SyncRequired,
    audience=USER,
    doc="The server can't rule out that live events were lost; the client resumes by sync.changes.",
)

EVENTS = (
    MESSAGE_RECEIVED,
    MESSAGE_STATUS,
    CONVERSATION_CREATED,
    PRESENCE_CHANGED,
    SESSION_REVOKED,
    USER_UPDATED,
    SYNC_REQUIRED,
)
