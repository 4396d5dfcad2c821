"""What stands between two people: friendship, blocks, their direct conversation.

Blocks are directional: each lifts only their own. What follows from a relation says ops/people/permissions.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone

import msgspec

from chatr.api.model import Privacy, PrivacyLevel
from chatr.store.columns import Columns, Made
from chatr.store.people import faces
from chatr.store.people.faces import Face
from chatr.store.people.people import PERSON, SIGHTING, Person, Sighting
from chatr.store.pool import Queryable, Transaction

#: A moment for relations that are thought up, not read.
EVER = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Relation(msgspec.Struct, frozen=True):
    """How a viewer and another person stand to each other, from the viewer's side.

    ``face``: what the viewer sees of the other, who has blocked the viewer.
    ``direct_status``: of their direct conversation, if there is one; ``direct_mine``: the viewer began it.
    """

    viewer_id: str = ""
    friendship_id: str | None = None
    requester_id: str | None = None
    requested_at: datetime | None = None
    accepted_at: datetime | None = None
    blocked_by_me: bool = False
    face: Face | None = None
    direct_id: str | None = None
    direct_status: str | None = None
    direct_mine: bool = False
    near: bool = False
    """Close enough for the viewer to be told when the other is here, if the other lets such people see it."""
    revision: int = 0
    """Of how the two stand to each other: 0 if there never was anything between them."""

    @property
    def blocked_me(self) -> bool:
        """Whether the other has blocked the viewer, who sees no more than the face from then on."""
        return self.face is not None

    @property
    def friends(self) -> bool:
        """Whether they are friends."""
        return self.accepted_at is not None

    @property
    def blocked(self) -> bool:
        """Whether either has blocked the other."""
        return self.blocked_by_me or self.blocked_me


#: Who may be told of presence, before privacy (spec/behaviour.md, section 2): friends, accepted conversations, and the
#: recipient of a request about who wrote it, not the other way round.
_NEAR = """(f.accepted_at IS NOT NULL OR coalesce(d.status = 'accepted' OR
    d.initiator_id = u.id AND d.declined_at IS NULL, false))"""
_BLOCKED = "EXISTS (SELECT 1 FROM blocks b WHERE b.blocker_id = {} AND b.blocked_id = {})"
_BY_ME, _ME = _BLOCKED.format("v.id", "u.id"), _BLOCKED.format("u.id", "v.id")
#: Whether either has blocked the other.
APART = f"({_BY_ME} OR {_ME})"
#: For the aliases ``v`` (whose ``id`` is the viewer's) and ``u`` (the other person).
RELATION = Columns(
    Relation,
    {
        "viewer_id": "v.id",
        "friendship_id": "f.id",
        "requester_id": "f.requester_id",
        "requested_at": "f.requested_at",
        "accepted_at": "f.accepted_at",
        "blocked_by_me": _BY_ME,
        "face": Made(faces.ONE.format("u.id", "v.id"), lambda found: Face(*found)),
        "direct_id": "d.id",
        "direct_status": "d.status",
        "direct_mine": "coalesce(d.initiator_id = v.id, false)",
        "near": f"{_NEAR} AND NOT {_BY_ME} AND NOT {_ME}",
        "revision": """coalesce((SELECT x.revision FROM pairs x
            WHERE x.user_low = least(v.id, u.id) AND x.user_high = greatest(v.id, u.id)), 0)""",
    },
)
#: The tables that they come from, behind those of ``v`` and ``u``.
JOINS = """LEFT JOIN friendships f ON f.user_low = least(v.id, u.id) AND f.user_high = greatest(v.id, u.id)
    LEFT JOIN conversations d ON d.user_low = least(v.id, u.id) AND d.user_high = greatest(v.id, u.id)"""
#: Ids of everybody with whom somebody has anything.
_KNOWN = """SELECT x.user_high FROM friendships x WHERE x.user_low = {me}
    UNION SELECT x.user_low FROM friendships x WHERE x.user_high = {me}
    UNION SELECT x.user_high FROM conversations x WHERE x.user_low = {me}
    UNION SELECT x.user_low FROM conversations x WHERE x.user_high = {me}"""


#: The levels of those who have chosen none, by their names in the column.
_DEFAULTS = msgspec.to_builtins(Privacy())


def level(part: str) -> str:
    """Write what level of privacy a part of the profile has."""
    return f"coalesce(u.privacy->>'{part}', '{_DEFAULTS[part]}')"


def shown(part: str) -> str:
    """Write the condition that a part of the profile is shown to the viewer: ops/people/privacy.py ``shown``."""
    return f"({level(part)} = 'everyone' OR {level(part)} = 'friends' AND f.accepted_at IS NOT NULL)"


class Other(msgspec.Struct, frozen=True):
    """A person, and how the viewer stands to them."""

    person: Person
    relation: Relation


#: For the aliases of both.
OTHER = Columns(Other, {"person": PERSON, "relation": RELATION})
#: People as a viewer stands to them; the first parameter is the viewer's id.
OTHERS = f"SELECT {OTHER.sql} FROM (SELECT %s::uuid AS id) v CROSS JOIN users u {JOINS}"


async def by_ids(db: Queryable, viewer_id: str, user_ids: Sequence[str]) -> dict[str, Other]:
    """Find people who are not deleted, by id."""
    rows = await db.query(
        OTHERS + " WHERE u.id = ANY(%s::uuid[]) AND u.deleted_at IS NULL", (viewer_id, list(user_ids))
    )
    return {found.person.id: found for found in OTHER.all(rows)}


async def by_id(db: Queryable, viewer_id: str, user_id: str) -> Other | None:
    """Find a person who is not deleted."""
    return (await by_ids(db, viewer_id, [user_id])).get(user_id)


async def showing(db: Queryable, viewer_id: str, user_ids: Sequence[str] | None = None) -> dict[str, Sighting]:
    """Tell when those were here last who let the viewer know if they are here now; of all people, or of some.

    The rule is ``sees_presence`` of ops/people/privacy.py, put so that of a thousand people only the ids are read.
    """
    some = "SELECT unnest(%s::uuid[])" if user_ids is not None else _KNOWN.format(me="v.id")
    rows = await db.query(
        f"""SELECT u.id, {SIGHTING.sql}
              FROM (SELECT %s::uuid AS id) v CROSS JOIN LATERAL ({some}) k(id)
              JOIN users u ON u.id = k.id {JOINS}
             WHERE u.deleted_at IS NULL AND {_NEAR} AND {shown("onlineStatus")}
               AND NOT {_BY_ME} AND NOT {_ME}""",
        (viewer_id,) if user_ids is None else (viewer_id, list(user_ids)),
    )
    return {row[0]: SIGHTING.take(row, 1) for row in rows}


async def by_username(db: Queryable, viewer_id: str, username: str) -> Other | None:
    """Find a person by username with the leading @, whatever its case."""
    rows = await db.query(
        OTHERS + " WHERE lower(u.username) = lower(%s) AND u.deleted_at IS NULL", (viewer_id, username)
    )
    return OTHER.first(rows)


class Circle(msgspec.Struct, frozen=True):
    """Everybody to whom a person matters, without those that either has blocked; each in one of the three.

    ``near`` may be told of the person's presence, as friends may; ``far`` only of the profile.
    """

    online_status: PrivacyLevel = "nobody"
    friends: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    far: tuple[str, ...] = ()

    @property
    def presence(self) -> tuple[str, ...]:
        """Who is told when the person comes and goes."""
        if self.online_status == "everyone":
            return self.friends + self.near
        return self.friends if self.online_status == "friends" else ()

    def __len__(self) -> int:
        return len(self.friends) + len(self.near) + len(self.far)


_IDS = "coalesce(array_agg(v.id::text) FILTER (WHERE {}), '{{}}')"
#: For the aliases of a relation, grouped by ``u``: here each viewer ``v`` is one of the circle.
_CIRCLE = Columns(
    Circle,
    {
        "online_status": level("onlineStatus"),
        "friends": Made(_IDS.format("f.accepted_at IS NOT NULL"), tuple),
        "near": Made(_IDS.format(f"f.accepted_at IS NULL AND {_NEAR}"), tuple),
        "far": Made(_IDS.format(f"NOT {_NEAR}"), tuple),
    },
)


async def circles(db: Queryable, user_ids: Sequence[str]) -> dict[str, Circle]:
    """Find the circles of people who are not deleted."""
    rows = await db.query(
        f"""SELECT u.id, {_CIRCLE.sql}
              FROM users u
              LEFT JOIN LATERAL ({_KNOWN.format(me="u.id")}) v(id) ON NOT {_BY_ME} AND NOT {_ME}
              {JOINS}
             WHERE u.id = ANY(%s::uuid[]) AND u.deleted_at IS NULL GROUP BY u.id""",
        (list(user_ids),),
    )
    return {row[0]: _CIRCLE.take(row, 1) for row in rows}


def lock(tx: Transaction, one_id: str, other_id: str) -> None:
    """Let nobody else change how these two stand to each other until the transaction ends; taken before any row.

    Nor do they change their profiles meanwhile: each is told of the other as they are.
    """
    low, high = sorted((one_id, other_id))
    tx.ahead(
        """SELECT pg_advisory_xact_lock(hashtextextended(%s, 1)), pg_advisory_xact_lock_shared(hashtextextended(%s, 2)),
                  pg_advisory_xact_lock_shared(hashtextextended(%s, 2))""",
        (f"{low} {high}", low, high),
    )


def revise(tx: Transaction, one_id: str, other_id: str) -> None:
    """Begin a change of how two people stand to each other: what they see of each other has a new revision.

    Under :func:`lock`, which what changes their profiles waits for too: the greater number is the later commit.
    """
    tx.ahead(
        """INSERT INTO pairs AS p (user_low, user_high, revision) VALUES (%s, %s, nextval('revisions'))
           ON CONFLICT (user_low, user_high) DO UPDATE SET revision = excluded.revision""",
        tuple(sorted((one_id, other_id))),
    )


async def lock_all(db: Queryable, user_id: str) -> None:
    """Let nobody change how they stand to a person until the transaction ends; taken before any row.

    So that whoever comes to know the person meanwhile is told of a change of the profile too.
    """
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 2))", (user_id,))
