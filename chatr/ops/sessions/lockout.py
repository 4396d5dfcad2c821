"""Wrong passwords and codes: how many lock an account, for whom and how long, so that no owner is locked out.

While one is locked only the right password learns of it: what is wrong answers as if there were no such account.
"""

from __future__ import annotations

import msgspec

from chatr.api.errors import ApiError
from chatr.networks import caller_key
from chatr.ops.ports import Ctx
from chatr.store.ids import NIL
from chatr.store.people.people import Person
from chatr.store.pool import Queryable
from chatr.store.sessions import known_places, sign_in_tries

#: So many tries within a quarter of an hour lock for as long; a day without one makes the next lock a short one again.
LOCKOUT = sign_in_tries.Lockout(tries=10, window_s=900, first_s=900, longest_s=86400, quiet_s=86400)
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


async def count(ctx: Ctx, person: Person | None, login: str = "") -> Attempt:
    """Count a try to sign in as somebody before it is looked at. A login that nobody has is counted like any other.

    Strangers share a count, whatever addresses they come from. A place from where the person has signed in lately has a
    count of its own, so that nobody else can lock them out. Each takes the same statements.
    """
    known = await known_places.of_person(ctx.ports.db, person.id if person else NIL, places(ctx), days=KNOWN_DAYS)
    key = _key(ctx, person, login, _known_place(ctx, known) or b"")
    counted = await sign_in_tries.count(ctx.ports.db, key, LOCKOUT)
    return Attempt(key, counted.locked_s, counted.looks <= LOOKS)


async def in_session(ctx: Ctx) -> bytes:
    """Count a try of the caller to show, signed in, who they are. Raises ``locked`` after too many.

    Returns the key to pass to :func:`succeed`. The count is the session's: nothing outside of it locks it, and whoever
    has got hold of one session locks no other.
    """
    key = session_key(ctx)
    counted = await sign_in_tries.count(ctx.ports.db, key, LOCKOUT)
    if counted.locked_s:
        raise _locked(counted.locked_s)
    return key


def session_key(ctx: Ctx) -> bytes:
    """Under which the tries inside of a session are counted."""
    return ctx.ports.accounts.codes.key(f"session:{ctx.caller.session_id}")


async def succeed(db: Queryable, key: bytes) -> None:
    """Forget earlier tries: everything that was asked for has been shown."""
    await sign_in_tries.clear(db, key)


async def open_locks(ctx: Ctx, db: Queryable, person: Person) -> None:
    """There is a new password: what was tried with the old one, by strangers or where the owner is, is forgotten."""
    known = await known_places.listed(db, person.id)
    await sign_in_tries.clear(db, *(_key(ctx, person, "", place) for place in (b"", *known)))


def places(ctx: Ctx) -> list[bytes]:
    """Where the caller is, as it may be kept: the browser if it holds a mark of ours, and the address."""
    key, caller = ctx.ports.accounts.codes.key, ctx.caller
    device = [key(f"device:{caller.device}")] if caller.device else []
    return [*device, key(f"address:{caller_key(caller.address)}")]


async def place(ctx: Ctx, email: str) -> tuple[bytes, bool]:
    """Where somebody is who names an e-mail address, and whether its account has been signed in to from there."""
    known = _known_place(ctx, await known_places.of_email(ctx.ports.db, email, places(ctx), days=KNOWN_DAYS))
    return (known, True) if known else (places(ctx)[-1], False)


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
