"""Events about conversations as one of their members has them."""

from __future__ import annotations

from typing import Self

from msgspec import UNSET, UnsetType

from chatr.api.model import (
    Conversation,
    Id,
    Revision,
    Time,
    Wire,
)
from chatr.api.topics import USER, event


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
