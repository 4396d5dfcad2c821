"""Showing who one is: passwords and second factors, every try counted; and that whoever calls owns the account.

Not only one of its access tokens: those can be stolen.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from chatr.addresses import caller_key
from chatr.api.errors import ApiError, FieldError, invalid
from chatr.auth import totp
from chatr.ops import access
from chatr.ops.ports import Ctx
from chatr.store.accounts import accounts, known_places, second_factor, sessions, tries
from chatr.store.ids import NIL
from chatr.store.people.people import Person
from chatr.store.pool import Queryable, Transaction

#: A sign-in is proof enough for so long.
RECENT_S = 600
OwnPassword = Annotated[
    str,
    Meta(max_length=512, description="The password of now; needed unless this session signed in within ten minutes."),
]

#: What :func:`in_session` and those below may raise.
ERRORS = ("code_wrong", "locked")
WRONG_PASSWORD = "The password is wrong"
#: So many tries within a quarter of an hour lock for as long; a day without one makes the next lock a short one again.
LOCKOUT = tries.Lockout(tries=10, window_s=900, first_s=900, longest_s=86400, quiet_s=86400)
#: How long a place is known after the last sign-in there, and how many of one person are: the last ones.
KNOWN_DAYS, MOST_KNOWN = 90, 100
#: Of the tries that come while an account is locked so many are looked at, once a lock: the right password learns of
#: it. Without an end whoever guesses would go on as if there were no lock, and come back with what they have found.
LOOKS = 20


class Attempt(msgspec.Struct, frozen=True):
    """A try to sign in, counted. ``key`` is to be passed to :func:`succeed`."""

    key: bytes
    locked_s: int
    looked_at: bool

    def check_lock(self) -> None:
        """Raise ``locked``, to somebody who was right."""
        if self.locked_s:
            raise _locked(self.locked_s)


async def sign_in(ctx: Ctx, known: accounts.Credentials | None, login: str, password: str) -> Attempt | None:
    """A try to sign in with a password; None when it is wrong, or so many were that it is not looked at.

    It is counted when its turn has come, so that nobody pays for tries that were too many at a time. An account that
    there is not takes the same work as one that there is.
    """

    async def look() -> Attempt | None:
        attempt = await count(ctx, known.person if known else None, login)
        right = await ctx.ports.accounts.passwords.compare(password, known.password_hash if known else None)
        return attempt if right and attempt.looked_at else None

    return await ctx.ports.accounts.passwords.turn(ctx, look)


async def count(ctx: Ctx, person: Person | None, login: str = "") -> Attempt:
    """Count a try to sign in as somebody before it is looked at. A login that nobody has is counted like any other.

    Strangers share a count, whatever addresses they come from. A place from where the person has signed in lately has a
    count of its own, so that nobody else can lock them out. Each takes the same statements.
    """
    known = await known_places.of_person(ctx.ports.db, person.id if person else NIL, places(ctx), days=KNOWN_DAYS)
    key = _key(ctx, person, login, _known_place(ctx, known) or b"")
    counted = await tries.count(ctx.ports.db, key, LOCKOUT)
    return Attempt(key, counted.locked_s, counted.looks <= LOOKS)


async def in_session(ctx: Ctx) -> bytes:
    """Count a try of the caller to show, signed in, who they are. Raises ``locked`` after too many.

    Returns the key to pass to :func:`succeed`. The count is the session's: nothing outside of it locks it, and whoever
    has got hold of one session locks no other.
    """
    key = session_key(ctx)
    counted = await tries.count(ctx.ports.db, key, LOCKOUT)
    if counted.locked_s:
        raise _locked(counted.locked_s)
    return key


def session_key(ctx: Ctx) -> bytes:
    """Under which the tries inside of a session are counted."""
    return ctx.ports.accounts.codes.key(f"session:{ctx.caller.session_id}")


async def succeed(db: Queryable, key: bytes) -> None:
    """Forget earlier tries: everything that was asked for has been shown."""
    await tries.clear(db, key)


async def open_locks(ctx: Ctx, db: Queryable, person: Person) -> None:
    """There is a new password: what was tried with the old one, by strangers or where the owner is, is forgotten."""
    known = await known_places.listed(db, person.id)
    await tries.clear(db, *(_key(ctx, person, "", place) for place in (b"", *known)))


def places(ctx: Ctx) -> list[bytes]:
    """Where the caller is, as it may be kept: the browser if it holds a mark of ours, and the address."""
    key, caller = ctx.ports.accounts.codes.key, ctx.caller
    device = [key(f"device:{caller.device}")] if caller.device else []
    return [*device, key(f"address:{caller_key(caller.address)}")]


async def place(ctx: Ctx, email: str) -> tuple[bytes, bool]:
    """Where somebody is who names an e-mail address, and whether its account has been signed in to from there."""
    known = _known_place(ctx, await known_places.of_email(ctx.ports.db, email, places(ctx), days=KNOWN_DAYS))
    return (known, True) if known else (places(ctx)[-1], False)


async def _by_password(ctx: Ctx, text: str) -> accounts.Credentials:
    """The caller's own account, whose password is ``text``. Raises ``code_wrong`` and ``locked``."""
    known = access.own_account(await accounts.by_id(ctx.ports.db, ctx.caller.user_id))
    stored = known.password_hash

    async def look() -> tuple[bytes, bool]:
        return await in_session(ctx), await ctx.ports.accounts.passwords.compare(text, stored)

    key, right = await ctx.ports.accounts.passwords.turn(ctx, look)
    if not right:
        raise ApiError("code_wrong", WRONG_PASSWORD)
    if not known.person.two_factor:
        # With a second factor the password alone must not buy more tries at that.
        await succeed(ctx.ports.db, key)
    return known


async def hold(tx: Transaction, known: accounts.Credentials) -> accounts.Credentials:
    """Lock an account whose password or code was just looked at, outside the transaction, as it is now.

    Raises ``code_wrong`` when its password or second factor was changed meanwhile: whoever proved the old one must not
    get in behind the change that was to keep them out.
    """
    now = await accounts.lock(tx, known.person.id)
    if now is None or (now.password_hash, now.person.two_factor) != (known.password_hash, known.person.two_factor):
        raise ApiError("code_wrong", "The account was changed at this moment: begin again")
    return now


async def second(ctx: Ctx, db: Queryable, user_id: str, code: str | None, recovery_code: str | None) -> None:
    """An authenticator's code, or a recovery code. Raises ``totp_required`` without either, and ``code_wrong``."""
    if code is not None:
        await totp_code(ctx, db, user_id, code)
    elif recovery_code is not None:
        hashes = ctx.ports.accounts.codes.hashes(user_id, "recovery", totp.normalised(recovery_code))
        if not await second_factor.use_recovery_code(db, user_id, hashes):
            raise ApiError("code_wrong", "The recovery code is wrong or was used before")
    else:
        raise ApiError("totp_required", "Enter the code of your authenticator, or a recovery code")


async def totp_code(ctx: Ctx, db: Queryable, user_id: str, code: str) -> None:
    """An authenticator's code, which works once. Raises ``code_wrong``, and ``invalid`` when none is set up."""
    sealed = await second_factor.secret(db, user_id)
    if sealed is None:
        raise invalid("$.code", "set up an authenticator first")
    step = totp.step(ctx.ports.accounts.vault.open(sealed).decode(), code, ctx.now)
    if step is None or not await second_factor.use_step(db, user_id, step):
        raise ApiError("code_wrong", "The code is wrong or was used before")


def _known_place(ctx: Ctx, known: set[bytes]) -> bytes | None:
    """The one to count by: nobody else holds the browser's mark, and some may share the address."""
    return next((each for each in places(ctx) if each in known), None)


def _key(ctx: Ctx, person: Person | None, login: str, place: bytes) -> bytes:
    """Under which tries are counted; ``place``: one that the account knows."""
    if person is None:
        return ctx.ports.accounts.codes.key(f"login:{login.lower()}")
    return ctx.ports.accounts.codes.key(f"account:{person.id}" + (f":from:{place.hex()}" if place else ""))


def _locked(seconds: int) -> ApiError:
    return ApiError("locked", "Too many wrong tries: wait, or set a new password", retry_after_s=seconds)


async def owner(ctx: Ctx, password: str | None) -> accounts.Credentials:
    """The caller's account, once it is shown that its owner calls: by the password, or by a sign-in a moment ago.

    Raises ``code_wrong``, which names ``password``, and ``locked``.
    """
    if password is not None:
        return await _by_password(ctx, password)
    known = access.own_account(await accounts.by_id(ctx.ports.db, ctx.caller.user_id))
    if not await sessions.begun_within(ctx.ports.db, ctx.caller.session_id, RECENT_S):
        remedy = "give the password" if known.password_hash else "sign in again"
        raise ApiError(
            "code_wrong",
            f"It is more than ten minutes since you signed in: {remedy}",
            errors=(FieldError("$.password", f"is needed: {remedy}"),),
        )
    return known


async def owner_by_password(ctx: Ctx, password: str | None, path: str = "$.password") -> accounts.Credentials:
    """The same for what asks for the password at any time. Who has none must have signed in a moment ago."""
    known = await accounts.by_id(ctx.ports.db, ctx.caller.user_id)
    if password is None and known is not None and known.password_hash:
        raise invalid(path, "is missing")
    return await owner(ctx, password)
