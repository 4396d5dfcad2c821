"""How many strangers somebody may approach in a day, whatever restarts in between: config/serving.py ``Limits``.

How many messages one may write to a stranger who has not accepted says ops/conversations/requests.py.
"""

from __future__ import annotations

from datetime import timedelta

from chatr.api.errors import ApiError
from chatr.ops.ports import Ctx
from chatr.store.people import approaches
from chatr.store.people.people import Person
from chatr.store.pool import Transaction

_DAY = timedelta(days=1)


async def begins_conversation(ctx: Ctx, tx: Transaction, me: Person) -> None:
    """Count a conversation that the caller begins with a stranger. Raises ``rate_limited``: on a first day earlier."""
    limits = ctx.ports.limits.settings
    left_s = (me.created_at + _DAY - ctx.now).total_seconds()
    most = min(limits.strangers_first_day, limits.strangers_per_day) if left_s > 0 else limits.strangers_per_day
    wait_s = await _wait_s(ctx, tx, "conversation", most)
    if wait_s is not None:
        if left_s > 0 and most < limits.strangers_per_day:
            wait_s = min(wait_s, max(1, round(left_s)))
        raise _refused(f"You have begun {most} conversations with people who don't know you within a day", wait_s)


async def asks_friend(ctx: Ctx, tx: Transaction) -> None:
    """Count somebody whom the caller asks to be a friend. Raises ``rate_limited``."""
    most = ctx.ports.limits.settings.friend_requests_per_day
    wait_s = await _wait_s(ctx, tx, "friend", most)
    if wait_s is not None:
        raise _refused(f"You have asked {most} people to be friends within a day", wait_s)


async def invites(ctx: Ctx, tx: Transaction, count: int) -> None:
    """Count strangers whom the caller invites to a group. Raises ``rate_limited``."""
    most = ctx.ports.limits.settings.invites_per_day
    wait_s = await _wait_s(ctx, tx, "invite", most, count) if count else None
    if wait_s is not None:
        raise _refused(f"You may invite {most} people who don't know you within a day", wait_s)


async def _wait_s(ctx: Ctx, tx: Transaction, kind: approaches.Kind, most: int, count: int = 1) -> int | None:
    if not ctx.ports.limits.settings.enabled:
        return None
    return await approaches.add(tx, ctx.caller.user_id, kind, most, count=count)


def _refused(detail: str, wait_s: int) -> ApiError:
    return ApiError("rate_limited", detail, retry_after_s=wait_s)
