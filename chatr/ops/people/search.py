"""People found by what they are called: 30 at most, friends first.

Names and addresses are found only by those to whom they are shown. That, the order, and who is left out is decided by
store/people/people_search.py.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta

from chatr.api.contract import USERS, Rate, Route, operation
from chatr.api.errors import invalid
from chatr.api.model import FoundUser, Params, Wire
from chatr.ops.people import visibility
from chatr.ops.ports import Ctx
from chatr.store.people import people_search
from chatr.store.people.relations import Other


class UserSearchParams(Params, frozen=True, kw_only=True):
    """What to look for: a part of a username or name, or a whole e-mail address."""

    q: Annotated[str, Meta(min_length=2, max_length=64)]
    limit: Annotated[int, Meta(ge=1, le=30)] = 30


class FoundUsers(Wire, frozen=True, kw_only=True):
    """Search results."""

    items: list[FoundUser]


@operation("user.search", Route("GET", "/users/search"), USERS, rate=Rate(60, 60))
async def search(ctx: Ctx, params: UserSearchParams) -> FoundUsers:
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
    return FoundUsers(items=[_found(other) for other in found])


def _found(found: Other) -> FoundUser:
    seen = visibility.user(found.person, found.relation)
    # E-mail and phone never leave by search, whatever the setting says.
    hidden = msgspec.structs.replace(seen, email=UNSET, phone_number=UNSET)
    return FoundUser(
        **msgspec.structs.asdict(hidden),
        is_friend=found.relation.friends,
        friendship=visibility.friendship(found) or UNSET,
    )
