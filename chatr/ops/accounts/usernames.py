"""Usernames: what they look like, words that are nobody's, and free ones.

Two that differ in case only are the same, by a unique index (sql/migrations). How long an account that nobody confirmed
holds its own says registration.py ``UNVERIFIED_HOLDS_NAME_H``.
"""

from __future__ import annotations

import re
import secrets
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from chatr.api.contract import PUBLIC, Contract, Rate, Route, operation
from chatr.api.errors import ApiError, invalid
from chatr.api.model import Params, Wire
from chatr.ops.ports import Ctx
from chatr.store.people import people
from chatr.store.pool import Queryable

#: As it is sent; :func:`checked` looks at it.
Username = Annotated[
    str, Meta(pattern="^@?[A-Za-z0-9_]{3,20}$", min_length=3, max_length=21, description="Words of this API are taken.")
]
_FORM = re.compile(r"[A-Za-z0-9_]{3,20}\Z")
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


def checked(text: str, reserved: frozenset[str]) -> str:
    """The stored form: @ and 3 to 20 letters, digits or underscores, as typed. Words of ``reserved`` are nobody's."""
    bare = text.removeprefix("@")
    if not _FORM.match(bare):
        raise invalid("$.username", "must be 3 to 20 letters, digits or underscores")
    if bare.lower() in reserved:
        raise invalid("$.username", "is reserved")
    return "@" + bare


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


class UserCheckUsernameParams(Params, frozen=True, kw_only=True):
    """The name in question, with or without the leading @."""

    username: Annotated[str, Meta(max_length=64)]


class UsernameAvailability(Wire, frozen=True, kw_only=True):
    """Whether a username can be taken, and why not."""

    available: bool
    reason: str | UnsetType = UNSET


@operation("user.check_username", Route("GET", "/users/check-username"), PUBLIC, rate=Rate(60, 60))
async def check_username(ctx: Ctx, params: UserCheckUsernameParams) -> UsernameAvailability:
    """Whether a username is well-formed, not reserved, and free."""
    try:
        username = checked(params.username, ctx.ports.accounts.reserved_names)
    except ApiError as error:
        return UsernameAvailability(available=False, reason=error.errors[0].message)
    if await people.by_username(ctx.ports.db, username):
        return UsernameAvailability(available=False, reason="is taken")
    return UsernameAvailability(available=True)


class UserSuggestUsernameParams(Params, frozen=True, kw_only=True):
    """What the names should be like."""

    username: Annotated[str, Meta(max_length=320)] = ""


class UsernameSuggestions(Wire, frozen=True, kw_only=True):
    """Three usernames that are free at this moment."""

    suggestions: list[str]


@operation("user.suggest_username", Route("GET", "/users/suggest-username"), PUBLIC, rate=Rate(60, 60))
async def suggest_username(ctx: Ctx, params: UserSuggestUsernameParams) -> UsernameSuggestions:
    """Free usernames like the one given: a name, or an e-mail address before its @."""
    return UsernameSuggestions(suggestions=await free(ctx, ctx.ports.db, params.username, 3))
