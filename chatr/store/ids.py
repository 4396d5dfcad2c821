"""Identifiers of new rows."""

from __future__ import annotations

import os
import time

#: Below all others (RFC 9562, section 5.9).
NIL = "00000000-0000-0000-0000-000000000000"
_RANDOM_BITS = 74
#: Random bytes of one id, and ids whose bytes are drawn at once: a call of the kernel costs more than the rest.
_BYTES, _DRAWN = 10, 256


class Ids:
    """Version 7 UUIDs (RFC 9562): 48 bits of Unix milliseconds, then random ones, so that new rows sort last.

    Each is above the one before it (section 6.2, method 2): what one process makes in a millisecond sorts in order too.
    """

    def __init__(self) -> None:
        self._last = 0
        self._drawn = b""
        self._used = 0

    def next(self) -> str:
        """Make a new one, lower case."""
        if self._used == len(self._drawn):
            self._drawn, self._used = os.urandom(_BYTES * _DRAWN), 0
        fresh = int.from_bytes(self._drawn[self._used : self._used + _BYTES], "big")
        self._used += _BYTES
        value = (time.time_ns() // 1_000_000) << _RANDOM_BITS | fresh >> 6
        if value >> _RANDOM_BITS <= self._last >> _RANDOM_BITS:
            value = self._last + 1 + (fresh >> 48)
        self._last = value
        moment, high, low = value >> _RANDOM_BITS, value >> 62 & 0xFFF, value & (1 << 62) - 1
        text = f"{moment << 80 | 0x7 << 76 | high << 64 | 0x2 << 62 | low:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


uuid7 = Ids().next
