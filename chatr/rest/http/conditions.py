"""What a browser has already, and what part it asks for (RFC 9110, sections 13 and 14)."""

from __future__ import annotations

import re

_TAG = re.compile(r'"[^"]*"')
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


class Unsatisfiable(Exception):
    """The part that is asked for begins behind the end."""


def knows(known: str, tag: str) -> bool:
    """Whether If-None-Match names a tag, which is in quotes (section 13.1.2: weak tags count as strong ones)."""
    return known.strip() == "*" or tag in _TAG.findall(known)


def part_of(wanted: str | None, only_if: str | None, tag: str, size: int) -> tuple[int, int] | None:
    """The part ``[start, stop)`` that Range asks for, if it counts: else all is sent, as for several parts.

    ``only_if``: If-Range, which names the tag that the other parts were of; dates never match here.
    Raises :class:`Unsatisfiable`.
    """
    found = _RANGE.fullmatch(wanted.strip()) if wanted is not None else None
    if found is None or (only_if is not None and only_if.strip() != tag):
        return None
    first, last = found.groups()
    if not first:
        if not last:
            return None
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < int(first):
            return None
    if start >= size:
        raise Unsatisfiable
    return start, stop
