"""People as others find them."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from chatr.api.contract import PUBLIC, USERS, Rate, Route, operation
from chatr.api.errors import ApiError, invalid
from chatr.api.model import FoundUser, Id, Params, User, Wire
from chatr.ops import fields
from chatr.ops.accounts import usernames
from chatr.ops.people import permissions, visibility
from chatr.ops.ports import Ctx
from chatr.store.people import people, people_search, relations
from chatr.store.people.relations import Other


class GetUser(Params, frozen=True, kw_only=True):
    """Whom to get."""

    user_id: Id


@operation("user.get", Route("GET", "/users/by-id/<userId>"), USERS, errors=["not_found"])
async def get(ctx: Ctx, params: GetUser) -> User:
    """A person by id, as the caller may see them. ``not_found`` also when that person has blocked the caller."""
    return _seen(ctx, await relations.by_id(ctx.ports.db, ctx.caller.user_id, params.user_id))


class GetByUsername(Params, frozen=True, kw_only=True):
    """Whom to get, with or without the leading @."""

    username: Annotated[str, Meta(min_length=1, max_length=64)]


@operation("user.get_by_username", Route("GET", "/users/<username>"), USERS, errors=["not_found"])
async def get_by_username(ctx: Ctx, params: GetByUsername) -> User:
    """A person by username, as the caller may see them. ``not_found`` also when that person has blocked the caller."""
    username = "@" + params.username.removeprefix("@")
    return _seen(ctx, await relations.by_username(ctx.ports.db, ctx.caller.user_id, username))


class Search(Params, frozen=True, kw_only=True):
    """What to look for: a part of a username or name, or a whole e-mail address."""

    q: Annotated[str, Meta(min_length=2, max_length=64)]
    limit: Annotated[int, Meta(ge=1, le=30)] = 30


class Found(Wire, frozen=True, kw_only=True):
    """Search results."""

    items: list[FoundUser]


@operation("user.search", Route("GET", "/users/search"), USERS, rate=Rate(60, 60))
async def search(ctx: Ctx, params: Search) -> Found:
    """People by username, display name or full name: friends first, then those whose name begins so, has it, is alike.

    An e-mail address is found when it is given whole and shown to the caller. Guests, unconfirmed accounts and people
    between whom and the caller there is a block are left out.
    """
    text = params.q.strip()
    if len(text) < 2:
        raise invalid("$.q", "must have 2 characters or more")
    me = ctx.caller.user_id
    search_all = partial(people_search.search, ctx.ports.db, me, text, params.limit)
    found = await ctx.ports.limits.searches.run(me, search_all, ctx.hang_up)
    return Found(items=[_found(other) for other in found])


class CheckUsername(Params, frozen=True, kw_only=True):
    """The name in question, with or without the leading @."""

    username: Annotated[str, Meta(max_length=64)]


class Availability(Wire, frozen=True, kw_only=True):
    """Whether a username can be taken, and why not."""

    available: bool
    reason: str | UnsetType = UNSET


@operation("user.check_username", Route("GET", "/users/check-username"), PUBLIC, rate=Rate(60, 60))
async def check_username(ctx: Ctx, params: CheckUsername) -> Availability:
    """Whether a username is well-formed, not reserved, and free."""
    try:
        username = fields.username(params.username, ctx.ports.accounts.reserved_names)
    except ApiError as error:
        return Availability(available=False, reason=error.errors[0].message)
    if await people.by_username(ctx.ports.db, username):
        return Availability(available=False, reason="is taken")
    return Availability(available=True)


class SuggestUsername(Params, frozen=True, kw_only=True):
    """What the names should be like."""

    username: Annotated[str, Meta(max_length=320)] = ""


class Suggestions(Wire, frozen=True, kw_only=True):
    """Three usernames that are free at this moment."""

    suggestions: list[str]


@operation("user.suggest_username", Route("GET", "/users/suggest-username"), PUBLIC, rate=Rate(60, 60))
async def suggest_username(ctx: Ctx, params: SuggestUsername) -> Suggestions:
    """Free usernames like the one given: a name, or an e-mail address before its @."""
    return Suggestions(suggestions=await usernames.free(ctx, ctx.ports.db, params.username, 3))


def _seen(ctx: Ctx, found: Other | None) -> User:
    return visibility.other(permissions.visible(found), ctx.caller.user_id)


def _found(found: Other) -> FoundUser:
    seen = visibility.user(found.person, found.relation)
    # E-mail and phone never leave by search, whatever the setting says.
    hidden = msgspec.structs.replace(seen, email=UNSET, phone_number=UNSET)
    return FoundUser(
        **msgspec.structs.asdict(hidden),
        is_friend=found.relation.friends,
        friendship=visibility.friendship(found) or UNSET,
    )
