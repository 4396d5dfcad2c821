"""Friendships and requests, one row for each two people; and blocks, a row for each direction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from chatr.store.columns import Columns, value
from chatr.store.people.relations import JOINS, OTHER, Other
from chatr.store.pool import Queryable, Transaction


class FriendshipRow(msgspec.Struct, frozen=True):
    """A row of ``friendships``."""

    id: str
    requester_id: str
    addressee_id: str
    accepted: bool


_FRIENDSHIP = Columns(
    FriendshipRow,
    {
        "id": "id",
        "requester_id": "requester_id",
        "addressee_id": "CASE WHEN requester_id = user_low THEN user_high ELSE user_low END",
        "accepted": "accepted_at IS NOT NULL",
    },
)


async def by_id(db: Queryable, friendship_id: str, party_id: str) -> FriendshipRow | None:
    """Find a friendship or request that the person is a party to."""
    return await _one(db, "id = %s AND %s IN (user_low, user_high)", (friendship_id, party_id))


async def of_pair(db: Queryable, one_id: str, other_id: str) -> FriendshipRow | None:
    """Find what there is between two people."""
    return await _one(db, "user_low = %s AND user_high = %s", tuple(sorted((one_id, other_id))))


async def _one(db: Queryable, where: str, params: tuple[Any, ...]) -> FriendshipRow | None:
    return _FRIENDSHIP.first(await db.query(f"SELECT {_FRIENDSHIP.sql} FROM friendships WHERE {where}", params))


async def insert(db: Queryable, friendship_id: str, requester_id: str, addressee_id: str) -> None:
    """Ask for a friendship."""
    low, high = sorted((requester_id, addressee_id))
    await db.execute(
        "INSERT INTO friendships (id, user_low, user_high, requester_id) VALUES (%s, %s, %s, %s)",
        (friendship_id, low, high, requester_id),
    )


async def accept(db: Queryable, friendship_id: str) -> None:
    """Make a friendship of a request."""
    await db.execute("UPDATE friendships SET accepted_at = now() WHERE id = %s", (friendship_id,))


async def delete(db: Queryable, friendship_id: str) -> None:
    """Delete a request or friendship."""
    await db.execute("DELETE FROM friendships WHERE id = %s", (friendship_id,))


class Ended(msgspec.Struct, frozen=True):
    """What there was of a person's friendships and requests, whom they had blocked, and who had blocked them."""

    friendships: list[FriendshipRow]
    blockers: list[str]
    blocked: list[str]


async def delete_all(db: Queryable, user_id: str) -> Ended:
    """Delete a person's friendships, requests and blocks."""
    ended = await db.query(
        f"DELETE FROM friendships WHERE user_low = %s OR user_high = %s RETURNING {_FRIENDSHIP.sql}",
        (user_id, user_id),
    )
    blocks = await db.query(
        "DELETE FROM blocks WHERE blocker_id = %s OR blocked_id = %s RETURNING blocker_id, blocked_id",
        (user_id, user_id),
    )
    return Ended(
        friendships=_FRIENDSHIP.all(ended),
        blockers=[blocker_id for blocker_id, _ in blocks if blocker_id != user_id],
        blocked=[blocked_id for blocker_id, blocked_id in blocks if blocker_id == user_id],
    )


async def block(db: Queryable, block_id: str, blocker_id: str, blocked_id: str) -> bool:
    """Block somebody, who sees the blocker as they are now from then on; False when they are blocked already."""
    rows = await db.query(
        """INSERT INTO blocks (id, blocker_id, blocked_id, username, display_name, profile_image)
           SELECT %s, id, %s, username, display_name, profile_image FROM users WHERE id = %s
           ON CONFLICT DO NOTHING RETURNING 1""",
        (block_id, blocked_id, blocker_id),
    )
    return bool(rows)


async def unblock(db: Queryable, blocker_id: str, blocked_id: str) -> bool:
    """Lift the own block; False when there is none."""
    rows = await db.query(
        "DELETE FROM blocks WHERE blocker_id = %s AND blocked_id = %s RETURNING 1", (blocker_id, blocked_id)
    )
    return bool(rows)


def touch(tx: Transaction, user_ids: Sequence[str]) -> None:
    """Note that the friend lists of these people have changed."""
    tx.ahead(
        """WITH theirs AS (SELECT id FROM users WHERE id = ANY(%s::uuid[]) ORDER BY id FOR NO KEY UPDATE)
           UPDATE users u SET friends_changed_at = clock_timestamp() FROM theirs WHERE u.id = theirs.id""",
        (list(user_ids),),
    )


async def changed_since(db: Queryable, user_id: str, horizon: datetime) -> bool:
    """Tell whether a person's friend lists have changed after ``horizon``, or what they show of people."""
    rows = await db.query(
        """SELECT EXISTS (SELECT 1 FROM users WHERE id = %s AND friends_changed_at > %s) OR EXISTS (
             SELECT 1 FROM (SELECT user_high FROM friendships WHERE user_low = %s
                            UNION ALL SELECT user_low FROM friendships WHERE user_high = %s
                            -- Of who blocks the person too nothing is shown that changes.
                            UNION ALL SELECT b.blocked_id FROM blocks b WHERE b.blocker_id = %s AND NOT EXISTS (
                              SELECT 1 FROM blocks r WHERE r.blocker_id = b.blocked_id AND r.blocked_id = b.blocker_id)
                           ) o(id)
               JOIN users u ON u.id = o.id WHERE u.profile_changed_at > %s)""",
        (user_id, horizon, user_id, user_id, user_id, horizon),
    )
    return value(rows, bool)


class Listed(msgspec.Struct, frozen=True):
    """A line of a friend list: the friendship's or block's id, since when, and with whom."""

    id: str
    since: datetime
    other: Other


#: For the aliases ``l`` (the line) and those of the other person.
_LISTED = Columns(Listed, {"id": "l.id", "since": "l.since", "other": OTHER})
List = Literal["friends", "incoming", "outgoing", "blocked"]

_PAIRS = """SELECT p.id, {since} AS since, CASE WHEN p.user_low = v.id THEN p.user_high ELSE p.user_low END AS other_id
              FROM friendships p WHERE v.id IN (p.user_low, p.user_high) AND """
_LISTS: dict[List, str] = {
    "friends": _PAIRS.format(since="p.accepted_at") + "p.accepted_at IS NOT NULL",
    "incoming": _PAIRS.format(since="p.requested_at") + "p.accepted_at IS NULL AND p.requester_id <> v.id",
    "outgoing": _PAIRS.format(since="p.requested_at") + "p.accepted_at IS NULL AND p.requester_id = v.id",
    "blocked": "SELECT p.id, p.created_at AS since, p.blocked_id AS other_id FROM blocks p WHERE p.blocker_id = v.id",
}


async def listed(
    db: Queryable, viewer_id: str, which: List, *, below: tuple[datetime, str] | None, limit: int
) -> list[Listed]:
    """List a page of friends, requests or blocks, newest first, below a position."""
    where, params = ("AND (l.since, l.id) < (%s, %s)", below) if below else ("", ())
    rows = await db.query(
        f"""SELECT {_LISTED.sql}
              FROM (SELECT %s::uuid AS id) v
              CROSS JOIN LATERAL ({_LISTS[which]}) l JOIN users u ON u.id = l.other_id {JOINS}
             WHERE u.deleted_at IS NULL {where} ORDER BY l.since DESC, l.id DESC LIMIT %s""",
        (viewer_id, *params, limit),
    )
    return _LISTED.all(rows)
