"""Uploads that go on where they were cut: tus 1.0 (tus.io/protocols/resumable-upload), at /api/files/tus.

Core, creation, creation-with-upload, termination, checksum and expiration. What is whole becomes what ``file.upload``
makes of it, under the id that it had here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from email.utils import formatdate
from functools import partial
from typing import Any

import msgspec

from chatr.api.context import Caller, HangUp, Uploaded
from chatr.api.contract import DEFAULT_RATE, Operation, Upload
from chatr.api.dispatch import Dispatcher, decode
from chatr.api.errors import ApiError
from chatr.config.files import FilesSettings
from chatr.files.names import clean
from chatr.files.staging import Staging, digest_of
from chatr.files.storage import StorageError
from chatr.files.unfinished import Described, Unfinished, UnfinishedUploads
from chatr.rest.exchange import PREFIX, Exchange, absent
from chatr.rest.http.bodies import Body
from chatr.rest.http.headers import HttpRefusal
from chatr.rest.http.request import ChatrRequest
from chatr.rest.parameters import Shape, decoded
from chatr.rest.transfers import tus_headers
from chatr.rest.transfers.intake import Intake, UnderWay, refused, too_large
from chatr.rest.transfers.tus_headers import RESUMABLE
from chatr.rest.transfers.tus_part import TusPart

PATH = "/files/tus"
#: Who adds to an upload and has said nothing for so long may be gone: somebody who comes back takes its place.
STALLED_S = 5.0
#: Says, or raises ``too_large``, that a person may have so many bytes more.
Room = Callable[[str, int], Awaitable[None]]


class Tus:
    """Serves them."""

    def __init__(
        self,
        exchange: Exchange,
        dispatcher: Dispatcher,
        record: Operation,
        staging: Staging,
        uploads: UnfinishedUploads,
        settings: FilesSettings,
        under_way: UnderWay,
        room: Room,
    ) -> None:
        """``record``: the operation that an upload ends in."""
        self.exchange = exchange
        self.staging = staging
        self.uploads = uploads
        self._dispatcher = dispatcher
        self._record = record
        # What goes on with an upload is no further one.
        self._going_on = msgspec.structs.replace(record, rate=DEFAULT_RATE)
        self._shape = Shape.of(record)
        upload = record.route.upload or Upload("file")
        self._max_bytes: int = getattr(settings, upload.limit)
        self._hashed = upload.hashed
        self._under_way = under_way
        self._room = room
        self._serve()

    def _serve(self) -> None:
        exchange, path = self.exchange, PREFIX + PATH
        exchange.take("tus.create", "POST", path, partial(_opened, self._open_new))
        exchange.take("tus.append", "PATCH", path + "/<id>", partial(_opened, self._open))
        exchange.serve("tus.options", path, self._options, verb="OPTIONS")
        exchange.serve("tus.create", path, self._create, verb="POST", drains=False)
        exchange.serve("tus.append", path + "/<id>", self._append, verb="PATCH", drains=False)
        exchange.serve("tus.offset", path + "/<id>", self._offset, verb="HEAD")
        exchange.serve("tus.terminate", path + "/<id>", self._terminate, verb="DELETE")

    # Before the body.

    def _open_new(self, request: ChatrRequest, length: int | None) -> Body:
        """Begin an upload, perhaps with its first bytes."""
        caller = self.exchange.caller(request)
        self._dispatcher.admit(self._record, caller)
        size = tus_headers.length_of(request)
        if size > self._max_bytes:
            raise too_large(self._max_bytes)
        if length != 0:
            tus_headers.check_content_type(request)
        described = Described(caller.user_id, size, request.getHeader("upload-metadata") or "")
        self._parameters(described)
        checksum = tus_headers.checksum_of(request)
        wanted = size + sum(each.described.length for each in self.uploads.going_on(caller.user_id))
        intake = Intake(self.exchange, self._under_way, request, caller)
        try:
            upload = self.uploads.begin(described)
        except ApiError:
            intake.over()
            raise

        async def before() -> None:
            await self._room(caller.user_id, wanted)
            await self.uploads.keep(upload)

        return TusPart(self.staging, self.uploads, intake, caller, upload, checksum, before)

    def _open(self, request: ChatrRequest, length: int | None) -> Body:
        """Go on with one."""
        caller, upload = self._found(request, request.path.rpartition(b"/")[2].decode("ascii", "replace"))
        tus_headers.check_content_type(request)
        offset = tus_headers.offset_of(request)
        self._take_from_the_silent(upload)
        if upload.holder is not None:
            raise _locked()
        if upload.described.finished:
            raise ApiError("conflict", "The upload has become a file")
        if offset != upload.offset:
            raise ApiError("conflict", f"The upload is at {upload.offset}")
        if length is not None and offset + length > upload.described.length:
            raise too_large(upload.described.length)
        checksum = tus_headers.checksum_of(request)
        intake = Intake(self.exchange, self._under_way, request, caller)
        return TusPart(self.staging, self.uploads, intake, caller, upload, checksum)

    # After it.

    async def _options(self, request: ChatrRequest, /, **variables: str) -> bytes:
        """What is offered."""
        for name, value in tus_headers.capabilities(self._max_bytes):
            request.setHeader(name, value)
        request.setResponseCode(204)
        return b""

    async def _create(self, request: ChatrRequest, /, **variables: str) -> bytes:
        """201, with the address of the upload."""
        part = await self._went_on(request)
        request.setHeader("Location", f"{PREFIX}{PATH}/{part.upload.id}")
        request.setResponseCode(201)
        return b""

    async def _append(self, request: ChatrRequest, /, **variables: str) -> bytes:
        """204, with the offset; at the end with the id of the file."""
        await self._went_on(request)
        request.setResponseCode(204)
        return b""

    async def _offset(self, request: ChatrRequest, /, **variables: str) -> bytes:
        """How far an upload is."""
        _, upload = self._found(request, variables["id"])
        self._take_from_the_silent(upload)
        if upload.holder is not None:
            if upload.holder.silent_s < STALLED_S:
                raise _locked()
            await upload.free()
        self._tell(request, upload)
        request.setHeader("Upload-Length", str(upload.described.length))
        if upload.described.metadata:
            request.setHeader("Upload-Metadata", upload.described.metadata)
        return b""

    async def _terminate(self, request: ChatrRequest, /, **variables: str) -> bytes:
        """Nothing of it stays."""
        _, upload = self._found(request, variables["id"])
        if isinstance(upload.holder, TusPart) and upload.holder.is_whole:
            raise _locked()
        if upload.holder is not None:
            upload.holder.cut()
            await upload.free()
        await self.uploads.remove(upload)
        request.setResponseCode(204)
        return b""

    # Ours.

    def _found(self, request: ChatrRequest, id: str) -> tuple[Caller, Unfinished]:
        """Who calls, and their upload. Every answer says that this is tus."""
        request.setHeader(*RESUMABLE)
        tus_headers.check_version(request)
        caller = self.exchange.caller(request)
        self._dispatcher.admit(self._going_on, caller)
        return caller, self.uploads.find(id, caller.user_id)

    def _take_from_the_silent(self, upload: Unfinished) -> None:
        if upload.holder is not None and upload.holder.silent_s >= STALLED_S:
            upload.holder.cut()

    def _parameters(self, described: Described) -> tuple[str, str, dict[str, Any]]:
        """What a file is called and said to be, and the parameters of the operation. Raises ``invalid``."""
        metadata = tus_headers.metadata_of(described.metadata)
        known = {field.encode_name for field in msgspec.structs.fields(self._record.params)}
        texts = {name: value for name, value in metadata.items() if name in known}
        raw = decoded(texts, self._shape)
        decode(self._record, raw, from_text=True)
        name = metadata.get("filename", "")
        return clean(name) if name else "", metadata.get("filetype", ""), raw

    async def _went_on(self, request: ChatrRequest) -> TusPart:
        """What has come is on the disk; if that is all, it has become a file."""
        request.setHeader(*RESUMABLE)
        part = request.taken_body()
        if not isinstance(part, TusPart):
            raise absent()
        # All of it is here: whoever has gone comes back and asks what has become of it.
        await self.exchange.run(self._go_on(request, part), alone=HangUp())
        self._tell(request, part.upload)
        return part

    async def _go_on(self, request: ChatrRequest, part: TusPart) -> None:
        try:
            await part.settle()
            if part.upload.offset < part.upload.described.length:
                return
            uploaded, raw = await self._whole(part.upload)
            try:
                await self._dispatcher.call(
                    self._record,
                    raw,
                    part.caller,
                    request_id=request.request_id,
                    from_text=True,
                    uploaded=uploaded,
                )
            except Exception:
                await self.uploads.remove(part.upload)
                raise
            await self.uploads.finish(part.upload)
        except (OSError, StorageError) as error:
            raise refused(error) from error
        finally:
            part.over()

    async def _whole(self, upload: Unfinished) -> tuple[Uploaded, dict[str, Any]]:
        name, media_type, raw = self._parameters(upload.described)
        path = self.staging.path(upload.id)
        sha256 = await self.staging.run(digest_of, path) if self._hashed else None
        size = upload.described.length
        uploaded = Uploaded(id=upload.id, path=path, size=size, sha256=sha256, name=name, media_type=media_type)
        return uploaded, raw

    def _tell(self, request: ChatrRequest, upload: Unfinished) -> None:
        """How far it is, and until when it can be gone on with."""
        request.setHeader("Upload-Offset", str(upload.offset))
        if upload.described.finished:
            request.setHeader("Chatr-File", upload.id)
        else:
            request.setHeader("Upload-Expires", formatdate(self.uploads.expires_at(upload), usegmt=True))


def _opened(opener: Callable[[ChatrRequest, int | None], Body], request: ChatrRequest, length: int | None) -> Body:
    """Open a body; what refuses it says that this is tus."""
    try:
        tus_headers.check_version(request)
        return opener(request, length)
    except ApiError as error:
        raise HttpRefusal.of(error, [RESUMABLE]) from None


def _locked() -> ApiError:
    return ApiError("locked", "The upload is being added to")
