"""Mistyped addresses: whoever has shown enough may change or drop what nobody has confirmed.

A confirmed address is changed by user.update (ops/people/profile.py), and that is undone by undo.py. Whose an address
is says store/accounts/accounts.py ``address_taken``.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from chatr.api.contract import PUBLIC, Rate, Route, operation
from chatr.api.errors import ApiError, invalid
from chatr.api.model import Params, Session
from chatr.auth.tokens import secret_hash
from chatr.ops.accounts import address_rules, code_rules, password_rules, registration, verification
from chatr.ops.ports import Ctx
from chatr.ops.sessions import lockout, proving, sign_in
from chatr.store.accounts import accounts, codes
from chatr.store.people.people import Person
from chatr.store.pool import Transaction

_WAITS = "This address is confirmed: sign in to change it"


class AccountChangeUnconfirmedParams(Params, frozen=True, kw_only=True):
    """What to change: an address, or null to drop it.

    ``proof`` is what account.register, session.login or account.verify_email answered with what waits.
    """

    proof: code_rules.Secret
    email: address_rules.Email | UnsetType | None = UNSET
    phone_number: address_rules.PhoneNumber | UnsetType | None = UNSET
    password: password_rules.Password | None = None
    code: code_rules.Code | None = None


class _Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The addresses as they are to be."""

    email: str | None
    phone_number: str | None


@operation(
    "account.change_unconfirmed",
    Route("POST", "/auth/change-unconfirmed"),
    PUBLIC,
    errors=["code_wrong", "code_expired", "conflict", "forbidden", "locked"],
    rate=Rate(10, 900, subject="proof"),
)
async def change_unconfirmed(
    ctx: Ctx, params: AccountChangeUnconfirmedParams
) -> Session | sign_in.SignInChallenge | verification.PendingAccount:
    """Change or drop a mistyped address that waits for its code: give one of the two at least. One address must stay.

    Needs the password and, if one address is confirmed, a code read there. With the proof of account.verify_email or
    account.verify_phone, which read it just now, give ``password``. With that of session.login, or account.register,
    the password was shown: if an address is confirmed, the first call sends a code there and answers where, with the
    same proof; give ``code`` in the next. Then a code goes to the new address, or to the one that still waits, and the
    answer says so with another proof; if none waits any more, it signs in. ``conflict``: the address is confirmed,
    which user.update changes, or somebody else's. ``rate_limited`` also when no code may leave: nothing has changed.
    """
    if params.email is UNSET and params.phone_number is UNSET:
        raise invalid("$.email", "give an e-mail address or a phone number to change, or null to drop it")
    found = await codes.attempt_challenge(ctx.ports.db, secret_hash(params.proof), "change", code_rules.ATTEMPTS)
    known = await accounts.by_id(ctx.ports.db, found.user_id) if found else None
    if found is None or known is None or known.person.disabled:
        raise ApiError("code_wrong", "There is no such proof, or it was used before: sign in again")
    if found.expired:
        raise ApiError("code_expired", "This took too long: sign in again")
    wanted = _wanted(ctx, known.person, params)
    confirmed = _confirmed(known.person)
    if found.hash is None and found.target:
        await _password(ctx, known, params.password)
    elif confirmed is not None and (found.hash is None or params.code is None):
        return await _ask(ctx, known, confirmed, params.proof)
    elif confirmed is not None:
        verification.check(ctx.ports, known.person.id, "change", params.code or "", found)
    async with ctx.ports.db.transaction() as tx:
        return await _change(ctx, tx, known, wanted)


def _wanted(ctx: Ctx, person: Person, params: AccountChangeUnconfirmedParams) -> _Wanted:
    """What is asked for, in the form in which it is kept. Raises ``invalid`` and ``conflict``."""
    email, phone = person.email, person.phone_number
    if params.email is not UNSET:
        if person.email_verified or verification.unconfirmed(person) is None:
            raise registration.taken("$.email", _WAITS)
        email = address_rules.email(params.email) if params.email else None
    if params.phone_number is not UNSET:
        if person.phone_verified or verification.unconfirmed(person) is None:
            raise registration.taken("$.phoneNumber", _WAITS)
        region = ctx.ports.accounts.settings.phone_region
        phone = address_rules.phone(params.phone_number, region) if params.phone_number else None
        if phone and not ctx.ports.accounts.outbound.can_send("sms"):
            raise invalid("$.phoneNumber", "this server can't send SMS")
    if not email and not phone:
        raise invalid("$.email", "the account needs an e-mail address or a phone number")
    return _Wanted(email=email, phone_number=phone)


def _confirmed(person: Person) -> codes.Sent | None:
    """The address that is confirmed, as long as the other is not."""
    if person.email and person.email_verified:
        return codes.Sent("email", person.email)
    if person.phone_number and person.phone_verified:
        return codes.Sent("sms", person.phone_number)
    return None


async def _password(ctx: Ctx, known: accounts.Credentials, password: str | None) -> None:
    if password is None:
        raise invalid("$.password", "is missing")
    attempt = await proving.sign_in(ctx, known, "", password)
    if attempt is None:
        raise ApiError("code_wrong", proving.WRONG_PASSWORD)
    attempt.check_lock()
    if not known.person.two_factor:
        await lockout.succeed(ctx.ports.db, attempt.key)


async def _ask(ctx: Ctx, known: accounts.Credentials, to: codes.Sent, proof: str) -> verification.PendingAccount:
    """Send a code to the confirmed address: the password alone must not lead past it."""
    async with ctx.ports.db.transaction() as tx:
        person = (await proving.hold(tx, known)).person
        sender = ctx.ports.accounts.code_gate.signing_in(ctx.caller, person.id)
        await verification.send(
            ctx.ports, ctx.now, tx, person.id, "change", to, sender, challenge_hash=secret_hash(proof)
        )
    return verification.PendingAccount(user_id=known.person.id, verification=to.channel, proof=proof)


async def _change(
    ctx: Ctx, tx: Transaction, known: accounts.Credentials, wanted: _Wanted
) -> Session | sign_in.SignInChallenge | verification.PendingAccount:
    before = known.person
    for kind, address in registration.addresses(wanted.email, wanted.phone_number):
        await accounts.lock_address(tx, kind, address)
        await registration.refuse_taken(tx, kind, address, but=before.id)
    now = await proving.hold(tx, known)
    await verification.use(ctx.ports, tx, before.id, "change")
    if _addresses(now.person) != _addresses(before):
        raise ApiError("code_wrong", "The account was changed at this moment: begin again")
    if wanted.email != before.email:
        await accounts.set_address(tx, before.id, "email", wanted.email)
    if wanted.phone_number != before.phone_number:
        await accounts.set_address(tx, before.id, "phone", wanted.phone_number)
    after = await accounts.by_id(tx, before.id)
    person = after.person if after else before
    text = "The address of your account that was not confirmed yet was changed or dropped."
    await verification.notify(ctx, tx, person, "Your account was changed", text)
    waiting = await verification.next_step(ctx.ports, ctx.now, tx, person)
    if waiting is None:
        return await sign_in.proceed(ctx, tx, person)
    proof = await verification.prove(ctx.now, tx, person.id, _confirmed(person))
    return verification.PendingAccount(user_id=person.id, verification=waiting, proof=proof)


def _addresses(person: Person) -> tuple[object, ...]:
    return person.email, person.email_verified, person.phone_number, person.phone_verified
