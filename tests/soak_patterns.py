"""Patterns against the clock (``make soak``): what tests/test_patterns.py counts, run on long texts."""

from __future__ import annotations

import re
import time
from itertools import product
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.steps import parsed, samples
from tests.test_patterns import MODELS, TRUSTED, anchored, patterns

CHARACTERS = 20_000


class ClockTests(SynchronousTestCase):
    """All patterns of chatr"""

    def test_in_time(self) -> None:
        """For twice the text Python takes no more than about twice the time."""
        for name, pattern in patterns():
            if name in TRUSTED:
                continue
            model = pattern if isinstance(pattern, re.Pattern) else re.compile(MODELS.get(name, "."))
            flags = model.flags & ~re.U if isinstance(model.pattern, bytes) else model.flags
            beginnings, atoms = samples(parsed(model.pattern, flags))
            for beginning, pump in product(beginnings, filter(None, atoms)):
                once, twice = (
                    _seconds(pattern, anchored(name), beginning + pump * (size // len(pump)) + "\x00")
                    for size in (CHARACTERS, 2 * CHARACTERS)
                )
                self.assertLess(twice, 3 * once + 0.02, f"{name} for {beginning!r} and {pump!r} again and again")


def _seconds(pattern: Any, how: str, text: str) -> float:
    given = text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        if how == "search":
            for _ in pattern.finditer(given):
                pass
        else:
            getattr(pattern, how)(given)
        best = min(best, time.perf_counter() - began)
    return best
