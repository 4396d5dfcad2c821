"""One request that adds to an upload of tus."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from twisted.internet.defer import Deferred

from chatr.api.context import Caller
from chatr.api.errors import ApiError
from chatr.files.staging import Staged, Staging
from chatr.files.unfinished import Unfinished, UnfinishedUploads
from chatr.rest.http.headers import HttpRefusal
from chatr.rest.transfers.intake import Intake, refused, too_large
from chatr.rest.transfers.tus_headers import RESUMABLE, Checksum


class TusPart:
    """Takes its body, and has it on the disk before anybody hears of it."""

    def __init__(
        self,
        staging: Staging,
        uploads: UnfinishedUploads,
        intake: Intake,
        caller: Caller,
        upload: Unfinished,
        checksum: Checksum | None,
        before: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """``before``: what makes it, if it is the first."""
        self.caller = caller
        self.upload = upload
        self.is_whole = False
        self._uploads = uploads
        self._intake = intake
        self._checksum = checksum
        self._is_first = before is not None
        intake.headers.append(RESUMABLE)
        upload.holder = self
        algorithm = checksum.algorithm if checksum else ""
        self._staged = Staged(staging, upload.id, intake, offset=upload.offset, algorithm=algorithm, before=before)

    # The request calls these.

    def received(self, data: bytes) -> None:
        """More has come. Raises ``too_large``."""
        if self._staged.size + len(data) > self.upload.described.length:
            raise HttpRefusal.of(too_large(self.upload.described.length), [RESUMABLE])
        self._staged.write(data)

    def ended(self) -> None:
        """All has come."""
        self.is_whole = self._staged.size == self.upload.described.length
        self._intake.body_ended()

    def lost(self) -> None:
        """The client has gone: what has come is kept, unless it was to be checked, or nobody knows of the upload."""
        self._intake.body_ended()
        Deferred.fromCoroutine(self._keep())

    # Whoever comes in its place, and whoever answers.

    def cut(self) -> None:
        """Add no more."""
        self._intake.cut()

    @property
    def silent_s(self) -> float:
        """For how long nothing has come."""
        return self._intake.silent_s

    async def settle(self) -> None:
        """Have what has come on the disk. Raises what stands in the way; nothing is kept then."""
        try:
            digest = await self._staged.end()
        except Exception as error:
            if self._is_first:
                await self._uploads.remove(self.upload)
            raise refused(error) from error
        if self._checksum is not None and digest != self._checksum.digest:
            if self._is_first:
                await self._uploads.remove(self.upload)
            raise HttpRefusal(460, "The bytes are not those that the checksum is of", more=[RESUMABLE])
        self._uploads.reached(self.upload, self._staged.size)

    def over(self) -> None:
        """Others may add to it."""
        self.upload.release()
        self._intake.over()

    async def _keep(self) -> None:
        try:
            if self._is_first:
                await self._staged.abandon()
                await self._uploads.remove(self.upload)
            elif self._checksum is None:
                await self.settle()
            else:
                await self._staged.end()
        except (ApiError, OSError):
            # Whoever comes back goes on from where it was before.
            pass
        finally:
            self.over()
