"""The levels of privacy: everyone, friends, nobody. Parts and what they have by default: api/model.py ``Privacy``.

Which field belongs to which part says visibility.py. Search and presence of many apply the levels in SQL:
store/people/relations.py ``shown`` and ``showing``. Read receipts: store/conversations/marks.py ``store``. A change of
level acts at once: announcing.py ``changed``.
"""

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
