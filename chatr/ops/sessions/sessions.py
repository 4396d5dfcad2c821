"""Signing in, staying signed in, signing out.

How long tokens live says config/accounts.py ``AuthSettings``, what they are auth/tokens.py, what locks an account
lockout.py. A login of nobody is answered like a wrong password, and as fast: auth/password_hashes.py ``compare``.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Annotated

from msgspec import Meta

from chatr.api.contract import GUESTS, PUBLIC, USERS, Rate, Route, operation
from chatr.api.errors import ApiError, invalid
from chatr.api.model import Cursor, Empty, Id, Limit, NoParams, Params, Session, Time, Wire, wire_time
from chatr.auth.tokens import new_secret, secret_hash
from chatr.networks import caller_key
from chatr.ops import cursors
from chatr.ops.accounts import address_rules, code_rules, password_rules, verification
from chatr.ops.ports import Ctx
from chatr.ops.sessions import lockout, proving, sign_in, sign_out
from chatr.store.accounts import accounts, codes
from chatr.store.people import people
from chatr.store.pool import Transaction
from chatr.store.sessions import sessions

#: How long the same caller may use a refresh token again: two tabs at once, or an answer that was lost.
AGAIN_S = 10
_WRONG = "The login or password is wrong"


class SessionLoginParams(Params, frozen=True, kw_only=True):
    """Who signs in: ``login`` is an e-mail address, a username or a phone number.

    ``method``: where to send a login code, if this server leaves that to people.
    """

    login: Annotated[str, Meta(min_length=1, max_length=320)]
    password: password_rules.Password
    method: sign_in.Method | None = None


@operation(
    "session.login",
    Route("POST", "/auth/login"),
    PUBLIC,
    errors=["code_wrong", "forbidden", "locked"],
    rate=Rate(10, 900),
)
async def login(
    ctx: Ctx, params: SessionLoginParams
) -> Session | sign_in.SignInChallenge | verification.PendingAccount:
    """Sign in with a password: a session, or a challenge when a second step is due.

    ``code_wrong`` says neither whether the account exists nor which part was wrong. After ten wrong passwords within 15
    minutes the right one answers ``locked``, except from where the person has signed in within the last 90 days: wrong
    ones from there have a count of their own. The right password of an account that waits for a code answers what it
    waits for, with a code on its way unless one that works was sent before; so it can be finished on another device by
    account.verify_email or account.verify_phone. ``rate_limited`` also when no more codes may be sent at the moment:
    nothing has changed then.
    """
    text = params.login.strip()
    known = await accounts.by_login(ctx.ports.db, **address_rules.login(text, ctx.ports.accounts.settings.phone_region))
    attempt = await proving.sign_in(ctx, known, text, params.password)
    if known is None or attempt is None:
        raise ApiError("code_wrong", _WRONG)
    attempt.check_lock()
    async with ctx.ports.db.transaction() as tx:
        known = await proving.hold(tx, known)
        if verification.unconfirmed(known.person) is None:
            return await sign_in.proceed_with_password(ctx, tx, known.person, attempt.key, params.method)
        sign_in.refuse_disabled(known.person)
        waiting = await verification.next_step(ctx.ports, ctx.now, tx, known.person)
        await lockout.succeed(tx, attempt.key)
        proof = await verification.prove(ctx.now, tx, known.person.id, None)
    return verification.PendingAccount(user_id=known.person.id, verification=waiting or "email", proof=proof)


class SessionVerifyLoginParams(Params, frozen=True, kw_only=True):
    """The second step: the code that was sent, the authenticator's, or a recovery code."""

    challenge: code_rules.Secret
    code: code_rules.Code | None = None
    totp: code_rules.Code | None = None
    recovery_code: code_rules.RecoveryCode | None = None


@operation(
    "session.verify_login",
    Route("POST", "/auth/verify-login"),
    PUBLIC,
    errors=["code_wrong", "code_expired", "forbidden", "totp_required", "locked"],
    rate=Rate(10, 900, subject="challenge"),
)
async def verify_login(ctx: Ctx, params: SessionVerifyLoginParams) -> Session:
    """Finish signing in. After five attempts the challenge is void.

    ``totp_required``: the account has two-factor sign-in, and only ``totp`` or ``recoveryCode`` will do.
    """
    found = await codes.attempt_challenge(ctx.ports.db, secret_hash(params.challenge), "login", code_rules.ATTEMPTS)
    known = await accounts.by_id(ctx.ports.db, found.user_id) if found else None
    if found is None or known is None or known.person.disabled:
        raise ApiError("code_wrong", code_rules.WRONG)
    person = known.person
    if found.expired:
        raise ApiError("code_expired", "The sign-in took too long: begin again")
    if person.two_factor and params.totp is None and params.recovery_code is None:
        raise ApiError("totp_required", "Enter the code of your authenticator, or a recovery code")
    if not person.two_factor and params.code is None:
        raise invalid("$.code", "is missing")
    attempt = await lockout.count(ctx, person)
    attempt.check_lock()
    async with ctx.ports.db.transaction() as tx:
        await proving.hold(tx, known)
        if person.two_factor:
            await proving.second(ctx, tx, person.id, params.totp, params.recovery_code)
        else:
            verification.check(ctx.ports, person.id, "login", params.code or "", found)
        await verification.use(ctx.ports, tx, person.id, "login")
        await lockout.succeed(tx, attempt.key)
        return await sign_in.begin(ctx, tx, person.id)


class SessionRefreshParams(Params, frozen=True, kw_only=True):
    """The refresh token of the last answer."""

    refresh_token: code_rules.Secret


@operation("session.refresh", Route("POST", "/auth/refresh"), PUBLIC)
async def refresh(ctx: Ctx, params: SessionRefreshParams) -> Session:
    """Fresh tokens for a session. Each refresh token works once: an old one used again ends the session.

    Only within ten seconds, and for the network that used it first, the same token answers the same refresh token
    again: for two tabs at once, and for an answer that was lost. Called over an open WAMP session of the same sign-in,
    it prolongs that session too.
    """
    expires_at = ctx.now + timedelta(seconds=ctx.ports.accounts.settings.refresh_token_s)
    used_by = ctx.ports.accounts.codes.key(f"refresh:{caller_key(ctx.caller.address)}")
    session = None
    async with ctx.ports.db.transaction() as tx:
        found = await sessions.use_refresh_token(
            tx, secret_hash(params.refresh_token), expires_at, used_by=used_by, salt=os.urandom(16), again_s=AGAIN_S
        )
        if found is not None and found.live and not found.reused:
            session = await sign_in.succeed(ctx, tx, found, params.refresh_token)
        if found is not None and found.live and session is None:
            await _reused(ctx, tx, found)
    if found is None or session is None:
        raise ApiError("unauthenticated", "The refresh token is not valid")
    if ctx.caller.session_id == found.session_id and ctx.caller.connection:
        expiry = ctx.now.timestamp() + ctx.ports.accounts.tokens.lifetime_s
        ctx.ports.live.extend(ctx.caller.connection, found.session_id, expiry)
    return session


async def _reused(ctx: Ctx, tx: Transaction, found: sessions.Refreshed) -> None:
    """End a session whose refresh token was used twice, by somebody who has it too, and tell its owner."""
    await sign_out.end(ctx, tx, found.user_id, found.session_id, "refresh_token_reused")
    owner = await people.by_id(tx, found.user_id)
    subject = "You were signed out on one device"
    text = "A sign-in of yours was continued from two places, as when it was stolen. It was ended."
    await verification.notify(ctx, tx, owner, subject, text)


@operation("session.logout", Route("POST", "/auth/logout"), GUESTS)
async def logout(ctx: Ctx, params: NoParams) -> Empty:
    """End this session: its tokens and its open connections."""
    async with ctx.ports.db.transaction() as tx:
        await sign_out.end(ctx, tx, ctx.caller.user_id, ctx.caller.session_id, "logout")
    return Empty()


class SessionInfo(Wire, frozen=True, kw_only=True):
    """One device that is signed in."""

    id: Id
    created_at: Time
    last_used_at: Time
    user_agent: str
    address: str
    current: bool


class SessionList(Wire, frozen=True, kw_only=True):
    """The devices that are signed in, last used first; ``nextCursor`` is null on the last page."""

    items: list[SessionInfo]
    next_cursor: str | None = None


class SessionListParams(Params, frozen=True, kw_only=True):
    """Which page. ``cursor``: the ``nextCursor`` of the page before."""

    cursor: Cursor | None = None
    limit: Limit = 50


@operation("session.list", Route("GET", "/auth/sessions"), USERS)
async def list_sessions(ctx: Ctx, params: SessionListParams) -> SessionList:
    """Where the caller is signed in."""
    return await _listed(ctx, params)


class SessionRevokeParams(Params, frozen=True, kw_only=True):
    """Which session to end."""

    id: Id


@operation("session.revoke", Route("DELETE", "/auth/sessions/<id>"), USERS, errors=["not_found"])
async def revoke(ctx: Ctx, params: SessionRevokeParams) -> SessionList:
    """End one session of the caller, and answer those that are left."""
    async with ctx.ports.db.transaction() as tx:
        if not await sessions.owned(tx, params.id, ctx.caller.user_id):
            raise ApiError("not_found", "You have no such session")
        await sign_out.end(ctx, tx, ctx.caller.user_id, params.id, "revoked")
    return await _listed(ctx)


@operation("session.revoke_others", Route("DELETE", "/auth/sessions"), USERS)
async def revoke_others(ctx: Ctx, params: NoParams) -> SessionList:
    """End all sessions of the caller but this one."""
    async with ctx.ports.db.transaction() as tx:
        await sign_out.end_all(ctx, tx, ctx.caller.user_id, "revoked", but=ctx.caller.session_id)
    return await _listed(ctx)


class RealtimeTicket(Wire, frozen=True, kw_only=True):
    """A WAMP ticket that works once."""

    ticket: str
    expires_in: Annotated[int, Meta(description="Seconds.")]


@operation("realtime.ticket", Route("POST", "/auth/ticket"), GUESTS, rate=Rate(60, 60))
async def ticket(ctx: Ctx, params: NoParams) -> RealtimeTicket:
    """A one-use ticket that opens a WAMP session of this sign-in, so that the access token need not travel there."""
    secret = new_secret()
    lifetime_s = ctx.ports.accounts.settings.ticket_s
    await sessions.add_ticket(ctx.ports.db, secret_hash(secret), ctx.caller.session_id, lifetime_s)
    return RealtimeTicket(ticket=secret, expires_in=lifetime_s)


async def _listed(ctx: Ctx, page: SessionListParams | None = None) -> SessionList:
    page = page or SessionListParams()
    before = cursors.position(page.cursor) if page.cursor else None
    # One more than fits tells whether there is another page.
    found = await sessions.live(ctx.ports.db, ctx.caller.user_id, limit=page.limit + 1, before=before)
    shown, more = found[: page.limit], len(found) > page.limit
    items = [
        SessionInfo(
            id=session.id,
            created_at=wire_time(session.created_at),
            last_used_at=wire_time(session.last_used_at),
            user_agent=session.user_agent,
            address=session.address,
            current=session.id == ctx.caller.session_id,
        )
        for session in shown
    ]
    next_cursor = cursors.cursor(shown[-1].last_used_at, shown[-1].id) if more else None
    return SessionList(items=items, next_cursor=next_cursor)
