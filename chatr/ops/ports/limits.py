"""How much one caller may have, beyond the rate that an operation declares."""

from __future__ import annotations

import msgspec

from chatr.auth.limits import RateLimiter
from chatr.config import Limits
from chatr.process.turns import Turns


class LimitPorts(msgspec.Struct, frozen=True, kw_only=True):
    """Counts, turns and sizes."""

    limiter: RateLimiter
    searches: Turns
    resumes: Turns
    page_bytes: int
    """What the items of a page take together at most, as JSON: ops/pages.py."""
    settings: Limits
