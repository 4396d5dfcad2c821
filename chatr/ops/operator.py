"""What operators do to accounts. Who may call these is the caller's business: today the ``chatr`` command."""

from __future__ import annotations

from typing import Literal

import msgspec

from chatr.api.errors import ApiError
from chatr.api.model import Session
from chatr.auth.vault import VaultError
from chatr.ops import access
from chatr.ops.accounts import address_rules, password_rules, registration, undo, usernames, verification
from chatr.ops.people import announcing
from chatr.ops.ports import Ctx
from chatr.ops.sessions import lockout, sign_in, sign_out
from chatr.store.accounts import accounts, address_changes
from chatr.store.people import people, relations
from chatr.store.people.people import Person
from chatr.store.sessions import second_factor, sessions

Role = Literal["user", "support", "admin"]


class NewUser(msgspec.Struct, frozen=True, kw_only=True):
    """An account as an operator makes it: its addresses need no code."""

    username: str
    password: str
    email: str = ""
    phone_number: str = ""
    display_name: str = ""
    role: Role = "user"
    is_bot: bool = False


async def create_user(ctx: Ctx, new: NewUser) -> Person:
    """Make an account that can sign in at once. Raises ``invalid`` and ``conflict`` with the field."""
    username = usernames.checked(new.username, ctx.ports.accounts.reserved_names)
    email = address_rules.email(new.email) if new.email else None
    phone = (
        address_rules.phone(new.phone_number, ctx.ports.accounts.settings.phone_region) if new.phone_number else None
    )
    password = password_rules.checked(new.password, username=username, email=email or "")
    row = registration.new_person(
        username,
        email=email,
        phone_number=phone,
        password_hash=await ctx.ports.accounts.passwords.hash(password, ctx),
        display_name=new.display_name,
    )
    async with ctx.ports.db.transaction() as tx:
        await registration.vouched(ctx, tx, row, role=new.role, is_bot=new.is_bot)
        person = await people.by_id(tx, row.id)
    return access.somebody(person)


async def find(ctx: Ctx, login: str) -> Person:
    """An account by username, e-mail or phone number. Raises ``not_found``."""
    region = ctx.ports.accounts.settings.phone_region
    known = await accounts.by_login(ctx.ports.db, **address_rules.login(login.strip(), region))
    return access.somebody(known.person if known else None)


async def set_disabled(ctx: Ctx, person: Person, disabled: bool) -> None:
    """Keep a person out, at once, or let them in again."""
    async with ctx.ports.db.transaction() as tx:
        await accounts.set_disabled(tx, person.id, disabled)
        if disabled:
            await sign_out.end_all(ctx, tx, person.id, "account_disabled")


async def set_role(ctx: Ctx, person: Person, role: Role) -> None:
    """Change what a person may do. Their sessions end: an access token names the role that it was made with."""
    async with ctx.ports.db.transaction() as tx:
        await accounts.set_role(tx, person.id, role)
        await sign_out.end_all(ctx, tx, person.id, "ended_by_operator")


async def reset_password(ctx: Ctx, person: Person, password: str) -> None:
    """Set a password, end every session and open a lock. A second factor stays as it is."""
    text = password_rules.checked(password, username=person.username, email=person.email or "")
    hashed = await ctx.ports.accounts.passwords.hash(text, ctx)
    async with ctx.ports.db.transaction() as tx:
        await accounts.set_password(tx, person.id, hashed)
        await sign_out.end_all(ctx, tx, person.id, "password_changed")
        await lockout.open_locks(ctx, tx, person)


async def set_address(ctx: Ctx, person: Person, kind: accounts.Kind, text: str | None) -> Person:
    """Give an account another address, which needs no code, or none. Raises ``invalid`` and ``conflict``.

    For somebody who has mistyped one, or lost it. Earlier changes of it can't be undone any more.
    """
    address = None
    if text is not None:
        region = ctx.ports.accounts.settings.phone_region
        address = address_rules.email(text) if kind == "email" else address_rules.phone(text, region)
    async with ctx.ports.db.transaction() as tx:
        await relations.lock_all(tx, person.id)
        if address:
            await accounts.lock_address(tx, kind, address)
            await registration.refuse_taken(tx, kind, address, but=person.id)
        before = access.somebody(await people.lock(tx, person.id))
        await accounts.set_address(tx, person.id, kind, address)
        if address:
            await accounts.confirm(tx, person.id, kind, address)
        await address_changes.forget(tx, person.id, kind)
        after = access.somebody(await people.by_id(tx, person.id))
        after = await announcing.changed(ctx, tx, before, after)
        what = "e-mail address" if kind == "email" else "phone number"
        text = f"The operator of the server has changed the {what} of your account."
        await verification.notify(ctx, tx, before, f"Your {what} was changed", text, "tell the operator of the server")
    return after


async def undo_email(ctx: Ctx, person: Person) -> Person:
    """Take the last change of an e-mail address back, and what came after it, as account.undo_change does."""
    change = await address_changes.newest(ctx.ports.db, person.id, "email", days=undo.UNDO_DAYS)
    if change is None:
        raise ApiError("not_found", f"{person.username} has changed no e-mail address within seven days")
    return await undo.undo(ctx, change)


async def disable_two_factor(ctx: Ctx, person: Person) -> None:
    """For somebody who has lost the authenticator and the recovery codes."""
    async with ctx.ports.db.transaction() as tx:
        await second_factor.disable(tx, person.id)
        await sign_out.end_all(ctx, tx, person.id, "ended_by_operator")


async def issue_session(ctx: Ctx, person: Person) -> Session:
    """A session without a password, for a program."""
    if person.disabled:
        raise ApiError("forbidden", "The account is disabled")
    async with ctx.ports.db.transaction() as tx:
        return await sign_in.begin(ctx, tx, person.id)


async def end_sessions(ctx: Ctx, person: Person, session_id: str = "") -> int:
    """End one session of a person, or all; how many."""
    async with ctx.ports.db.transaction() as tx:
        if not session_id:
            return await sign_out.end_all(ctx, tx, person.id, "ended_by_operator")
        if not await sessions.owned(tx, session_id, person.id):
            raise ApiError("not_found", f"{person.username} has no such session")
        await sign_out.end(ctx, tx, person.id, session_id, "ended_by_operator")
        return 1


async def reseal(ctx: Ctx) -> list[str]:
    """Seal everything at rest under the newest server key; the people whose secret could not be opened."""
    lost = []
    async with ctx.ports.db.transaction() as tx:
        for user_id, sealed in (await second_factor.secrets(tx)).items():
            try:
                await second_factor.reseal(tx, user_id, ctx.ports.accounts.vault.reseal(sealed))
            except VaultError:
                lost.append(user_id)
        await ctx.ports.accounts.outbound.reseal(tx)
    return lost
