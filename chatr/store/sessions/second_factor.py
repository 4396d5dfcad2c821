"""Authenticator secrets and recovery codes."""

from __future__ import annotations

from collections.abc import Sequence

from chatr.store.columns import value_if_any
from chatr.store.pool import Queryable


async def propose(db: Queryable, user_id: str, sealed: bytes) -> bool:
    """Keep a secret that waits for its first code; False when two-factor sign-in is on already."""
    rows = await db.query(
        """UPDATE users SET totp_secret = %s, totp_last_step = NULL
            WHERE id = %s AND totp_enabled_at IS NULL RETURNING 1""",
        (sealed, user_id),
    )
    return bool(rows)


async def secret(db: Queryable, user_id: str) -> bytes | None:
    """Read the sealed secret, waiting or in use."""
    return value_if_any(await db.query("SELECT totp_secret FROM users WHERE id = %s", (user_id,)), bytes)


async def secrets(db: Queryable) -> dict[str, bytes]:
    """Read and lock all sealed secrets, by person."""
    rows = await db.query("SELECT id, totp_secret FROM users WHERE totp_secret IS NOT NULL FOR UPDATE")
    return {user_id: bytes(sealed) for user_id, sealed in rows}


async def reseal(db: Queryable, user_id: str, sealed: bytes) -> None:
    """Store the same secret, sealed under another key."""
    await db.execute("UPDATE users SET totp_secret = %s WHERE id = %s", (sealed, user_id))


async def enable(db: Queryable, user_id: str) -> bool:
    """Switch two-factor sign-in on; False when it was on."""
    rows = await db.query(
        """UPDATE users SET totp_enabled_at = now()
            WHERE id = %s AND totp_enabled_at IS NULL AND totp_secret IS NOT NULL RETURNING 1""",
        (user_id,),
    )
    return bool(rows)


async def disable(db: Queryable, user_id: str) -> None:
    """Switch two-factor sign-in off and forget all that belongs to it."""
    await db.execute(
        "UPDATE users SET totp_secret = NULL, totp_enabled_at = NULL, totp_last_step = NULL WHERE id = %s", (user_id,)
    )
    await db.execute("DELETE FROM recovery_codes WHERE user_id = %s", (user_id,))


async def use_step(db: Queryable, user_id: str, step: int) -> bool:
    """Use the code of a time step up; False when it, or a later one, was used before."""
    rows = await db.query(
        """UPDATE users SET totp_last_step = %s
            WHERE id = %s AND (totp_last_step IS NULL OR totp_last_step < %s) RETURNING 1""",
        (step, user_id, step),
    )
    return bool(rows)


async def replace_recovery_codes(db: Queryable, user_id: str, hashes: Sequence[bytes]) -> None:
    """Store new recovery codes in place of all earlier ones."""
    await db.execute("DELETE FROM recovery_codes WHERE user_id = %s", (user_id,))
    await db.execute(
        "INSERT INTO recovery_codes (user_id, hash) SELECT %s, unnest(%s::bytea[])", (user_id, list(hashes))
    )


async def use_recovery_code(db: Queryable, user_id: str, hashes: Sequence[bytes]) -> bool:
    """Use a recovery code up, given by its hash under each server key; False when there is none such."""
    rows = await db.query(
        "DELETE FROM recovery_codes WHERE user_id = %s AND hash = ANY(%s::bytea[]) RETURNING 1",
        (user_id, list(hashes)),
    )
    return bool(rows)
