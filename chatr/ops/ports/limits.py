"""How much one caller may have, beyond the rate that an operation declares."""

from __future__ import annotations

import time

import msgspec

from chatr.auth.limits import RateLimiter
from chatr.config import Config, LimitsSettings
from chatr.ops import pages
from chatr.process.turns import Turns

#: Searches at a time, and how many wait, of one person and in all: a search takes long, and all else is short.
MOST_SEARCHES, SEARCHES_WAIT_EACH, SEARCHES_WAIT = 2, 8, 64
#: Of those who come back: everybody at once after a restart. They wait, since being refused would bring them again.
MOST_RESUMES, RESUMES_WAIT_EACH, RESUMES_WAIT = 3, 256, 50_000


class LimitPorts(msgspec.Struct, frozen=True, kw_only=True):
    """Counts, turns and sizes."""

    limiter: RateLimiter
    searches: Turns
    """Of message.search and user.search. Beyond what may wait they are refused with ``unavailable``."""
    resumes: Turns
    """Of sync.changes and conversation.log."""
    page_bytes: int
    """What the items of a page take together at most, as JSON: ops/pages.py."""
    settings: LimitsSettings


def limit_ports(config: Config) -> LimitPorts:
    """Make the ports."""
    limiter = RateLimiter(
        # The reactor's seconds are the wall clock's: set back by an hour, it would hold everybody for as long.
        seconds=time.monotonic,
        exempt_loopback=config.exempt_loopback,
        enabled=config.limits.enabled,
        accounts_per_address=config.limits.accounts_per_address,
    )
    # However many come, they never have more connections than that.
    half = max(1, config.database.pool_size // 2)
    return LimitPorts(
        limiter=limiter,
        searches=Turns(
            at_once=min(MOST_SEARCHES, half),
            per_key=SEARCHES_WAIT_EACH,
            in_all=SEARCHES_WAIT,
            detail="Too many searches wait at this moment",
        ),
        resumes=Turns(
            at_once=min(MOST_RESUMES, half),
            per_key=RESUMES_WAIT_EACH,
            in_all=RESUMES_WAIT,
            detail="Too many clients come back at this moment",
        ),
        page_bytes=min(pages.MAX_BYTES, config.wamp.max_message_bytes // 2),
        settings=config.limits,
    )
