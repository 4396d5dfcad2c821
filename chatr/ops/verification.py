"""Codes on their way to people, and what is still to be confirmed about an account."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from chatr.api.errors import ApiError
from chatr.api.model import Id, Wire
from chatr.ops.ports import Ctx, Ports
from chatr.outbound import letters
from chatr.store import accounts, codes
from chatr.store.people import Person
from chatr.store.pool import Transaction


class Waiting(Wire, frozen=True, kw_only=True):
    """An account, and where the code went that it waits for."""

    user_id: Id
    verification: Literal["email", "sms"]


#: A sign-in that is half done lives this long at most.
CHALLENGE_S = 600
WRONG = "The code is wrong or no longer valid"


async def send(
    ports: Ports,
    now: datetime,
    tx: Transaction,
    user_id: str,
    purpose: letters.Purpose,
    to: codes.Sent,
    *,
    challenge_hash: bytes | None = None,
) -> None:
    """Store a new code in place of the last one and post it."""
    code, expires_at = ports.codes.new(), expiry(ports, now, purpose)
    hashed = ports.codes.hash(user_id, purpose, code)
    await codes.put(tx, user_id, purpose, hashed, expires_at, sent=to, challenge_hash=challenge_hash)
    await _post(ports, now, tx, purpose, to, code)


def expiry(ports: Ports, now: datetime, purpose: str) -> datetime:
    """Until when a code of a purpose that is made now is good."""
    return now + timedelta(seconds=_lifetime_s(ports, purpose))


async def carry_out(ports: Ports, now: datetime, job: letters.Job) -> None:
    """Do what a job of the outbound queue asks for.

    It is done there so that a caller can't tell, by the answer or by its time, whether there was anything to do.
    """
    if isinstance(job, letters.Resend):
        await _resend(ports, now, job)
    elif isinstance(job, letters.Forgotten):
        await _forgotten(ports, now, job)


async def next_step(ports: Ports, now: datetime, tx: Transaction, person: Person) -> Literal["email", "sms"] | None:
    """What is to be confirmed next, in order, with a code on its way for it; None when nothing is left."""
    if person.email is not None and not person.email_verified:
        await _unless_fresh(ports, now, tx, person.id, "email", codes.Sent("email", person.email))
        return "email"
    if person.phone_number is not None and not person.phone_verified:
        await _unless_fresh(ports, now, tx, person.id, "phone", codes.Sent("sms", person.phone_number))
        return "sms"
    return None


def check(ports: Ports, user_id: str, purpose: str, code: str, found: codes.Code | None) -> codes.Code:
    """The stored code if ``code`` is it. Raises ``code_wrong`` and ``code_expired``."""
    if found is None or not ports.codes.matches(user_id, purpose, code, found.hash):
        raise ApiError("code_wrong", WRONG)
    if found.expired:
        raise ApiError("code_expired")
    return found


async def use(tx: Transaction, user_id: str, purpose: str) -> None:
    """Use a code up. Raises ``code_wrong`` when another call did."""
    if not await codes.delete(tx, user_id, purpose):
        raise ApiError("code_wrong", WRONG)


async def notify(ctx: Ctx, tx: Transaction, email: str | None, subject: str, text: str, advice: str = "") -> None:
    """Tell the owner of an account what happened to it, if they have mail."""
    if email:
        await ctx.ports.outbound.post(tx, letters.notice(email, subject, text, advice), ctx.now + timedelta(days=2))


async def _unless_fresh(
    ports: Ports, now: datetime, tx: Transaction, user_id: str, purpose: letters.Purpose, to: codes.Sent
) -> None:
    if not await codes.fresh(tx, user_id, purpose):
        await send(ports, now, tx, user_id, purpose, to)


async def _resend(ports: Ports, now: datetime, job: letters.Resend) -> None:
    code = ports.codes.new()
    hashed = ports.codes.hash(job.user_id, job.purpose, code)
    async with ports.db.transaction() as tx:
        to = await codes.replace(tx, job.user_id, job.purpose, hashed, expiry(ports, now, job.purpose))
        if to is not None:
            await _post(ports, now, tx, job.purpose, to, code)


async def _forgotten(ports: Ports, now: datetime, job: letters.Forgotten) -> None:
    async with ports.db.transaction() as tx:
        known = await accounts.by_login(tx, email=job.email, username="", phone_number="")
        person = known.person if known else None
        if person is not None and person.email and person.email_verified and not person.disabled:
            await _unless_fresh(ports, now, tx, person.id, "reset", codes.Sent("email", person.email))


async def _post(
    ports: Ports, now: datetime, tx: Transaction, purpose: letters.Purpose, to: codes.Sent, code: str
) -> None:
    letter = letters.code(to.channel, to.target, purpose, code, _lifetime_s(ports, purpose) // 60)
    await ports.outbound.post(tx, letter, expiry(ports, now, purpose))


def _lifetime_s(ports: Ports, purpose: str) -> int:
    return min(CHALLENGE_S, ports.settings.code_s) if purpose == "login" else ports.settings.code_s
