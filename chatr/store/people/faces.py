"""What people look like to those whom they have blocked: as they did at the block, and no more of them than that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
from msgspec import UNSET

from chatr.api.model import Reaction, Reactor, Sender
from chatr.store.columns import Columns
from chatr.store.pool import Queryable


class Face(msgspec.Struct, frozen=True):
    """What somebody was called when they blocked the viewer, and their picture. ``at``: seconds since the epoch."""

    username: str
    display_name: str
    profile_image: str | None
    at: float


#: Of whoever blocks the viewer, by user id. Of all others the viewer sees who they are now.
Faces: TypeAlias = Mapping[str, Face]
NONE: Faces = {}

#: For the alias ``b`` (blocks).
FACE = Columns(
    Face,
    {
        "username": "b.username",
        "display_name": "b.display_name",
        "profile_image": "b.profile_image",
        "at": "extract(epoch FROM b.created_at)::float8",
    },
)
_AS_ONE = f"jsonb_build_array({FACE.sql})"
#: The face of one person for another, NULL unless the first blocks the second: ``ONE.format(seen, viewer)``.
ONE = f"(SELECT {_AS_ONE} FROM blocks b WHERE b.blocker_id = {{}} AND b.blocked_id = {{}})"
#: The faces of everybody who is, or was, in a conversation with the viewer: ``ALL.format(conversation, viewer)``.
ALL = f"""(SELECT jsonb_object_agg(b.blocker_id, {_AS_ONE}) FROM blocks b
             JOIN members bm ON bm.user_id = b.blocker_id WHERE bm.conversation_id = {{}} AND b.blocked_id = {{}})"""


def faces(found: Mapping[str, Sequence[Any]] | None) -> Faces:
    """Make faces from :data:`ALL`."""
    return {user_id: FACE.take(row) for user_id, row in found.items()} if found else NONE


async def among(db: Queryable, viewer_id: str, user_ids: Iterable[str]) -> Faces:
    """Find the faces of those of some people who block the viewer."""
    others = sorted({*user_ids} - {viewer_id})
    if not others:
        return NONE
    rows = await db.query(
        f"SELECT b.blocker_id, {FACE.sql} FROM blocks b WHERE b.blocked_id = %s AND b.blocker_id = ANY(%s::uuid[])",
        (viewer_id, others),
    )
    return {row[0]: FACE.take(row, 1) for row in rows}


def sender(of: Faces, user_id: str, username: str, display_name: str, profile_image: str | None) -> Sender:
    """Show who wrote a message, as the viewer sees them."""
    frozen = of.get(user_id)
    if frozen is not None:
        username, display_name, profile_image = frozen.username, frozen.display_name, frozen.profile_image
    return Sender(id=user_id, username=username, display_name=display_name, profile_image=profile_image or UNSET)


def quoted(of: Faces, user_id: str, name: str, at: float) -> str:
    """Name who wrote the original of a quote of that moment: by the name of its time, if that is known."""
    frozen = of.get(user_id)
    return frozen.display_name if frozen is not None and at > frozen.at else name


def reactions(of: Faces, found: list[Reaction]) -> list[Reaction]:
    """Show who has reacted, as the viewer sees them."""
    if not of:
        return found
    return [
        msgspec.structs.replace(
            each, users=[Reactor(one.id, of[one.id].username) if one.id in of else one for one in each.users]
        )
        for each in found
    ]
