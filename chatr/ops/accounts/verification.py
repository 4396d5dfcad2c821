"""Codes on their way to people, and what is still to be confirmed about an account: e-mail first, then phone.

What codes are like says code_rules.py, how often one may leave services/code_gate.py, which all of them pass here. One
that is sent again is posted behind the answer (``carry_out``), so that neither it nor its time tells whether an account
exists; as for a forgotten password (passwords.py), and a login (auth/password_hashes.py ``compare``). Who only named an
address can change it (addresses.py), and loses it to whoever confirms it (store/accounts/accounts.py ``confirm``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from msgspec import UNSET, UnsetType

from chatr.api.contract import PUBLIC, Rate, Route, operation
from chatr.api.errors import ApiError
from chatr.api.model import Id, Params, Time, Wire, wire_time
from chatr.auth.tokens import new_secret, secret_hash
from chatr.ops.accounts import address_rules, code_rules
from chatr.ops.ports import Ctx, Ports
from chatr.outbound import letters
from chatr.services.code_gate import Sender
from chatr.store.accounts import accounts, codes
from chatr.store.people import people
from chatr.store.people.people import Person
from chatr.store.pool import Transaction


class PendingAccount(Wire, frozen=True, kw_only=True):
    """An account, and where the code went that it waits for.

    ``proof`` is for account.change_unconfirmed, should the address be mistyped: it lets whoever has it go on from what
    was shown so far, for ten minutes.
    """

    user_id: Id
    verification: Literal["email", "sms"]
    proof: str | UnsetType = UNSET


async def send(
    ports: Ports,
    now: datetime,
    tx: Transaction,
    user_id: str,
    purpose: letters.Purpose,
    to: codes.Sent,
    sender: Sender,
    *,
    challenge_hash: bytes | None = None,
) -> None:
    """Store a new code in place of the last one and post it.

    Raises ``rate_limited`` when none may leave now. Call it with the account's row locked, if others know of it.
    """
    await ports.accounts.code_gate.pass_(tx, to, sender, purpose)
    code, expires_at = ports.accounts.codes.new(), code_rules.expiry(ports, now, purpose)
    hashed = ports.accounts.codes.hash(user_id, purpose, code)
    await codes.put(tx, user_id, purpose, hashed, expires_at, sent=to, challenge_hash=challenge_hash)
    await _post(ports, now, tx, purpose, to, code)


async def send_if_possible(
    ports: Ports,
    now: datetime,
    tx: Transaction,
    user_id: str,
    purpose: letters.Purpose,
    to: codes.Sent,
    sender: Sender,
) -> bool:
    """The same, where what goes on does not depend on it; whether a code has left."""
    try:
        await send(ports, now, tx, user_id, purpose, to, sender)
    except ApiError as error:
        if error.code != "rate_limited":
            raise
        return False
    return True


class AccountResendCodeParams(Params, frozen=True, kw_only=True):
    """Which code to send again. ``login`` needs the challenge of its password step."""

    user_id: Id
    purpose: Literal["email", "phone", "login"]
    challenge: code_rules.Secret | None = None


class CodeSent(Wire, frozen=True, kw_only=True):
    """Where a code went, masked, and until when it is good."""

    sent_to: str
    expires_at: Time


@operation(
    "account.resend_code",
    Route("POST", "/auth/resend-verification"),
    PUBLIC,
    # Ids are public: counted by them, strangers would use up what the owner needs to sign in.
    rate=Rate(3, 300, subject="challenge"),
)
async def resend_code(ctx: Ctx, params: AccountResendCodeParams) -> CodeSent:
    """Send a new code in place of the last one, if there is one to send again and as far as codes may leave.

    To one address they leave 60 seconds apart and at most three in five minutes, whatever they are for. The answer
    looks the same whether or not there was a code to send again: ``sentTo`` is all masked, but for the account itself,
    signed in, and for whoever has the challenge. A challenge that has run out, or was voided by wrong codes, stays so.
    """
    challenge_hash = secret_hash(params.challenge) if params.challenge else b""
    own = ctx.caller.user_id == params.user_id
    found = await codes.again(ctx.ports.db, params.user_id, params.purpose, challenge_hash, code_rules.ATTEMPTS)
    expires_at = code_rules.expiry(ctx.ports, ctx.now, params.purpose)
    knows = found is not None and (own or params.purpose == "login")
    if found is not None and params.purpose == "login":
        expires_at = found.expires_at
    gate = ctx.ports.accounts.code_gate
    sender = gate.stranger(ctx.caller)
    if own:
        sender = gate.account(params.user_id)
    elif params.purpose == "login":
        sender = gate.signing_in(ctx.caller, params.user_id)
    job = letters.Resend(
        user_id=params.user_id, purpose=params.purpose, challenge_hash=challenge_hash, own=own, sender=sender
    )
    async with ctx.ports.db.transaction() as tx:
        await ctx.ports.accounts.outbound.post(tx, job, expires_at)
    return CodeSent(
        sent_to=address_rules.masked(found.sent.target) if found and knows else address_rules.MASKED,
        expires_at=wire_time(expires_at),
    )


async def carry_out(ports: Ports, clock: Callable[[], datetime], job: letters.Job) -> None:
    """Do what a job of the outbound queue asks for. ``clock`` says what time it is.

    It is done there so that a caller can't tell, by the answer or by its time, whether there was anything to do.
    """
    if isinstance(job, letters.Resend):
        await _resend(ports, clock(), job)
    elif isinstance(job, letters.Forgotten):
        await _forgotten(ports, clock(), job)


async def next_step(ports: Ports, now: datetime, tx: Transaction, person: Person) -> Literal["email", "sms"] | None:
    """What is to be confirmed next, in order, with a code on its way for it; None when nothing is left.

    A code that is in hand stays good. Raises ``rate_limited`` when there is none and none may leave now.
    """
    step = unconfirmed(person)
    if step is None:
        return None
    purpose, to = step
    if not await codes.live(tx, person.id, purpose, to.target, code_rules.ATTEMPTS):
        await send(ports, now, tx, person.id, purpose, to, ports.accounts.code_gate.account(person.id))
    return to.channel


def unconfirmed(person: Person) -> tuple[Literal["email", "phone"], codes.Sent] | None:
    """The address that waits for its code, and the purpose of that; None when nothing waits."""
    if person.email is not None and not person.email_verified:
        return "email", codes.Sent("email", person.email)
    if person.phone_number is not None and not person.phone_verified:
        return "phone", codes.Sent("sms", person.phone_number)
    return None


async def prove(now: datetime, tx: Transaction, user_id: str, address: codes.Sent | None) -> str:
    """A secret for account.change_unconfirmed: whoever has it has shown the password, or else has read ``address``."""
    proof = new_secret()
    expires_at = now + timedelta(seconds=code_rules.CHALLENGE_S)
    await codes.put(tx, user_id, "change", None, expires_at, sent=address, challenge_hash=secret_hash(proof))
    return proof


def check(ports: Ports, user_id: str, purpose: str, code: str, found: codes.Code | None) -> codes.Code:
    """The stored code if ``code`` is it. Raises ``code_wrong`` and ``code_expired``."""
    if found is None or not ports.accounts.codes.matches(user_id, purpose, code, found.hash):
        raise ApiError("code_wrong", code_rules.WRONG)
    if found.expired:
        raise ApiError("code_expired")
    return found


async def use(ports: Ports, tx: Transaction, user_id: str, purpose: str) -> None:
    """Use a code up, once it was checked. Raises ``code_wrong`` when another call did."""
    used = await codes.delete(tx, user_id, purpose)
    if used is None:
        raise ApiError("code_wrong", code_rules.WRONG)
    if used.sent is not None:
        await ports.accounts.code_gate.entered(tx, used.sent)


async def notify(ctx: Ctx, tx: Transaction, person: Person | None, subject: str, text: str, advice: str = "") -> None:
    """Tell the owner of an account what happened to it: by mail, or by SMS to whoever has none.

    Only what they have confirmed is theirs.
    """
    if person is None:
        return
    ways: list[tuple[letters.Channel, str | None]] = [
        ("email", person.email if person.email_verified else None),
        ("sms", person.phone_number if person.phone_verified else None),
    ]
    for channel, address in ways:
        if address and ctx.ports.accounts.outbound.can_send(channel):
            letter = letters.notice(channel, address, subject, text, advice)
            await ctx.ports.accounts.outbound.post(tx, letter, ctx.now + timedelta(days=2))
            return


async def _resend(ports: Ports, now: datetime, job: letters.Resend) -> None:
    async with ports.db.transaction() as tx:
        person = await people.lock(tx, job.user_id)
        if person is None or person.disabled:
            return
        found = await _again(ports, now, tx, person, job)
        if found is None or await ports.accounts.code_gate.wait(tx, found.sent, job.sender, job.purpose) is not None:
            return
        code = ports.accounts.codes.new()
        hashed = ports.accounts.codes.hash(job.user_id, job.purpose, code)
        if job.purpose == "login":
            await codes.replace(tx, person.id, job.purpose, hashed, found.expires_at)
        else:
            await codes.put(tx, person.id, job.purpose, hashed, found.expires_at, sent=found.sent)
        await _post(ports, now, tx, job.purpose, found.sent, code)


async def _again(
    ports: Ports, now: datetime, tx: Transaction, person: Person, job: letters.Resend
) -> codes.Again | None:
    """Where a code goes once more, and until when it is good; None when there is nothing to send again.

    That of a login by its challenge only, while that lives: store/accounts/codes.py ``again``.
    """
    waits = unconfirmed(person)
    if waits is not None and waits[0] == job.purpose:
        return codes.Again(waits[1], code_rules.expiry(ports, now, job.purpose))
    found = await codes.again(tx, person.id, job.purpose, job.challenge_hash, code_rules.ATTEMPTS)
    if found is None or job.purpose == "login":
        # The challenge lives on to its own end, however many codes were sent for it.
        return found
    # What a confirmed account changes is its owner's business: a stranger must not void the code they hold.
    return codes.Again(found.sent, code_rules.expiry(ports, now, job.purpose)) if job.own else None


async def _forgotten(ports: Ports, now: datetime, job: letters.Forgotten) -> None:
    async with ports.db.transaction() as tx:
        known = await accounts.by_login(tx, email=job.email, username="", phone_number="")
        person = await people.lock(tx, known.person.id) if known else None
        if person is None or not person.email or not person.email_verified or person.disabled:
            return
        to = codes.Sent("email", person.email)
        if person.email.lower() == job.email.lower():
            await send_if_possible(ports, now, tx, person.id, "reset", to, job.sender)


async def _post(
    ports: Ports, now: datetime, tx: Transaction, purpose: letters.Purpose, to: codes.Sent, code: str
) -> None:
    letter = letters.code(to.channel, to.target, purpose, code, code_rules.lifetime_s(ports, purpose) // 60)
    await ports.accounts.outbound.post(tx, letter, code_rules.expiry(ports, now, purpose))
