"""Operations that come with a file, in one request: ``multipart/form-data`` that goes to the disk as it comes.

Who calls, and whether they may, is known before anything of the body is read. What an upload becomes says the operation
(chatr/ops/files).
"""

from __future__ import annotations

from typing import Any

import msgspec
from twisted.internet.defer import Deferred

from chatr.api.context import Caller, HangUp, Uploaded
from chatr.api.contract import Operation, Upload
from chatr.api.dispatch import Dispatcher
from chatr.config.files import FilesSettings
from chatr.files.staging import Staged, Staging
from chatr.rest.exchange import PREFIX, Exchange, absent, as_json
from chatr.rest.http.request import ChatrRequest
from chatr.rest.parameters import Shape, decoded, parameters
from chatr.rest.transfers.intake import Intake, UnderWay, refused, too_large
from chatr.rest.transfers.multipart import OVERHEAD_BYTES, MultipartForm, boundary_of


class Uploads:
    """Serves them."""

    def __init__(
        self, exchange: Exchange, dispatcher: Dispatcher, staging: Staging, settings: FilesSettings, under_way: UnderWay
    ) -> None:
        self.exchange = exchange
        self.dispatcher = dispatcher
        self.staging = staging
        self.settings = settings
        self.under_way = under_way
        for record in dispatcher.contract.operations.values():
            if record.route.upload is not None:
                _Route(self, record, record.route.upload).serve()


class _Route:
    """One operation."""

    def __init__(self, door: Uploads, record: Operation, upload: Upload) -> None:
        self._door = door
        self._record = record
        self._field = upload.field
        self._max_bytes: int = getattr(door.settings, upload.limit)
        self._algorithm = "sha256" if upload.hashed else ""
        self._shape = Shape.of(record)

    def serve(self) -> None:
        """Answer at the path of the operation, and at its aliases."""
        record, exchange = self._record, self._door.exchange
        for number, path in enumerate((record.route.path, *record.route.aliases)):
            endpoint = f"{record.name}.{number}" if number else record.name
            exchange.take(record.name, record.route.verb, PREFIX + path, self._open)
            # A drain waits for what has been let in: nothing is after it began.
            exchange.serve(
                record.name, PREFIX + path, self._answer, verb=record.route.verb, endpoint=endpoint, drains=False
            )

    def _open(self, request: ChatrRequest, length: int | None) -> _Upload:
        """The headers are in."""
        door = self._door
        caller = door.exchange.caller(request)
        door.dispatcher.admit(self._record, caller)
        boundary = boundary_of(request.getHeader("content-type") or "")
        most_bytes = self._max_bytes + OVERHEAD_BYTES
        if length is not None and length > most_bytes:
            raise too_large(self._max_bytes)
        intake = Intake(door.exchange, door.under_way, request, caller)
        staged = Staged(door.staging, door.staging.new_id(), intake, algorithm=self._algorithm)
        return _Upload(caller, intake, staged, boundary, self._field, self._max_bytes)

    async def _answer(self, request: ChatrRequest, /, **variables: str) -> bytes:
        """The body has come."""
        record, exchange, upload = self._record, self._door.exchange, request.taken_body()
        if not isinstance(upload, _Upload):
            # Its path was written in a way of its own, so that it was not known for what it is.
            raise absent()
        hang_up = HangUp()
        call = self._call(request, upload, variables, hang_up)
        answer: Any = await exchange.run(call, alone=hang_up)
        request.setResponseCode(record.route.status)
        return as_json(request, answer)

    async def _call(
        self, request: ChatrRequest, upload: _Upload, variables: dict[str, str], hang_up: HangUp
    ) -> msgspec.Struct:
        """Run the operation; whatever comes of it, nothing stays behind of what it has not taken."""
        try:
            raw, _ = parameters(request, self._shape, variables, decoded(upload.texts(), self._shape))
            answer: msgspec.Struct = await self._door.dispatcher.call(
                self._record,
                raw,
                upload.caller,
                request_id=request.request_id,
                from_text=True,
                hang_up=hang_up,
                uploaded=await upload.uploaded(),
            )
            return answer
        finally:
            await upload.discard()


class _Upload:
    """The body of one request."""

    def __init__(
        self, caller: Caller, intake: Intake, staged: Staged, boundary: str, field: str, max_bytes: int
    ) -> None:
        self.caller = caller
        self._intake = intake
        self._staged = staged
        self._max_bytes = max_bytes
        self._left_bytes = max_bytes + OVERHEAD_BYTES
        self._form = MultipartForm(boundary, field, self)
        self._name = self._media_type = ""

    # The request calls these.

    def received(self, data: bytes) -> None:
        """More has come. Raises ApiError."""
        self._left_bytes -= len(data)
        if self._left_bytes < 0:
            raise too_large(self._max_bytes)
        self._form.feed(data)

    def ended(self) -> None:
        """All has come."""
        self._intake.body_ended()

    def lost(self) -> None:
        """Nothing of it stays."""
        self._intake.body_ended()
        Deferred.fromCoroutine(self.discard())

    # The form calls these.

    def begins(self, name: str, media_type: str) -> None:
        """The file comes."""
        self._name, self._media_type = name, media_type

    def write(self, data: bytes) -> None:
        """A piece of the file has come. Raises ``too_large``."""
        if self._staged.size + len(data) > self._max_bytes:
            raise too_large(self._max_bytes)
        self._staged.write(data)

    # Whoever answers calls these.

    def texts(self) -> dict[str, str]:
        """What came beside the file. Raises ``invalid`` when it is not a whole form with a file."""
        self._form.close()
        return self._form.texts

    async def uploaded(self) -> Uploaded:
        """The file, whole and on the disk. Raises ``unavailable``."""
        try:
            sha256 = await self._staged.end(for_good=False)
        except Exception as error:
            raise refused(error) from error
        staged = self._staged
        return Uploaded(
            id=staged.id,
            path=staged.path,
            size=staged.size,
            sha256=sha256 or None,
            ends=staged.ends,
            name=self._name,
            media_type=self._media_type,
        )

    async def discard(self) -> None:
        """Remove what there is."""
        try:
            await self._staged.abandon()
        finally:
            self._intake.over()
