"""The images of link previews, each known by a random id."""

from __future__ import annotations

import msgspec

from chatr.store.columns import Columns, Made, value
from chatr.store.messages.previews import NOTHING_S
from chatr.store.pool import Queryable


class Kept(msgspec.Struct, frozen=True):
    """An image. ``fresh``: it need not be fetched. Without ``media_type`` there is nothing to show."""

    url: str
    fresh: bool
    media_type: str | None
    version: str
    """Another one when it was fetched anew."""
    body: bytes | None


#: For the aliases ``i`` (preview_images) and ``asked`` (for how long what is kept is fresh, and what the caller has).
_KEPT = Columns(
    Kept,
    {
        "url": "i.url",
        "fresh": """coalesce(i.fetched_at > now() - make_interval(secs =>
              CASE WHEN i.media_type IS NULL THEN least(asked.nothing_s, asked.keep_s) ELSE asked.keep_s END), false)
            AND (i.body IS NOT NULL OR i.media_type IS NULL)""",
        "media_type": "CASE WHEN i.body IS NOT NULL THEN i.media_type END",
        "version": "coalesce(extract(epoch FROM i.fetched_at)::text, '')",
        "body": Made("CASE WHEN extract(epoch FROM i.fetched_at)::text <> asked.without THEN i.body END", bytes),
    },
)


async def id_of(db: Queryable, url: str) -> str:
    """Find the id of the image at a URL, or make one for a new image."""
    rows = await db.query(
        """INSERT INTO preview_images (url) VALUES (%s)
           ON CONFLICT (url) DO UPDATE SET used_at = now() RETURNING id""",
        (url,),
    )
    return value(rows, str)


async def get(db: Queryable, id: str, keep_s: int, *, without: str = "") -> Kept | None:
    """Find an image; its body only if it has another version than ``without``."""
    rows = await db.query(
        f"""SELECT {_KEPT.sql} FROM preview_images i
             CROSS JOIN (SELECT %s::int AS nothing_s, %s::int AS keep_s, %s AS without) asked WHERE i.id = %s""",
        (NOTHING_S, keep_s, without, id),
    )
    return _KEPT.first(rows)


async def keep(db: Queryable, url: str, media_type: str | None, body: bytes | None) -> None:
    """Remember an image, or that there is none that can be shown."""
    await db.execute(
        "UPDATE preview_images SET media_type = %s, body = %s, fetched_at = now() WHERE url = %s",
        (media_type, body, url),
    )


async def drop_bodies(db: Queryable, keep_s: int, max_bytes: int) -> None:
    """Drop the bodies of images that are not fresh, and of the oldest ones beyond ``max_bytes`` of all together."""
    await db.execute(
        """UPDATE preview_images SET body = NULL WHERE id IN (
             SELECT id FROM (SELECT id, fetched_at, sum(length(body)) OVER (ORDER BY fetched_at DESC, id) AS total
                               FROM preview_images WHERE body IS NOT NULL) kept
              WHERE total > %s OR fetched_at < now() - make_interval(secs => %s))""",
        (max_bytes, keep_s),
    )
