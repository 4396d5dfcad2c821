"""Registration, and verification of its addresses; an account's end is deletion.py.

Only confirmed addresses are taken; which unconfirmed account gives way to a new one, or to whoever confirms its
address, says store/accounts/accounts.py (``make_way``, ``confirm``). Codes are sent, and once more, by verification.py.
"""

from __future__ import annotations

from typing import Literal

from chatr.api.contract import PUBLIC, Rate, Route, operation
from chatr.api.errors import ApiError, invalid
from chatr.api.model import Gender, Id, Params, Session
from chatr.networks import caller_key
from chatr.ops.accounts import address_rules, code_rules, password_rules, undo, usernames, verification
from chatr.ops.people import announcing, names
from chatr.ops.ports import Ctx
from chatr.ops.sessions import sign_in
from chatr.store.accounts import accounts, codes
from chatr.store.ids import uuid7
from chatr.store.people import people, relations
from chatr.store.pool import Transaction

#: An account that nobody confirmed holds its username this long.
UNVERIFIED_HOLDS_NAME_H = 24
_VERIFY_RATE = Rate(10, 900, subject="userId")
_VERIFY_ERRORS = ("code_wrong", "code_expired", "conflict", "forbidden")


class AccountRegisterParams(Params, frozen=True, kw_only=True):
    """A new account, with an e-mail address, a phone number or both."""

    username: usernames.Username
    password: password_rules.NewPassword
    email: address_rules.Email | None = None
    phone_number: address_rules.PhoneNumber | None = None
    first_name: names.Name | None = None
    last_name: names.Name | None = None
    display_name: names.Name | None = None
    gender: Gender | Literal[""] | None = None


@operation(
    "account.register",
    Route("POST", "/auth/register", status=201),
    PUBLIC,
    errors=["conflict"],
    rate=Rate(5, 900),
)
async def register(ctx: Ctx, params: AccountRegisterParams) -> verification.PendingAccount:
    """Create an account and send a code to its e-mail address, or else to its phone: one of the two is needed.

    An account with the same e-mail address, or with nothing but the same phone number, that was never verified is
    replaced: at once by who registered it from the same network, by others when its code has run out. ``conflict``
    names the field that is taken. ``rate_limited`` also when no more codes may be sent there at the moment: nothing has
    changed then. The ``proof`` in the answer is for account.change_unconfirmed.
    """
    if not params.email and not params.phone_number:
        raise invalid("$.email", "give an e-mail address or a phone number")
    username = usernames.checked(params.username, ctx.ports.accounts.reserved_names)
    email = address_rules.email(params.email) if params.email else None
    region = ctx.ports.accounts.settings.phone_region
    phone = address_rules.phone(params.phone_number, region) if params.phone_number else None
    if phone and not ctx.ports.accounts.outbound.can_send("sms"):
        raise invalid("$.phoneNumber", "this server can't send SMS")
    password = password_rules.checked(params.password, username=username, email=email or "")
    first_name = names.cleaned(params.first_name, "$.firstName")
    last_name = names.cleaned(params.last_name, "$.lastName")
    sender = ctx.ports.accounts.code_gate.stranger(ctx.caller)
    new = new_person(
        username,
        email=email,
        phone_number=phone,
        password_hash=await ctx.ports.accounts.passwords.hash(password, ctx),
        display_name=params.display_name,
        first_name=first_name,
        last_name=last_name,
        gender=params.gender or None,
        registered_from=ctx.ports.accounts.codes.key(f"register:{caller_key(ctx.caller.address)}"),
    )
    async with ctx.ports.db.transaction() as tx:
        for kind, address in addresses(email, phone):
            await accounts.lock_address(tx, kind, address)
            await refuse_taken(tx, kind, address)
        await accounts.make_way(tx, new, ctx.ports.accounts.settings.code_s, UNVERIFIED_HOLDS_NAME_H)
        if not await accounts.insert(tx, new):
            raise taken("$.username")
        to = codes.Sent("email", email) if email else codes.Sent("sms", phone or "")
        await verification.send(ctx.ports, ctx.now, tx, new.id, "email" if email else "phone", to, sender)
        proof = await verification.prove(ctx.now, tx, new.id, None)
    return verification.PendingAccount(user_id=new.id, verification=to.channel, proof=proof)


def new_person(
    username: str,
    *,
    email: str | None,
    phone_number: str | None,
    password_hash: str,
    display_name: str | None,
    first_name: str | None = None,
    last_name: str | None = None,
    gender: str | None = None,
    registered_from: bytes | None = None,
) -> accounts.NewPerson:
    """Make an account that is about to be stored: with an id of its own, and shown by the name that it chose or has."""
    return accounts.NewPerson(
        id=uuid7(),
        username=username,
        email=email,
        phone_number=phone_number,
        password_hash=password_hash,
        display_name=names.display_name(display_name, first_name, last_name, username),
        first_name=first_name,
        last_name=last_name,
        gender=gender,
        registered_from=registered_from,
    )


def addresses(email: str | None, phone: str | None) -> list[tuple[accounts.Kind, str]]:
    """Those of the two that there are, always in this order: it is the order in which they are locked."""
    both: list[tuple[accounts.Kind, str | None]] = [("email", email), ("phone", phone)]
    return [(kind, address) for kind, address in both if address]


async def refuse_taken(tx: Transaction, kind: accounts.Kind, address: str, *, but: str = "") -> None:
    """Raise the ``conflict`` that names the field if somebody else has confirmed an address."""
    if await accounts.address_taken(tx, kind, address, but=but):
        raise taken("$.email" if kind == "email" else "$.phoneNumber")


async def vouched(ctx: Ctx, tx: Transaction, new: accounts.NewPerson, *, role: str, is_bot: bool) -> None:
    """Make an account whose addresses somebody vouches for. Raises ``conflict`` with the field."""
    given = addresses(new.email, new.phone_number)
    for kind, address in given:
        await accounts.lock_address(tx, kind, address)
        await refuse_taken(tx, kind, address)
    await accounts.make_way(tx, new, ctx.ports.accounts.settings.code_s, UNVERIFIED_HOLDS_NAME_H)
    if not await accounts.insert(tx, new):
        raise taken("$.username")
    await accounts.set_kind(tx, new.id, role=role, is_bot=is_bot)
    for kind, address in given:
        await accounts.confirm(tx, new.id, kind, address)


class AccountVerifyParams(Params, frozen=True, kw_only=True):
    """A code that was sent to an address."""

    user_id: Id
    code: code_rules.Code


@operation(
    "account.verify_email", Route("POST", "/auth/verify-email"), PUBLIC, errors=_VERIFY_ERRORS, rate=_VERIFY_RATE
)
async def verify_email(ctx: Ctx, params: AccountVerifyParams) -> Session | verification.PendingAccount:
    """Confirm an e-mail address with the code that was sent there, and sign in, unless a phone waits for its code.

    Also for a new address given to user.update: then only for the account's own session, which gets fresh tokens.
    ``code_wrong`` also when there is no such account or code; after five attempts a code is void.
    """
    return await _verify(ctx, params, "email")


@operation(
    "account.verify_phone", Route("POST", "/auth/verify-phone"), PUBLIC, errors=_VERIFY_ERRORS, rate=_VERIFY_RATE
)
async def verify_phone(ctx: Ctx, params: AccountVerifyParams) -> Session | verification.PendingAccount:
    """Confirm a phone number with the code that was sent there, and sign in. Otherwise as account.verify_email."""
    return await _verify(ctx, params, "phone")


async def _verify(
    ctx: Ctx, params: AccountVerifyParams, purpose: accounts.Kind
) -> Session | verification.PendingAccount:
    before = await people.by_id(ctx.ports.db, params.user_id)
    change = before is not None and before.verified
    own = ctx.caller.user_id == params.user_id
    allowed = before is not None and not before.disabled
    if allowed and change and not own:
        # A confirmed account is signed in by its password and second factor, never by an address alone. All that its
        # code is good for without a session is to hear that the address is another's by now.
        allowed = await accounts.pending_is_taken(ctx.ports.db, params.user_id, purpose)
    found = await codes.attempt(ctx.ports.db, params.user_id, purpose, code_rules.ATTEMPTS) if allowed else None
    code = verification.check(ctx.ports, params.user_id, purpose, params.code, found)
    async with ctx.ports.db.transaction() as tx:
        await relations.lock_all(tx, params.user_id)
        await accounts.lock_address(tx, purpose, code.target)
        person = await people.lock(tx, params.user_id)
        if await accounts.address_taken(tx, purpose, code.target, but=params.user_id):
            raise taken("$.code", "somebody else has confirmed this address meanwhile")
        await verification.use(ctx.ports, tx, params.user_id, purpose)
        if person is None or person.verified != change or (change and not own):
            raise ApiError("code_wrong", code_rules.WRONG)
        return await _confirmed(ctx, tx, person, purpose, code.target)


async def _confirmed(
    ctx: Ctx, tx: Transaction, before: people.Person, kind: accounts.Kind, address: str
) -> Session | verification.PendingAccount:
    """Make an address the account's: then the next one waits, or a session begins, or goes on."""
    if before.verified:
        await undo.changing(ctx, tx, before, kind)
    await accounts.confirm(tx, before.id, kind, address)
    person = await people.by_id(tx, before.id)
    if person is None:
        raise ApiError("code_wrong", code_rules.WRONG)
    if before.verified:
        await announcing.changed(ctx, tx, before, person)
        return await sign_in.issue(ctx, tx, person.id, ctx.caller.session_id)
    waits = verification.unconfirmed(person)
    if waits is None:
        # Nothing is left that it could change.
        await codes.delete(tx, person.id, "change")
        return await sign_in.begin(ctx, tx, person.id)
    # Confirmed it is, even when no code may go to the next address for the moment: that one can be asked for again.
    sender = ctx.ports.accounts.code_gate.account(person.id)
    await verification.send_if_possible(ctx.ports, ctx.now, tx, person.id, *waits, sender)
    shown = codes.Sent("email" if kind == "email" else "sms", address)
    proof = await verification.prove(ctx.now, tx, person.id, shown)
    return verification.PendingAccount(user_id=person.id, verification=waits[1].channel, proof=proof)


def taken(path: str, message: str = "is taken") -> ApiError:
    """The ``conflict`` that names a field."""
    error = invalid(path, message)
    return ApiError("conflict", error.detail, errors=error.errors)
