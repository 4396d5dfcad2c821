"""What people say about themselves, and who may see it (privacy.py). What a name may be says names.py.

A new address counts once its code is entered: ops/accounts/registration.py, which has undo.py tell the former one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from chatr.api.contract import USERS, Rate, Route, operation
from chatr.api.errors import ApiError, invalid
from chatr.api.events.sessions import SyncRequired
from chatr.api.model import Gender, Me, NoParams, Params, PrivacyLevel
from chatr.api.walk import holds, walk
from chatr.ops import access
from chatr.ops.accounts import address_rules, registration, verification
from chatr.ops.people import announcing, names, visibility
from chatr.ops.ports import Ctx
from chatr.ops.sessions import proving
from chatr.realtime.rooms import person_room
from chatr.store.accounts import codes
from chatr.store.accounts.accounts import Kind
from chatr.store.conversations import conversations
from chatr.store.people import people, relations
from chatr.store.pool import Transaction

MAX_SETTINGS_BYTES = 16 * 1024
#: Objects and lists in each other, the settings themselves included.
MAX_SETTINGS_DEPTH = 16
#: What JavaScript's numbers hold; and msgpack none beyond 64 bits.
MAX_INTEGER = 2**53


@operation("user.me", Route("GET", "/users/me"), USERS)
async def me(ctx: Ctx, params: NoParams) -> Me:
    """The caller's own account."""
    return visibility.me(access.own_account(await people.by_id(ctx.ports.db, ctx.caller.user_id)))


#: As often as codes leave for one account: whoever wants to know more looks for who is here.
_TAKEN = Rate(10, 3600)


class UserUpdateParams(Params, frozen=True, kw_only=True):
    """What to change; what is left out stays. An empty text clears a name or the gender.

    ``password``: with a new e-mail address or phone number.
    """

    display_name: names.Name | UnsetType = UNSET
    first_name: names.Name | UnsetType = UNSET
    last_name: names.Name | UnsetType = UNSET
    gender: Gender | Literal[""] | UnsetType = UNSET
    email: address_rules.Email | UnsetType = UNSET
    phone_number: address_rules.PhoneNumber | UnsetType = UNSET
    password: proving.OwnPassword | None = None


@operation("user.update", Route("PATCH", "/users/me"), USERS, errors=["conflict", *proving.ERRORS], rate=Rate(60, 60))
async def update(ctx: Ctx, params: UserUpdateParams) -> Me:
    """Change the caller's profile.

    A new e-mail address or phone number gets a code, and counts from account.verify_email or account.verify_phone on:
    until then the answer shows the old one. It needs the ``password`` too, unless this session signed in within ten
    minutes: else ``code_wrong`` names that field. ``conflict`` when somebody else has confirmed the address,
    ``rate_limited`` also after ten of those in an hour, and when no code may be sent there at the moment: nothing has
    changed then. The former address is
    told, and can undo it for seven days by account.undo_change.
    """
    if params.email is not UNSET or params.phone_number is not UNSET:
        await proving.owner(ctx, params.password)
    async with ctx.ports.db.transaction() as tx:
        await relations.lock_all(tx, ctx.caller.user_id)
        person = access.own_account(await people.lock(tx, ctx.caller.user_id))
        if params.email is not UNSET:
            await _new_email(ctx, tx, person, address_rules.email(params.email))
        if params.phone_number is not UNSET:
            phone = address_rules.phone(params.phone_number, ctx.ports.accounts.settings.phone_region)
            await _new_phone(ctx, tx, person, phone)
        changed = _merged(person, params)
        if changed != person:
            await people.set_profile(tx, changed)
            changed = await announcing.changed(ctx, tx, person, changed)
    return visibility.me(changed)


class UserUpdateSettingsParams(Params, frozen=True, kw_only=True):
    """What to change. ``settings`` is the clients' own: its keys replace those of the same name, null removes one."""

    privacy: PrivacyChange | UnsetType = UNSET
    settings: dict[Annotated[str, Meta(min_length=1, max_length=64)], Any] | UnsetType = UNSET


class PrivacyChange(Params, frozen=True, kw_only=True):
    """Who may see what; what is left out stays."""

    online_status: PrivacyLevel | UnsetType = UNSET
    phone: PrivacyLevel | UnsetType = UNSET
    email: PrivacyLevel | UnsetType = UNSET
    full_name: PrivacyLevel | UnsetType = UNSET
    gender: PrivacyLevel | UnsetType = UNSET
    joined_date: PrivacyLevel | UnsetType = UNSET
    read_receipts: bool | UnsetType = UNSET
    ghost_typing: bool | UnsetType = UNSET


@operation("user.update_settings", Route("PUT", "/users/me/settings"), USERS, rate=Rate(60, 60))
async def update_settings(ctx: Ctx, params: UserUpdateSettingsParams) -> Me:
    """Change who sees what of the caller, and the settings that clients keep here.

    These are JSON: 16 KiB at most, 16 levels deep, integers within 2^53 either way.
    """
    async with ctx.ports.db.transaction() as tx:
        await relations.lock_all(tx, ctx.caller.user_id)
        person = access.own_account(await people.lock(tx, ctx.caller.user_id))
        privacy, settings = person.privacy, person.settings
        if params.privacy is not UNSET:
            privacy = msgspec.structs.replace(privacy, **_given(params.privacy))
        if params.settings is not UNSET:
            settings = _settings(settings, params.settings)
        changed = msgspec.structs.replace(person, privacy=privacy, settings=settings)
        if changed != person:
            await people.set_settings(tx, changed)
            if changed.privacy.read_receipts != person.privacy.read_receipts:
                await _receipts_switched(ctx, tx)
            changed = await announcing.changed(ctx, tx, person, changed)
    return visibility.me(changed)


def _settings(before: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """The clients' settings with those that are given; only what any client can read again."""
    for node in walk(given, MAX_SETTINGS_DEPTH):
        value = node.value
        if node.depth == MAX_SETTINGS_DEPTH and holds(value):
            raise invalid("$.settings", f"is nested more than {MAX_SETTINGS_DEPTH} levels deep")
        where = node.path.removeprefix("$.")
        if isinstance(value, int) and abs(value) > MAX_INTEGER:
            raise invalid("$.settings", f"has an integer beyond 2^53 at {where}")
        if isinstance(value, float) and not math.isfinite(value):
            raise invalid("$.settings", f"has no number of JSON at {where}")
        if not holds(value) and not isinstance(value, str | int | float | None):
            raise invalid("$.settings", f"has something that is not JSON at {where}")
        if isinstance(value, Mapping) and not all(isinstance(name, str) for name in value):
            raise invalid("$.settings", f"has a name that is no text at {where}")
    merged = {name: value for name, value in {**before, **given}.items() if value is not None}
    if len(msgspec.json.encode(merged)) > MAX_SETTINGS_BYTES:
        raise invalid("$.settings", f"has more than {MAX_SETTINGS_BYTES} bytes")
    return merged


async def _receipts_switched(ctx: Ctx, tx: Transaction) -> None:
    """Have the caller's clients look again: what they see of others' receipts is another, in every conversation."""
    await conversations.touch_all(tx, ctx.caller.user_id)
    tx.tell(SyncRequired("read receipts were switched on or off"), [person_room(ctx.caller.user_id)])


async def _refuse_taken(ctx: Ctx, tx: Transaction, kind: Kind, address: str) -> None:
    """Raise ``conflict`` for an address that somebody else has confirmed, as often as one may want to know that.

    After that ``rate_limited``, as for an address that nobody has and where no code may be sent any more.
    """
    try:
        await registration.refuse_taken(tx, kind, address)
    except ApiError as error:
        limiter = ctx.ports.limits.limiter
        if error.code == "conflict" and not limiter.passes("address taken", ctx.caller.user_id, _TAKEN):
            wait_s = int(_TAKEN.per_s)
            raise ApiError("rate_limited", "Too many addresses that are taken", retry_after_s=wait_s) from None
        raise


async def _new_email(ctx: Ctx, tx: Transaction, person: people.Person, email: str) -> None:
    if person.email is not None and email.lower() == person.email.lower():
        return
    await _refuse_taken(ctx, tx, "email", email)
    sender = ctx.ports.accounts.code_gate.account(person.id)
    await verification.send(ctx.ports, ctx.now, tx, person.id, "email", codes.Sent("email", email), sender)


async def _new_phone(ctx: Ctx, tx: Transaction, person: people.Person, phone: str) -> None:
    if phone == person.phone_number:
        return
    if not ctx.ports.accounts.outbound.can_send("sms"):
        raise invalid("$.phoneNumber", "this server can't send SMS")
    await _refuse_taken(ctx, tx, "phone", phone)
    sender = ctx.ports.accounts.code_gate.account(person.id)
    await verification.send(ctx.ports, ctx.now, tx, person.id, "phone", codes.Sent("sms", phone), sender)


def _merged(person: people.Person, params: UserUpdateParams) -> people.Person:
    def chosen(value: str | UnsetType, before: str | None, path: str) -> str | None:
        return before if value is UNSET else names.cleaned(value, path)

    first_name = chosen(params.first_name, person.first_name, "$.firstName")
    last_name = chosen(params.last_name, person.last_name, "$.lastName")
    name = person.display_name
    if params.display_name is not UNSET:
        name = names.display_name(params.display_name, first_name, last_name, person.username)
    return msgspec.structs.replace(
        person,
        first_name=first_name,
        last_name=last_name,
        gender=chosen(params.gender, person.gender, "$.gender"),
        display_name=name,
    )


def _given(params: msgspec.Struct) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(params).items() if value is not UNSET}
