"""Events about messages: entries of the log, and how far they have come."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType

from chatr.api.model import (
    Conversation,
    Id,
    LinkPreview,
    Message,
    Reaction,
    Time,
    Wire,
)
from chatr.api.topics import CONVERSATION, USER, event


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


@event("audio.waveform", CONVERSATION, "The server has looked at an audio file.")
class AudioWaveform(Wire, frozen=True, kw_only=True):
    """How long it is, in seconds, and its waveform: 100 numbers from 0 to 1. ``failed``: it has none."""

    conversation_id: Id
    message_id: Id
    file_id: Id
    waveform: list[float]
    duration: float | UnsetType = UNSET
    failed: bool = False


@event(
    "message.cleared",
    CONVERSATION,
    "In a group: something has become of a message that the receiver is not to see, as it was there before them.",
)
class EntryCleared(Wire, frozen=True):
    """What an entry says about a message that the viewer has deleted from their own view: that there is one."""

    conversation_id: Id
    seq: int
    cleared: Literal[True]


@event(
    "message.status",
    USER,
    "A delivered or read watermark grew: the other's in a direct conversation, or the receiver's own anywhere.",
)
class MessageStatusChanged(Wire, frozen=True):
    """One participant's watermarks after they grew."""

    conversation_id: Id
    user_id: Id
    delivered_seq: int
    read_seq: int
    at: Time


@event("message.receipts", USER, "A message of the receiver in a group has reached more of its members.")
class MessageReceipts(Wire, frozen=True):
    """How many others it was delivered to, and how many have read it.

    It is the newest of the receiver's messages that somebody has received or read; one event a second and conversation
    at most. ``otherDeliveredSeq`` and ``otherReadSeq`` are up to where all others have come: from them the status of
    the receiver's messages derives. ``readCount`` and ``otherReadSeq`` are absent for whoever gives no receipts.
    """

    conversation_id: Id
    message_id: Id
    delivered_count: int
    read_count: int | UnsetType = UNSET
    other_delivered_seq: int = 0
    other_read_seq: int | UnsetType = UNSET
