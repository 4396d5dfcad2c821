"""Signing in, staying signed in, signing out."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from msgspec import Meta

from chatr.api.contract import GUESTS, PUBLIC, Rate, Route, operation
from chatr.api.errors import ApiError
from chatr.api.events import SESSION_REVOKED, SessionRevoked
from chatr.api.model import Empty, Id, NoParams, Params, Session, Wire
from chatr.auth.tokens import new_secret, secret_hash
from chatr.ops import accounts, audience, fields, signing_in
from chatr.ops.ports import Ctx
from chatr.store import codes, people, sessions
from chatr.store.pool import Transaction

LOGIN_RATE = Rate(10, 900)
_WRONG = "The login or password is wrong"


class Login(Params, frozen=True, kw_only=True):
    """Who signs in: ``login`` is an e-mail address or a username."""

    login: Annotated[str, Meta(min_length=1, max_length=320)]
    password: Annotated[str, Meta(max_length=512)]
    method: Literal["email", "sms"] | None = None


class Challenged(Wire, frozen=True, kw_only=True):
    """The second step that is due. The challenge binds it to the password that was right."""

    user_id: Id
    challenge: str
    methods: list[Literal["email"]]


@operation("session.login", Route("POST", "/auth/login"), PUBLIC, errors=["code_wrong"], rate=LOGIN_RATE)
async def login(ctx: Ctx, params: Login) -> Session | Challenged:
    """Sign in with a password: a session, or a challenge when a mailed code is due too.

    ``code_wrong`` says neither whether the account exists nor which part was wrong. An account whose e-mail address
    is not verified yet gets a code for that, and is signed in by account.verify_email.
    """
    text = params.login.strip()
    find = people.by_email if "@" in text[1:] else people.by_username
    person = await find(ctx.ports.db, text if "@" in text else "@" + text)
    stored = await people.password_hash(ctx.ports.db, person.id) if person else None
    right = await ctx.ports.passwords.check(params.password, stored)
    if person is None or not right:
        raise ApiError("code_wrong", _WRONG)
    if not person.verified:
        raise ApiError("code_wrong", "Verify your e-mail address first: enter its code or ask for a new one")
    if ctx.ports.login_code:
        return await _challenge(ctx, person)
    async with ctx.ports.db.transaction() as tx:
        return await signing_in.begin(ctx, tx, person.id)


class VerifyLogin(Params, frozen=True, kw_only=True):
    """The second step."""

    challenge: fields.Secret
    code: fields.Code


@operation(
    "session.verify_login",
    Route("POST", "/auth/verify-login"),
    PUBLIC,
    errors=["code_wrong", "code_expired"],
    rate=accounts.VERIFICATION_RATE,
)
async def verify_login(ctx: Ctx, params: VerifyLogin) -> Session:
    """Finish signing in with the code that was mailed. After five attempts the challenge is void."""
    found = await codes.attempt_challenge(ctx.ports.db, secret_hash(params.challenge))
    if found is None or not ctx.ports.codes.matches(found.user_id, "login", params.code, found.hash):
        raise ApiError("code_wrong", "The code is wrong or no longer valid")
    if found.expired:
        raise ApiError("code_expired")
    async with ctx.ports.db.transaction() as tx:
        if not await codes.delete(tx, found.user_id, "login"):
            raise ApiError("code_wrong", "The code is wrong or no longer valid")
        return await signing_in.begin(ctx, tx, found.user_id)


class Refresh(Params, frozen=True, kw_only=True):
    """The refresh token of the last answer."""

    refresh_token: fields.Secret


@operation("session.refresh", Route("POST", "/auth/refresh"), PUBLIC)
async def refresh(ctx: Ctx, params: Refresh) -> Session:
    """Fresh tokens for a session. Each refresh token works once: an old one used again ends the session.

    Called over an open WAMP session of the same sign-in, it prolongs that session too.
    """
    expires_at = ctx.now + timedelta(seconds=ctx.ports.settings.refresh_token_s)
    stolen = ""
    async with ctx.ports.db.transaction() as tx:
        found = await sessions.use_refresh_token(tx, secret_hash(params.refresh_token), expires_at)
        if found is not None and found.reused and found.live:
            stolen = found.session_id
            await _end(ctx, tx, found.user_id, found.session_id, "refresh_token_reused")
        elif found is not None and found.live:
            session = await signing_in.issue(ctx, tx, found.user_id, found.session_id)
    if stolen:
        _close(ctx, stolen, "A refresh token was used twice: sign in again")
    if found is None or found.reused or not found.live:
        raise ApiError("unauthenticated", "The refresh token is not valid")
    if ctx.caller.session_id == found.session_id and ctx.caller.connection:
        expiry = ctx.now.timestamp() + ctx.ports.tokens.lifetime_s
        ctx.ports.extend(ctx.caller.connection, found.session_id, expiry)
    return session


@operation("session.logout", Route("POST", "/auth/logout"), GUESTS)
async def logout(ctx: Ctx, params: NoParams) -> Empty:
    """End this session: its tokens and its open connections."""
    async with ctx.ports.db.transaction() as tx:
        await _end(ctx, tx, ctx.caller.user_id, ctx.caller.session_id, "logout")
    _close(ctx, ctx.caller.session_id, "Signed out")
    return Empty()


class Ticket(Wire, frozen=True, kw_only=True):
    """A WAMP ticket that works once."""

    ticket: str
    expires_in: Annotated[int, Meta(description="Seconds.")]


@operation("realtime.ticket", Route("POST", "/auth/ticket"), GUESTS, rate=Rate(60, 60))
async def ticket(ctx: Ctx, params: NoParams) -> Ticket:
    """A one-use ticket that opens a WAMP session of this sign-in, so that the access token need not travel there."""
    secret = new_secret()
    await sessions.add_ticket(ctx.ports.db, secret_hash(secret), ctx.caller.session_id, ctx.ports.settings.ticket_s)
    return Ticket(ticket=secret, expires_in=ctx.ports.settings.ticket_s)


async def _challenge(ctx: Ctx, person: people.Person) -> Challenged:
    challenge, code = new_secret(), ctx.ports.codes.new()
    await codes.put(
        ctx.ports.db,
        person.id,
        "login",
        ctx.ports.codes.hash(person.id, "login", code),
        ctx.now + timedelta(seconds=min(600, ctx.ports.settings.code_s)),
        secret_hash(challenge),
    )
    accounts.mail_code(ctx, person.email or "", code)
    return Challenged(user_id=person.id, challenge=challenge, methods=["email"])


async def _end(ctx: Ctx, tx: Transaction, user_id: str, session_id: str, reason: str) -> None:
    if await sessions.revoke(tx, session_id, reason):
        revoked = SessionRevoked(session_id=session_id, reason=reason)
        tx.emit(SESSION_REVOKED, revoked, [audience.person(user_id)], exclude=ctx.caller.connection)


def _close(ctx: Ctx, session_id: str, reason: str) -> None:
    """Ends the session's connections on every node; a node refuses its tokens from the same moment."""
    ctx.ports.publisher.end(audience.session(session_id), "unauthenticated", reason)
