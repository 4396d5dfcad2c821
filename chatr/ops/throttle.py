"""Letting signals through now and then: of many that say the same, the rest are not worth a message."""

from __future__ import annotations

import math
from collections.abc import Callable

#: Keys kept before those that no longer matter are swept out.
SWEEP_AT = 50_000
#: Others have forgotten by then who never said "off" (clients that vanish): so need not we remember.
KEEP_S = 60.0


class Throttle:
    """Remembers when a signal of each key passed last, and whether it said on or off."""

    def __init__(self, *, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._passed: dict[tuple[str, ...], tuple[float, bool]] = {}
        self._sweep_at = SWEEP_AT

    def passes(self, key: tuple[str, ...], *, active: bool, every_s: float) -> bool:
        """Whether this signal passes: "on" once in ``every_s``, "off" whenever the last that passed said "on"."""
        now = self._seconds()
        at, was_active = self._passed.get(key, (-math.inf, False))
        # Off and on again is a change, yet it must not be a way around the limit.
        if (not was_active and not active) or (active and now - at < every_s):
            return False
        self._passed[key] = (now if active else at, active)
        if len(self._passed) > self._sweep_at:
            self._passed = {each: value for each, value in self._passed.items() if now - value[0] < KEEP_S}
            # Not at each signal, however many there are within that time.
            self._sweep_at = max(SWEEP_AT, 2 * len(self._passed))
        return True
