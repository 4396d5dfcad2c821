"""People: accounts and profiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from chatr.api.model import Privacy
from chatr.store.columns import Columns, Made, values
from chatr.store.pool import Queryable

#: What everybody is called who is no more.
NOBODY = "Deleted user"


class Person(msgspec.Struct, frozen=True):
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
    two_factor: bool
    disabled: bool
    revision: int
    profile_revision: int
    """Of what others see of the person, as far as that does not depend on who they are."""

    @property
    def verified(self) -> bool:
        """Whether every address the person gave is confirmed."""
        return (self.email is None or self.email_verified) and (self.phone_number is None or self.phone_verified)


#: For the alias ``u`` (users).
PERSON = Columns(
    Person,
    {
        "id": "u.id",
        "username": "u.username",
        "display_name": "u.display_name",
        "first_name": "u.first_name",
        "last_name": "u.last_name",
        "profile_image": "u.profile_image",
        "cover_image": "u.cover_image",
        "email": "u.email",
        "phone_number": "u.phone_number",
        "gender": "u.gender",
        "role": "u.role",
        "is_bot": "u.is_bot",
        "email_verified": "u.email_verified_at IS NOT NULL",
        "phone_verified": "u.phone_verified_at IS NOT NULL",
        "privacy": Made("u.privacy", partial(msgspec.convert, type=Privacy)),
        "settings": "u.settings",
        "created_at": "u.created_at",
        "last_seen_at": "u.last_seen_at",
        "two_factor": "u.totp_enabled_at IS NOT NULL",
        "disabled": "u.disabled_at IS NOT NULL",
        "revision": "u.revision",
        "profile_revision": "u.profile_revision",
    },
)


async def by_id(db: Queryable, user_id: str) -> Person | None:
    """Find a person who is not deleted, verified or not."""
    return await _one(db, "u.id = %s", user_id)


async def by_username(db: Queryable, username: str) -> Person | None:
    """Find a person by username with the leading @, whatever its case."""
    return await _one(db, "lower(u.username) = lower(%s)", username)


async def _one(db: Queryable, where: str, value: str, locking: str = "") -> Person | None:
    sql = f"SELECT {PERSON.sql} FROM users u WHERE {where} AND u.deleted_at IS NULL{locking}"
    return PERSON.first(await db.query(sql, (value,)))


async def lock(db: Queryable, user_id: str) -> Person | None:
    """Lock a person's row, so that nobody else changes it until the transaction ends.

    The first row that a transaction about an account locks: two that lock in different orders would block each other.
    """
    return await _one(db, "u.id = %s", user_id, " FOR NO KEY UPDATE")


async def set_profile(db: Queryable, changed: Person) -> None:
    """Store names and gender."""
    await db.execute(
        "UPDATE users SET display_name = %s, first_name = %s, last_name = %s, gender = %s WHERE id = %s",
        (changed.display_name, changed.first_name, changed.last_name, changed.gender, changed.id),
    )


async def set_images(db: Queryable, changed: Person) -> None:
    """Store where the images are."""
    await db.execute(
        "UPDATE users SET profile_image = %s, cover_image = %s WHERE id = %s",
        (changed.profile_image, changed.cover_image, changed.id),
    )


async def set_settings(db: Queryable, changed: Person) -> None:
    """Store who may see what, and the clients' settings."""
    await db.execute(
        "UPDATE users SET privacy = %s::jsonb, settings = %s::jsonb WHERE id = %s",
        (
            msgspec.json.encode(changed.privacy).decode(),
            msgspec.json.encode(changed.settings).decode(),
            changed.id,
        ),
    )


async def revise(db: Queryable, person: Person, *, shown: bool) -> Person:
    """Note that an account has changed, and, if ``shown``, that others see something else of it from now on.

    Returns the person with the new revisions. For whoever holds the row, and with ``shown`` the lock of
    relations.lock_all, so that the numbers are in the order of the commits.
    """
    rows = await db.query(
        """UPDATE users u SET revision = r.next,
              profile_revision = CASE WHEN %s THEN r.next ELSE profile_revision END,
              profile_changed_at = CASE WHEN %s THEN clock_timestamp() ELSE profile_changed_at END
             FROM (SELECT nextval('revisions') AS next) r WHERE u.id = %s RETURNING u.revision, u.profile_revision""",
        (shown, shown, person.id),
    )
    revision, profile_revision = rows[0]
    return msgspec.structs.replace(person, revision=revision, profile_revision=profile_revision)


async def taken(db: Queryable, usernames: Sequence[str]) -> set[str]:
    """Find those of the usernames that somebody has, in lower case."""
    rows = await db.query(
        "SELECT lower(username) FROM users WHERE lower(username) = ANY(%s)", ([name.lower() for name in usernames],)
    )
    return set(values(rows, str))


async def by_ids(db: Queryable, user_ids: Sequence[str]) -> dict[str, Person]:
    """Find people who are not deleted, by id."""
    rows = await db.query(
        f"SELECT {PERSON.sql} FROM users u WHERE u.id = ANY(%s::uuid[]) AND u.deleted_at IS NULL", (list(user_ids),)
    )
    return {person.id: person for person in PERSON.all(rows)}


class Sighting(msgspec.Struct, frozen=True):
    """When somebody was here last, if they have ever left, and the revision of what is told of that."""

    last_seen_at: datetime | None
    revision: int


#: For the alias ``u`` (users).
SIGHTING = Columns(Sighting, {"last_seen_at": "u.last_seen_at", "revision": "u.presence_revision"})


async def here(db: Queryable, gone_s: Mapping[str, float | None]) -> dict[str, Sighting]:
    """Remember who is here (None), and who has been gone for so many seconds, for an announcement of it."""
    rows = await db.query(
        f"""UPDATE users u
              SET online_at = CASE WHEN g.gone_s IS NULL THEN now() END,
                  last_seen_at = coalesce(now() - make_interval(secs => g.gone_s), last_seen_at),
                  presence_revision = presence_revision + 1
             FROM unnest(%s::uuid[], %s::float8[]) AS g(id, gone_s)
            WHERE u.id = g.id AND u.deleted_at IS NULL RETURNING u.id, {SIGHTING.sql}""",
        (list(gone_s), list(gone_s.values())),
    )
    return {row[0]: SIGHTING.take(row, 1) for row in rows}


async def announced(db: Queryable, user_id: str) -> Sighting:
    """Begin an announcement of a person's presence: what is read from now on belongs to its revision."""
    rows = await db.query(
        f"UPDATE users u SET presence_revision = presence_revision + 1 WHERE id = %s RETURNING {SIGHTING.sql}",
        (user_id,),
    )
    return SIGHTING.take(rows[0])


async def nobody_here(db: Queryable) -> None:
    """Note of whoever was here when the only process died that they were last seen then, as far as is known."""
    await db.execute(
        """UPDATE users SET last_seen_at = greatest(last_seen_at, online_at), online_at = NULL
            WHERE online_at IS NOT NULL"""
    )


async def sighting(db: Queryable, user_id: str) -> Sighting:
    """Tell when a person was here last."""
    return SIGHTING.take((await db.query(f"SELECT {SIGHTING.sql} FROM users u WHERE id = %s", (user_id,)))[0])
