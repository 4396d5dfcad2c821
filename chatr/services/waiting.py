"""Reads that are done in turns, so that however many come they never have more connections than a few."""

from __future__ import annotations

from chatr.process.turns import Turns

#: Searches at a time, and how many wait, of one person and in all: a search takes long, and all else is short.
MOST_SEARCHES, SEARCHES_WAIT_EACH, SEARCHES_WAIT = 2, 8, 64
#: Of those who come back: everybody at once after a restart. They wait, since being refused would bring them again.
MOST_RESUMES, RESUMES_WAIT_EACH, RESUMES_WAIT = 3, 256, 50_000


def searches(pool_size: int) -> Turns:
    """Of message.search and user.search. Beyond what may wait they are refused with ``unavailable``."""
    return _turns(pool_size, MOST_SEARCHES, SEARCHES_WAIT_EACH, SEARCHES_WAIT, "Too many searches wait at this moment")


def resumes(pool_size: int) -> Turns:
    """Of sync.changes and conversation.log."""
    return _turns(pool_size, MOST_RESUMES, RESUMES_WAIT_EACH, RESUMES_WAIT, "Too many clients come back at this moment")


def _turns(pool_size: int, at_once: int, each: int, in_all: int, detail: str) -> Turns:
    return Turns(at_once=min(at_once, max(1, pool_size // 2)), per_key=each, in_all=in_all, detail=detail)
