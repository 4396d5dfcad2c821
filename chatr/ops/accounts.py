"""Registration and verification."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from chatr.api.contract import PUBLIC, Rate, Route, operation
from chatr.api.errors import ApiError, invalid
from chatr.api.model import Id, Params, Session, Time, Wire, wire_time
from chatr.ops import fields, signing_in
from chatr.ops.ports import Ctx
from chatr.store import codes, people
from chatr.store.ids import uuid7
from chatr.store.pool import Queryable

VERIFICATION_RATE = Rate(10, 900)


class Register(Params, frozen=True, kw_only=True):
    """A new account."""

    username: Annotated[str, Meta(max_length=64)]
    password: Annotated[str, Meta(max_length=512)]
    email: Annotated[str, Meta(max_length=320)] | None = None
    phone_number: Annotated[str, Meta(max_length=32)] | None = None
    first_name: fields.Name | None = None
    last_name: fields.Name | None = None
    display_name: fields.Name | None = None
    gender: fields.Gender | Literal[""] | None = None


class Registered(Wire, frozen=True, kw_only=True):
    """The account, and where its code went."""

    user_id: Id
    verification: Literal["email", "sms"]


@operation(
    "account.register", Route("POST", "/auth/register", status=201), PUBLIC, errors=["conflict"], rate=Rate(5, 900)
)
async def register(ctx: Ctx, params: Register) -> Registered:
    """Create an account and send a code to its e-mail address.

    An account with the same address that was never verified is replaced. ``conflict`` names the field that is taken.
    Registration by phone comes with the SMS gateway.
    """
    if params.email is None:
        if params.phone_number is not None:
            raise invalid("$.phoneNumber", "this server can't send SMS yet: give an e-mail address")
        raise invalid("$.email", "give an e-mail address")
    if params.phone_number is not None:
        raise invalid("$.phoneNumber", "this server can't send SMS yet")
    username = fields.username(params.username)
    email = fields.email(params.email)
    password = fields.password(params.password, username=username, email=email)
    names = " ".join(name.strip() for name in (params.first_name, params.last_name) if name and name.strip())
    new = people.NewPerson(
        id=uuid7(),
        username=username,
        email=email,
        password_hash=await ctx.ports.passwords.hash(password),
        display_name=(params.display_name or "").strip() or names or username.removeprefix("@"),
        first_name=(params.first_name or "").strip() or None,
        last_name=(params.last_name or "").strip() or None,
        gender=params.gender or None,
    )
    async with ctx.ports.db.transaction() as tx:
        await people.delete_unverified(tx, email)
        if not await people.insert(tx, new):
            raise await _taken(tx, username)
        code = await _new_code(ctx, tx, new.id, "email")
    mail_code(ctx, email, code)
    return Registered(user_id=new.id, verification="email")


class VerifyEmail(Params, frozen=True, kw_only=True):
    """A code from a mail."""

    user_id: Id
    code: fields.Code


@operation(
    "account.verify_email",
    Route("POST", "/auth/verify-email"),
    PUBLIC,
    errors=["code_wrong", "code_expired"],
    rate=VERIFICATION_RATE,
)
async def verify_email(ctx: Ctx, params: VerifyEmail) -> Session:
    """Confirm an e-mail address with the code that was sent there, and sign in.

    ``code_wrong`` also when there is no such account or code; after five attempts a code is void.
    """
    found = await codes.attempt(ctx.ports.db, params.user_id, "email")
    if found is None or not ctx.ports.codes.matches(params.user_id, "email", params.code, found.hash):
        raise ApiError("code_wrong", "The code is wrong or no longer valid")
    if found.expired:
        raise ApiError("code_expired")
    async with ctx.ports.db.transaction() as tx:
        if not await codes.delete(tx, params.user_id, "email"):
            raise ApiError("code_wrong", "The code is wrong or no longer valid")
        await people.confirm_email(tx, params.user_id)
        return await signing_in.begin(ctx, tx, params.user_id)


class ResendCode(Params, frozen=True, kw_only=True):
    """Which code to send again."""

    user_id: Id
    purpose: Literal["email", "phone", "login"]


class CodeSent(Wire, frozen=True, kw_only=True):
    """Where a code went, masked, and until when it is good."""

    sent_to: str | UnsetType = UNSET
    expires_at: Time


@operation("account.resend_code", Route("POST", "/auth/resend-verification"), PUBLIC, rate=Rate(3, 300))
async def resend_code(ctx: Ctx, params: ResendCode) -> CodeSent:
    """Send a new code in place of the last one, at most once a minute.

    The answer looks the same whether or not there was a code to send again.
    """
    expires_at = ctx.now + timedelta(seconds=ctx.ports.settings.code_s)
    person = await people.by_id(ctx.ports.db, params.user_id)
    sent_to = fields.masked(person.email) if person and person.email else "***"
    code = ctx.ports.codes.new()
    hashed = ctx.ports.codes.hash(params.user_id, params.purpose, code)
    if await codes.replace(ctx.ports.db, params.user_id, params.purpose, hashed, expires_at) and person:
        mail_code(ctx, person.email or "", code)
    return CodeSent(sent_to=sent_to, expires_at=wire_time(expires_at))


async def _new_code(ctx: Ctx, db: Queryable, user_id: str, purpose: str) -> str:
    code = ctx.ports.codes.new()
    expires_at = ctx.now + timedelta(seconds=ctx.ports.settings.code_s)
    await codes.put(db, user_id, purpose, ctx.ports.codes.hash(user_id, purpose, code), expires_at)
    return code


def mail_code(ctx: Ctx, email: str, code: str) -> None:
    """Mail a code to its owner."""
    ctx.ports.mailer.send(
        email,
        "Your Chatr code",
        f"Your code is {code}\n\nIt is good for {ctx.ports.settings.code_s // 60} minutes. "
        "If you did not ask for it, nothing happens without it.\n",
    )


async def _taken(db: Queryable, username: str) -> ApiError:
    path = "$.username" if await people.by_username(db, username) else "$.email"
    error = invalid(path, "is taken")
    return ApiError("conflict", error.detail, errors=error.errors)
