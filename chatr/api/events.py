"""Every server event: payload, topic and audience. Publishing is elsewhere."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from chatr.api.contract import Event
from chatr.api.model import Conversation, Friendship, Id, LinkPreview, Message, Presence, Reaction, Time, User, Wire

USER = "user"
CONVERSATION = "conversation"


class MessageReceived(Wire, frozen=True):
    """A new message, written by somebody else or by another session of the same person."""

    conversation_id: Id
    seq: int
    message: Message
    conversation: Conversation | UnsetType = UNSET


class MessageEdited(Wire, frozen=True):
    """A message with its new text. Its status is the sender's to know: keep the one you have."""

    conversation_id: Id
    seq: int
    message: Message


class MessagePreview(Wire, frozen=True):
    """The preview of a message's link, and the message with it. Its status is the sender's: keep the one you have."""

    conversation_id: Id
    seq: int
    message_id: Id
    link_preview: LinkPreview
    message: Message


class MessageUnsent(Wire, frozen=True):
    """A message was taken back."""

    conversation_id: Id
    seq: int
    message_id: Id
    sender_display_name: str


class MessageReaction(Wire, frozen=True):
    """Somebody's reaction (null: taken away), and all reactions of the message now."""

    conversation_id: Id
    seq: int
    message_id: Id
    user_id: Id
    emoji: str | None
    reactions: list[Reaction]


class MessageListened(Wire, frozen=True):
    """Somebody has heard an audio message to its end."""

    conversation_id: Id
    seq: int
    message_id: Id
    user_id: Id


class Activity(Wire, frozen=True):
    """Whether somebody is at it."""

    conversation_id: Id
    user_id: Id
    active: bool


class Draft(Wire, frozen=True):
    """What somebody is about to write; empty: nothing any more."""

    conversation_id: Id
    user_id: Id
    text: str


class Listening(Wire, frozen=True):
    """Whether somebody listens to an audio message of the receiver, and whether they have heard its end."""

    message_id: Id
    user_id: Id
    active: bool
    ended: bool


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


class ConversationAccepted(Wire, frozen=True):
    """Which conversation, and who accepted it."""

    conversation_id: Id
    accepted_by: Id


class ConversationDeclined(Wire, frozen=True):
    """Which conversation, and who declined it when."""

    conversation_id: Id
    declined_by: Id
    declined_at: Time


class ConversationRemoved(Wire, frozen=True):
    """Which conversation the receiver has no more."""

    conversation_id: Id


class PresenceChanged(Wire, frozen=True):
    """Somebody came, went away or left; ``hidden``: the receiver is not told any more whether they are here."""

    user_id: Id
    status: Presence
    last_seen: Time | UnsetType = UNSET
    hidden: bool | UnsetType = UNSET


class FriendChanged(Wire, frozen=True):
    """A friendship or request as it is now, or was when it ended, and the other person as the receiver sees them."""

    friendship: Friendship
    user: User


class PersonBlocked(Wire, frozen=True):
    """Whom another session of the receiver has blocked, or blocks no more, as the receiver sees them."""

    user_id: Id
    user: User


class SessionRevoked(Wire, frozen=True):
    """A session of the receiver has ended; sent before its sockets close."""

    session_id: Id
    reason: str


class UserUpdated(Wire, frozen=True):
    """A person as the receiver may see them now; the receiver's own account with all that user.me answers."""

    user: User


class SyncRequired(Wire, frozen=True):
    """Live events may have been lost: call ``sync.changes``."""

    reason: str


MESSAGE_RECEIVED = Event(
    name="message.received",
    payload=MessageReceived,
    audience=CONVERSATION,
    doc="A message was added to a conversation.",
)
MESSAGE_EDITED = Event(
    name="message.edited", payload=MessageEdited, audience=CONVERSATION, doc="The text of a message was changed."
)
MESSAGE_PREVIEW = Event(
    name="message.preview",
    payload=MessagePreview,
    audience=CONVERSATION,
    doc="The server has looked at the link of a message. Goes to all sessions, the sender's too.",
)
MESSAGE_UNSENT = Event(
    name="message.unsent",
    payload=MessageUnsent,
    audience=CONVERSATION,
    doc="A message was taken back: show a placeholder, also where it is quoted.",
)
MESSAGE_REACTION = Event(
    name="message.reaction", payload=MessageReaction, audience=CONVERSATION, doc="Somebody reacted to a message."
)
MESSAGE_LISTENED = Event(
    name="message.listened",
    payload=MessageListened,
    audience=CONVERSATION,
    doc="Somebody has heard an audio message to its end.",
)
ACTIVITY_TYPING = Event(
    name="activity.typing",
    payload=Activity,
    audience=CONVERSATION,
    doc="Somebody types; forget it six seconds after the last signal.",
    ephemeral=True,
)
ACTIVITY_RECORDING = Event(
    name="activity.recording",
    payload=Activity,
    audience=CONVERSATION,
    doc="Somebody records; forget it thirty seconds after the last signal.",
    ephemeral=True,
)
ACTIVITY_DRAFT = Event(
    name="activity.draft",
    payload=Draft,
    audience=CONVERSATION,
    doc="What somebody is about to write, where both have switched that on.",
    ephemeral=True,
)
ACTIVITY_LISTENING = Event(
    name="activity.listening",
    payload=Listening,
    audience=USER,
    doc="Somebody listens to an audio message of the receiver.",
    ephemeral=True,
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
    doc="A conversation with the receiver in it began, or a message brought back one that the receiver had deleted.",
)
CONVERSATION_UPDATED = Event(
    name="conversation.updated",
    payload=ConversationChanged,
    audience=USER,
    doc="A conversation of the receiver is another than before, beside its messages and watermarks.",
)
CONVERSATION_ACCEPTED = Event(
    name="conversation.accepted",
    payload=ConversationAccepted,
    audience=USER,
    doc="A message request was accepted, or the two became friends.",
)
CONVERSATION_DECLINED = Event(
    name="conversation.declined",
    payload=ConversationDeclined,
    audience=USER,
    doc="The receiver's message request was declined.",
)
CONVERSATION_REMOVED = Event(
    name="conversation.removed",
    payload=ConversationRemoved,
    audience=USER,
    doc="The receiver deleted or declined a conversation in another session, or is no longer in it.",
)
FRIEND_REQUESTED = Event(
    name="friend.requested", payload=FriendChanged, audience=USER, doc="Somebody asks to be the receiver's friend."
)
FRIEND_ACCEPTED = Event(name="friend.accepted", payload=FriendChanged, audience=USER, doc="Two became friends.")
FRIEND_DECLINED = Event(
    name="friend.declined",
    payload=FriendChanged,
    audience=USER,
    doc="A friend request was declined by the addressee or cancelled by the requester.",
)
FRIEND_REMOVED = Event(name="friend.removed", payload=FriendChanged, audience=USER, doc="A friendship ended.")
FRIEND_BLOCKED = Event(
    name="friend.blocked", payload=PersonBlocked, audience=USER, doc="The receiver blocked somebody in another session."
)
FRIEND_UNBLOCKED = Event(
    name="friend.unblocked", payload=PersonBlocked, audience=USER, doc="The receiver lifted a block in another session."
)
PRESENCE_CHANGED = Event(
    name="presence.changed",
    payload=PresenceChanged,
    audience=USER,
    doc="The presence of a friend, or of somebody with whom the receiver has a direct conversation, changed.",
    ephemeral=True,
)
SESSION_REVOKED = Event(
    name="session.revoked", payload=SessionRevoked, audience=USER, doc="One of the receiver's sessions ended."
)
USER_UPDATED = Event(
    name="user.updated",
    payload=UserUpdated,
    audience=USER,
    doc="What the receiver may see of somebody they know changed, or their own account did in another session.",
)
SYNC_REQUIRED = Event(
    name="sync.required",
    payload=SyncRequired,
    audience=USER,
    doc="The server can't rule out that live events were lost; the client resumes by sync.changes.",
)

EVENTS = (
    MESSAGE_RECEIVED,
    MESSAGE_EDITED,
    MESSAGE_PREVIEW,
    MESSAGE_UNSENT,
    MESSAGE_REACTION,
    MESSAGE_LISTENED,
    ACTIVITY_TYPING,
    ACTIVITY_RECORDING,
    ACTIVITY_DRAFT,
    ACTIVITY_LISTENING,
    MESSAGE_STATUS,
    CONVERSATION_CREATED,
    CONVERSATION_UPDATED,
    CONVERSATION_ACCEPTED,
    CONVERSATION_DECLINED,
    CONVERSATION_REMOVED,
    FRIEND_REQUESTED,
    FRIEND_ACCEPTED,
    FRIEND_DECLINED,
    FRIEND_REMOVED,
    FRIEND_BLOCKED,
    FRIEND_UNBLOCKED,
    PRESENCE_CHANGED,
    SESSION_REVOKED,
    USER_UPDATED,
    SYNC_REQUIRED,
)
