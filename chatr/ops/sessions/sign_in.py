"""Beginning a session: what every way of signing in ends with, or the second step that comes before.

An authenticator, if there is one (two_factor.py), else a code, by the setting ``auth.login_code``: what it is where
nobody has set it says config/whole.py ``login_code``. Whom a login names, and what is answered to a wrong one or while
an address waits for its code, says sessions.py ``login``. How long a challenge lives says ops/accounts/code_rules.py,
that a dead one stays dead store/accounts/codes.py ``again``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from chatr.api.errors import ApiError
from chatr.api.model import Id, Session, Wire
from chatr.auth.tokens import new_secret, secret_hash
from chatr.ops import access
from chatr.ops.accounts import code_rules, verification
from chatr.ops.people import visibility
from chatr.ops.ports import Ctx
from chatr.ops.sessions import lockout
from chatr.store.accounts import codes
from chatr.store.ids import uuid7
from chatr.store.people import people
from chatr.store.people.people import Person
from chatr.store.pool import Queryable, Transaction
from chatr.store.sessions import known_places, sessions

MAX_USER_AGENT = 300

Method = Literal["email", "sms"]


class SignInChallenge(Wire, frozen=True, kw_only=True):
    """The second step that is due. The challenge binds it to the first, which is never repeated.

    ``methods``: where a code was sent and, after that, where one could be sent instead; or what the authenticator of
    the account offers.
    """

    user_id: Id
    challenge: str
    methods: list[Literal["email", "sms", "totp", "recovery_code"]]


async def proceed(ctx: Ctx, tx: Transaction, person: Person) -> Session | SignInChallenge:
    """Begin a session for a person whom somebody else has vouched for, or ask for the second step that they have.

    Raises ``forbidden`` for a disabled account.
    """
    return await _second_factor(ctx, tx, person) or await begin(ctx, tx, person.id)


async def proceed_with_password(
    ctx: Ctx, tx: Transaction, person: Person, key: bytes, method: Method | None = None
) -> Session | SignInChallenge:
    """Begin a session behind the right password, or ask for the second step. ``key``: of the tries that are over.

    Raises ``forbidden`` for a disabled account.
    """
    challenged = await _second_factor(ctx, tx, person)
    if challenged is not None:
        return challenged
    challenge = new_secret()
    ways = _ways(ctx, person, method)
    if ways:
        sender = ctx.ports.accounts.code_gate.signing_in(ctx.caller, person.id)
        await verification.send(
            ctx.ports, ctx.now, tx, person.id, "login", ways[0], sender, challenge_hash=secret_hash(challenge)
        )
        return SignInChallenge(user_id=person.id, challenge=challenge, methods=[way.channel for way in ways])
    await lockout.succeed(tx, key)
    return await begin(ctx, tx, person.id)


async def begin(ctx: Ctx, tx: Transaction, user_id: str) -> Session:
    """A new session for a person who has shown who they are. Raises ``forbidden`` for a disabled account."""
    # Locked: a session must not begin behind the back of what ends all sessions.
    person = access.own_account(await people.lock(tx, user_id))
    refuse_disabled(person)
    session_id = uuid7()
    await sessions.insert(
        tx,
        session_id,
        user_id,
        expires_at=ctx.now + timedelta(seconds=ctx.ports.accounts.settings.refresh_token_s),
        user_agent=ctx.caller.user_agent[:MAX_USER_AGENT],
        address=ctx.caller.address,
    )
    return await _with_tokens(ctx, tx, person, session_id)


def refuse_disabled(person: Person) -> None:
    """Raise ``forbidden`` for a disabled account."""
    if person.disabled:
        raise ApiError("forbidden", "This account was disabled by the operator of the server")


async def issue(ctx: Ctx, db: Queryable, user_id: str, session_id: str) -> Session:
    """Fresh tokens of a session."""
    return await _with_tokens(ctx, db, access.own_account(await people.by_id(db, user_id)), session_id)


async def succeed(ctx: Ctx, tx: Transaction, found: sessions.Refreshed, refresh_token: str) -> Session | None:
    """The tokens after a refresh token that was just used: the same refresh token, however often that was.

    None when what follows was made under a server key that is gone.
    """
    person = access.own_account(await people.by_id(tx, found.user_id))
    await _remember(ctx, tx, person)
    successors = ctx.ports.accounts.codes.successors(refresh_token, found.salt)
    if found.succeeds:
        await sessions.add_refresh_token(tx, found.session_id, secret_hash(successors[0]))
        return _session(ctx, person, found.session_id, successors[0])
    for successor in successors:
        if await sessions.has_refresh_token(tx, found.session_id, secret_hash(successor)):
            return _session(ctx, person, found.session_id, successor)
    return None


async def _with_tokens(ctx: Ctx, db: Queryable, person: Person, session_id: str) -> Session:
    refresh_token = new_secret()
    await sessions.add_refresh_token(db, session_id, secret_hash(refresh_token))
    await _remember(ctx, db, person)
    return _session(ctx, person, session_id, refresh_token)


async def _remember(ctx: Ctx, db: Queryable, person: Person) -> None:
    """Keep from where somebody has signed in: there nobody else keeps them out."""
    if ctx.caller.address:
        await known_places.remember(
            db, person.id, lockout.places(ctx), days=lockout.KNOWN_DAYS, most=lockout.MOST_KNOWN
        )


def _session(ctx: Ctx, person: Person, session_id: str, refresh_token: str) -> Session:
    return Session(
        access_token=ctx.ports.accounts.tokens.issue(person.id, session_id, person.role),
        refresh_token=refresh_token,
        expires_in=ctx.ports.accounts.tokens.lifetime_s,
        user=visibility.me(person),
    )


async def _second_factor(ctx: Ctx, tx: Transaction, person: Person) -> SignInChallenge | None:
    """The challenge to a person with an authenticator."""
    refuse_disabled(person)
    if not person.two_factor:
        return None
    challenge = new_secret()
    expires_at = code_rules.expiry(ctx.ports, ctx.now, "login")
    await codes.put(tx, person.id, "login", None, expires_at, challenge_hash=secret_hash(challenge))
    return SignInChallenge(user_id=person.id, challenge=challenge, methods=["totp", "recovery_code"])


def _ways(ctx: Ctx, person: Person, wanted: Method | None) -> list[codes.Sent]:
    """Where a login code can go, the place it goes to first; empty when none is due."""
    setting = ctx.ports.accounts.login_code
    if setting == "off":
        return []
    ways = [codes.Sent("email", person.email)] if person.email else []
    if person.phone_number and ctx.ports.accounts.outbound.can_send("sms"):
        ways.append(codes.Sent("sms", person.phone_number))
    preferred = wanted if setting == "choice" else setting
    ways.sort(key=lambda way: way.channel != preferred)
    return ways if setting == "choice" else ways[:1]
