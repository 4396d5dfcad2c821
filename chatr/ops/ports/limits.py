"""How much one caller may have, beyond the rate that an operation declares."""

from __future__ import annotations

import time

import msgspec

from chatr.auth.limits import RateLimiter
from chatr.config import Config, Limits
from chatr.ops import pages
from chatr.process.turns import Turns
from chatr.services import waiting


class LimitPorts(msgspec.Struct, frozen=True, kw_only=True):
    """Counts, turns and sizes."""

    limiter: RateLimiter
    searches: Turns
    resumes: Turns
    page_bytes: int
    """What the items of a page take together at most, as JSON: ops/pages.py."""
    settings: Limits


def limit_ports(config: Config) -> LimitPorts:
    """Make the ports."""
    limiter = RateLimiter(
        # The reactor's seconds are the wall clock's: set back by an hour, it would hold everybody for as long.
        seconds=time.monotonic,
        exempt_loopback=config.exempt_loopback,
        enabled=config.limits.enabled,
        accounts_per_address=config.limits.accounts_per_address,
    )
    return LimitPorts(
        limiter=limiter,
        searches=waiting.searches(config.database.pool_size),
        resumes=waiting.resumes(config.database.pool_size),
        page_bytes=min(pages.MAX_BYTES, config.wamp.max_message_bytes // 2),
        settings=config.limits,
    )
