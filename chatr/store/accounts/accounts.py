"""Accounts: how they begin, what proves who owns them, and how they end."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from chatr.store.columns import Columns
from chatr.store.people.people import NOBODY, PERSON, Person
from chatr.store.pool import Queryable

Kind = Literal["email", "phone"]
#: In the order in which addresses are locked.
KINDS: tuple[Kind, ...] = ("email", "phone")
#: What is compared of an address, and when it was confirmed: columns of ``users``.
_ADDRESS = {"email": "lower(email)", "phone": "phone_number"}
_COLUMN = {"email": "email", "phone": "phone_number"}
_CONFIRMED = {"email": "email_verified_at", "phone": "phone_verified_at"}
#: Accounts that are nothing yet: nothing of them is lost to anybody but a registration that begins anew.
_NOTHING_YET = """email_verified_at IS NULL AND phone_verified_at IS NULL AND role = 'user' AND NOT is_bot
    AND deleted_at IS NULL AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = users.id)"""


class NewPerson(msgspec.Struct, frozen=True, kw_only=True):
    """An account about to be made."""

    id: str
    username: str
    email: str | None
    phone_number: str | None
    password_hash: str
    display_name: str
    first_name: str | None
    last_name: str | None
    gender: str | None
    registered_from: bytes | None = None
    """The network that registers, as a keyed hash."""


class Credentials(msgspec.Struct, frozen=True):
    """A person and their password hash, empty when they have none."""

    person: Person
    password_hash: str


#: For the alias ``u`` (users).
_CREDENTIALS = Columns(Credentials, {"person": PERSON, "password_hash": "u.password_hash"})


async def insert(db: Queryable, new: NewPerson) -> bool:
    """Make an unverified account; False when its username is taken."""
    rows = await db.query(
        """INSERT INTO users (id, username, email, phone_number, password_hash, display_name, first_name, last_name,
                              gender, registered_from)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING 1""",
        msgspec.structs.astuple(new),
    )
    return bool(rows)


async def make_way(db: Queryable, new: NewPerson, code_s: int, name_h: int) -> None:
    """Remove the accounts without any confirmed address that stand in the way of a new one.

    By e-mail; by phone only where the phone was all there was, so that nobody's e-mail or password is lost to somebody
    who names the same number; by username once they have held it for ``name_h`` hours. While a code of theirs may be
    in hand (``code_s``), only for the network that registered them: nobody else can void their owner's code.
    """
    await db.execute(
        f"""DELETE FROM users
             WHERE {_NOTHING_YET} AND (email IS NOT NULL OR phone_number IS NOT NULL)
               AND ((lower(email) = lower(%s) OR (email IS NULL AND phone_number = %s))
                    AND (registered_from IS NULL OR registered_from = %s
                         OR created_at < now() - make_interval(secs => %s))
                    OR (lower(username) = lower(%s) AND created_at < now() - make_interval(hours => %s)))""",
        (new.email, new.phone_number, new.registered_from, code_s, new.username, name_h),
    )


async def lock_address(db: Queryable, kind: Kind, address: str) -> None:
    """Let nobody else confirm or claim an address until the transaction ends. Taken before any row."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended(lower(%s), 4))", (f"{kind} {address}",))


async def address_taken(db: Queryable, kind: Kind, address: str, *, but: str = "") -> bool:
    """Tell whether somebody has confirmed this address, other than the person ``but``."""
    rows = await db.query(
        f"""SELECT 1 FROM users WHERE {_ADDRESS[kind]} = lower(%s) AND {_CONFIRMED[kind]} IS NOT NULL
             AND deleted_at IS NULL AND id::text <> %s""",
        (address, but),
    )
    return bool(rows)


async def pending_is_taken(db: Queryable, user_id: str, kind: Kind) -> bool:
    """Tell whether somebody else has confirmed the address that a person's code was sent to."""
    rows = await db.query(
        f"""SELECT 1 FROM codes c JOIN users ON {_ADDRESS[kind]} = lower(c.target) AND {_CONFIRMED[kind]} IS NOT NULL
             WHERE c.user_id = %s AND c.purpose = %s AND users.id <> c.user_id""",
        (user_id, kind),
    )
    return bool(rows)


async def confirm(db: Queryable, user_id: str, kind: Kind, address: str) -> None:
    """Make an address this person's. Whoever named it without confirming it loses it.

    Call it with the address locked and free. Others whose only address it was were nothing yet, and are removed.
    """
    await db.execute(
        f"""UPDATE users SET {_COLUMN[kind]} = %s, {_CONFIRMED[kind]} = now(), registered_from = NULL
             WHERE id = %s""",
        (address, user_id),
    )
    others = f"{_ADDRESS[kind]} = lower(%s) AND {_CONFIRMED[kind]} IS NULL AND id <> %s"
    only = "phone_number IS NULL" if kind == "email" else "email IS NULL"
    await db.execute(f"DELETE FROM users WHERE {others} AND {only} AND {_NOTHING_YET}", (address, user_id))
    await db.execute(f"UPDATE users SET {_COLUMN[kind]} = NULL WHERE {others}", (address, user_id))


async def set_address(db: Queryable, user_id: str, kind: Kind, address: str | None) -> None:
    """Name another address, which nobody has confirmed, or none; what was sent for the one before is void."""
    await db.execute(
        f"UPDATE users SET {_COLUMN[kind]} = %s, {_CONFIRMED[kind]} = NULL WHERE id = %s", (address, user_id)
    )
    await db.execute("DELETE FROM codes WHERE user_id = %s AND purpose = %s", (user_id, kind))


async def by_login(db: Queryable, *, email: str, username: str, phone_number: str) -> Credentials | None:
    """Find the account that somebody names to sign in; a name that can't be one of the three is empty.

    Digits may be a number and a username. Who has confirmed an address wins over a username, which wins over whoever
    has only named the address; of those the newest.
    """
    return await _one(
        db,
        """(lower(u.email) = lower(%s) OR lower(u.username) = lower(%s)
            OR (u.phone_number = %s AND u.phone_verified_at IS NOT NULL)
            OR (u.phone_number = %s AND u.phone_verified_at IS NULL))
           AND u.deleted_at IS NULL
         ORDER BY coalesce((u.phone_number = %s AND u.phone_verified_at IS NOT NULL)
                           OR (lower(u.email) = lower(%s) AND u.email_verified_at IS NOT NULL), false) DESC,
                  lower(u.username) = lower(%s) DESC, u.created_at DESC, u.id DESC""",
        (email, username, phone_number, phone_number, phone_number, email, username),
    )


async def by_id(db: Queryable, user_id: str) -> Credentials | None:
    """Find an account that is not deleted."""
    return await _one(db, "u.id = %s AND u.deleted_at IS NULL", (user_id,))


async def lock(db: Queryable, user_id: str) -> Credentials | None:
    """Find and lock it, by :func:`chatr.store.people.people.lock`'s rules."""
    return await _one(db, "u.id = %s AND u.deleted_at IS NULL", (user_id,), " FOR NO KEY UPDATE")


async def _one(db: Queryable, where: str, params: tuple[Any, ...], locking: str = "") -> Credentials | None:
    sql = f"SELECT {_CREDENTIALS.sql} FROM users u WHERE {where} LIMIT 1{locking}"
    return _CREDENTIALS.first(await db.query(sql, params))


async def set_kind(db: Queryable, user_id: str, *, role: str, is_bot: bool) -> None:
    """Set what a new account may do, and whether a program has it."""
    await db.execute("UPDATE users SET role = %s, is_bot = %s WHERE id = %s", (role, is_bot, user_id))


async def set_role(db: Queryable, user_id: str, role: str) -> None:
    """Set what an account may do."""
    await db.execute("UPDATE users SET role = %s WHERE id = %s", (role, user_id))


async def set_disabled(db: Queryable, user_id: str, disabled: bool) -> None:
    """Set whether nobody may sign in as this person."""
    await db.execute(
        "UPDATE users SET disabled_at = CASE WHEN %s THEN coalesce(disabled_at, now()) END WHERE id = %s",
        (disabled, user_id),
    )


async def listed(db: Queryable, limit: int) -> list[Person]:
    """List accounts, newest first."""
    rows = await db.query(
        f"SELECT {PERSON.sql} FROM users u WHERE u.deleted_at IS NULL ORDER BY u.created_at DESC, u.id DESC LIMIT %s",
        (limit,),
    )
    return PERSON.all(rows)


async def set_password(db: Queryable, user_id: str, password_hash: str) -> None:
    """Replace the password."""
    await db.execute("UPDATE users SET password_hash = %s WHERE id = %s", (password_hash, user_id))


async def erase(db: Queryable, user_id: str) -> Person:
    """Delete an account: everything personal goes, the row stays for what others have from it. Returns what is left.

    The name that it leaves can't be registered, and says whose it was to nobody.
    """
    rows = await db.query(
        f"""UPDATE users u SET deleted_at = now(), username = '@deleted-' || id, display_name = '{NOBODY}',
             email = NULL, phone_number = NULL, email_verified_at = NULL, phone_verified_at = NULL,
             password_hash = '', first_name = NULL, last_name = NULL, gender = NULL, profile_image = NULL,
             cover_image = NULL, privacy = '{{"joinedDate": "nobody"}}', settings = '{{}}', last_seen_at = NULL,
             online_at = NULL, registered_from = NULL, totp_secret = NULL, totp_enabled_at = NULL,
             totp_last_step = NULL WHERE id = %s RETURNING {PERSON.sql}""",
        (user_id,),
    )
    for table in ("codes", "recovery_codes", "identities", "address_changes", "known_places", "approaches"):
        await db.execute(f"DELETE FROM {table} WHERE user_id = %s", (user_id,))
    await db.execute("UPDATE sessions SET user_agent = '', address = '' WHERE user_id = %s", (user_id,))
    return PERSON.take(rows[0])
