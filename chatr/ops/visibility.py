"""What one person may see of another: the one place that knows privacy."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from chatr.api.model import Me, PrivacyLevel, User, wire_time
from chatr.store.people import Person


def me(person: Person) -> Me:
    """A person's own view: everything."""
    return Me(
        id=person.id,
        username=person.username,
        display_name=person.display_name,
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


def user(person: Person, viewer_id: str) -> User:
    """A person as ``viewer_id`` may see them."""
    level = person.privacy
    own = person.id == viewer_id

    def shown(value: str | None, setting: PrivacyLevel) -> str | UnsetType:
        # Nobody has friends yet, so "friends" shows to nobody but oneself.
        return value if value and (own or setting == "everyone") else UNSET

    seen = wire_time(person.last_seen_at) if person.last_seen_at else None
    return User(
        id=person.id,
        username=person.username,
        display_name=person.display_name,
        first_name=shown(person.first_name, level.full_name),
        last_name=shown(person.last_name, level.full_name),
        profile_image=person.profile_image or UNSET,
        cover_image=person.cover_image or UNSET,
        email=shown(person.email, level.email),
        phone_number=shown(person.phone_number, level.phone),
        gender=shown(person.gender, level.gender),
        created_at=shown(wire_time(person.created_at), level.joined_date),
        last_seen=shown(seen, level.online_status),
        is_bot=person.is_bot,
        is_guest=person.role == "guest",
        is_support=person.role == "support",
    )
