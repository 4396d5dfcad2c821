"""Whether whoever calls owns the account, and not only one of its access tokens: those can be stolen."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from chatr.api.errors import ApiError, FieldError, invalid
from chatr.ops import proving
from chatr.ops.ports import Ctx
from chatr.store import accounts, sessions

#: A sign-in is proof enough for so long.
RECENT_S = 600
Password = Annotated[
    str,
    Meta(max_length=512, description="The password of now; needed unless this session signed in within ten minutes."),
]


async def shown(ctx: Ctx, password: str | None) -> accounts.Credentials:
    """The caller's account, once it is shown that its owner calls: by the password, or by a sign-in a moment ago.

    Raises ``code_wrong``, which names ``password``, and ``locked``.
    """
    if password is not None:
        return await proving.password(ctx, password)
    known = await accounts.by_id(ctx.ports.db, ctx.caller.user_id)
    if known is None:
        raise ApiError("unauthenticated", "The account no longer exists")
    if not await sessions.begun_within(ctx.ports.db, ctx.caller.session_id, RECENT_S):
        remedy = "give the password" if known.password_hash else "sign in again"
        raise ApiError(
            "code_wrong",
            f"It is more than ten minutes since you signed in: {remedy}",
            errors=(FieldError("$.password", f"is needed: {remedy}"),),
        )
    return known


async def password_shown(ctx: Ctx, password: str | None, path: str = "$.password") -> accounts.Credentials:
    """The same for what asks for the password at any time. Who has none must have signed in a moment ago."""
    known = await accounts.by_id(ctx.ports.db, ctx.caller.user_id)
    if password is None and known is not None and known.password_hash:
        raise invalid(path, "is missing")
    return await shown(ctx, password)
