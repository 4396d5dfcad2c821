"""Images of people and groups: public to whoever knows their address, which another image does not have."""

from __future__ import annotations

import uuid

from chatr.api.model import PublicImage, Thumbnails
from chatr.ops.files import receiving
from chatr.ops.ports import Ctx
from chatr.store.files import files
from chatr.store.files.files import Purpose
from chatr.store.pool import Transaction

#: The smaller forms: media/pictures/images.py makes them.
_SMALLER = {"avatar": ("96", "320"), "cover": ("600", "600")}


async def receive(ctx: Ctx, purpose: Purpose) -> str:
    """Store the image that came with a call, and return its id, which nobody can guess."""
    image_id = str(uuid.uuid4())
    await receiving.receive(ctx, image_id, purpose)
    return image_id


async def replace(ctx: Ctx, tx: Transaction, image_id: str, before: str | None) -> str:
    """Make it an image in place of the one at ``before``, in one with whatever shows it. Returns its path."""
    await receiving.ready_in(tx, image_id)
    await remove(ctx, tx, before)
    return files.IMAGES + image_id


async def remove(ctx: Ctx, tx: Transaction, path: str | None) -> None:
    """Have the image at a path go."""
    await files.let_go(tx, files.image_ids(path))
    tx.then(ctx.ports.files.keeper.wake)


def image(path: str, purpose: Purpose) -> PublicImage:
    """An image as it is told."""
    small, middle = _SMALLER[purpose]
    return PublicImage(url=path, thumbnails=Thumbnails(sm=f"{path}?size={small}", md=f"{path}?size={middle}"))
