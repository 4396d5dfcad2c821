"""Two-factor sign-in with an authenticator.

Which codes are good, and how many recovery codes there are, says auth/totp.py; that each works once proving.py. Their
secret is sealed by auth/vault.py.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from twisted.internet.threads import deferToThread

from chatr.api.contract import USERS, Rate, Route, operation
from chatr.api.errors import ApiError
from chatr.api.model import Empty, Params, Wire
from chatr.auth import totp
from chatr.ops.accounts import code_rules, verification
from chatr.ops.people import announcing
from chatr.ops.ports import Ctx
from chatr.ops.sessions import lockout, proving
from chatr.store.accounts import accounts, codes
from chatr.store.people import people
from chatr.store.pool import Transaction
from chatr.store.sessions import second_factor

_RATE = Rate(10, 900)


class TwoFactorSetup(Wire, frozen=True, kw_only=True):
    """What an authenticator needs: the secret as base32, as an otpauth URI, and as a picture of that."""

    secret: str
    uri: str
    qr_code: Annotated[str, Meta(description="A data URI of a PNG.")]


class TwoFactorSetupParams(Params, frozen=True, kw_only=True):
    """The password, as proof."""

    password: proving.OwnPassword | None = None


@operation(
    "two_factor.setup", Route("POST", "/auth/2fa/setup"), USERS, errors=["conflict", *proving.ERRORS], rate=_RATE
)
async def setup(ctx: Ctx, params: TwoFactorSetupParams) -> TwoFactorSetup:
    """A new secret for an authenticator. Nothing changes until two_factor.enable gets a code of it.

    Needs the ``password``, unless this session signed in within ten minutes: else ``code_wrong`` names that field.
    ``conflict`` when two-factor sign-in is on.
    """
    secret = totp.new_secret()
    person = (await proving.owner(ctx, params.password)).person
    if not await second_factor.propose(ctx.ports.db, person.id, ctx.ports.accounts.vault.seal(secret.encode())):
        raise ApiError("conflict", "Two-factor sign-in is on already: switch it off first")
    uri = totp.uri(secret, person.username)
    return TwoFactorSetup(secret=secret, uri=uri, qr_code=await deferToThread(totp.qr_code, uri))


class TwoFactorEnableParams(Params, frozen=True, kw_only=True):
    """A code of the authenticator; and the password, as for two_factor.setup."""

    code: code_rules.Code
    password: proving.OwnPassword | None = None


class RecoveryCodes(Wire, frozen=True, kw_only=True):
    """Each signs in once in place of the authenticator. They are never shown again."""

    recovery_codes: list[str]


@operation(
    "two_factor.enable",
    Route("POST", "/auth/2fa/verify"),
    USERS,
    errors=["conflict", *proving.ERRORS],
    rate=_RATE,
)
async def enable(ctx: Ctx, params: TwoFactorEnableParams) -> RecoveryCodes:
    """Switch two-factor sign-in on, with a code that shows that the authenticator works.

    Needs the ``password`` as two_factor.setup does.
    """
    known = await proving.owner(ctx, params.password)
    person = known.person
    if person.two_factor:
        raise ApiError("conflict", "Two-factor sign-in is on already")
    key = await lockout.in_session(ctx)
    async with ctx.ports.db.transaction() as tx:
        await proving.hold(tx, known)
        await proving.totp_code(ctx, tx, person.id, params.code)
        if not await second_factor.enable(tx, person.id):
            raise ApiError("conflict", "Two-factor sign-in is on already")
        # Sign-ins under way have passed with the password alone.
        await codes.delete(tx, person.id, "login")
        await lockout.succeed(tx, key)
        shown = await _new_recovery_codes(ctx, tx, person.id)
        await _changed(ctx, tx, person, "on")
    return shown


class TwoFactorDisableParams(Params, frozen=True, kw_only=True):
    """The password, and a code of the authenticator or a recovery code.

    Accounts that have no password must have signed in within the last ten minutes.
    """

    password: proving.OwnPassword | None = None
    code: code_rules.Code | None = None
    recovery_code: code_rules.RecoveryCode | None = None


@operation(
    "two_factor.disable",
    Route("POST", "/auth/2fa/disable"),
    USERS,
    errors=["conflict", "totp_required", *proving.ERRORS],
    rate=_RATE,
)
async def disable(ctx: Ctx, params: TwoFactorDisableParams) -> Empty:
    """Switch two-factor sign-in off and forget its secret and recovery codes. ``conflict`` when it is off."""
    known = await _switched_on(ctx, params.password)
    async with ctx.ports.db.transaction() as tx:
        person = (await proving.hold(tx, known)).person
        await proving.second(ctx, tx, person.id, params.code, params.recovery_code)
        await second_factor.disable(tx, person.id)
        await lockout.succeed(tx, lockout.session_key(ctx))
        await _changed(ctx, tx, person, "off")
    return Empty()


class TwoFactorRecoveryCodesParams(Params, frozen=True, kw_only=True):
    """The password, as proof. Accounts that have none must have signed in within the last ten minutes."""

    password: proving.OwnPassword | None = None


@operation(
    "two_factor.recovery_codes",
    Route("POST", "/auth/2fa/recovery-codes"),
    USERS,
    errors=["conflict", *proving.ERRORS],
    rate=_RATE,
)
async def recovery_codes(ctx: Ctx, params: TwoFactorRecoveryCodesParams) -> RecoveryCodes:
    """New recovery codes; the old ones are void. ``conflict`` when two-factor sign-in is off."""
    known = await _switched_on(ctx, params.password)
    async with ctx.ports.db.transaction() as tx:
        person = (await proving.hold(tx, known)).person
        return await _new_recovery_codes(ctx, tx, person.id)


async def _switched_on(ctx: Ctx, password: str | None) -> accounts.Credentials:
    """The caller's account, once the password is shown. Raises ``conflict`` without two-factor sign-in."""
    known = await proving.owner_by_password(ctx, password)
    if not known.person.two_factor:
        raise ApiError("conflict", "Two-factor sign-in is off")
    return known


async def _new_recovery_codes(ctx: Ctx, tx: Transaction, user_id: str) -> RecoveryCodes:
    shown = totp.new_recovery_codes()
    hashes = [ctx.ports.accounts.codes.hash(user_id, "recovery", totp.normalised(code)) for code in shown]
    await second_factor.replace_recovery_codes(tx, user_id, hashes)
    return RecoveryCodes(recovery_codes=shown)


async def _changed(ctx: Ctx, tx: Transaction, person: people.Person, state: str) -> None:
    after = await people.by_id(tx, person.id)
    if after is not None:
        await announcing.changed(ctx, tx, person, after)
    text = f"Signing in to your account with an authenticator was switched {state}."
    await verification.notify(ctx, tx, person, f"Two-factor sign-in is {state}", text)
