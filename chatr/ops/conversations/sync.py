"""What changed while a client was away (spec/sync.md)."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta, timezone
from uuid import UUID

from msgspec import UNSET, UnsetType

from chatr.api.contract import GUESTS, Route, operation
from chatr.api.errors import invalid
from chatr.api.model import Conversation, Cursor, Id, Params, Wire
from chatr.ops import pages
from chatr.ops.people import visibility
from chatr.ops.ports import Ctx
from chatr.store import epoch
from chatr.store.conversations import conversations
from chatr.store.epoch import Moment
from chatr.store.groups import rosters
from chatr.store.people import friends

#: How far a cursor reaches back behind the moment it was given out. A change is stamped when its statement runs and
#: seen when its transaction commits: between the two lie at most a few statement timeouts.
OVERLAP = timedelta(seconds=60)
#: Older cursors start anew: by then a fresh page is cheaper than the list of changes.
MAX_AGE = timedelta(days=30)
PAGE = 50
MAX_CHANGES = 500


class SyncChangesParams(Params, frozen=True, kw_only=True):
    """The cursor of the last answer."""

    cursor: Cursor | None = None


class SyncChanges(Wire, frozen=True, kw_only=True):
    """Conversations that changed; ``reset``: forget what you have, this is the newest page of the list.

    ``friends``: the friends, requests or blocks have changed, fetch their lists anew; ``invites``: so have the groups
    to which the caller is invited (group.invites). Guests have none.
    """

    cursor: str
    conversations: list[Conversation]
    removed: list[Id]
    friends: bool | UnsetType = UNSET
    invites: bool | UnsetType = UNSET
    reset: bool


@operation("sync.changes", Route("GET", "/sync"), GUESTS)
async def changes(ctx: Ctx, params: SyncChangesParams) -> SyncChanges:
    """Every conversation of the caller that changed since the cursor, with its head and watermarks.

    Repeats are possible and harmless. ``reset`` without a cursor, with one too old or of another epoch of the database,
    or with more changes than an answer holds.
    """
    return await ctx.ports.limits.resumes.run(ctx.caller.user_id, lambda: _changes(ctx, params), ctx.hang_up)


async def _changes(ctx: Ctx, params: SyncChangesParams) -> SyncChanges:
    db, viewer_id = ctx.ports.db, ctx.caller.user_id
    moment = await epoch.moment(db)
    now, cursor = moment.at, _encode(moment)
    horizon = _decode(params.cursor, moment.epoch) if params.cursor else None
    if horizon is not None and now - MAX_AGE < horizon <= now:
        views = await conversations.changed_since(db, viewer_id, horizon, MAX_CHANGES + 1)
        if len(views) <= MAX_CHANGES:
            removed = await conversations.left_since(db, viewer_id, horizon)
            changed = [visibility.conversation(view, viewer_id) for view in views]
            fits = len(pages.first(changed, ctx.ports.limits.page_bytes)) == len(changed)
            moved = await friends.changed_since(db, viewer_id, horizon) or UNSET
            invited = await rosters.invited_since(db, viewer_id, horizon) or UNSET
            if fits:
                return SyncChanges(
                    cursor=cursor,
                    conversations=changed,
                    removed=removed,
                    friends=moved,
                    invites=invited,
                    reset=False,
                )
    views = await conversations.newest(db, viewer_id, limit=PAGE)
    newest = pages.first([visibility.conversation(view, viewer_id) for view in views], ctx.ports.limits.page_bytes)
    lists = UNSET if ctx.caller.role == "guest" else True
    return SyncChanges(cursor=cursor, conversations=newest, removed=[], friends=lists, invites=lists, reset=True)


def _encode(moment: Moment) -> str:
    horizon = int((moment.at - OVERLAP).timestamp() * 1_000_000)
    return base64.urlsafe_b64encode(f"{moment.epoch}:{horizon}".encode()).decode()


def _decode(cursor: str, current: str) -> datetime | None:
    """From when on changes are new to whoever has the cursor; None when it is of another epoch: all are."""
    try:
        named, _, micros = base64.urlsafe_b64decode(cursor.encode()).decode().partition(":")
        horizon = datetime.fromtimestamp(int(micros) / 1_000_000, timezone.utc)
        return horizon if str(UUID(named)) == current else None
    except (ValueError, OverflowError, OSError, binascii.Error):
        raise invalid("$.cursor", "is not a cursor of this server") from None
