"""Usernames that are free, and words that are nobody's. What a username looks like says ops/fields.py."""

from __future__ import annotations

import re
import secrets

from chatr.api.contract import Contract
from chatr.ops.ports import Ctx
from chatr.store.people import people
from chatr.store.pool import Queryable

#: Words that mean something else where a username may stand, beside those that routes begin with.
_WORDS = frozenset(
    [
        *("me", "search", "login", "logout", "register"),
        *("api", "ws", "docs", "health", "ready", "metrics", "openapi", "wamp", "static", "assets"),
        # Routes to come: who has such a name by then would stand in their way.
        *("groups", "files", "calls", "widget", "contact"),
        # A mention of everybody; what programs write for nobody.
        *("all", "null", "undefined", "deleted", "deleted_user"),
    ]
)
_LENGTH = 20
_APART = re.compile(r"[\s.-]+")
_STRANGE = re.compile(r"[^A-Za-z0-9_]")
_TRIES = 5


def reserved(contract: Contract) -> frozenset[str]:
    """Words that can't be usernames, in lower case and without the @: those that routes begin with, and some more.

    Otherwise ``/api/users/search`` would be a person's page, or ``/conversations`` that of ``@conversations``.
    """
    words = set(_WORDS)
    for record in contract.operations.values():
        for path in (record.route.path, *record.route.aliases):
            first, *rest = path.lower().strip("/").split("/")
            words |= {first, *(rest[:1] if first == "users" else ())} - {"<userid>", "<username>"}
    # What stands in a path with a hyphen may be typed in a username with an underscore, or with none.
    return frozenset(form for word in words for form in (word, word.replace("-", "_"), word.replace("-", "")))


async def free(ctx: Ctx, db: Queryable, like: str, count: int) -> list[str]:
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
        taken |= {f"@{word}" for word in ctx.ports.accounts.reserved_names}
        found += [name for name in dict.fromkeys(candidates) if name.lower() not in taken and name not in found]
        if len(found) >= count:
            break
    return found[:count]
