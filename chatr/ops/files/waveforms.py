"""Waveforms by recorders: shown until the server has looked at the file itself (services/files/keeper.py)."""

from __future__ import annotations

from chatr.api.contract import GUESTS, Route, operation
from chatr.api.errors import ApiError
from chatr.api.model import Id, Message, Params
from chatr.ops import access
from chatr.ops.files.uploading import Duration, Waveform
from chatr.ops.ports import Ctx
from chatr.store.files import due


class MessageSetWaveformParams(Params, frozen=True, kw_only=True):
    """What the recorder has measured."""

    id: Id
    waveform: Waveform
    duration: Duration | None = None


@operation(
    "message.set_waveform",
    Route("PATCH", "/messages/<id>/waveform"),
    GUESTS,
    errors=["not_found", "forbidden", "gone"],
)
async def set_waveform(ctx: Ctx, params: MessageSetWaveformParams) -> Message:
    """Give an audio message of the caller's a waveform until the server has its own, which then replaces it.

    ``forbidden`` for somebody else's message, and for one that is no audio. It is ignored once the
    server has looked.
    """
    message = access.not_unsent(await access.message(ctx, params.id))
    if message.sender.id != ctx.caller.user_id or message.type != "audio":
        raise ApiError("forbidden", "Only who sent an audio message can give it a waveform")
    await due.preview(ctx.ports.db, params.id, params.waveform, params.duration)
    return await access.message(ctx, params.id)
