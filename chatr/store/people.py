"""People: accounts and profiles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from chatr.api.model import Privacy
from chatr.store.pool import Queryable


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``users`` with nothing withheld: what a viewer may see of it is the operations' business."""

    id: str
    username: str
    display_name: str
    first_name: str | None
    last_name: str | None
    profile_image: str | None
    cover_image: str | None
    email: str | None
    phone_number: str | None
    gender: str | None
    role: str
    is_bot: bool
    email_verified: bool
    phone_verified: bool
    privacy: Privacy
    settings: dict[str, Any]
    created_at: datetime
    last_seen_at: datetime | None

    @property
    def verified(self) -> bool:
        """Whether every address the person gave is confirmed."""
        return (self.email is None or self.email_verified) and (self.phone_number is None or self.phone_verified)


#: Columns of a :class:`Person`, for a table alias ``u``.
COLUMNS = """u.id, u.username, u.display_name, u.first_name, u.last_name, u.profile_image, u.cover_image, u.email,
    u.phone_number, u.gender, u.role, u.is_bot, u.email_verified_at IS NOT NULL, u.phone_verified_at IS NOT NULL,
    u.privacy, u.settings, u.created_at, u.last_seen_at"""
WIDTH = len(Person.__struct_fields__)


def person(row: tuple[Any, ...]) -> Person:
    """A person from :data:`COLUMNS`."""
    values = dict(zip(Person.__struct_fields__, row, strict=True))
    values["privacy"] = msgspec.convert(values["privacy"], Privacy)
    return Person(**values)


async def by_id(db: Queryable, user_id: str) -> Person | None:
    """A person who is not deleted, verified or not."""
    return await _one(db, "u.id = %s", user_id)


async def by_username(db: Queryable, username: str) -> Person | None:
    """A person by username with the leading @, whatever its case."""
    return await _one(db, "lower(u.username) = lower(%s)", username)


async def by_email(db: Queryable, email: str) -> Person | None:
    """A person by e-mail address, whatever its case."""
    return await _one(db, "lower(u.email) = lower(%s)", email)


async def _one(db: Queryable, where: str, value: str) -> Person | None:
    rows = await db.query(f"SELECT {COLUMNS} FROM users u WHERE {where} AND u.deleted_at IS NULL", (value,))
    return person(rows[0]) if rows else None


async def password_hash(db: Queryable, user_id: str) -> str:
    """The stored password hash."""
    rows = await db.query("SELECT password_hash FROM users WHERE id = %s", (user_id,))
    return str(rows[0][0])


class NewPerson(msgspec.Struct, frozen=True, kw_only=True):
    """An account about to be made."""

    id: str
    username: str
    email: str
    password_hash: str
    display_name: str
    first_name: str | None
    last_name: str | None
    gender: str | None


async def insert(db: Queryable, new: NewPerson) -> bool:
    """Make an unverified account; False when its username or e-mail is taken."""
    rows = await db.query(
        """INSERT INTO users (id, username, email, password_hash, display_name, first_name, last_name, gender)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING 1""",
        msgspec.structs.astuple(new),
    )
    return bool(rows)


async def delete_unverified(db: Queryable, email: str) -> None:
    """Remove the account that holds ``email`` without ever having confirmed it."""
    await db.execute(
        "DELETE FROM users WHERE lower(email) = lower(%s) AND email_verified_at IS NULL AND phone_verified_at IS NULL",
        (email,),
    )


async def confirm_email(db: Queryable, user_id: str) -> None:
    """The person has shown to read mail at their address."""
    await db.execute("UPDATE users SET email_verified_at = now() WHERE id = %s", (user_id,))


async def search(db: Queryable, viewer_id: str, text: str, limit: int) -> list[Person]:
    """Verified people whose username or display name begins with ``text``, without the viewer, guests and bots."""
    prefix = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    handle = prefix if prefix.startswith("@") else "@" + prefix
    rows = await db.query(
        f"""SELECT {COLUMNS} FROM users u
             WHERE (lower(u.username) LIKE %s OR lower(u.display_name) LIKE %s)
               AND u.id <> %s AND u.deleted_at IS NULL AND u.role <> 'guest'
               AND (u.email_verified_at IS NOT NULL OR u.phone_verified_at IS NOT NULL)
             ORDER BY lower(u.username) LIMIT %s""",
        (handle, prefix, viewer_id, limit),
    )
    return [person(row) for row in rows]


async def by_ids(db: Queryable, user_ids: Sequence[str]) -> dict[str, Person]:
    """People by id."""
    rows = await db.query(
        f"SELECT {COLUMNS} FROM users u WHERE u.id = ANY(%s::uuid[]) AND u.deleted_at IS NULL", (list(user_ids),)
    )
    return {row[0]: person(row) for row in rows}


async def left(db: Queryable, user_ids: Sequence[str]) -> dict[str, datetime]:
    """Remember that people were here until now, and return when that was."""
    rows = await db.query(
        "UPDATE users SET last_seen_at = now() WHERE id = ANY(%s::uuid[]) RETURNING id, last_seen_at",
        (list(user_ids),),
    )
    return {row[0]: row[1] for row in rows}


async def showing_presence(db: Queryable, user_ids: Sequence[str]) -> list[str]:
    """Those of the people who let others see whether they are online."""
    rows = await db.query(
        """SELECT id FROM users WHERE id = ANY(%s::uuid[])
            AND coalesce(privacy->>'onlineStatus', 'everyone') = 'everyone'""",
        (list(user_ids),),
    )
    return [row[0] for row in rows]
