"""Events about groups. Those of all members are entries of the log, each behind the system entry that says the same.

So whoever only shows messages needs none of them, and whoever keeps a roster misses nothing.
"""

from __future__ import annotations

from typing import Self

from msgspec import UNSET, UnsetType

from chatr.api.model import (
    Conversation,
    GroupInfo,
    GroupMember,
    GroupRole,
    Id,
    Message,
    Revision,
    Sender,
    Time,
    User,
    Wire,
)
from chatr.api.topics import CONVERSATION, USER, event


@event("group.created", USER, "The receiver has created a group, in another session.")
class GroupCreated(Wire, frozen=True):
    """The group, who created it, and the conversation that it is, with its revision."""

    group: GroupInfo
    invited_by: User
    conversation: Conversation
    revision: Revision


@event("group.invited", USER, "The receiver is invited to a group: group.accept or group.decline.")
class GroupInvited(Wire, frozen=True):
    """The group as whoever is invited sees it, and who invites. ``revision``: of what the receiver is to the group."""

    group: GroupInfo
    invited_by: User
    member_count: int
    revision: Revision


@event(
    "group.invite_declined",
    USER,
    "Who was invited declined, or who asked does no more: told to them, and to who waits for it.",
)
class GroupInviteDeclined(Wire, frozen=True):
    """Which group, and who declined. ``revision``: of what they are to the group."""

    group_id: Id
    user: Sender
    revision: Revision


@event("group.invite_revoked", USER, "The receiver is no longer invited to a group, or was not let in.")
class GroupInviteRevoked(Wire, frozen=True):
    """Which group. ``revision``: of what the receiver is to it."""

    group_id: Id
    revision: Revision


@event("group.join_requested", USER, "Somebody asks to be let into a group of which the receiver is owner or admin.")
class GroupJoinRequested(Wire, frozen=True):
    """Which group, and who asks: group.invite lets them in, group.remove_member refuses.

    ``revision``: of what they are to the group.
    """

    group_id: Id
    user: Sender
    revision: Revision


class Membership(Wire, frozen=True, kw_only=True):
    """What the log keeps of somebody who came or went: how they were in the group, and how many it has since."""

    user_id: Id
    role: GroupRole
    member_count: int
    invited_by: Id | UnsetType = UNSET
    joined_at: Time | UnsetType = UNSET


class MembershipChanged(Wire, frozen=True):
    """Who came or went, and how many members the group has since. Of the person it has the name and picture."""

    conversation_id: Id
    seq: int
    group_id: Id
    member: GroupMember
    member_count: int

    @classmethod
    def entry(cls, seq: int, message: Message, facts: Membership) -> Self:
        """Make the entry of what is kept, and of the system entry that says the same."""
        member = GroupMember(
            user=by_name(_found(message, facts.user_id)),
            role=facts.role,
            status="joined",
            invited_by=facts.invited_by,
            joined_at=facts.joined_at,
        )
        return cls(message.conversation_id, seq, message.conversation_id, member, facts.member_count)


@event("group.member_joined", CONVERSATION, "Somebody has joined a group.")
class GroupMemberJoined(MembershipChanged, frozen=True):
    """Who has joined."""


@event("group.member_left", CONVERSATION, "Somebody has left a group.")
class GroupMemberLeft(MembershipChanged, frozen=True):
    """Who was in it until now."""


@event("group.member_removed", CONVERSATION, "Somebody was removed from a group.")
class GroupMemberRemoved(MembershipChanged, frozen=True):
    """Who was in it until now."""


class RoleGiven(Wire, frozen=True):
    """What the log keeps of a change of somebody's role."""

    user_id: Id
    role: GroupRole
    by: Id


@event("group.role_changed", CONVERSATION, "Somebody has another role in a group.")
class GroupRoleChanged(Wire, frozen=True):
    """Whose role it is, which, and who gave it."""

    conversation_id: Id
    seq: int
    group_id: Id
    user_id: Id
    role: GroupRole
    by: Id

    @classmethod
    def entry(cls, seq: int, message: Message, facts: RoleGiven) -> GroupRoleChanged:
        """Make the entry."""
        where = message.conversation_id
        return cls(where, seq, where, facts.user_id, facts.role, facts.by)


class GroupState(Wire, frozen=True):
    """What the log keeps of a change of a group itself: what it was from then on."""

    group: GroupInfo


@event("group.updated", CONVERSATION, "A group is called something else, or kept in another way.")
class GroupUpdated(Wire, frozen=True):
    """The group from now on."""

    conversation_id: Id
    seq: int
    group_id: Id
    group: GroupInfo

    @classmethod
    def entry(cls, seq: int, message: Message, facts: GroupState) -> GroupUpdated:
        """Make the entry."""
        return cls(message.conversation_id, seq, message.conversation_id, facts.group)


@event("group.deleted", USER, "A group is no more of which the receiver was a member, or to which they were invited.")
class GroupDeleted(Wire, frozen=True):
    """Which group, and what it was called."""

    group_id: Id
    name: str


def by_name(person: Sender) -> User:
    """Somebody by name and picture alone. Any view of them that has a revision is the newer."""
    return User(person.id, person.username, person.display_name, 0, profile_image=person.profile_image)


def _found(message: Message, user_id: str) -> Sender:
    """Who is named at a system entry."""
    about = [] if message.users is UNSET else message.users
    return next(each for each in (*about, message.sender) if each.id == user_id)
