"""How long to wait between tries."""

from __future__ import annotations

from collections.abc import Callable


class Backoff:
    """Delays that double up to a limit, with jitter, so that a thousand clients don't return at the same moment."""

    def __init__(self, random: Callable[[], float], *, first_s: float, last_s: float) -> None:
        """``random``: from 0 to 1."""
        self._random = random
        self._first_s = first_s
        self._last_s = last_s
        self._next_s = first_s

    def delay_s(self) -> float:
        """The next delay: from half of it to all of it."""
        delay_s = self._next_s
        self._next_s = min(delay_s * 2, self._last_s)
        return delay_s * (0.5 + self._random() / 2)

    def reset(self) -> None:
        """Begin anew: it went well."""
        self._next_s = self._first_s
