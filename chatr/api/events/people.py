"""Events about people, and how two of them stand to each other."""

from __future__ import annotations

from typing import Self

from chatr.api.model import (
    Friendship,
    Id,
    Me,
    Revision,
    User,
    Wire,
)
from chatr.api.topics import USER, event


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
