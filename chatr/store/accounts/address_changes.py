"""Changes of confirmed addresses that can be undone for some days, also when the account was taken over with them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from chatr.store.accounts.accounts import Kind
from chatr.store.columns import Columns, Made
from chatr.store.pool import Queryable

_LIVE = "changed_at > now() - make_interval(days => %s)"
#: Rows that are over, cleared away with each that is added.
PRUNED_AT_ONCE = 100


class Change(msgspec.Struct, frozen=True):
    """One change: whose, of what, and when."""

    user_id: str
    kind: Kind
    changed_at: datetime
    password_digest: bytes


_CHANGE = Columns(
    Change,
    {
        "user_id": "user_id",
        "kind": "kind",
        "changed_at": "changed_at",
        "password_digest": Made("password_digest", bytes),
    },
)


async def add(db: Queryable, token_hash: bytes, user_id: str, kind: Kind, former: str | None, *, days: int) -> None:
    """Remember what an address was before a change; clear away what was changed more than ``days`` ago."""
    await db.execute(
        """INSERT INTO address_changes (token_hash, user_id, kind, former, password_digest)
           SELECT %s, id, %s, %s, sha256(convert_to(password_hash, 'UTF8')) FROM users WHERE id = %s""",
        (token_hash, kind, former, user_id),
    )
    await db.execute(
        f"""DELETE FROM address_changes WHERE token_hash IN (
              SELECT token_hash FROM address_changes WHERE NOT {_LIVE} LIMIT %s FOR UPDATE SKIP LOCKED)""",
        (days, PRUNED_AT_ONCE),
    )


async def by_token(db: Queryable, token_hash: bytes, *, days: int) -> Change | None:
    """Find the change of the last days that a secret undoes."""
    return await _one(db, "token_hash = %s", days, token_hash)


async def newest(db: Queryable, user_id: str, kind: Kind, *, days: int) -> Change | None:
    """Find the last change of an address, of the last days."""
    return await _one(db, "user_id = %s AND kind = %s ORDER BY changed_at DESC LIMIT 1", days, user_id, kind)


async def _one(db: Queryable, where: str, days: int, *params: object) -> Change | None:
    sql = f"SELECT {_CHANGE.sql} FROM address_changes WHERE {_LIVE} AND {where}"
    return _CHANGE.first(await db.query(sql, (days, *params)))


async def take_since(db: Queryable, change: Change) -> dict[Kind, str | None]:
    """Take a change and all later ones of that person away. Returns what each address was before the first of them.

    Empty when another call took them.
    """
    rows = await db.query(
        """DELETE FROM address_changes WHERE user_id = %s AND changed_at >= %s
           RETURNING kind, former, changed_at""",
        (change.user_id, change.changed_at),
    )
    return {kind: former for kind, former, _ in sorted(rows, key=lambda row: row[2], reverse=True)}


async def forget(db: Queryable, user_id: str, kind: Kind) -> None:
    """Forget the changes of an address: none can be undone any more."""
    await db.execute("DELETE FROM address_changes WHERE user_id = %s AND kind = %s", (user_id, kind))


async def void_what_came_with(db: Queryable, change: Change) -> None:
    """Take back the ways to sign in that were added to an account since a change."""
    user_id, since = change.user_id, change.changed_at
    await db.execute(
        "UPDATE users SET password_hash = '' WHERE id = %s AND sha256(convert_to(password_hash, 'UTF8')) <> %s",
        (user_id, change.password_digest),
    )
    rows = await db.query(
        """UPDATE users SET totp_secret = NULL, totp_enabled_at = NULL, totp_last_step = NULL
            WHERE id = %s AND totp_enabled_at > %s RETURNING 1""",
        (user_id, since),
    )
    if rows:
        await db.execute("DELETE FROM recovery_codes WHERE user_id = %s", (user_id,))
    await db.execute("DELETE FROM known_places WHERE user_id = %s AND signed_in_at > %s", (user_id, since))
    await db.execute("DELETE FROM identities WHERE user_id = %s AND created_at > %s", (user_id, since))
