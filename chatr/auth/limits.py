"""Rate limits of one process, by account, by address, and by whom a call is about; in memory, so never out of reach.

The numbers stand elsewhere: the ``rate=`` of each operation in ops/, ``DEFAULT_RATE`` of all others in api/contract.py,
settings in config/serving.py ``Limits``. What no restart may forget is counted in the database, without which
such a call fails: codes that leave (services/code_gate.py), wrong passwords (ops/sessions/lockout.py), strangers
approached (ops/people/approaches.py).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from typing import Literal, TypeAlias

import msgspec

from chatr.api.context import Caller
from chatr.api.contract import Operation, Rate
from chatr.api.errors import ApiError
from chatr.auth.windows import Table
from chatr.networks import caller_key, on_this_machine

#: Windows of one length that are kept of accounts, of addresses, and of subjects: 650 bytes each, up to 1,200.
MOST_KEYS = 20_000

Kind: TypeAlias = Literal["account", "address", "subject"]


class RateLimiter:
    """Sliding windows: within any time as long as the rate's there pass never more than its number.

    An address is a caller as :func:`chatr.networks.caller_key` tells them apart. Who calls while signed in is counted
    by account, and by address so that an address may do as much as ``accounts_per_address`` accounts; who calls without
    is counted by address alone. A call that is refused is counted nowhere.
    """

    def __init__(
        self,
        *,
        seconds: Callable[[], float],
        exempt_loopback: bool,
        enabled: bool = True,
        accounts_per_address: int = 5,
        most_keys: int = MOST_KEYS,
    ) -> None:
        """``most_keys``: of each kind and length of window; what falls out beyond is said at :class:`Table`."""
        self._seconds = seconds
        self._exempt_loopback = exempt_loopback
        self._enabled = enabled
        self._accounts_per_address = accounts_per_address
        self._most_keys = most_keys
        self._tables: dict[tuple[Kind, float], Table] = {}

    @property
    def keys(self) -> int:
        """How many windows are kept."""
        return sum(map(len, self._tables.values()))

    @property
    def fallen_out(self) -> int:
        """How many windows there was no room for, so far."""
        return sum(table.fallen_out for table in self._tables.values())

    def check(self, operation: Operation, caller: Caller, subject: str = "") -> None:
        """Count one call, for whoever calls and for ``subject``, unless that is the caller.

        Raises ``rate_limited`` with the seconds until the next one may pass.
        """
        if not self._enabled:
            return
        wait_s = self._count(list(self._counts(operation, caller, subject)))
        if wait_s:
            raise ApiError("rate_limited", f"Too many calls: try again in {wait_s} s", retry_after_s=wait_s)

    def passes(self, name: str, user_id: str, rate: Rate) -> bool:
        """Whether somebody may do this once more; if so it is counted."""
        return not self._enabled or not self._count([_Count("account", name, user_id, rate)])

    def subject_passes(self, name: str, subject: str, rate: Rate) -> bool:
        """Whether this may be done to somebody once more, whoever does it; if so it is counted."""
        return not self._enabled or not self._count([_Count("subject", name, _digest(subject), rate)])

    def address_passes(self, name: str, address: str, rate: Rate) -> bool:
        """Whether this may be done from an address once more; if so it is counted."""
        return not self._limits(address) or not self._count([_Count("address", name, caller_key(address), rate)])

    def address_wait_s(self, name: str, address: str, rate: Rate) -> int:
        """The seconds until this may be done from an address once more; 0: now. Nothing is counted.

        For what is only counted when it fails: look here first, and say ``address_passes`` of each failure.
        """
        if not self._limits(address):
            return 0
        return self._wait_s([_Count("address", name, caller_key(address), rate)], self._seconds())

    def _counts(self, operation: Operation, caller: Caller, subject: str) -> Iterator[_Count]:
        rate = operation.rate
        name = rate.group or operation.name
        if caller.user_id:
            yield _Count("account", name, caller.user_id, rate)
        if self._limits(caller.address):
            # What strangers may call guards secrets: who signs in does not get more of it.
            strict = "anonymous" in operation.who and not rate.group
            times = 1 if strict else self._accounts_per_address
            # A Unix socket has no address: whoever is signed in there is counted by account alone.
            if caller.address or not caller.user_id:
                wide = msgspec.structs.replace(rate, count=rate.count * times) if times > 1 else rate
                yield _Count("address", name, caller_key(caller.address), wide)
        if subject and subject != caller.user_id:
            yield _Count("subject", name, _digest(subject), rate)

    def _limits(self, address: str) -> bool:
        return self._enabled and not (self._exempt_loopback and on_this_machine(address))

    def _count(self, counts: list[_Count]) -> int:
        """Count one in each; or in none, and the seconds until it would pass."""
        now = self._seconds()
        wait_s = self._wait_s(counts, now)
        if not wait_s:
            for each in counts:
                self._table(each).add((each.name, each.key), each.rate, now)
        return wait_s

    def _wait_s(self, counts: list[_Count], now: float) -> int:
        wait_s = max((self._table(each).wait_s((each.name, each.key), now) for each in counts), default=0.0)
        return max(1, math.ceil(wait_s)) if wait_s > 0 else 0

    def _table(self, count: _Count) -> Table:
        place = count.kind, count.rate.per_s
        if place not in self._tables:
            self._tables[place] = Table(self._most_keys)
        return self._tables[place]


class _Count(msgspec.Struct, frozen=True):
    """What one call is counted as: one more of ``name`` by, from or about ``key``."""

    kind: Kind
    name: str
    key: str
    rate: Rate


def _digest(subject: str) -> str:
    """The table should hold neither secrets nor what is as long as a caller likes."""
    return hashlib.sha256(subject.strip().lower().encode("utf-8", "replace")).hexdigest()
