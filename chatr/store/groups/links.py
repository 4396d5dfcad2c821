"""Links that let people into groups."""

from __future__ import annotations

from datetime import datetime

import msgspec

from chatr.store.columns import Columns, value, value_if_any
from chatr.store.pool import Queryable

#: Whether a link still lets somebody in.
_OPEN = "(expires_at IS NULL OR expires_at > clock_timestamp()) AND (uses_left IS NULL OR uses_left > 0)"


class LinkRow(msgspec.Struct, frozen=True):
    """A link of a group; ``uses_left``: how many may still come in by it, None for any number."""

    id: str
    code: str
    made_by: str
    created_at: datetime
    expires_at: datetime | None
    uses_left: int | None


_LINK = Columns(LinkRow, {field: field for field in LinkRow.__struct_fields__})


async def insert(db: Queryable, group_id: str, link: LinkRow) -> None:
    """Make a link."""
    await db.execute(
        """INSERT INTO group_links (id, conversation_id, code, made_by, created_at, expires_at, uses_left)
           VALUES (%s, %s, %s, %s, %s, %s, %s)""",
        (link.id, group_id, link.code, link.made_by, link.created_at, link.expires_at, link.uses_left),
    )


async def listed(db: Queryable, group_id: str, limit: int) -> list[LinkRow]:
    """List the links of a group that still let somebody in, newest first."""
    rows = await db.query(
        f"""SELECT {_LINK.sql} FROM group_links WHERE conversation_id = %s AND {_OPEN}
             ORDER BY created_at DESC, id DESC LIMIT %s""",
        (group_id, limit),
    )
    return _LINK.all(rows)


async def clear_away(db: Queryable, group_id: str) -> int:
    """Delete the links of a group that let nobody in any more. Returns how many there still are."""
    await db.execute(f"DELETE FROM group_links WHERE conversation_id = %s AND NOT ({_OPEN})", (group_id,))
    rows = await db.query("SELECT count(*) FROM group_links WHERE conversation_id = %s", (group_id,))
    return value(rows, int)


async def revoke(db: Queryable, group_id: str, link_id: str) -> bool:
    """Delete a link; False when the group has none of that id."""
    rows = await db.query(
        "DELETE FROM group_links WHERE conversation_id = %s AND id = %s RETURNING 1", (group_id, link_id)
    )
    return bool(rows)


async def leads_to(db: Queryable, code: str) -> str | None:
    """Find the group of a link that still lets somebody in."""
    return value_if_any(
        await db.query(f"SELECT conversation_id FROM group_links WHERE code = %s AND {_OPEN}", (code,)), str
    )


async def use(db: Queryable, code: str) -> bool:
    """Use a link once; False when it lets nobody in any more."""
    rows = await db.query(
        f"UPDATE group_links SET uses_left = uses_left - 1 WHERE code = %s AND {_OPEN} RETURNING 1", (code,)
    )
    return bool(rows)
