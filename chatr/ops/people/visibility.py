"""What one person may see of another: which level of privacy each field has, and what is left across a block.

Whom a level lets see is decided by :mod:`chatr.ops.people.privacy`.
Names at messages, quotes and reactions are decided by :mod:`chatr.store.people.faces`: reading needs them row by row.
"""

from __future__ import annotations

from typing import Literal, cast

import msgspec
from msgspec import UNSET, UnsetType

from chatr.api.model import Conversation, Friendship, Me, Message, PrivacyLevel, User, wire_time
from chatr.ops.people import privacy
from chatr.store.conversations.views import View
from chatr.store.people.faces import Face
from chatr.store.people.people import Person
from chatr.store.people.relations import Other, Relation


def me(person: Person) -> Me:
    """A person's own view: everything."""
    return Me(
        id=person.id,
        username=person.username,
        display_name=person.display_name,
        revision=person.revision,
        first_name=person.first_name or UNSET,
        last_name=person.last_name or UNSET,
        profile_image=person.profile_image or UNSET,
        cover_image=person.cover_image or UNSET,
        email=person.email or UNSET,
        phone_number=person.phone_number or UNSET,
        gender=person.gender or UNSET,
        created_at=wire_time(person.created_at),
        last_seen=wire_time(person.last_seen_at) if person.last_seen_at else UNSET,
        is_bot=person.is_bot,
        is_guest=person.role == "guest",
        is_support=person.role == "support",
        email_verified=person.email_verified,
        phone_verified=person.phone_verified,
        two_factor_enabled=person.two_factor,
        privacy=person.privacy,
        settings=person.settings,
    )


def user(person: Person, relation: Relation | None) -> User:
    """A person as a viewer who stands to them like that may see them; None: the person is the viewer.

    Whoever is blocked by the person sees name and picture as they were then, and nothing else.
    """
    if relation is not None and relation.face is not None:
        return _face(person, relation.face, relation.revision)
    level = person.privacy

    def shown(value: str | None, setting: PrivacyLevel) -> str | UnsetType:
        return value if value and (relation is None or privacy.shown(setting, relation)) else UNSET

    here = relation is None or privacy.sees_presence(person, relation)
    return User(
        id=person.id,
        username=person.username,
        display_name=person.display_name,
        # Of oneself one sees more than others: what changes there is none of their business.
        revision=max(person.profile_revision, relation.revision) if relation is not None else person.revision,
        first_name=shown(person.first_name, level.full_name),
        last_name=shown(person.last_name, level.full_name),
        profile_image=person.profile_image or UNSET,
        cover_image=person.cover_image or UNSET,
        email=shown(person.email, level.email),
        phone_number=shown(person.phone_number, level.phone),
        gender=shown(person.gender, level.gender),
        created_at=shown(wire_time(person.created_at), level.joined_date),
        last_seen=wire_time(person.last_seen_at) if here and person.last_seen_at else UNSET,
        is_bot=person.is_bot,
        is_guest=person.role == "guest",
        is_support=person.role == "support",
    )


def _face(person: Person, face: Face, revision: int) -> User:
    return User(
        id=person.id,
        username=face.username,
        display_name=face.display_name,
        # Not the profile's: that it changes is not shown either.
        revision=revision,
        profile_image=face.profile_image or UNSET,
        is_bot=person.is_bot,
        is_guest=person.role == "guest",
        is_support=person.role == "support",
    )


def other(found: Other, viewer_id: str) -> User:
    """A person as ``viewer_id``, who may be the same, may see them."""
    return user(found.person, None if found.person.id == viewer_id else found.relation)


def friendship(found: Other) -> Friendship | None:
    """The friendship of a viewer with a person, or a request either way."""
    relation = found.relation
    if relation.friendship_id is None or relation.requester_id is None:
        return None
    return Friendship(
        id=relation.friendship_id,
        status="accepted" if relation.friends else "pending",
        requester_id=relation.requester_id,
        addressee_id=relation.viewer_id if relation.requester_id == found.person.id else found.person.id,
    )


def _last(view: View, viewer_id: str) -> Message | UnsetType:
    if view.last is None:
        return UNSET
    message = view.last.seen_by(viewer_id, view.marks)
    return msgspec.structs.replace(message, status="listened") if view.heard and not message.unsent else message


def conversation(view: View, viewer_id: str) -> Conversation:
    """The wire form of a conversation for one participant."""
    direct, group = view.direct, view.group
    return Conversation(
        id=view.id,
        kind=cast(Literal["direct", "group"], view.kind),
        status=cast(Literal["pending", "accepted"], view.status),
        # Whoever declined has no such conversation.
        declined_at=wire_time(view.declined_at) if view.declined_at else UNSET,
        initiator_id=view.initiator_id or UNSET,
        title=(group and group.title) or UNSET,
        description=(group and group.description) or UNSET,
        profile_image=(group and group.profile_image) or UNSET,
        cover_image=(group and group.cover_image) or UNSET,
        other=other(direct.other, viewer_id) if direct else UNSET,
        role=cast(Literal["owner", "admin", "member"], group.role) if group else UNSET,
        member_count=group.member_count if group else UNSET,
        head_seq=view.head_seq,
        read_seq=view.read_seq,
        delivered_seq=view.delivered_seq,
        cleared_seq=view.cleared_seq,
        other_read_seq=direct.read_seq if direct else UNSET,
        other_delivered_seq=direct.delivered_seq if direct else UNSET,
        unread_count=view.unread,
        unread_capped=view.unread_capped or UNSET,
        mention_count=view.mentioned or UNSET,
        first_mention_seq=view.first_mention or UNSET,
        last_message=_last(view, viewer_id),
        is_friend=direct.other.relation.friends if direct else UNSET,
        is_blocked=direct.other.relation.blocked_by_me if direct else UNSET,
        blocked_by_me=direct.other.relation.blocked_by_me if direct else UNSET,
        muted_until=wire_time(view.muted_until) if view.muted_until else UNSET,
        archived=view.archived,
        pinned=view.pinned,
        revision=view.revision,
        updated_at=wire_time(view.active_at),
    )
