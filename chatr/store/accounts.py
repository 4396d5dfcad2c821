"""Accounts: how they begin, what proves who owns them, and how they end."""

from __future__ import annotations

from typing import Any

import msgspec
import psycopg2

from chatr.store.people import COLUMNS, NOBODY, Person, person
from chatr.store.pool import Queryable

#: An account that nobody confirmed holds its username this long.
UNVERIFIED_HOLDS_NAME_H = 24


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


class Credentials(msgspec.Struct, frozen=True):
    """A person and their password hash, empty when they have none."""

    person: Person
    password_hash: str


async def insert(db: Queryable, new: NewPerson) -> bool:
    """Make an unverified account; False when its username or e-mail is taken."""
    rows = await db.query(
        """INSERT INTO users (id, username, email, phone_number, password_hash, display_name, first_name, last_name,
                              gender)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING 1""",
        msgspec.structs.astuple(new),
    )
    return bool(rows)


async def make_way(db: Queryable, new: NewPerson) -> None:
    """Remove the accounts without any confirmed address that stand in the way of a new one.

    By e-mail; by phone only where the phone was all there was, so that nobody's e-mail or password is lost to somebody
    who names the same number; by username once they have held it for long enough.
    """
    await db.execute(
        """DELETE FROM users
            WHERE email_verified_at IS NULL AND phone_verified_at IS NULL AND role = 'user' AND deleted_at IS NULL
              AND (email IS NOT NULL OR phone_number IS NOT NULL)
              AND (lower(email) = lower(%s) OR (email IS NULL AND phone_number = %s)
                   OR (lower(username) = lower(%s) AND created_at < now() - make_interval(hours => %s)))""",
        (new.email, new.phone_number, new.username, UNVERIFIED_HOLDS_NAME_H),
    )


async def phone_taken(db: Queryable, phone_number: str) -> bool:
    """Whether somebody has confirmed this number."""
    rows = await db.query(
        "SELECT 1 FROM users WHERE phone_number = %s AND phone_verified_at IS NOT NULL", (phone_number,)
    )
    return bool(rows)


async def confirm(db: Queryable, user_id: str, purpose: str, address: str) -> bool:
    """An address (``purpose`` email or phone) is the person's from now on; False when it is somebody else's by now."""
    column = {"email": "email", "phone": "phone_number"}[purpose]
    verified = {"email": "email_verified_at", "phone": "phone_verified_at"}[purpose]
    try:
        await db.execute(f"UPDATE users SET {column} = %s, {verified} = now() WHERE id = %s", (address, user_id))
    except psycopg2.errors.UniqueViolation:
        return False
    return True


async def by_login(db: Queryable, *, email: str, username: str, phone_number: str) -> Credentials | None:
    """The account that somebody names to sign in; a name that can't be one of the three is empty.

    Digits may be a number and a username: the confirmed number wins.
    """
    return await _one(
        db,
        """(lower(u.email) = lower(%s) OR lower(u.username) = lower(%s)
            OR (u.phone_number = %s AND u.phone_verified_at IS NOT NULL))
           AND u.deleted_at IS NULL ORDER BY u.phone_number IS NOT DISTINCT FROM %s DESC""",
        (email, username, phone_number, phone_number),
    )


async def by_id(db: Queryable, user_id: str) -> Credentials | None:
    """An account that is not deleted."""
    return await _one(db, "u.id = %s AND u.deleted_at IS NULL", (user_id,))


async def lock(db: Queryable, user_id: str) -> Credentials | None:
    """The same, by :func:`chatr.store.people.lock`'s rules."""
    return await _one(db, "u.id = %s AND u.deleted_at IS NULL", (user_id,), " FOR NO KEY UPDATE")


async def _one(db: Queryable, where: str, params: tuple[Any, ...], locking: str = "") -> Credentials | None:
    rows = await db.query(f"SELECT {COLUMNS}, u.password_hash FROM users u WHERE {where} LIMIT 1{locking}", params)
    return Credentials(person(rows[0][:-1]), rows[0][-1]) if rows else None


async def vouch(db: Queryable, user_id: str, *, role: str, is_bot: bool) -> None:
    """The operator vouches for an account: its addresses count as confirmed."""
    await db.execute(
        """UPDATE users SET role = %s, is_bot = %s,
             email_verified_at = CASE WHEN email IS NOT NULL THEN now() END,
             phone_verified_at = CASE WHEN phone_number IS NOT NULL THEN now() END WHERE id = %s""",
        (role, is_bot, user_id),
    )


async def set_role(db: Queryable, user_id: str, role: str) -> None:
    """What an account may do."""
    await db.execute("UPDATE users SET role = %s WHERE id = %s", (role, user_id))


async def set_disabled(db: Queryable, user_id: str, disabled: bool) -> None:
    """Whether nobody may sign in as this person."""
    await db.execute(
        "UPDATE users SET disabled_at = CASE WHEN %s THEN coalesce(disabled_at, now()) END WHERE id = %s",
        (disabled, user_id),
    )


async def listed(db: Queryable, limit: int) -> list[Person]:
    """Accounts, newest first."""
    rows = await db.query(
        f"SELECT {COLUMNS} FROM users u WHERE u.deleted_at IS NULL ORDER BY u.created_at DESC, u.id DESC LIMIT %s",
        (limit,),
    )
    return [person(row) for row in rows]


async def set_password(db: Queryable, user_id: str, password_hash: str) -> None:
    """Replace the password."""
    await db.execute("UPDATE users SET password_hash = %s WHERE id = %s", (password_hash, user_id))


async def erase(db: Queryable, user_id: str) -> Person:
    """Delete an account: everything personal goes, the row stays for what others have from it; what is left.

    The name that it leaves can't be registered, and says whose it was to nobody.
    """
    rows = await db.query(
        f"""UPDATE users u SET deleted_at = now(), username = '@deleted-' || id, display_name = '{NOBODY}',
             email = NULL, phone_number = NULL, email_verified_at = NULL, phone_verified_at = NULL,
             password_hash = '', first_name = NULL, last_name = NULL, gender = NULL, profile_image = NULL,
             cover_image = NULL, privacy = '{{}}', settings = '{{}}', last_seen_at = NULL, online_at = NULL,
             totp_secret = NULL, totp_enabled_at = NULL, totp_last_step = NULL WHERE id = %s RETURNING {COLUMNS}""",
        (user_id,),
    )
    for table in ("codes", "recovery_codes", "identities", "known_places", "approaches"):
        await db.execute(f"DELETE FROM {table} WHERE user_id = %s", (user_id,))
    await db.execute("UPDATE sessions SET user_agent = '', address = '' WHERE user_id = %s", (user_id,))
    return person(rows[0])
