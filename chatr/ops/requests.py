"""What follows when a message request is accepted: by act, by an answer, or by becoming friends."""

from __future__ import annotations

from functools import partial

from chatr.api.events import CONVERSATION_ACCEPTED, ConversationAccepted
from chatr.ops import audience, receipts
from chatr.ops.ports import Ctx
from chatr.store.pool import Transaction


async def accepted(
    ctx: Ctx, tx: Transaction, conversation_id: str, pair: tuple[str, str], *, exclude: str = ""
) -> None:
    """Tell both that the caller has accepted a request between them, and what was withheld while it waited.

    ``exclude``: the connection that has it from its answer.
    """
    told = ConversationAccepted(conversation_id=conversation_id, accepted_by=ctx.caller.user_id)
    tx.emit(CONVERSATION_ACCEPTED, told, [audience.person(user_id) for user_id in pair], exclude=exclude)
    await receipts.reveal(ctx, tx, conversation_id)


async def answered(ctx: Ctx, conversation_id: str, pair: tuple[str, str]) -> None:
    """The same after an answer, whose commit has accepted the request already."""
    told = ConversationAccepted(conversation_id=conversation_id, accepted_by=ctx.caller.user_id)
    ctx.ports.publisher.publish(CONVERSATION_ACCEPTED, told, [audience.person(user_id) for user_id in pair])
    ctx.ports.publisher.forget(pair)
    ctx.ports.announcer.meet(*pair)
    # Behind what was told of the watermarks so far, and before what is told of them next.
    work = partial(receipts.revealed, ctx, conversation_id)
    await ctx.ports.writer.work(work, caller=ctx.caller.user_id, place=conversation_id)
