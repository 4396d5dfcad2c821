"""The images of link previews, each known by a random id."""

from __future__ import annotations

import msgspec

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


async def id_of(db: Queryable, url: str) -> str:
    """The id of the image at a URL, a new one for a new image."""
    rows = await db.query(
        """INSERT INTO preview_images (url) VALUES (%s)
           ON CONFLICT (url) DO UPDATE SET used_at = now() RETURNING id""",
        (url,),
    )
    return str(rows[0][0])


async def get(db: Queryable, id: str, keep_s: int, *, without: str = "") -> Kept | None:
    """An image; its body only if it has another version than ``without``."""
    rows = await db.query(
        """SELECT url, coalesce(fetched_at > now() - make_interval(secs =>
                    CASE WHEN media_type IS NULL THEN least(%s, %s) ELSE %s END), false)
                  AND (body IS NOT NULL OR media_type IS NULL),
                  CASE WHEN body IS NOT NULL THEN media_type END, coalesce(extract(epoch FROM fetched_at)::text, ''),
                  CASE WHEN extract(epoch FROM fetched_at)::text <> %s THEN body END
             FROM preview_images WHERE id = %s""",
        (NOTHING_S, keep_s, keep_s, without, id),
    )
    if not rows:
        return None
    url, fresh, media_type, version, body = rows[0]
    return Kept(url, fresh, media_type, version, bytes(body) if body is not None else None)


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
