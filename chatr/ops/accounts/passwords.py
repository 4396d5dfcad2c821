"""Setting a password: a forgotten one, or a new one in place of the old. What one has to be says password_rules.py.

A code is posted behind the answer (verification.py ``carry_out``), so that neither it nor its time tells whether an
account exists; as ``resend_code`` does there, and auth/password_hashes.py ``compare`` for a login.
"""

from __future__ import annotations

from chatr.api.contract import PUBLIC, USERS, Rate, Route, operation
from chatr.api.errors import ApiError
from chatr.api.model import Empty, Params
from chatr.ops.accounts import address_rules, code_rules, password_rules, verification
from chatr.ops.ports import Ctx
from chatr.ops.sessions import lockout, proving, sign_out
from chatr.outbound import letters
from chatr.store.accounts import accounts, codes
from chatr.store.people.people import Person
from chatr.store.pool import Transaction

_FORGOT_RATE = Rate(3, 900)


class PasswordForgotParams(Params, frozen=True, kw_only=True):
    """Whose password."""

    email: address_rules.Email


@operation("password.forgot", Route("POST", "/auth/forgot-password"), PUBLIC, rate=_FORGOT_RATE)
async def forgot(ctx: Ctx, params: PasswordForgotParams) -> Empty:
    """Mail a code for password.reset, as far as codes may leave: two in five minutes, a minute apart.

    The answer is the same, and as fast, whether or not the account exists and a code has left. Where none has, because
    others have asked as well, there is one in the mailbox that is good still.
    """
    email = address_rules.email(params.email)
    if not await _may_mail(ctx, email):
        return Empty()
    sender = ctx.ports.accounts.code_gate.stranger(ctx.caller)
    async with ctx.ports.db.transaction() as tx:
        expires_at = code_rules.expiry(ctx.ports, ctx.now, "reset")
        await ctx.ports.accounts.outbound.post(tx, letters.Forgotten(email=email, sender=sender), expires_at)
    return Empty()


async def _may_mail(ctx: Ctx, email: str) -> bool:
    """Whether another code may go to a mailbox: whoever it belongs to has a share of their own, from where they are."""
    place, known = await lockout.place(ctx, email)
    subject = f"{email} {place.hex()}" if known else email
    return ctx.ports.limits.limiter.subject_passes("password.forgot mail", subject, _FORGOT_RATE)


class PasswordResetParams(Params, frozen=True, kw_only=True):
    """The code from the mail, and the new password."""

    email: address_rules.Email
    code: code_rules.Code
    password: password_rules.NewPassword


@operation(
    "password.reset",
    Route("POST", "/auth/reset-password"),
    PUBLIC,
    errors=["code_wrong", "code_expired"],
    rate=Rate(10, 900),
)
async def reset(ctx: Ctx, params: PasswordResetParams) -> Empty:
    """Set a new password with a mailed code, and end every session. A second factor stays as it is.

    ``code_wrong`` also when there is no such account or code; after five attempts a code is void where they came from,
    after twenty also elsewhere, except where its owner has signed in.
    """
    email = address_rules.email(params.email)
    # What is wrong with the password alone costs no attempt. Its likeness to the username is looked at below.
    password_rules.checked(params.password, username="", email=email)
    place, is_known = await lockout.place(ctx, email)
    found = await codes.attempt_reset(
        ctx.ports.db,
        email,
        place,
        known=is_known,
        attempts=code_rules.ATTEMPTS,
        strangers_attempts=code_rules.STRANGERS_ATTEMPTS,
    )
    code = verification.check(ctx.ports, found.user_id if found else "", "reset", params.code, found)
    known = await accounts.by_id(ctx.ports.db, code.user_id)
    if known is None:
        raise ApiError("code_wrong", code_rules.WRONG)
    hashed = await _hashed(ctx, known.person, params.password)
    async with ctx.ports.db.transaction() as tx:
        await proving.hold(tx, known)
        await verification.use(ctx.ports, tx, code.user_id, "reset")
        await _set(ctx, tx, known.person, hashed)
        await lockout.open_locks(ctx, tx, known.person)
    return Empty()


class PasswordChangeParams(Params, frozen=True, kw_only=True):
    """The password of now, and the new one. Accounts that have none must have signed in within the last ten minutes."""

    current: password_rules.Password | None = None
    password: password_rules.NewPassword


@operation("password.change", Route("POST", "/auth/change-password"), USERS, errors=proving.ERRORS, rate=Rate(10, 900))
async def change(ctx: Ctx, params: PasswordChangeParams) -> Empty:
    """Set a new password, and end every other session of the caller."""
    known = await proving.owner_by_password(ctx, params.current, "$.current")
    hashed = await _hashed(ctx, known.person, params.password)
    async with ctx.ports.db.transaction() as tx:
        await proving.hold(tx, known)
        await _set(ctx, tx, known.person, hashed, but=ctx.caller.session_id)
    return Empty()


async def _hashed(ctx: Ctx, person: Person, text: str) -> str:
    """Before the transaction: a connection is not kept waiting for bcrypt."""
    checked = password_rules.checked(text, username=person.username, email=person.email or "")
    return await ctx.ports.accounts.passwords.hash(checked, ctx)


async def _set(ctx: Ctx, tx: Transaction, person: Person, hashed: str, *, but: str = "") -> None:
    await accounts.set_password(tx, person.id, hashed)
    await sign_out.end_all(ctx, tx, person.id, "password_changed", but=but)
    await verification.notify(
        ctx, tx, person, "Your password was changed", "Your password was changed, and other devices signed out."
    )
