"""Rate limits of one process, by account and, for public operations, by address."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from ipaddress import ip_address

from chatr.api.context import Caller
from chatr.api.contract import Operation, Rate
from chatr.api.errors import ApiError

#: Keys kept before those that are full again are swept out.
SWEEP_AT = 50_000


class RateLimiter:
    """The generic cell rate algorithm (GCRA): one number per key, the time at which it has no debt left."""

    def __init__(self, *, seconds: Callable[[], float], exempt_loopback: bool, enabled: bool = True) -> None:
        self._seconds = seconds
        self._exempt_loopback = exempt_loopback
        self._enabled = enabled
        self._debts: dict[tuple[str, str], float] = {}

    def check(self, operation: Operation, caller: Caller, subject: str = "") -> None:
        """Count one call, for whoever calls and for ``subject``.

        Raises ``rate_limited`` with the seconds until the next one may pass.
        """
        if not self._enabled:
            return
        if caller.user_id:
            self._count((operation.name, caller.user_id), operation.rate)
        if "anonymous" in operation.who and not (self._exempt_loopback and _loopback(caller.address)):
            self._count((operation.name, caller.address), operation.rate)
        if subject:
            # A digest: the table of debts should hold neither secrets nor what is as long as a caller likes.
            digest = hashlib.sha256(subject.strip().lower().encode("utf-8", "replace")).hexdigest()
            self._count((operation.name, digest), operation.rate)

    def passes(self, name: str, user_id: str, rate: Rate) -> bool:
        """Whether somebody may do this once more; if so it is counted."""
        try:
            if self._enabled:
                self._count((name, user_id), rate)
        except ApiError:
            return False
        return True

    def _count(self, key: tuple[str, str], rate: Rate) -> None:
        now = self._seconds()
        interval = rate.per_s / rate.count
        debt = max(self._debts.get(key, now), now) + interval
        wait = debt - now - interval * (rate.burst or rate.count)
        # Floating point must not refuse the last call of a burst.
        if wait > 1e-6:
            seconds = max(1, math.ceil(wait))
            raise ApiError("rate_limited", f"Too many calls: try again in {seconds} s", retry_after_s=seconds)
        self._debts[key] = debt
        if len(self._debts) > SWEEP_AT:
            self._debts = {key: debt for key, debt in self._debts.items() if debt > now}


def _loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        # A Unix socket has no address: whoever reaches it is on this machine.
        return not address
