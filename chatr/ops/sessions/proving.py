"""Showing who one is: passwords and second factors, every try counted; and that whoever calls owns the account.

Not only one of its access tokens: those can be stolen.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from chatr.api.errors import ApiError, FieldError, invalid
from chatr.auth import totp
from chatr.ops import access
from chatr.ops.ports import Ctx
from chatr.ops.sessions import lockout
from chatr.store.accounts import accounts
from chatr.store.pool import Queryable, Transaction
from chatr.store.sessions import second_factor, sessions

#: A sign-in is proof enough for so long.
RECENT_S = 600
OwnPassword = Annotated[
    str,
    Meta(max_length=512, description="The password of now; needed unless this session signed in within ten minutes."),
]

#: What :func:`lockout.in_session` and those below may raise.
ERRORS = ("code_wrong", "locked")
WRONG_PASSWORD = "The password is wrong"


async def sign_in(ctx: Ctx, known: accounts.Credentials | None, login: str, password: str) -> lockout.Attempt | None:
    """A try to sign in with a password; None when it is wrong, or so many were that it is not looked at.

    It is counted when its turn has come, so that nobody pays for tries that were too many at a time. An account that
    there is not takes the same work as one that there is: :meth:`chatr.auth.password_hashes.Passwords.compare`.
    """

    async def look() -> lockout.Attempt | None:
        attempt = await lockout.count(ctx, known.person if known else None, login)
        right = await ctx.ports.accounts.passwords.compare(password, known.password_hash if known else None)
        return attempt if right and attempt.looked_at else None

    return await ctx.ports.accounts.passwords.turn(ctx, look)


async def _by_password(ctx: Ctx, text: str) -> accounts.Credentials:
    """The caller's own account, whose password is ``text``. Raises ``code_wrong`` and ``locked``."""
    known = access.own_account(await accounts.by_id(ctx.ports.db, ctx.caller.user_id))
    stored = known.password_hash

    async def look() -> tuple[bytes, bool]:
        return await lockout.in_session(ctx), await ctx.ports.accounts.passwords.compare(text, stored)

    key, right = await ctx.ports.accounts.passwords.turn(ctx, look)
    if not right:
        raise ApiError("code_wrong", WRONG_PASSWORD)
    if not known.person.two_factor:
        # With a second factor the password alone must not buy more tries at that.
        await lockout.succeed(ctx.ports.db, key)
    return known


async def hold(tx: Transaction, known: accounts.Credentials) -> accounts.Credentials:
    """Lock an account whose password or code was just looked at, outside the transaction, as it is now.

    Raises ``code_wrong`` when its password or second factor was changed meanwhile: whoever proved the old one must not
    get in behind the change that was to keep them out.
    """
    now = await accounts.lock(tx, known.person.id)
    if now is None or (now.password_hash, now.person.two_factor) != (known.password_hash, known.person.two_factor):
        raise ApiError("code_wrong", "The account was changed at this moment: begin again")
    return now


async def second(ctx: Ctx, db: Queryable, user_id: str, code: str | None, recovery_code: str | None) -> None:
    """An authenticator's code, or a recovery code. Raises ``totp_required`` without either, and ``code_wrong``."""
    if code is not None:
        await totp_code(ctx, db, user_id, code)
    elif recovery_code is not None:
        hashes = ctx.ports.accounts.codes.hashes(user_id, "recovery", totp.normalised(recovery_code))
        if not await second_factor.use_recovery_code(db, user_id, hashes):
            raise ApiError("code_wrong", "The recovery code is wrong or was used before")
    else:
        raise ApiError("totp_required", "Enter the code of your authenticator, or a recovery code")


async def totp_code(ctx: Ctx, db: Queryable, user_id: str, code: str) -> None:
    """An authenticator's code, which works once. Raises ``code_wrong``, and ``invalid`` when none is set up."""
    sealed = await second_factor.secret(db, user_id)
    if sealed is None:
        raise invalid("$.code", "set up an authenticator first")
    step = totp.step(ctx.ports.accounts.vault.open(sealed).decode(), code, ctx.now)
    if step is None or not await second_factor.use_step(db, user_id, step):
        raise ApiError("code_wrong", "The code is wrong or was used before")


async def owner(ctx: Ctx, password: str | None) -> accounts.Credentials:
    """The caller's account, once it is shown that its owner calls: by the password, or by a sign-in a moment ago.

    Raises ``code_wrong``, which names ``password``, and ``locked``.
    """
    if password is not None:
        return await _by_password(ctx, password)
    known = access.own_account(await accounts.by_id(ctx.ports.db, ctx.caller.user_id))
    if not await sessions.begun_within(ctx.ports.db, ctx.caller.session_id, RECENT_S):
        remedy = "give the password" if known.password_hash else "sign in again"
        raise ApiError(
            "code_wrong",
            f"It is more than ten minutes since you signed in: {remedy}",
            errors=(FieldError("$.password", f"is needed: {remedy}"),),
        )
    return known


async def owner_by_password(ctx: Ctx, password: str | None, path: str = "$.password") -> accounts.Credentials:
    """The same for what asks for the password at any time. Who has none must have signed in a moment ago."""
    known = await accounts.by_id(ctx.ports.db, ctx.caller.user_id)
    if password is None and known is not None and known.password_hash:
        raise invalid(path, "is missing")
    return await owner(ctx, password)
