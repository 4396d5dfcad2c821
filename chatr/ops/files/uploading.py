"""Uploads of files that are to be sent, in one step with the message or before it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from chatr.api.contract import GUESTS, Rate, Route, Upload, operation
from chatr.api.errors import ApiError
from chatr.api.model import Empty, File, Id, Message, Params
from chatr.ops import access
from chatr.ops.files import receiving
from chatr.ops.messages import sending, texts
from chatr.ops.ports import Ctx
from chatr.store.conversations import conversations
from chatr.store.files import files
from chatr.store.ids import uuid7
from chatr.store.messages import messages

#: What a recorder has measured while it recorded.
Waveform = Annotated[
    list[Annotated[float, Meta(ge=0, le=1)]],
    Meta(min_length=1, max_length=100, description="Up to 100 numbers from 0 to 1, of parts of the same length."),
]
Duration = Annotated[float, Meta(ge=0, le=86400, description="Seconds.")]
#: All uploads together.
UPLOADS = Rate(30, 60, group="uploads")


class FileUploadParams(Params, frozen=True, kw_only=True):
    """What is known of the file. ``type`` is not looked at: the server sees itself what it is."""

    type: Annotated[str, Meta(max_length=255)] | None = None
    waveform: Waveform | None = None
    duration: Duration | None = None


@operation(
    "file.upload",
    Route("POST", "/files", status=201, upload=Upload("file")),
    GUESTS,
    errors=receiving.ERRORS,
    rate=UPLOADS,
)
async def upload(ctx: Ctx, params: FileUploadParams) -> File:
    """Upload a file, which message.send can send then. One that is never sent goes after a day.

    Images, audio, video, PDF, office documents, text and zip: ``unsupported_media`` for all else, also for a file whose
    name says something else than its content. Images lose what is not picture, as where they were taken. ``waveform``
    and ``duration``, of a recording, are shown until the server has looked at it. By tus 1.0 too, at
    /api/files/tus, for connections that break.
    """
    file_id = access.uploaded(ctx).id
    await receiving.receive(ctx, file_id, "message", waveform=params.waveform, duration=params.duration)
    file = await receiving.ready(ctx, file_id)
    _listen(ctx, file)
    return file


class MessageUploadParams(Params, frozen=True, kw_only=True):
    """A file as a message: to whom, and what is said of it. Without ``clientId`` a repeated call sends it again."""

    recipient_id: Id | None = None
    conversation_id: Id | None = None
    caption: texts.Caption = ""
    client_id: sending.ClientId | None = None
    reply_to_id: Id | None = None
    group_id: Id | None = None
    waveform: Waveform | None = None
    duration: Duration | None = None


@operation(
    "message.upload",
    Route("POST", "/messages/upload", status=201, upload=Upload("file", hashed=True)),
    GUESTS,
    errors=["not_found", "blocked", "forbidden", "conflict", *receiving.ERRORS],
    rate=UPLOADS,
)
async def send_uploaded(ctx: Ctx, params: MessageUploadParams) -> Message:
    """Upload a file and send it in one step: file.upload and message.send. What can't be sent is not kept.

    Repeated with the same ``clientId`` it returns the first message, for ever; ``conflict``: that one was another file,
    or something else was said of it.
    """
    file_id = access.uploaded(ctx).id
    item = sending.MessageSendParams(
        content=params.caption,
        client_id=params.client_id or uuid7(),
        recipient_id=params.recipient_id,
        conversation_id=params.conversation_id,
        file_id=file_id,
        group_id=params.group_id,
        reply_to_id=params.reply_to_id,
    )
    sending.check(item, ctx.caller.user_id)
    if (first := await _first(ctx, item)) is not None:
        return first
    await receiving.receive(ctx, file_id, "message", waveform=params.waveform, duration=params.duration)
    file = await receiving.ready(ctx, file_id)
    try:
        message = await sending.send(ctx, item)
    except ApiError as error:
        await receiving.let_go(ctx, file_id)
        # The same call once more, at the same time.
        if error.code == "conflict" and (first := await _first(ctx, item)) is not None:
            return first
        raise
    _listen(ctx, file)
    return message


def _listen(ctx: Ctx, file: File) -> None:
    """Have the server look at a recording, if it is one."""
    if file.waveform_state == "pending":
        ctx.ports.files.keeper.wake()


async def _first(ctx: Ctx, item: sending.MessageSendParams) -> Message | None:
    """Find what was sent with the same client id. Raises ``conflict`` when that was something else."""
    conversation_id = item.conversation_id
    if conversation_id is None:
        conversation_id = await conversations.direct_id(ctx.ports.db, ctx.caller.user_id, item.recipient_id or "")
    if conversation_id is None:
        return None
    client_id = item.client_id.lower()
    found = await messages.by_client_id(ctx.ports.db, conversation_id, ctx.caller.user_id, client_id)
    if found is None:
        return None
    message, digest = found
    sent = await files.sent_with(ctx.ports.db, message.id)
    if sent is not None and await _came_again(ctx, sent) and not sending.differs(ctx, digest, item, sent.file_id):
        return message
    raise ApiError("conflict", "Another message was sent with this clientId")


async def _came_again(ctx: Ctx, sent: files.SentFile) -> bool:
    """Whether what came with the call is what a file that was sent has come as."""
    uploaded, sha256 = access.uploaded(ctx), sent.sha256
    if sha256 is None and sent.size == uploaded.size:
        sha256 = await receiving.digest_of_stored(ctx, sent.file_id)
    return sha256 is not None and sha256 == uploaded.sha256


class FileRemoveParams(Params, frozen=True, kw_only=True):
    """Which file."""

    id: Id


@operation("file.remove", Route("DELETE", "/files/<id>"), GUESTS, errors=["not_found", "conflict"])
async def remove(ctx: Ctx, params: FileRemoveParams) -> Empty:
    """Remove a file of the caller's that was not sent. ``conflict``: it was; message.unsend takes it back."""
    kept = await files.kept(ctx.ports.db, params.id, ctx.caller.user_id)
    if kept is None or kept.owner_id != ctx.caller.user_id or kept.purpose not in ("message", "export"):
        raise access.no_file()
    if kept.sent:
        raise ApiError("conflict", "The file is in a message: take that back")
    if not await receiving.let_go(ctx, kept.id):
        # It was sent or removed at this very moment, and that says what to answer.
        return await remove(ctx, params)
    return Empty()
