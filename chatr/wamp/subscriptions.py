"""Who has subscribed to which topics. Shows nothing by itself.

Which sessions an event reaches is decided by their realm; a subscription only says which kinds of events a session
wants of those addressed to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import count
from types import MappingProxyType
from typing import NamedTuple, TypeAlias
from weakref import WeakValueDictionary

#: How many subscriptions that a session gave back are remembered, so that a late UNSUBSCRIBE is answered kindly.
REMEMBERED = 1024

# Loose URIs of the WAMP specification ("URIs"): components separated by dots, without white space and "#".
_EXACT = re.compile(r"([^\s.#]+\.)*[^\s.#]+")
_PREFIX = re.compile(r"([^\s.#]+\.)*[^\s.#]*")
_WILDCARD = re.compile(r"([^\s.#]*\.)*[^\s.#]*")

#: A URI of ours has a dozen parts at the most; the bound keeps what a session can make us store small.
MAX_URI_CHARS = 256


def _matches_exact(pattern: str, topic: str) -> bool:
    return pattern == topic


def _matches_prefix(pattern: str, topic: str) -> bool:
    return topic.startswith(pattern)


def _matches_wildcard(pattern: str, topic: str) -> bool:
    wanted, parts = pattern.split("."), topic.split(".")
    return len(wanted) == len(parts) and all(want in ("", part) for want, part in zip(wanted, parts, strict=True))


class Policy(NamedTuple):
    """One matching policy: which URIs it takes and which topics they match."""

    syntax: re.Pattern[str]
    matches: Callable[[str, str], bool]


POLICIES: Mapping[str, Policy] = MappingProxyType(
    {
        "exact": Policy(_EXACT, _matches_exact),
        "prefix": Policy(_PREFIX, _matches_prefix),
        "wildcard": Policy(_WILDCARD, _matches_wildcard),
    }
)


class Key(NamedTuple):
    """What one subscription is for."""

    topic: str
    match: str


class RequestError(Exception):
    """A request that is refused: the WAMP error URI and a sentence."""

    def __init__(self, uri: str, detail: str) -> None:
        super().__init__(uri, detail)
        self.uri = uri
        self.detail = detail


def check_uri(uri: str, match: object = None) -> str:
    """The matching policy of a request, for which its URI is valid. Raises :class:`RequestError`."""
    policy = "exact" if match is None else match
    if not isinstance(policy, str) or policy not in POLICIES:
        raise RequestError("wamp.error.invalid_argument", "options.match: is not exact, prefix or wildcard")
    if len(uri) > MAX_URI_CHARS or not POLICIES[policy].syntax.fullmatch(uri):
        raise RequestError("wamp.error.invalid_uri", f"that is not a valid URI for match {policy}")
    return policy


#: The subscriptions that want a topic: their ids, and whether a pattern found it.
Wanted: TypeAlias = tuple[tuple[int, bool], ...]


class Selection(dict[str, Wanted]):
    """What the subscriptions in ``held`` want of each topic, found when it is first asked for. It does not change."""

    __slots__ = ("__weakref__", "held")

    def __init__(self, held: Mapping[int, Key]) -> None:
        super().__init__()
        self.held = held

    def __missing__(self, topic: str) -> Wanted:
        found = self[topic] = tuple(
            (number, key.match != "exact")
            for number, key in self.held.items()
            if POLICIES[key.match].matches(key.topic, topic)
        )
        return found


class SubscriptionIds:
    """The subscriptions of all sessions of a realm: an id per (topic, match), given out again only as a new number."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._ids: dict[Key, int] = {}
        self._holders: dict[Key, int] = {}
        self._selections: WeakValueDictionary[tuple[int, ...], Selection] = WeakValueDictionary()
        self.nothing = self.selection({})
        """Of who has no subscription."""

    def __len__(self) -> int:
        return len(self._ids)

    def find(self, key: Key) -> int | None:
        """The id of a subscription that somebody holds."""
        return self._ids.get(key)

    def acquire(self, key: Key) -> int:
        """The id of a subscription, for one more session."""
        number = self._ids.get(key)
        if number is None:
            number = self._ids[key] = next(self._numbers)
        self._holders[key] = self._holders.get(key, 0) + 1
        return number

    def release(self, key: Key) -> None:
        """One session less; the id goes with the last."""
        self._holders[key] -= 1
        if not self._holders[key]:
            del self._holders[key], self._ids[key]

    def selection(self, held: Mapping[int, Key]) -> Selection:
        """What somebody wants who holds these: one for all who do. Most clients of a kind subscribe to the same."""
        numbers = tuple(held)
        selection = self._selections.get(numbers)
        if selection is None:
            selection = self._selections[numbers] = Selection(held)
        return selection


class Subscriptions:
    """The subscriptions of one session. ``matching``: those that want a topic."""

    __slots__ = ("_gone", "_ids", "_limit", "_too_many", "matching")

    def __init__(self, ids: SubscriptionIds, *, limit: int, too_many: str) -> None:
        """``too_many``: the error URI for more than ``limit``."""
        self._ids = ids
        self._limit = limit
        self._too_many = too_many
        self._gone: dict[int, None] | None = None
        self.matching = ids.nothing

    def __len__(self) -> int:
        return len(self.matching.held)

    def subscribe(self, topic: str, match: object = None) -> int:
        """Subscribe and answer the subscription id, the same for the same topic and match.

        Raises :class:`RequestError` for an unknown policy, an invalid URI, or too many subscriptions.
        """
        key = Key(topic, check_uri(topic, match))
        held = self.matching.held
        known = self._ids.find(key)
        if known is not None and known in held:
            return known
        if len(held) >= self._limit:
            raise RequestError(self._too_many, f"a session has at most {self._limit} subscriptions")
        number = self._ids.acquire(key)
        self.matching = self._ids.selection({**held, number: key})
        return number

    def unsubscribe(self, number: int) -> None:
        """Give a subscription back; giving it back again changes nothing.

        Raises :class:`RequestError` for an id that this session never had.
        """
        held = dict(self.matching.held)
        key = held.pop(number, None)
        if key is None:
            if self._gone is not None and number in self._gone:
                return
            raise RequestError("wamp.error.no_such_subscription", "this session never had that subscription")
        self.matching = self._ids.selection(held)
        self._ids.release(key)
        self._gone = self._gone or {}
        self._gone[number] = None
        if len(self._gone) > REMEMBERED:
            del self._gone[next(iter(self._gone))]

    def clear(self) -> None:
        """Give everything back."""
        for key in self.matching.held.values():
            self._ids.release(key)
        self.matching = self._ids.nothing
