"""Letting signals through now and then: of many that say the same, the rest are not worth a message.

How often that is says whoever signals: ops/conversations/activity.py ``EVERY_S``.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable

#: Keys kept at most, 300 bytes each. Beyond, the one whose signal passed the longest ago is forgotten: then its next
#: "on" may pass early, and an "off" that follows is not told, as that of a client that vanishes.
MOST_KEYS = 50_000
#: Others have forgotten by then who never said "off" (clients that vanish): so need not we remember.
KEEP_S = 60.0


class Throttle:
    """Remembers when a signal of each key passed last, and whether it said on or off."""

    def __init__(self, *, seconds: Callable[[], float], most_keys: int = MOST_KEYS) -> None:
        self._seconds = seconds
        self._most_keys = most_keys
        # In the order in which signals passed: the first that is old is at the beginning.
        self._passed: OrderedDict[tuple[str, ...], tuple[float, bool]] = OrderedDict()

    def passes(self, key: tuple[str, ...], *, active: bool, every_s: float) -> bool:
        """Whether this signal passes: "on" once in ``every_s``, "off" whenever the last that passed said "on"."""
        now = self._seconds()
        at, was_active = self._passed.get(key, (-math.inf, False))
        # Off and on again is a change, yet it must not be a way around the limit.
        if (not was_active and not active) or (active and now - at < every_s):
            return False
        self._forget(now)
        self._passed[key] = (now if active else at, active)
        self._passed.move_to_end(key)
        if len(self._passed) > self._most_keys:
            self._passed.popitem(last=False)
        return True

    def _forget(self, now: float) -> None:
        """Each that passes removes up to two that no longer matter: more go than come, and none pays for many."""
        for _ in range(2):
            key = next(iter(self._passed), None)
            if key is None or now - self._passed[key][0] < KEEP_S:
                return
            del self._passed[key]
