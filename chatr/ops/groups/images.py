"""What a group looks like: its image and the one behind it, for its owners and admins. The log says who did."""

from __future__ import annotations

from typing import Literal

from chatr.api.contract import USERS, Rate, Route, Upload, operation
from chatr.api.model import Empty, GroupParams, PublicImage
from chatr.ops import access
from chatr.ops.files import pictures, receiving
from chatr.ops.groups import rules, turns
from chatr.ops.ports import Ctx
from chatr.store.groups import groups

Field = Literal["profile_image", "cover_image"]
_ERRORS = ("not_found", "forbidden")
_RATE = Rate(20, 60, group="images")


@operation(
    "group.set_image",
    Route("POST", "/groups/<id>/profile-image", upload=Upload("profileImage", "max_cover_bytes")),
    USERS,
    errors=[*_ERRORS, *receiving.ERRORS],
    rate=_RATE,
)
async def set_image(ctx: Ctx, params: GroupParams) -> PublicImage:
    """Show an image of a group: JPEG, PNG, GIF, WebP or AVIF. The middle of it is taken, square."""
    return await _set(ctx, params.id, "profile_image")


@operation(
    "group.set_cover_image",
    Route("POST", "/groups/<id>/cover-image", upload=Upload("coverImage", "max_cover_bytes")),
    USERS,
    errors=[*_ERRORS, *receiving.ERRORS],
    rate=_RATE,
)
async def set_cover_image(ctx: Ctx, params: GroupParams) -> PublicImage:
    """Show an image behind that of a group, twice as wide as high."""
    return await _set(ctx, params.id, "cover_image")


@operation("group.remove_image", Route("DELETE", "/groups/<id>/profile-image"), USERS, errors=_ERRORS, rate=_RATE)
async def remove_image(ctx: Ctx, params: GroupParams) -> Empty:
    """Show no image of a group any more."""
    return await _remove(ctx, params.id, "profile_image")


@operation("group.remove_cover_image", Route("DELETE", "/groups/<id>/cover-image"), USERS, errors=_ERRORS, rate=_RATE)
async def remove_cover_image(ctx: Ctx, params: GroupParams) -> Empty:
    """Show no image behind that of a group any more."""
    return await _remove(ctx, params.id, "cover_image")


async def _set(ctx: Ctx, group_id: str, field: Field) -> PublicImage:
    purpose: Literal["avatar", "cover"] = "avatar" if field == "profile_image" else "cover"
    await _check(ctx, group_id)
    image_id = await pictures.receive(ctx, purpose)

    async def work(turn: turns.GroupTurn) -> str:
        rules.check("update", turn.group, turn.mine)
        path = await pictures.replace(ctx, turn.tx, image_id, getattr(turn.group, field))
        await groups.update(turn.tx, turn.id, {field: path})
        await turns.updated(turn, _SAID[field])
        return path

    try:
        return pictures.image(await turns.change(ctx, group_id, work), purpose)
    except Exception:
        await receiving.let_go(ctx, image_id)
        raise


async def _check(ctx: Ctx, group_id: str) -> None:
    """Raise the refusal before anybody looks at the image. It is asked again when it is the group's turn."""
    group = access.group(await groups.find(ctx.ports.db, group_id))
    mine = await groups.members(ctx.ports.db, group_id, [ctx.caller.user_id])
    rules.check("update", group, mine.get(ctx.caller.user_id))


async def _remove(ctx: Ctx, group_id: str, field: Field) -> Empty:
    async def work(turn: turns.GroupTurn) -> Empty:
        rules.check("update", turn.group, turn.mine)
        if (path := getattr(turn.group, field)) is not None:
            await pictures.remove(ctx, turn.tx, path)
            await groups.update(turn.tx, turn.id, {field: None})
            await turns.updated(turn, _SAID[field])
        return Empty()

    return await turns.change(ctx, group_id, work)


_SAID = {"profile_image": "pictured", "cover_image": "pictured"}
