"""The levels of privacy: everyone, friends, nobody. Each part of a profile has one (chatr.api.model.Privacy)."""

from __future__ import annotations

from chatr.api.model import PrivacyLevel
from chatr.store.people.people import Person
from chatr.store.people.relations import Relation


def shown(level: PrivacyLevel, relation: Relation) -> bool:
    """Whether a part of a profile that has this level is shown to a viewer."""
    return level == "everyone" or (level == "friends" and relation.friends)


def sees_presence(person: Person, relation: Relation) -> bool:
    """Whether a viewer may know if the person is here, and since when not."""
    return relation.near and shown(person.privacy.online_status, relation)
