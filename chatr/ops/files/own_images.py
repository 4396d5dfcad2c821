"""What people look like: their image and the one behind it."""

from __future__ import annotations

from typing import Literal

import msgspec

from chatr.api.contract import USERS, Rate, Route, Upload, operation
from chatr.api.model import Empty, NoParams, PublicImage
from chatr.ops import access
from chatr.ops.files import pictures, receiving
from chatr.ops.people import announcing
from chatr.ops.ports import Ctx
from chatr.store.people import people, relations
from chatr.store.pool import Transaction

Field = Literal["profile_image", "cover_image"]
_RATE = Rate(20, 60, group="images")


@operation(
    "user.set_image",
    Route("POST", "/users/profile-image", upload=Upload("profileImage", "max_avatar_bytes")),
    USERS,
    errors=receiving.ERRORS,
    rate=_RATE,
)
async def set_image(ctx: Ctx, params: NoParams) -> PublicImage:
    """Show an image of the caller, to everybody: JPEG, PNG, GIF, WebP or AVIF. The middle of it is taken, square."""
    return await _set(ctx, "profile_image")


@operation(
    "user.set_cover_image",
    Route("POST", "/users/cover-image", upload=Upload("coverImage", "max_cover_bytes")),
    USERS,
    errors=receiving.ERRORS,
    rate=_RATE,
)
async def set_cover_image(ctx: Ctx, params: NoParams) -> PublicImage:
    """Show an image behind that of the caller, twice as wide as high."""
    return await _set(ctx, "cover_image")


@operation("user.remove_image", Route("DELETE", "/users/profile-image"), USERS, rate=_RATE)
async def remove_image(ctx: Ctx, params: NoParams) -> Empty:
    """Show no image of the caller any more."""
    return await _remove(ctx, "profile_image")


@operation("user.remove_cover_image", Route("DELETE", "/users/cover-image"), USERS, rate=_RATE)
async def remove_cover_image(ctx: Ctx, params: NoParams) -> Empty:
    """Show no image behind that of the caller any more."""
    return await _remove(ctx, "cover_image")


async def _set(ctx: Ctx, field: Field) -> PublicImage:
    purpose: Literal["avatar", "cover"] = "avatar" if field == "profile_image" else "cover"
    image_id = await pictures.receive(ctx, purpose)
    async with ctx.ports.db.transaction() as tx:
        person = await _held(ctx, tx)
        path = await pictures.replace(ctx, tx, image_id, getattr(person, field))
        await _show(ctx, tx, person, field, path)
    return pictures.image(path, purpose)


async def _remove(ctx: Ctx, field: Field) -> Empty:
    async with ctx.ports.db.transaction() as tx:
        person = await _held(ctx, tx)
        if (path := getattr(person, field)) is not None:
            await pictures.remove(ctx, tx, path)
            await _show(ctx, tx, person, field, None)
    return Empty()


async def _held(ctx: Ctx, tx: Transaction) -> people.Person:
    await relations.lock_all(tx, ctx.caller.user_id)
    return access.own_account(await people.lock(tx, ctx.caller.user_id))


async def _show(ctx: Ctx, tx: Transaction, person: people.Person, field: Field, path: str | None) -> None:
    changed = msgspec.structs.replace(person, **{field: path})
    await people.set_images(tx, changed)
    await announcing.changed(ctx, tx, person, changed)
