"""Previews of links: asked for, and of a message's first one (previews/links.py), which no client makes.

Bounds and whether there are any: config/messages.py ``Previews``. Where nothing is fetched from says
previews/addresses.py, which schemes and ports previews/urls.py; the work is done by services/link_previews.py.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from chatr.api.contract import USERS, Rate, Route, operation
from chatr.api.errors import ApiError, invalid
from chatr.api.events.messages import MessagePreview
from chatr.api.model import LinkPreview, Params
from chatr.ops import log
from chatr.ops.ports import Ctx
from chatr.previews.urls import MAX_CHARS
from chatr.store.messages import changes, previews
from chatr.store.messages.changes import Held
from chatr.store.messages.previews import PreviewJob
from chatr.store.pool import Transaction

RATE = Rate(30, 60)


class PreviewGetParams(Params, frozen=True, kw_only=True):
    """Which link: http or https."""

    url: Annotated[str, Meta(min_length=1, max_length=MAX_CHARS, description="An http or https URL with a host.")]


@operation("preview.get", Route("GET", "/link-preview"), USERS, errors=["not_found"], rate=RATE)
async def get(ctx: Ctx, params: PreviewGetParams) -> LinkPreview:
    """What a page says of itself, as the server sees it. ``not_found`` when it says nothing or can't be fetched.

    Why it can't is not told: nobody learns by it what there is in the server's network.
    """
    try:
        url = ctx.ports.messages.previews.normal(params.url)
    except ValueError as error:
        raise invalid("$.url", str(error)) from None
    found = await ctx.ports.messages.previews.get(url)
    if found is None:
        raise ApiError("not_found", "There is no preview of this link")
    return found


def wanted(ctx: Ctx, text: str) -> str:
    """The link of a text that the caller writes, to look at; empty: none. So many a minute get a preview, no more."""
    if not ctx.ports.messages.previews.enabled:
        return ""
    link = ctx.ports.messages.previews.link(text)
    return link if link and ctx.ports.limits.limiter.passes("link preview", ctx.caller.user_id, RATE) else ""


async def edited(ctx: Ctx, tx: Transaction, held: Held, text: str) -> None:
    """What an edit means for the preview: with the same link it stays, with another one there will be another."""
    if ctx.ports.messages.previews.link(held.content) == ctx.ports.messages.previews.link(text):
        return
    await previews.remove(tx, held.id)
    link = wanted(ctx, text)
    if link:
        await previews.queue(tx, held.id, link)
        tx.then(ctx.ports.messages.preview_queue.wake)


async def attach(tx: Transaction, job: PreviewJob, preview: LinkPreview) -> None:
    """Give a message the preview of its link, unless another process has, or it is not there as it was."""
    held = await changes.hold_for_nobody(tx, job.message_id)
    if not await previews.take(tx, job) or held is None or held.unsent or held.declined or held.closed:
        return
    await previews.attach(tx, held.id, preview)
    await log.record(tx, held, MessagePreview)
