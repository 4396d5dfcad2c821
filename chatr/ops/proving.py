"""Showing who one is: passwords and second factors, every try counted."""

from __future__ import annotations

from chatr.api.errors import ApiError, invalid
from chatr.auth import totp
from chatr.ops.ports import Ctx
from chatr.store import accounts, second_factor, tries
from chatr.store.people import Person
from chatr.store.pool import Queryable, Transaction

#: What :func:`begin` and those below may raise.
ERRORS = ("code_wrong", "locked")
WRONG_PASSWORD = "The password is wrong"


async def begin(ctx: Ctx, subject: str) -> bytes:
    """Count a try of ``subject`` before it is looked at. Raises ``locked`` after too many.

    Returns the key to pass to :func:`succeed`. The lock is the account's, whatever addresses the tries come from;
    sessions that are open stay open.
    """
    key = ctx.ports.codes.key(subject)
    locked_s = await tries.count(ctx.ports.db, key)
    if locked_s is not None:
        raise ApiError("locked", "Too many wrong tries: wait, or set a new password", retry_after_s=locked_s)
    return key


async def succeed(db: Queryable, key: bytes) -> None:
    """Everything that was asked for has been shown: earlier tries are forgotten."""
    await tries.clear(db, key)


def subject(person: Person | None, login: str) -> str:
    """Whom tries are counted for. A login that nobody has is counted and locked like any other."""
    return f"account:{person.id}" if person else f"login:{login.lower()}"


async def password(ctx: Ctx, text: str) -> accounts.Credentials:
    """The caller's own account, whose password is ``text``. Raises ``code_wrong`` and ``locked``."""
    known = await accounts.by_id(ctx.ports.db, ctx.caller.user_id)
    if known is None:
        raise ApiError("unauthenticated", "The account no longer exists")
    key = await begin(ctx, subject(known.person, ""))
    if not await ctx.ports.passwords.check(text, known.password_hash):
        raise ApiError("code_wrong", WRONG_PASSWORD)
    if not known.person.two_factor:
        # With a second factor the password alone must not buy more tries at that.
        await succeed(ctx.ports.db, key)
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
        hashes = ctx.ports.codes.hashes(user_id, "recovery", totp.normalised(recovery_code))
        if not await second_factor.use_recovery_code(db, user_id, hashes):
            raise ApiError("code_wrong", "The recovery code is wrong or was used before")
    else:
        raise ApiError("totp_required", "Enter the code of your authenticator, or a recovery code")


async def totp_code(ctx: Ctx, db: Queryable, user_id: str, code: str) -> None:
    """An authenticator's code, which works once. Raises ``code_wrong``, and ``invalid`` when none is set up."""
    sealed = await second_factor.secret(db, user_id)
    if sealed is None:
        raise invalid("$.code", "set up an authenticator first")
    step = totp.step(ctx.ports.vault.open(sealed).decode(), code, ctx.now)
    if step is None or not await second_factor.use_step(db, user_id, step):
        raise ApiError("code_wrong", "The code is wrong or was used before")
