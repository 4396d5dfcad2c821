"""Every server event: what it carries, where it goes, and whether it is kept in a conversation's log."""

from __future__ import annotations

from typing import Literal, Self

from msgspec import UNSET, UnsetType

from chatr.api.model import (
    Conversation,
    Friendship,
    Id,
    LinkPreview,
    Me,
    Message,
    Presence,
    Reaction,
    Revision,
    Time,
    User,
    Wire,
)
from chatr.api.topics import CONVERSATION, USER, declared, event


@event("message.received", CONVERSATION, "A message was added to a conversation.")
class MessageReceived(Wire, frozen=True):
    """A new message, written by somebody else or by another session of the same person."""

    conversation_id: Id
    seq: int
    message: Message
    conversation: Conversation | UnsetType = UNSET

    @classmethod
    def entry(cls, seq: int, message: Message, facts: None = None) -> MessageReceived:
        """Make the entry."""
        return cls(message.conversation_id, seq, message)


@event("message.edited", CONVERSATION, "The text of a message was changed.")
class MessageEdited(Wire, frozen=True):
    """A message with its new text. Its status is the sender's to know: keep the one you have."""

    conversation_id: Id
    seq: int
    message: Message

    @classmethod
    def entry(cls, seq: int, message: Message, facts: None = None) -> MessageEdited:
        """Make the entry."""
        return cls(message.conversation_id, seq, message)


class MessagePreviewGone(Wire, frozen=True):
    """In a log only: the message has no preview any more."""

    conversation_id: Id
    seq: int
    message_id: Id
    message: Message


@event(
    "message.preview",
    CONVERSATION,
    "The server has looked at the link of a message. Goes to all sessions, the sender's too.",
)
class MessagePreview(Wire, frozen=True):
    """The preview of a message's link, and the message with it. Its status is the sender's: keep the one you have."""

    conversation_id: Id
    seq: int
    message_id: Id
    link_preview: LinkPreview
    message: Message

    @classmethod
    def entry(cls, seq: int, message: Message, facts: None = None) -> MessagePreview | MessagePreviewGone:
        """Make the entry."""
        if message.link_preview is UNSET:
            return MessagePreviewGone(message.conversation_id, seq, message.id, message)
        return cls(message.conversation_id, seq, message.id, message.link_preview, message)


@event("message.unsent", CONVERSATION, "A message was taken back: show a placeholder, also where it is quoted.")
class MessageUnsent(Wire, frozen=True):
    """A message was taken back."""

    conversation_id: Id
    seq: int
    message_id: Id
    sender_display_name: str

    @classmethod
    def entry(cls, seq: int, message: Message, facts: None = None) -> MessageUnsent:
        """Make the entry."""
        return cls(message.conversation_id, seq, message.id, message.sender.display_name)


class Reacted(Wire, frozen=True):
    """What the log keeps of a reaction."""

    user_id: Id
    emoji: str | None


@event("message.reaction", CONVERSATION, "Somebody reacted to a message.")
class MessageReaction(Wire, frozen=True):
    """Somebody's reaction (null: taken away), and all reactions of the message now."""

    conversation_id: Id
    seq: int
    message_id: Id
    user_id: Id
    emoji: str | None
    reactions: list[Reaction]

    @classmethod
    def entry(cls, seq: int, message: Message, facts: Reacted) -> MessageReaction:
        """Make the entry."""
        return cls(message.conversation_id, seq, message.id, facts.user_id, facts.emoji, message.reactions)


class HeardBy(Wire, frozen=True):
    """What the log keeps of an audio message that was heard."""

    user_id: Id


@event("message.listened", CONVERSATION, "Somebody has heard an audio message to its end.")
class MessageListened(Wire, frozen=True):
    """Somebody has heard an audio message to its end."""

    conversation_id: Id
    seq: int
    message_id: Id
    user_id: Id

    @classmethod
    def entry(cls, seq: int, message: Message, facts: HeardBy) -> MessageListened:
        """Make the entry."""
        return cls(message.conversation_id, seq, message.id, facts.user_id)


class EntryCleared(Wire, frozen=True):
    """What an entry says about a message that the viewer has deleted from their own view: that there is one."""

    conversation_id: Id
    seq: int
    cleared: Literal[True]


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


@event("message.status", CONVERSATION, "A participant's delivered or read watermark grew.")
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
    revision: Revision

    @classmethod
    def of(cls, conversation: Conversation) -> Self:
        """Tell of a conversation."""
        return cls(conversation, conversation.revision)


@event(
    "conversation.created",
    USER,
    "A conversation with the receiver in it began, or a message brought back one that the receiver had deleted.",
)
class ConversationCreated(ConversationChanged, frozen=True):
    """A conversation as the receiver has it from now on."""


@event(
    "conversation.updated",
    USER,
    "A conversation of the receiver is another than before, beside its messages and watermarks.",
)
class ConversationUpdated(ConversationChanged, frozen=True):
    """A conversation as the receiver sees it now."""


@event("conversation.accepted", USER, "A message request was accepted, or the two became friends.")
class ConversationAccepted(Wire, frozen=True):
    """Which conversation, and who accepted it; ``conversation``: as the receiver has it, if they do."""

    conversation_id: Id
    accepted_by: Id
    revision: Revision
    conversation: Conversation | UnsetType = UNSET


@event("conversation.declined", USER, "The receiver's message request was declined.")
class ConversationDeclined(Wire, frozen=True):
    """Which conversation, and who declined it when; ``conversation``: as the receiver has it, if they do."""

    conversation_id: Id
    declined_by: Id
    declined_at: Time
    revision: Revision
    conversation: Conversation | UnsetType = UNSET


@event(
    "conversation.removed",
    USER,
    "The receiver deleted or declined a conversation in another session, or is no longer in it.",
)
class ConversationRemoved(Wire, frozen=True):
    """Which conversation the receiver has no more: no view of a smaller revision brings it back."""

    conversation_id: Id
    revision: Revision


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


class FriendChanged(Wire, frozen=True):
    """A friendship or request as it is now, or was when it ended, and the other person as the receiver sees them."""

    friendship: Friendship
    user: User
    revision: Revision

    @classmethod
    def of(cls, friendship: Friendship, user: User) -> Self:
        """Tell of a friendship with a person."""
        return cls(friendship, user, user.revision)


@event("friend.requested", USER, "Somebody asks to be the receiver's friend.")
class FriendRequested(FriendChanged, frozen=True):
    """The request, and the other person as the receiver sees them."""


@event("friend.accepted", USER, "Two became friends.")
class FriendAccepted(FriendChanged, frozen=True):
    """The friendship, and the other person as the receiver sees them."""


@event("friend.declined", USER, "A friend request was declined by the addressee or cancelled by the requester.")
class FriendDeclined(FriendChanged, frozen=True):
    """The request that was, and the other person as the receiver sees them."""


@event("friend.removed", USER, "A friendship ended.")
class FriendRemoved(FriendChanged, frozen=True):
    """The friendship that was, and the other person as the receiver sees them."""


class BlockChanged(Wire, frozen=True):
    """Whom another session of the receiver has blocked, or blocks no more, as the receiver sees them."""

    user_id: Id
    user: User
    revision: Revision

    @classmethod
    def of(cls, user: User) -> Self:
        """Tell of a person."""
        return cls(user.id, user, user.revision)


@event("friend.blocked", USER, "The receiver blocked somebody in another session.")
class FriendBlocked(BlockChanged, frozen=True):
    """Whom another session of the receiver has blocked, as the receiver sees them."""


@event("friend.unblocked", USER, "The receiver lifted a block in another session.")
class FriendUnblocked(BlockChanged, frozen=True):
    """Whom another session of the receiver blocks no more, as the receiver sees them."""


@event("session.revoked", USER, "One of the receiver's sessions ended.")
class SessionRevoked(Wire, frozen=True):
    """A session of the receiver has ended; sent before its sockets close."""

    session_id: Id
    reason: str


class UserUpdated(Wire, frozen=True):
    """Somebody else as the receiver may see them now."""

    user: User
    revision: Revision

    @classmethod
    def of(cls, user: User) -> Self:
        """Tell of a person."""
        return cls(user, user.revision)


@event(
    "user.updated",
    USER,
    "What the receiver may see of somebody they know changed, or their own account did in another session.",
    also=(UserUpdated,),
)
class OwnUserUpdated(Wire, frozen=True):
    """The receiver's own account, with all that user.me answers."""

    user: Me
    revision: Revision


@event(
    "sync.required",
    USER,
    "The server can't rule out that live events were lost; the client resumes by sync.changes.",
)
class SyncRequired(Wire, frozen=True):
    """Live events may have been lost: call ``sync.changes``."""

    reason: str


EVENTS = declared(vars())
