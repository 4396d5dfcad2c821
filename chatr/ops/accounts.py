"""Registration, verification, and the end of an account."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from chatr.api.contract import PUBLIC, USERS, Rate, Route, operation
from chatr.api.errors import ApiError, invalid
from chatr.api.model import Empty, Id, Params, Session, Time, Wire, wire_time
from chatr.auth.tokens import secret_hash
from chatr.ops import announcing, fields, proving, signing_in, signing_out, verification
from chatr.ops.ports import Ctx
from chatr.outbound import letters
from chatr.store import accounts, codes, conversations, erasing, people, relations
from chatr.store.ids import uuid7
from chatr.store.pool import Transaction

_VERIFY_RATE = Rate(10, 900, subject="userId")
_VERIFY_ERRORS = ("code_wrong", "code_expired", "conflict")


class Register(Params, frozen=True, kw_only=True):
    """A new account, with an e-mail address, a phone number or both."""

    username: Annotated[str, Meta(max_length=64)]
    password: Annotated[str, Meta(max_length=512)]
    email: Annotated[str, Meta(max_length=320)] | None = None
    phone_number: Annotated[str, Meta(max_length=32)] | None = None
    first_name: fields.Name | None = None
    last_name: fields.Name | None = None
    display_name: fields.Name | None = None
    gender: fields.Gender | Literal[""] | None = None


@operation(
    "account.register",
    Route("POST", "/auth/register", status=201),
    PUBLIC,
    errors=["conflict"],
    rate=Rate(5, 900),
)
async def register(ctx: Ctx, params: Register) -> verification.Waiting:
    """Create an account and send a code to its e-mail address, or else to its phone.

    An account with the same address that was never verified is replaced. ``conflict`` names the field that is taken.
    """
    if not params.email and not params.phone_number:
        raise invalid("$.email", "give an e-mail address or a phone number")
    username = fields.username(params.username)
    email = fields.email(params.email) if params.email else None
    phone = fields.phone(params.phone_number, ctx.ports.settings.phone_region) if params.phone_number else None
    if phone and not ctx.ports.outbound.can_send("sms"):
        raise invalid("$.phoneNumber", "this server can't send SMS")
    password = fields.password(params.password, username=username, email=email or "")
    first_name, last_name = fields.cleaned(params.first_name), fields.cleaned(params.last_name)
    new = accounts.NewPerson(
        id=uuid7(),
        username=username,
        email=email,
        phone_number=phone,
        password_hash=await ctx.ports.passwords.hash(password, ctx),
        display_name=fields.display_name(params.display_name, first_name, last_name, username),
        first_name=first_name,
        last_name=last_name,
        gender=params.gender or None,
    )
    async with ctx.ports.db.transaction() as tx:
        await accounts.make_way(tx, new)
        if phone and await accounts.phone_taken(tx, phone):
            raise taken("$.phoneNumber")
        if not await accounts.insert(tx, new):
            raise taken("$.username" if await people.by_username(tx, username) else "$.email")
        to = codes.Sent("email", email) if email else codes.Sent("sms", phone or "")
        purpose: letters.Purpose = "email" if email else "phone"
        await verification.send(ctx.ports, ctx.now, tx, new.id, purpose, to)
    return verification.Waiting(user_id=new.id, verification=to.channel)


class Verify(Params, frozen=True, kw_only=True):
    """A code that was sent to an address."""

    user_id: Id
    code: fields.Code


@operation(
    "account.verify_email", Route("POST", "/auth/verify-email"), PUBLIC, errors=_VERIFY_ERRORS, rate=_VERIFY_RATE
)
async def verify_email(ctx: Ctx, params: Verify) -> Session | verification.Waiting:
    """Confirm an e-mail address with the code that was sent there, and sign in, unless a phone waits for its code.

    Also for a new address given to user.update: then only for the account's own session, which gets fresh tokens.
    ``code_wrong`` also when there is no such account or code; after five attempts a code is void.
    """
    return await _verify(ctx, params, "email")


@operation(
    "account.verify_phone", Route("POST", "/auth/verify-phone"), PUBLIC, errors=_VERIFY_ERRORS, rate=_VERIFY_RATE
)
async def verify_phone(ctx: Ctx, params: Verify) -> Session | verification.Waiting:
    """Confirm a phone number with the code that was sent there, and sign in. Otherwise as account.verify_email."""
    return await _verify(ctx, params, "phone")


async def _verify(ctx: Ctx, params: Verify, purpose: Literal["email", "phone"]) -> Session | verification.Waiting:
    before = await people.by_id(ctx.ports.db, params.user_id)
    change = before is not None and before.verified
    own = ctx.caller.user_id == params.user_id
    # A confirmed account is signed in by its password and second factor, never by an address alone.
    allowed = before is not None and not before.disabled and (own or not change)
    found = await codes.attempt(ctx.ports.db, params.user_id, purpose) if allowed else None
    code = verification.check(ctx.ports, params.user_id, purpose, params.code, found)
    async with ctx.ports.db.transaction() as tx:
        await relations.lock_all(tx, params.user_id)
        await people.lock(tx, params.user_id)
        await verification.use(tx, params.user_id, purpose)
        if not await accounts.confirm(tx, params.user_id, purpose, code.target):
            raise taken("$.code", "somebody else has confirmed this address meanwhile")
        person = await people.by_id(tx, params.user_id)
        if person is None or before is None:
            raise ApiError("code_wrong", verification.WRONG)
        if change:
            await _address_changed(ctx, tx, before, person)
            return await signing_in.issue(ctx, tx, person.id, ctx.caller.session_id)
        waiting = await verification.next_step(ctx.ports, ctx.now, tx, person)
        if waiting:
            return verification.Waiting(user_id=person.id, verification=waiting)
        return await signing_in.begin(ctx, tx, person.id)


async def _address_changed(ctx: Ctx, tx: Transaction, before: people.Person, after: people.Person) -> None:
    what = "phone number" if before.email == after.email else "e-mail address"
    await verification.notify(ctx, tx, before.email, f"Your {what} was changed", f"Your account has a new {what}.")
    await announcing.changed(ctx, tx, before, after)


class ResendCode(Params, frozen=True, kw_only=True):
    """Which code to send again. The challenge of the sign-in lets ``login`` say where it went."""

    user_id: Id
    purpose: Literal["email", "phone", "login"]
    challenge: fields.Secret | None = None


class CodeSent(Wire, frozen=True, kw_only=True):
    """Where a code went, masked, and until when it is good."""

    sent_to: str
    expires_at: Time


@operation(
    "account.resend_code",
    Route("POST", "/auth/resend-verification"),
    PUBLIC,
    rate=Rate(3, 300, subject="userId"),
)
async def resend_code(ctx: Ctx, params: ResendCode) -> CodeSent:
    """Send a new code in place of the last one, at most once a minute.

    The answer looks the same whether or not there was a code to send again. ``sentTo`` is all masked for callers who
    may not know the address.
    """
    person = await people.by_id(ctx.ports.db, params.user_id)
    challenge = secret_hash(params.challenge) if params.challenge else b""
    target = await codes.target(ctx.ports.db, params.user_id, params.purpose, challenge)
    # Ids of confirmed people are public: to strangers they must not give away an address, not even its first letter.
    knows = person is not None and (not person.verified or ctx.caller.user_id == person.id or bool(challenge))
    async with ctx.ports.db.transaction() as tx:
        expires_at = verification.expiry(ctx.ports, ctx.now, params.purpose)
        await ctx.ports.outbound.post(tx, letters.Resend(user_id=params.user_id, purpose=params.purpose), expires_at)
    return CodeSent(
        sent_to=fields.masked(target) if target and knows else fields.MASKED, expires_at=wire_time(expires_at)
    )


class DeleteAccount(Params, frozen=True, kw_only=True):
    """The password, as proof."""

    password: Annotated[str, Meta(max_length=512)]


@operation("account.delete", Route("DELETE", "/users/me"), USERS, errors=proving.ERRORS, rate=Rate(10, 900))
async def delete(ctx: Ctx, params: DeleteAccount) -> Empty:
    """Delete the caller's account for ever. Personal data goes.

    Messages stay, from "Deleted user", or are erased one after the other, as the operator has chosen.
    """
    known = await proving.password(ctx, params.password)
    async with ctx.ports.db.transaction() as tx:
        await relations.lock_all(tx, known.person.id)
        await proving.hold(tx, known)
        text, advice = "Your account was deleted, and your personal data with it.", "tell the operator of the server"
        await verification.notify(ctx, tx, known.person.email, "Your account was deleted", text, advice)
        await signing_out.end_all(ctx, tx, known.person.id, "account_deleted")
        circle = (await relations.circles(tx, [known.person.id]))[known.person.id]
        erased = await accounts.erase(tx, known.person.id)
        await conversations.desert(tx, known.person.id)
        await announcing.erased(ctx, tx, known.person, erased, circle)
        await erasing.begin(tx, known.person.id, texts=ctx.ports.message_settings.erase_deleted)
        tx.then(ctx.ports.eraser.wake)
    return Empty()


def taken(path: str, message: str = "is taken") -> ApiError:
    """The ``conflict`` that names a field."""
    error = invalid(path, message)
    return ApiError("conflict", error.detail, errors=error.errors)
