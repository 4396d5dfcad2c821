"""People as others find them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from chatr.api.contract import USERS, Route, operation
from chatr.api.model import Id, Params, User
from chatr.ops.people import permissions, visibility
from chatr.ops.ports import Ctx
from chatr.store.people import relations
from chatr.store.people.relations import Other


class UserGetParams(Params, frozen=True, kw_only=True):
    """Whom to get."""

    user_id: Id


@operation("user.get", Route("GET", "/users/by-id/<userId>"), USERS, errors=["not_found"])
async def get(ctx: Ctx, params: UserGetParams) -> User:
    """A person by id, as the caller may see them. ``not_found`` also when that person has blocked the caller."""
    return _seen(ctx, await relations.by_id(ctx.ports.db, ctx.caller.user_id, params.user_id))


class UserGetByUsernameParams(Params, frozen=True, kw_only=True):
    """Whom to get, with or without the leading @."""

    username: Annotated[str, Meta(min_length=1, max_length=64)]


@operation("user.get_by_username", Route("GET", "/users/<username>"), USERS, errors=["not_found"])
async def get_by_username(ctx: Ctx, params: UserGetByUsernameParams) -> User:
    """A person by username, as the caller may see them. ``not_found`` also when that person has blocked the caller."""
    username = "@" + params.username.removeprefix("@")
    return _seen(ctx, await relations.by_username(ctx.ports.db, ctx.caller.user_id, username))


def _seen(ctx: Ctx, found: Other | None) -> User:
    return visibility.other(permissions.visible(found), ctx.caller.user_id)
