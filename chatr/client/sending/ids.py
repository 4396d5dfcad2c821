"""Identifiers of what is sent."""

from __future__ import annotations

import secrets
import time
import uuid

_DAY_S = 24 * 3600
#: Below the time: version and variant in their places, the rest random.
_RANDOM_BITS, _VERSION, _VARIANT = 80, 0x7 << 76, 0x2 << 62
_FIXED = 0xF << 76 | 0x3 << 62


def new_client_id() -> str:
    """Make a version 7 UUID (RFC 9562), its time cut to the day (section 6.1, "Altering, Fuzzing").

    What is sent in these days lies together in the server's index of client ids, where a random one has it write a page
    of its own for each message of a long conversation; and whoever is shown the id learns no more than the day.
    """
    day_ms = int(time.time()) // _DAY_S * _DAY_S * 1000
    value = day_ms << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS) & ~_FIXED | _VERSION | _VARIANT
    return str(uuid.UUID(int=value))
