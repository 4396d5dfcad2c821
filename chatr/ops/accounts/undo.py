"""Changes of an address that the former address can undo: what was taken over comes back to its owner."""

from __future__ import annotations

from datetime import timedelta

from chatr.api.contract import PUBLIC, Rate, Route, operation
from chatr.api.errors import ApiError
from chatr.api.model import Empty, Params
from chatr.auth.tokens import new_secret, secret_hash
from chatr.ops.accounts import code_rules, verification
from chatr.ops.people import announcing
from chatr.ops.ports import Ctx
from chatr.ops.sessions import sign_out
from chatr.outbound import letters
from chatr.store.accounts import accounts, address_changes, codes
from chatr.store.people import people, relations
from chatr.store.people.people import Person
from chatr.store.pool import Transaction

#: How long a change can be undone.
UNDO_DAYS = 7
_NAMES = {"email": "e-mail address", "phone": "phone number"}
GONE = "There is no such change, it was undone before, or it is more than seven days ago"


class AccountUndoChangeParams(Params, frozen=True, kw_only=True):
    """The secret that was sent to the former address."""

    token: code_rules.Secret


@operation(
    "account.undo_change",
    Route("POST", "/auth/undo-change"),
    PUBLIC,
    errors=["code_wrong", "conflict"],
    rate=Rate(10, 900),
)
async def undo_change(ctx: Ctx, params: AccountUndoChangeParams) -> Empty:
    """Take back a change of an e-mail address or phone number, with the secret that the former address was told.

    For seven days, whatever has happened to the account since. Later changes of its addresses are taken back as well;
    every session ends, and codes under way are void. A password, an authenticator or a sign-in at a provider that came
    after the change is void too: password.forgot sets a new password. ``code_wrong`` when there is nothing to undo,
    ``conflict`` when somebody else has confirmed the former address meanwhile.
    """
    change = await address_changes.by_token(ctx.ports.db, secret_hash(params.token), days=UNDO_DAYS)
    if change is None:
        raise ApiError("code_wrong", GONE)
    await undo(ctx, change)
    return Empty()


async def undo(ctx: Ctx, change: address_changes.Change) -> Person:
    """Put the addresses back as they were before a change; the person as they are then. Raises as the operation."""
    async with ctx.ports.db.transaction() as tx:
        await relations.lock_all(tx, change.user_id)
        former = await address_changes.take_since(tx, change)
        for kind in accounts.KINDS:
            if address := former.get(kind):
                await accounts.lock_address(tx, kind, address)
        before = await people.lock(tx, change.user_id)
        if before is None or not former:
            raise ApiError("code_wrong", GONE)
        for kind, address in former.items():
            await _restore(tx, before.id, kind, address)
        await address_changes.void_what_came_with(tx, change)
        await codes.delete_all(tx, before.id)
        await sign_out.end_all(ctx, tx, before.id, "address_restored")
        after = await people.by_id(tx, before.id)
        if after is None:
            raise ApiError("code_wrong", GONE)
        after = await announcing.changed(ctx, tx, before, after)
        text = "A change of the addresses of your account was undone, and every device signed out."
        advice = "somebody reads your mail: change the password of your mailbox"
        await verification.notify(ctx, tx, after, "A change was undone: set a new password now", text, advice)
    return after


async def _restore(tx: Transaction, user_id: str, kind: accounts.Kind, address: str | None) -> None:
    if address is None:
        await accounts.set_address(tx, user_id, kind, None)
        return
    if await accounts.address_taken(tx, kind, address, but=user_id):
        raise ApiError("conflict", f"Somebody else has confirmed this {_NAMES[kind]} meanwhile")
    await accounts.confirm(tx, user_id, kind, address)


async def changing(ctx: Ctx, tx: Transaction, before: Person, kind: accounts.Kind) -> None:
    """Tell the owner of a confirmed account, where they can be reached, of its new address and how to undo that.

    The former address is told, and the mail address if the phone number changes.
    """
    token = new_secret()
    former = before.email if kind == "email" else before.phone_number
    await address_changes.add(tx, secret_hash(token), before.id, kind, former, days=UNDO_DAYS)
    sms = ctx.ports.accounts.outbound.can_send("sms")
    told: dict[str, letters.Channel] = {}
    if before.email and before.email_verified:
        told[before.email] = "email"
    if before.phone_number and before.phone_verified and sms and (kind == "phone" or not told):
        told[before.phone_number] = "sms"
    expires_at = ctx.now + timedelta(days=2)
    for address, channel in told.items():
        letter = letters.changed(channel, address, _NAMES[kind], token, UNDO_DAYS)
        await ctx.ports.accounts.outbound.post(tx, letter, expires_at)
