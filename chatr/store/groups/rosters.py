"""Lists of groups: who is in one, and who is invited where."""

from __future__ import annotations

from datetime import datetime

import msgspec

from chatr.store.columns import Columns
from chatr.store.groups.groups import GROUP, MEMBER, GroupRow, MemberRow
from chatr.store.people import people_search
from chatr.store.pool import Queryable

#: Owners first, who is not in yet last.
_RANK = """CASE WHEN m.status = 'invited' THEN 3 WHEN m.status = 'requested' THEN 4
    WHEN m.role = 'owner' THEN 0 WHEN m.role = 'admin' THEN 1 ELSE 2 END"""


class Ranked(msgspec.Struct, frozen=True):
    """A line of a roster, and where it stands."""

    rank: int
    member: MemberRow


_RANKED = Columns(Ranked, {"rank": _RANK, "member": MEMBER})


#: By what somebody is called that all see. Not whoever has blocked the viewer, who sees what they were called then.
_CALLED = """ AND (lower(u.username) LIKE %s OR lower(u.display_name) LIKE %s OR lower(u.display_name) LIKE %s)
    AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.blocker_id = u.id AND b.blocked_id = %s)"""


async def page(
    db: Queryable,
    group_id: str,
    viewer_id: str,
    *,
    called: str = "",
    status: str | None = None,
    after: tuple[int, str] | None,
    requested: bool,
    limit: int,
) -> list[Ranked]:
    """List who is in a group, or invited, owners first, behind a position.

    ``called``: how the username or a word of the display name begins; ``status``: only who is that; ``requested``: and
    who asks to be let in.
    """
    rank, user_id = after or (-1, None)
    begins = f"{people_search.literal(called.lower().removeprefix('@'))}%"
    where, params = (_CALLED, (f"@{begins}", begins, f"% {begins}", viewer_id)) if called else ("", ())
    rows = await db.query(
        f"""SELECT {_RANKED.sql} FROM members m JOIN users u ON u.id = m.user_id AND u.deleted_at IS NULL
             WHERE m.conversation_id = %s AND m.status <> 'left' AND (%s OR m.status <> 'requested')
               AND m.status = COALESCE(%s, m.status)
               AND ({_RANK} > %s OR {_RANK} = %s AND m.user_id > %s) {where}
             ORDER BY {_RANK}, m.user_id LIMIT %s""",
        (group_id, requested, status, rank, rank, user_id, *params, limit),
    )
    return _RANKED.all(rows)


async def invited_since(db: Queryable, user_id: str, horizon: datetime) -> bool:
    """Tell whether somebody was invited to a group after ``horizon``, or is no more."""
    rows = await db.query(
        """SELECT 1 FROM members m JOIN conversations c ON c.id = m.conversation_id AND c.kind = 'group'
            WHERE m.user_id = %s AND m.changed_at > %s AND m.status IN ('invited', 'left') LIMIT 1""",
        (user_id, horizon),
    )
    return bool(rows)


class Invitation(msgspec.Struct, frozen=True):
    """A group that somebody is invited to."""

    group: GroupRow
    invited_by: str | None
    at: datetime
    revision: int


_INVITATION = Columns(
    Invitation,
    {"group": GROUP, "invited_by": "m.invited_by", "at": "m.joined_at", "revision": "c.revision + m.revision"},
)


async def invitations(
    db: Queryable, user_id: str, *, below: tuple[datetime, str] | None, limit: int
) -> list[Invitation]:
    """List to which groups somebody is invited, newest first, below a position."""
    where, params = (" AND (m.joined_at, c.id) < (%s, %s)", below) if below else ("", ())
    rows = await db.query(
        f"""SELECT {_INVITATION.sql} FROM members m JOIN conversations c ON c.id = m.conversation_id
             WHERE m.user_id = %s AND m.status = 'invited' AND c.kind = 'group' {where}
             ORDER BY m.joined_at DESC, c.id DESC LIMIT %s""",
        (user_id, *params, limit),
    )
    return _INVITATION.all(rows)
