"""Who may see and do what to whom: every operation that concerns another person asks here.

What of a profile is shown says privacy.py. Whether a send passes is judged in SQL: sql/functions/judge_sends.sql.
"""

from __future__ import annotations

from chatr.api.errors import ApiError
from chatr.ops import access
from chatr.store.people.people import Person
from chatr.store.people.relations import Other, Relation

#: How anybody stands to somebody they have nothing to do with.
STRANGER = Relation()


def visible(found: Other | None) -> Other:
    """A person whose profile the viewer may see. Raises ``not_found``, also for somebody who blocked the viewer."""
    hidden = found is None or not found.person.verified or found.relation.blocked_me
    return access.somebody(None if hidden else found)


def may_write(found: Other | None) -> Other:
    """A person to whom the viewer may write directly. Raises ``not_found`` and ``blocked``."""
    found = access.somebody(found if found is not None and found.person.verified else None)
    if found.relation.blocked:
        raise blocked()
    return found


def needs_no_request(found: Other, me: Person) -> bool:
    """Whether the viewer may write to somebody without asking first: to friends, and to and from bots and support."""
    return found.relation.friends or any(person.is_bot or person.role == "support" for person in (found.person, me))


def may_befriend(found: Other | None) -> Other:
    """A person whom the viewer may ask to be a friend. Raises ``not_found``, and ``conflict`` without a reason."""
    found = access.somebody(found if found is not None and found.person.verified else None)
    if found.relation.blocked or found.person.role == "guest":
        raise ApiError("conflict", "This person can't be asked to be a friend now")
    return found


def passes(status: str, closed: str | None) -> None:
    """Whether signals pass in a conversation, by its status and why it is closed. Raises the refusal."""
    not_closed(closed)
    if status != "accepted":
        raise ApiError("forbidden", "The message request is not accepted yet")


def not_closed(closed: str | None) -> None:
    """Whether one of two people can bring anything before the other, by why their conversation is closed, if it is.

    Raises ``blocked``, and ``not_found`` when the other is no more.
    """
    if closed == "blocked":
        raise blocked()
    if closed is not None:
        raise ApiError("not_found", "The other person is no more")


def blocked() -> ApiError:
    """The refusal between two of whom one has blocked the other."""
    return ApiError("blocked", "One of the two has blocked the other")
