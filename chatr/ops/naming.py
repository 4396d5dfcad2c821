"""Usernames that are free."""

from __future__ import annotations

import re
import secrets

from chatr.store import people
from chatr.store.pool import Queryable

_LENGTH = 20
_APART = re.compile(r"[\s.-]+")
_STRANGE = re.compile(r"[^A-Za-z0-9_]")
_TRIES = 5


async def free(db: Queryable, like: str, count: int) -> list[str]:
    """So many usernames like a name or e-mail address, all free at this moment."""
    bare = _STRANGE.sub("", _APART.sub("_", like.lstrip("@").partition("@")[0]))
    base = bare[: _LENGTH - 6].strip("_") or "user"
    found: list[str] = []
    for number in range(_TRIES):
        # First what is short and plain; each round is less likely to be taken.
        digits = 2 + number
        tail = [f"{secrets.randbelow(10**digits):0{digits}d}" for _ in range(2 * count)]
        candidates = [f"@{base}{part}" for part in tail]
        if number == 0 and len(base) >= 3:
            candidates.insert(0, f"@{base}")
        taken = await people.taken(db, candidates)
        found += [name for name in dict.fromkeys(candidates) if name.lower() not in taken and name not in found]
        if len(found) >= count:
            break
    return found[:count]
