"""Link previews: what links led to, for the time of config/messages.py ``cache_s``, and messages that wait."""

from __future__ import annotations

from functools import partial

import msgspec

from chatr.api.model import LinkPreview
from chatr.store.columns import Columns, Made, value_if_any
from chatr.store.pool import Database, Queryable

#: How long a link that led nowhere is left alone.
NOTHING_S = 600
#: How long a claimed job is left to its claimer. Longer than a fetch with all that may be before it in the queue.
LEASE_S = 60
MAX_ATTEMPTS = 3
#: A preview that comes later than this is of no use to anybody.
KEEP_JOBS_S = 3600


class Known(msgspec.Struct, frozen=True):
    """What a link led to, not long ago."""

    preview: LinkPreview | None


_KNOWN = Columns(Known, {"preview": Made("preview", partial(msgspec.convert, type=LinkPreview))})


async def known(db: Queryable, url: str, keep_s: int) -> Known | None:
    """Tell what is known of a link; None: nothing, or nothing of late."""
    rows = await db.query(
        f"""SELECT {_KNOWN.sql} FROM previews WHERE url = %s AND fetched_at > now() - make_interval(secs =>
             CASE WHEN preview IS NULL THEN least(%s::int, %s) ELSE %s END)""",
        (url, NOTHING_S, keep_s, keep_s),
    )
    return _KNOWN.first(rows)


async def keep(db: Queryable, url: str, preview: LinkPreview | None) -> None:
    """Remember what a link led to."""
    await db.execute(
        """INSERT INTO previews (url, preview) VALUES (%s, %s::jsonb)
           ON CONFLICT (url) DO UPDATE SET preview = excluded.preview, fetched_at = excluded.fetched_at""",
        (url, _stored(preview) if preview is not None else None),
    )


async def forget(db: Queryable, keep_s: int) -> None:
    """Forget what is not known of late, and jobs that are too old or were tried too often."""
    await db.execute(
        """DELETE FROM previews WHERE fetched_at < now() - make_interval(secs =>
             CASE WHEN preview IS NULL THEN least(%s::int, %s) ELSE %s END)""",
        (NOTHING_S, keep_s, keep_s),
    )
    await db.execute(
        """DELETE FROM preview_jobs WHERE due_at <= now()
              AND (attempts >= %s OR created_at < now() - make_interval(secs => %s))""",
        (MAX_ATTEMPTS, KEEP_JOBS_S),
    )


class PreviewJob(msgspec.Struct, frozen=True):
    """A message that waits for the preview of a link."""

    message_id: str
    url: str


_JOB = Columns(PreviewJob, {"message_id": "message_id", "url": "url"})


async def queue(db: Queryable, message_id: str, url: str) -> None:
    """Let a message wait for a preview, unless its sender wants none or it has one."""
    await db.execute(
        """INSERT INTO preview_jobs (message_id, url) SELECT id, %s FROM messages
            WHERE id = %s AND link_preview IS NULL
           ON CONFLICT (message_id) DO UPDATE SET url = excluded.url, due_at = excluded.due_at, attempts = 0,
             created_at = excluded.created_at""",
        (url, message_id),
    )


async def remove(db: Queryable, message_id: str) -> None:
    """Take away a message's preview, and its job. That the sender wants none stays."""
    await db.execute(
        "UPDATE messages SET link_preview = NULL WHERE id = %s AND link_preview <> 'false'::jsonb", (message_id,)
    )
    await db.execute("DELETE FROM preview_jobs WHERE message_id = %s", (message_id,))


async def claim(db: Database, limit: int) -> list[PreviewJob]:
    """Take jobs that are due. Several nodes may: each goes to one of them."""
    rows = await db.query(
        f"""UPDATE preview_jobs SET attempts = attempts + 1, due_at = now() + make_interval(secs => %s)
            WHERE message_id IN (
              SELECT message_id FROM preview_jobs WHERE due_at <= now() AND attempts < %s
                 AND created_at > now() - make_interval(secs => %s)
               ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED)
        RETURNING {_JOB.sql}""",
        (LEASE_S, MAX_ATTEMPTS, KEEP_JOBS_S, limit),
    )
    return _JOB.all(rows)


async def take(db: Queryable, job: PreviewJob) -> bool:
    """Take a job out; False when it is no more, or is about another link by now."""
    rows = await db.query(
        "DELETE FROM preview_jobs WHERE message_id = %s AND url = %s RETURNING 1", (job.message_id, job.url)
    )
    return bool(rows)


async def next_due_s(db: Queryable) -> float | None:
    """Tell how many seconds it is until the next job is due; None when none waits."""
    rows = await db.query(
        "SELECT extract(epoch FROM min(due_at) - now())::float8 FROM preview_jobs WHERE attempts < %s", (MAX_ATTEMPTS,)
    )
    due_s = value_if_any(rows, float)
    return None if due_s is None else max(0.0, due_s)


async def attach(db: Queryable, message_id: str, preview: LinkPreview) -> None:
    """Give a message its preview."""
    await db.execute("UPDATE messages SET link_preview = %s::jsonb WHERE id = %s", (_stored(preview), message_id))


def _stored(preview: LinkPreview) -> str:
    return msgspec.json.encode(preview).decode()
