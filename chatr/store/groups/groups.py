"""Groups as their operations change them: the row of the conversation, and those of members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from chatr.api.model import GroupRole, InvitePolicy, JoinPolicy
from chatr.store.columns import Columns, value, value_if_any, values
from chatr.store.pool import Queryable, Transaction


class GroupRow(msgspec.Struct, frozen=True):
    """A group that is not deleted."""

    id: str
    name: str
    description: str | None
    profile_image: str | None
    cover_image: str | None
    join_policy: JoinPolicy
    invite_policy: InvitePolicy
    history_visible: bool
    member_count: int
    head_seq: int
    created_at: datetime


#: For the alias ``c`` (conversations).
GROUP = Columns(
    GroupRow,
    {
        "id": "c.id",
        "name": "coalesce(c.title, '')",
        "description": "c.description",
        "profile_image": "c.profile_image",
        "cover_image": "c.cover_image",
        "join_policy": "c.join_policy",
        "invite_policy": "c.invite_policy",
        "history_visible": "c.history_visible",
        "member_count": "c.member_count",
        "head_seq": "c.head_seq",
        "created_at": "c.created_at",
    },
)


async def find(db: Queryable, group_id: str) -> GroupRow | None:
    """Find a group, whoever asks."""
    rows = await db.query(
        f"SELECT {GROUP.sql} FROM conversations c WHERE c.id = %s AND c.kind = 'group' AND c.deleted_at IS NULL",
        (group_id,),
    )
    return GROUP.first(rows)


async def insert(db: Queryable, group_id: str, owner_id: str, name: str, description: str | None) -> str | None:
    """Make a group with its owner in it; None when their account is deleted.

    It is held: whoever deletes it meanwhile finds the group, which nobody else would inherit.
    """
    rows = await db.query(
        """WITH held AS MATERIALIZED (SELECT id FROM users WHERE id = %s AND deleted_at IS NULL FOR SHARE),
             made AS (INSERT INTO conversations (id, kind, initiator_id, title, description)
                      SELECT %s, 'group', id, %s, %s FROM held RETURNING id, initiator_id)
           INSERT INTO members (conversation_id, user_id, role) SELECT id, initiator_id, 'owner' FROM made
           RETURNING user_id""",
        (owner_id, group_id, name, description),
    )
    return value_if_any(rows, str)


async def update(db: Queryable, group_id: str, changed: Mapping[str, Any]) -> None:
    """Change fields of a group."""
    names, places = (
        ", ".join("title" if field == "name" else field for field in changed),
        ", ".join(["%s"] * len(changed)),
    )
    await db.execute(
        f"UPDATE conversations SET ({names}, changed_at) = ROW({places}, clock_timestamp()) WHERE id = %s",
        (*changed.values(), group_id),
    )


async def delete(tx: Transaction, group_id: str) -> list[str]:
    """Let nobody be in a group any more. Returns who was, or was invited, or has asked to be let in."""
    tx.ahead("DELETE FROM group_links WHERE conversation_id = %s", (group_id,))
    # First, so that its members are not counted down one by one.
    tx.ahead(
        """UPDATE conversations SET deleted_at = clock_timestamp(), changed_at = clock_timestamp(), member_count = 0
            WHERE id = %s""",
        (group_id,),
    )
    rows = await tx.query(
        """UPDATE members SET status = 'left', changed_at = clock_timestamp()
            WHERE conversation_id = %s AND status <> 'left' RETURNING user_id""",
        (group_id,),
    )
    return values(rows, str)


async def last_revision(db: Queryable, group_id: str) -> int:
    """Find the greatest revision that a view of a group has."""
    rows = await db.query(
        """SELECT c.revision + coalesce(max(m.revision), 0) FROM conversations c
             LEFT JOIN members m ON m.conversation_id = c.id WHERE c.id = %s GROUP BY c.revision""",
        (group_id,),
    )
    return value(rows, int)


class MemberRow(msgspec.Struct, frozen=True):
    """Somebody in a group, invited, or who has asked to be let in."""

    user_id: str
    role: GroupRole
    status: str
    invited_by: str | None
    joined_at: datetime


#: For the alias ``m`` (members).
MEMBER = Columns(
    MemberRow,
    {
        "user_id": "m.user_id",
        "role": "m.role",
        "status": "m.status",
        "invited_by": "m.invited_by",
        "joined_at": "m.joined_at",
    },
)


async def members(db: Queryable, group_id: str, user_ids: Sequence[str]) -> dict[str, MemberRow]:
    """Find those of some people who are in a group, or may be soon."""
    rows = await db.query(
        f"""SELECT {MEMBER.sql} FROM members m
             WHERE m.conversation_id = %s AND m.user_id = ANY(%s::uuid[]) AND m.status <> 'left'""",
        (group_id, list(user_ids)),
    )
    return {found.user_id: found for found in MEMBER.all(rows)}


async def was_removed(db: Queryable, group_id: str, user_id: str) -> bool:
    """Tell whether somebody was removed from a group, and neither invited nor let in since."""
    rows = await db.query(
        "SELECT 1 FROM members WHERE conversation_id = %s AND user_id = %s AND removed", (group_id, user_id)
    )
    return bool(rows)


async def population(db: Queryable, group_id: str) -> int:
    """Count who is in a group, or invited."""
    rows = await db.query(
        "SELECT count(*) FROM members WHERE conversation_id = %s AND status IN ('joined', 'invited')", (group_id,)
    )
    return value(rows, int)


async def enlist(db: Queryable, group_id: str, user_ids: Sequence[str], status: str, by: str | None) -> list[str]:
    """Note people who were not in a group as invited, or as asking to be let in. Returns who was not yet.

    Not whose account is deleted; the others are held, so that whoever deletes them meanwhile finds this. An invitation
    makes good that somebody was removed; asking does not.
    """
    rows = await db.query(
        """WITH held AS MATERIALIZED (
             SELECT u.id FROM users u WHERE u.id = ANY(%s::uuid[]) AND u.deleted_at IS NULL ORDER BY u.id FOR SHARE)
           INSERT INTO members AS m (conversation_id, user_id, status, invited_by)
           SELECT %s, id, %s, %s FROM held ORDER BY id
           ON CONFLICT (conversation_id, user_id) DO UPDATE SET status = excluded.status, role = 'member',
              invited_by = excluded.invited_by, joined_at = now(), changed_at = clock_timestamp(),
              removed = m.removed AND excluded.status <> 'invited'
            WHERE m.status = 'left' RETURNING user_id""",
        (list(user_ids), group_id, status, by),
    )
    return values(rows, str)


async def join(tx: Transaction, group_id: str, user_id: str) -> MemberRow | None:
    """Let somebody in who is enlisted, from the end of the log on; None when their account is deleted.

    Nothing is unread, and nothing that all had read or received is otherwise: what is there counts as read by them,
    also by those who give no receipts, of whom this tells nothing.
    Where the group does not show what was before, it is cleared for them.
    """
    # Held: whoever deletes the account meanwhile finds this membership.
    tx.ahead("SELECT 1 FROM users WHERE id = %s FOR SHARE", (user_id,))
    tx.ahead("UPDATE conversations SET cleared = true WHERE id = %s AND NOT history_visible", (group_id,))
    rows = await tx.query(
        f"""UPDATE members m SET status = 'joined', joined_at = clock_timestamp(), changed_at = clock_timestamp(),
               delivered_seq = greatest(m.delivered_seq, c.head_seq), read_seq = greatest(m.read_seq, c.head_seq),
               shown_delivered_seq = greatest(m.shown_delivered_seq, c.head_seq), since_seq = c.head_seq,
               shown_read_seq = greatest(m.shown_read_seq, c.head_seq),
               unshown_read_seq = CASE WHEN gives_receipts(m.user_id) THEN m.unshown_read_seq ELSE c.head_seq END,
               cleared_seq = CASE WHEN c.history_visible THEN 0 ELSE c.head_seq END,
               archived = false, pinned = false, muted_until = NULL, removed = false
              FROM conversations c, users u
             WHERE c.id = m.conversation_id AND m.conversation_id = %s AND m.user_id = %s
               AND u.id = m.user_id AND u.deleted_at IS NULL RETURNING {MEMBER.sql}""",
        (group_id, user_id),
    )
    return MEMBER.first(rows)


def leave(tx: Transaction, group_id: str, user_id: str, *, removed: bool = False) -> None:
    """Let somebody be in a group no more, nor invited. ``removed``: by somebody else, for good."""
    tx.ahead(
        """UPDATE members SET status = 'left', role = 'member', removed = removed OR %s, changed_at = clock_timestamp()
            WHERE conversation_id = %s AND user_id = %s""",
        (removed, group_id, user_id),
    )


async def revision(db: Queryable, group_id: str, user_id: str) -> int:
    """Find the revision of what somebody has of a group, or had."""
    return (await revisions(db, group_id, [user_id]))[user_id]


async def revisions(db: Queryable, group_id: str, user_ids: Sequence[str]) -> dict[str, int]:
    """Find the revisions of what some people have of a group, or had."""
    rows = await db.query(
        """SELECT m.user_id, c.revision + m.revision FROM conversations c JOIN members m ON m.conversation_id = c.id
            WHERE c.id = %s AND m.user_id = ANY(%s::uuid[])""",
        (group_id, list(user_ids)),
    )
    return dict(rows)


def set_role(tx: Transaction, group_id: str, user_id: str, role: GroupRole) -> None:
    """Give a member another role."""
    tx.ahead(
        "UPDATE members SET role = %s, changed_at = clock_timestamp() WHERE conversation_id = %s AND user_id = %s",
        (role, group_id, user_id),
    )


async def other_owner(db: Queryable, group_id: str, user_id: str) -> str | None:
    """Find an owner beside somebody."""
    rows = await db.query(
        """SELECT m.user_id FROM members m JOIN users u ON u.id = m.user_id AND u.deleted_at IS NULL
            WHERE m.conversation_id = %s AND m.user_id <> %s AND m.status = 'joined' AND m.role = 'owner' LIMIT 1""",
        (group_id, user_id),
    )
    return value_if_any(rows, str)


async def heir(db: Queryable, group_id: str, user_id: str) -> str | None:
    """Find who becomes owner when somebody leaves: the longest-serving admin, else member; only of those who are in."""
    rows = await db.query(
        # In order first: it ends at the first who is there, and no plan passes over the people of the whole server.
        """SELECT m.user_id FROM (
             SELECT x.user_id, x.role = 'admin' AS admin, x.joined_at FROM members x
              WHERE x.conversation_id = %s AND x.user_id <> %s AND x.status = 'joined'
              ORDER BY x.role = 'admin' DESC, x.joined_at, x.user_id OFFSET 0) m
            WHERE (SELECT u.id FROM users u WHERE u.id = m.user_id AND u.deleted_at IS NULL LIMIT 1) IS NOT NULL
            ORDER BY m.admin DESC, m.joined_at, m.user_id LIMIT 1""",
        (group_id, user_id),
    )
    return value_if_any(rows, str)


async def administrators(db: Queryable, group_id: str) -> list[str]:
    """List the owners and admins of a group."""
    rows = await db.query(
        """SELECT user_id FROM members WHERE conversation_id = %s AND status = 'joined' AND role IN ('owner', 'admin')
            ORDER BY user_id""",
        (group_id,),
    )
    return values(rows, str)


async def joined_by(db: Queryable, user_ids: Sequence[str]) -> dict[str, list[str]]:
    """Find in which groups some people are."""
    rows = await db.query(
        """SELECT m.user_id, array_agg(m.conversation_id::text) FROM members m
             JOIN conversations c ON c.id = m.conversation_id AND c.kind = 'group'
            WHERE m.user_id = ANY(%s::uuid[]) AND m.status = 'joined' GROUP BY m.user_id""",
        (list(user_ids),),
    )
    return dict(rows)


async def count_of(db: Queryable, user_id: str, most: int) -> int:
    """Count the groups in which somebody is, up to ``most``."""
    rows = await db.query(
        """SELECT count(*) FROM (
             SELECT 1 FROM members m JOIN conversations c ON c.id = m.conversation_id AND c.kind = 'group'
              WHERE m.user_id = %s AND m.status = 'joined' LIMIT %s) found""",
        (user_id, most),
    )
    return value(rows, int)


async def of(db: Queryable, user_id: str, limit: int) -> list[str]:
    """List some groups in which somebody is, or to which they are invited."""
    rows = await db.query(
        """SELECT m.conversation_id FROM members m JOIN conversations c ON c.id = m.conversation_id
            WHERE m.user_id = %s AND m.status <> 'left' AND c.kind = 'group' ORDER BY m.conversation_id LIMIT %s""",
        (user_id, limit),
    )
    return values(rows, str)


async def append(tx: Transaction, group_id: str, message_id: str, event: str, facts: msgspec.Struct) -> int:
    """Append an entry to the log of a group, about what a system entry tells. Returns its seq."""
    rows = await tx.query(
        """WITH moved AS (UPDATE conversations SET head_seq = head_seq + 1, changed_at = clock_timestamp()
                           WHERE id = %s RETURNING id, head_seq, changed_at)
           INSERT INTO log (conversation_id, seq, event, message_id, data, at)
           SELECT id, head_seq, %s, %s, %s::jsonb, changed_at FROM moved RETURNING seq""",
        (group_id, event, message_id, msgspec.json.encode(facts).decode()),
    )
    return value(rows, int)
