"""What is left to do about files: waveforms of those that are ready, and the end of those that nobody has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from chatr.store.columns import Columns, values
from chatr.store.pool import Queryable

#: How long a process has what it has taken; then another may.
LEASE_S = 120
#: So often it is tried to find out what an audio file says.
TRIES = 3


class DueFile(msgspec.Struct, frozen=True):
    """A file about which something is to be done, by whoever has taken it."""

    id: str
    owner_id: str
    forms: list[str]
    tries: int


_DUE = Columns(
    DueFile,
    {
        "id": "f.id",
        "owner_id": "f.owner_id",
        "forms": "ARRAY(SELECT jsonb_object_keys(f.forms))",
        "tries": "f.tries",
    },
)


async def take_leaving(db: Queryable, limit: int) -> list[DueFile]:
    """Take some files that are to go: no other process takes them for a while."""
    return await _take(db, "state = 'leaving'", (), limit)


async def take_recording(db: Queryable, but_of: Sequence[str]) -> DueFile | None:
    """Take a recording that is to be listened to, of none of these people."""
    found = await _take(db, "state = 'ready' AND owner_id <> ALL (%s::uuid[])", (list(but_of),), 1)
    return found[0] if found else None


async def take_archive(db: Queryable) -> DueFile | None:
    """Take an archive that somebody waits for."""
    found = await _take(db, "state = 'arriving'", (), 1)
    return found[0] if found else None


async def _take(db: Queryable, which: str, more: tuple[Any, ...], limit: int) -> list[DueFile]:
    rows = await db.query(
        f"""WITH part AS (
             SELECT id FROM files WHERE due_at <= clock_timestamp() AND {which} ORDER BY due_at LIMIT %s
                FOR NO KEY UPDATE SKIP LOCKED)
           UPDATE files f SET due_at = clock_timestamp() + make_interval(secs => %s), tries = tries + 1
             FROM part WHERE f.id = part.id RETURNING {_DUE.sql}""",
        (*more, limit, LEASE_S),
    )
    return _DUE.all(rows)


async def keep(db: Queryable, file_id: str) -> None:
    """Keep what takes long: no other process takes it for as long again."""
    await db.execute(
        "UPDATE files SET due_at = clock_timestamp() + make_interval(secs => %s) WHERE id = %s AND due_at IS NOT NULL",
        (LEASE_S, file_id),
    )


async def gone(db: Queryable, file_id: str) -> None:
    """Forget a file whose objects are gone."""
    await db.execute("DELETE FROM files WHERE id = %s AND state = 'leaving'", (file_id,))


async def release(db: Queryable, orphans_h: int, archives_h: int, limit: int) -> int:
    """Have files go that nobody has sent, or that never came in whole, and old archives. How many were found."""
    rows = await db.query(
        """UPDATE files SET state = 'leaving', state_at = clock_timestamp(), due_at = clock_timestamp()
            WHERE id = ANY (ARRAY(
              SELECT id FROM files
               WHERE state <> 'leaving' AND NOT sent AND (state = 'arriving' OR purpose IN ('message', 'export'))
                 AND state_at < clock_timestamp()
                     - make_interval(hours => CASE purpose WHEN 'export' THEN %s::int ELSE %s END)
               ORDER BY state_at LIMIT %s FOR NO KEY UPDATE SKIP LOCKED))
           RETURNING id""",
        (archives_h, orphans_h, limit),
    )
    return len(values(rows, str))


class InMessage(msgspec.Struct, frozen=True):
    """The message that a file is in, and who is to hear of it: two people, or a group."""

    message_id: str
    conversation_id: str
    low: str | None
    high: str | None


_TOLD = Columns(
    InMessage,
    {"message_id": "g.id", "conversation_id": "g.conversation_id", "low": "c.user_low", "high": "c.user_high"},
)


async def heard(db: Queryable, file_id: str, waveform: list[float] | None, duration: float | None) -> InMessage | None:
    """Keep what an audio file says; None: nobody can tell. Returns the message that it is in, if it is in one."""
    rows: list[Any] = await db.query(
        """UPDATE files SET waveform = %s, waveform_state = %s, duration = coalesce(%s, duration), due_at = NULL
            WHERE id = %s AND state = 'ready' AND waveform_state = 'pending' RETURNING 1""",
        (waveform, "ready" if waveform is not None else "failed", duration, file_id),
    )
    if not rows:
        return None
    # A new statement: a send that had the file in its hands has been committed by now.
    return _TOLD.first(
        await db.query(
            f"""SELECT {_TOLD.sql} FROM messages g JOIN conversations c ON c.id = g.conversation_id
                 WHERE g.file_id = %s AND g.unsent_at IS NULL""",
            (file_id,),
        )
    )


async def preview(db: Queryable, message_id: str, waveform: list[float], duration: float | None) -> None:
    """Keep what a recorder says of an audio message, as long as the server doesn't know better."""
    await db.execute(
        """UPDATE files f SET waveform = %s, duration = coalesce(f.duration, %s) FROM messages g
            WHERE g.id = %s AND f.id = g.file_id AND f.waveform_state = 'pending'""",
        (waveform, duration, message_id),
    )
