"""How many there are of each: sessions of a person, connections from an address."""

from __future__ import annotations

from collections.abc import Iterator

from chatr.api.errors import URI_PREFIX
from chatr.networks import caller_key, on_this_machine
from chatr.wamp.realm import Refusal


class Crowd:
    """How many there are by key, and whether one more would be too many."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._counts: dict[str, int] = {}

    def __iter__(self) -> Iterator[str]:
        """Go through the keys of which there are any."""
        return iter(self._counts)

    def count(self, key: str) -> int:
        """Say how many there are."""
        return self._counts.get(key, 0)

    def full(self, key: str) -> bool:
        """Whether there are as many as there may be."""
        return self.count(key) >= self.limit

    def came(self, key: str) -> None:
        """Count one more."""
        self._counts[key] = self.count(key) + 1

    def gone(self, key: str) -> None:
        """Count one less."""
        self._counts[key] -= 1
        if not self._counts[key]:
            del self._counts[key]


class Addresses:
    """Counts connections by the caller's address. Unix sockets have none, and no limit. The router's ``Arrivals``."""

    def __init__(self, per_address: int, *, exempt_loopback: bool) -> None:
        self.crowd = Crowd(per_address)
        self._exempt_loopback = exempt_loopback

    def came(self, address: str) -> Refusal | None:
        """Count one more, and say why it may not go on, if there were as many as there may be."""
        key = caller_key(address)
        full = self.crowd.full(key)
        self.crowd.came(key)
        if not full or not address or (self._exempt_loopback and on_this_machine(address)):
            return None
        return Refusal(f"{URI_PREFIX}rate_limited", f"at most {self.crowd.limit} sessions from one address")

    def gone(self, address: str) -> None:
        """Count one less."""
        self.crowd.gone(caller_key(address))
