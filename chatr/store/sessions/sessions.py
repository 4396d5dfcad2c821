"""Sessions, their refresh tokens and one-use tickets. Only hashes of secrets are stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from chatr.store.columns import Columns, Made, values
from chatr.store.pool import Queryable


class Open(msgspec.Struct, frozen=True):
    """A live session for a realtime connection: whose, in which role, and the groups that they are in."""

    session_id: str
    user_id: str
    role: str
    groups: list[str]


class Refreshed(msgspec.Struct, frozen=True):
    """The session behind a refresh token.

    ``reused``: the token had been used before, and not a moment ago by the same caller. ``salt``: what its
    successor is made with, and whether it ``succeeds`` for the first time.
    """

    session_id: str
    user_id: str
    reused: bool
    live: bool
    salt: bytes
    succeeds: bool


#: For the aliases ``token`` and ``given`` of the statement below, ``s`` (sessions) and ``u`` (users).
_REFRESHED = Columns(
    Refreshed,
    {
        "session_id": "s.id",
        "user_id": "s.user_id",
        "reused": """token.used_at IS NOT NULL AND (token.salt IS NULL OR token.used_by IS DISTINCT FROM given.used_by
            OR token.used_at <= clock_timestamp() - given.again)""",
        "live": """s.revoked_at IS NULL AND s.expires_at > now() AND u.deleted_at IS NULL
            AND u.disabled_at IS NULL""",
        "salt": Made("coalesce(CASE WHEN token.used_at IS NOT NULL THEN token.salt END, given.salt)", bytes),
        "succeeds": "token.used_at IS NULL",
    },
)


async def insert(
    db: Queryable, session_id: str, user_id: str, *, expires_at: datetime, user_agent: str, address: str
) -> None:
    """Begin a session."""
    await db.execute(
        "INSERT INTO sessions (id, user_id, expires_at, user_agent, address) VALUES (%s, %s, %s, %s, %s)",
        (session_id, user_id, expires_at, user_agent, address),
    )


async def add_refresh_token(db: Queryable, session_id: str, hash: bytes) -> None:
    """Store the hash of a new refresh token of a session."""
    await db.execute("INSERT INTO refresh_tokens (hash, session_id) VALUES (%s, %s)", (hash, session_id))


async def use_refresh_token(
    db: Queryable, hash: bytes, expires_at: datetime, *, used_by: bytes, salt: bytes, again_s: int
) -> Refreshed | None:
    """Use a refresh token up; None when there is no such token. The row lock makes one of two users the second.

    ``used_by``: the caller, as a keyed hash. ``salt``: a random one, for the successor, if this is the first use.
    ``again_s``: how long the same caller may use it again.
    """
    rows = await db.query(
        f"""WITH given AS (SELECT %s::bytea AS hash, %s::bytea AS used_by, %s::bytea AS salt,
                                 make_interval(secs => %s) AS again),
                token AS (SELECT t.session_id, t.used_at, t.used_by, t.salt FROM refresh_tokens t, given
                           WHERE t.hash = given.hash FOR UPDATE OF t),
                spent AS (UPDATE refresh_tokens t
                             SET used_at = clock_timestamp(), used_by = given.used_by, salt = given.salt
                            FROM given WHERE t.hash = given.hash AND t.used_at IS NULL),
                kept AS (UPDATE sessions SET last_used_at = now(), expires_at = %s
                          WHERE id = (SELECT session_id FROM token WHERE used_at IS NULL) AND revoked_at IS NULL)
           SELECT {_REFRESHED.sql}
             FROM token CROSS JOIN given
             JOIN sessions s ON s.id = token.session_id JOIN users u ON u.id = s.user_id""",
        (hash, used_by, salt, again_s, expires_at),
    )
    return _REFRESHED.first(rows)


async def has_refresh_token(db: Queryable, session_id: str, hash: bytes) -> bool:
    """Tell whether a refresh token is one of a session, used or not."""
    rows = await db.query("SELECT 1 FROM refresh_tokens WHERE hash = %s AND session_id = %s", (hash, session_id))
    return bool(rows)


async def begun_within(db: Queryable, session_id: str, seconds: float) -> bool:
    """Tell whether somebody signed in to a session so recently. Refreshing it is no sign-in."""
    rows = await db.query(
        """SELECT 1 FROM sessions WHERE id = %s AND created_at > now() - make_interval(secs => %s)
            AND revoked_at IS NULL""",
        (session_id, float(seconds)),
    )
    return bool(rows)


async def revoke(db: Queryable, session_id: str, reason: str) -> bool:
    """End a session; False when it had ended before."""
    rows = await db.query(
        """UPDATE sessions SET revoked_at = now(), revoked_reason = %s
            WHERE id = %s AND revoked_at IS NULL RETURNING 1""",
        (reason, session_id),
    )
    return bool(rows)


async def revoke_all(db: Queryable, user_id: str, reason: str, *, but: str = "") -> list[str]:
    """End all live sessions of a person but one. Returns their ids."""
    rows = await db.query(
        """UPDATE sessions SET revoked_at = now(), revoked_reason = %s
            WHERE user_id = %s AND revoked_at IS NULL AND expires_at > now() AND id::text <> %s RETURNING id""",
        (reason, user_id, but),
    )
    return values(rows, str)


class Signed(msgspec.Struct, frozen=True):
    """A live session as its owner sees it."""

    id: str
    created_at: datetime
    last_used_at: datetime
    user_agent: str
    address: str


_SIGNED = Columns(Signed, {field: field for field in Signed.__struct_fields__})


async def live(db: Queryable, user_id: str, *, limit: int, before: tuple[datetime, str] | None = None) -> list[Signed]:
    """List live sessions of a person, last used first, from behind a session on (when it was used last, and its id)."""
    rows = await db.query(
        f"""SELECT {_SIGNED.sql} FROM sessions
            WHERE user_id = %s AND revoked_at IS NULL AND expires_at > now()
              AND (%s::timestamptz IS NULL OR (last_used_at, id) < (%s, %s::uuid))
            ORDER BY last_used_at DESC, id DESC LIMIT %s""",
        (user_id, *(before or (None, None))[:1], *(before or (None, None)), limit),
    )
    return _SIGNED.all(rows)


async def owned(db: Queryable, session_id: str, user_id: str) -> bool:
    """Tell whether a live session is this person's."""
    rows = await db.query(
        "SELECT 1 FROM sessions WHERE id = %s AND user_id = %s AND revoked_at IS NULL AND expires_at > now()",
        (session_id, user_id),
    )
    return bool(rows)


async def revoked_since(db: Queryable, seconds: float) -> list[str]:
    """List the sessions that ended within the last ``seconds``, whose access tokens may still look valid: their ids."""
    rows = await db.query(
        "SELECT id FROM sessions WHERE revoked_at > now() - make_interval(secs => %s)", (float(seconds),)
    )
    return values(rows, str)


async def add_ticket(db: Queryable, hash: bytes, session_id: str, ticket_s: int) -> None:
    """Store a one-use ticket of a session, and clear its expired ones away."""
    await db.execute(
        """WITH old AS (DELETE FROM tickets WHERE session_id = %s AND expires_at < now())
           INSERT INTO tickets (hash, session_id, expires_at) VALUES (%s, %s, now() + make_interval(secs => %s))""",
        (session_id, hash, session_id, ticket_s),
    )


_OPEN = Columns(
    Open,
    {
        "session_id": "s.id",
        "user_id": "s.user_id",
        "role": "u.role",
        "groups": """ARRAY(
            SELECT m.conversation_id::text FROM members m JOIN conversations c ON c.id = m.conversation_id
             WHERE m.user_id = s.user_id AND m.status = 'joined' AND c.kind = 'group')""",
    },
)
_LIVE = f"""SELECT {_OPEN.sql}
  FROM sessions s JOIN users u ON u.id = s.user_id
 WHERE s.revoked_at IS NULL AND s.expires_at > now() AND u.deleted_at IS NULL AND u.disabled_at IS NULL AND s.id = """


async def open_by_ticket(db: Queryable, hash: bytes) -> Open | None:
    """Redeem a ticket, once, for the session that it opens."""
    rows = await db.query(
        "WITH used AS (DELETE FROM tickets WHERE hash = %s RETURNING session_id, expires_at) "
        + _LIVE
        + "(SELECT session_id FROM used WHERE expires_at > now())",
        (hash,),
    )
    return _OPEN.first(rows)


async def open_by_ids(db: Queryable, session_ids: Sequence[str]) -> dict[str, Open]:
    """Find those of the sessions that are still live."""
    rows = await db.query(_LIVE + "ANY(%s::uuid[])", (list(session_ids),))
    return {found.session_id: found for found in _OPEN.all(rows)}
