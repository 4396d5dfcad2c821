"""Signing in with an OpenID provider: whose account that is, or that somebody new gets one.

The operator decides it: config/accounts.py ``OidcSettings``. What is believed of a provider is auth/oidc.py's.
"""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from chatr.api.contract import PUBLIC, Rate, Route, operation
from chatr.api.errors import ApiError
from chatr.api.model import NoParams, Params, Session, Wire
from chatr.auth.oidc import Claims, Provider
from chatr.auth.tokens import new_secret, secret_hash
from chatr.ops.accounts import address_rules, code_rules, registration, usernames, verification
from chatr.ops.people import names
from chatr.ops.ports import Ctx
from chatr.ops.sessions import sign_in
from chatr.store.accounts import accounts
from chatr.store.people import people
from chatr.store.people.people import Person
from chatr.store.pool import Transaction
from chatr.store.sessions import identities

LIFETIME_S = 600


class _Pending(msgspec.Struct):
    """A sign-in that is at the provider; stored sealed."""

    nonce: str
    verifier: str
    binding: str


class ProviderInfo(Wire, frozen=True):
    """A provider, by the name that its button has."""

    name: str


class ProviderList(Wire, frozen=True):
    """The providers of this server: one or none."""

    items: list[ProviderInfo]


@operation("oidc.providers", Route("GET", "/auth/oidc"), PUBLIC)
async def providers(ctx: Ctx, params: NoParams) -> ProviderList:
    """What people can sign in with, other than a password."""
    provider = ctx.ports.accounts.oidc.provider
    return ProviderList(items=[ProviderInfo(provider.name)] if provider else [])


class ProviderSignIn(Wire, frozen=True, kw_only=True):
    """Where to send the browser. ``binding`` stays with the client that began, which gives it to oidc.finish."""

    url: str
    binding: str
    expires_in: Annotated[int, Meta(description="Seconds.")]


@operation("oidc.start", Route("POST", "/auth/oidc/start"), PUBLIC, errors=["not_found"], rate=Rate(30, 900))
async def start(ctx: Ctx, params: NoParams) -> ProviderSignIn:
    """Begin to sign in at the provider. ``not_found`` when this server has none."""
    provider = _provider(ctx)
    state, pending = new_secret(), _Pending(nonce=new_secret(), verifier=new_secret(), binding=new_secret())
    url = await provider.authorization_url(state, pending.nonce, pending.verifier)
    sealed = ctx.ports.accounts.oidc.vault.seal(msgspec.json.encode(pending))
    await identities.begin(ctx.ports.db, secret_hash(state), sealed, ctx.now + timedelta(seconds=LIFETIME_S))
    return ProviderSignIn(url=url, binding=pending.binding, expires_in=LIFETIME_S)


class OidcFinishParams(Params, frozen=True, kw_only=True):
    """``state`` and ``code`` as the provider sent them back, and the ``binding`` of oidc.start."""

    state: code_rules.Secret
    code: code_rules.Secret
    binding: code_rules.Secret


@operation(
    "oidc.finish",
    Route("POST", "/auth/oidc/finish"),
    PUBLIC,
    errors=["code_wrong", "conflict", "forbidden", "not_found"],
    rate=Rate(30, 900),
)
async def finish(ctx: Ctx, params: OidcFinishParams) -> Session | sign_in.SignInChallenge:
    """Finish signing in at the provider: a session, or a challenge when the account has two-factor sign-in.

    Somebody new gets an account, if the server is set so; ``forbidden`` if not. ``conflict``: somebody here has the
    same e-mail address, and the server does not link accounts by that.
    """
    provider = _provider(ctx)
    sealed = await identities.take(ctx.ports.db, secret_hash(params.state))
    if sealed is None:
        raise _begin_again()
    pending = msgspec.json.decode(ctx.ports.accounts.oidc.vault.open(sealed), type=_Pending)
    # Otherwise somebody could be made to sign in as somebody else, by a link.
    if not hmac.compare_digest(pending.binding.encode(), params.binding.encode()):
        raise _begin_again()
    claims = await provider.exchange(params.code, pending.verifier, pending.nonce)
    async with ctx.ports.db.transaction() as tx:
        person = await _account(ctx, tx, provider, claims)
        return await sign_in.proceed(ctx, tx, person)


async def _account(ctx: Ctx, tx: Transaction, provider: Provider, claims: Claims) -> Person:
    """The account of an identity: the one linked, the one with its address, or a new one."""
    await identities.lock(tx, provider.issuer, claims.sub)
    user_id = await identities.find(tx, provider.issuer, claims.sub)
    if user_id is None:
        linked = await _with_address(ctx, tx, claims)
        user_id = linked or await _new(ctx, tx, claims)
        await identities.link(tx, provider.issuer, claims.sub, user_id)
        if linked:
            subject, text = "A new way to sign in", f"Your account can be signed in to with {provider.name} now."
            advice = "tell the operator of the server"
            await verification.notify(ctx, tx, await people.by_id(tx, user_id), subject, text, advice)
    person = await people.lock(tx, user_id)
    if person is None:
        raise _begin_again()
    return person


async def _with_address(ctx: Ctx, tx: Transaction, claims: Claims) -> str | None:
    if not claims.confirmed_email:
        return None
    known = await accounts.by_login(tx, email=claims.confirmed_email, username="", phone_number="")
    if known is None or not known.person.email_verified:
        return None
    if not ctx.ports.accounts.oidc.settings.link_by_email:
        raise ApiError("conflict", "Somebody here has this e-mail address: sign in with its password")
    return known.person.id


async def _new(ctx: Ctx, tx: Transaction, claims: Claims) -> str:
    if not ctx.ports.accounts.oidc.settings.register:
        raise ApiError("forbidden", "There is no account for this sign-in: ask the operator of the server")
    # An address of a kind that we don't take is one that we don't know.
    email = claims.confirmed_email if address_rules.EMAIL.match(claims.confirmed_email) else None
    [username] = await usernames.free(ctx, tx, claims.preferred_username or claims.email or claims.name, 1)
    shown = names.tidied(claims.name)
    new = registration.new_person(username, email=email, phone_number=None, password_hash="", display_name=shown)
    await registration.vouched(ctx, tx, new, role="user", is_bot=False)
    return new.id


def _provider(ctx: Ctx) -> Provider:
    if ctx.ports.accounts.oidc.provider is None:
        raise ApiError("not_found", "This server has no other sign-in than its own")
    return ctx.ports.accounts.oidc.provider


def _begin_again() -> ApiError:
    return ApiError("code_wrong", "The sign-in took too long, was finished before, or was begun elsewhere: begin again")
