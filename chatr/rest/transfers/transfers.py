"""All ways of files in and out, tied together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chatr.api.dispatch import Dispatcher
from chatr.config.files import FilesSettings
from chatr.files.staging import Staging
from chatr.files.storage import Storage
from chatr.files.unfinished import UnfinishedUploads
from chatr.media.ends import unread
from chatr.process.tasks import Tasks
from chatr.rest.exchange import Exchange
from chatr.rest.metrics import Metrics
from chatr.rest.transfers.downloads import Downloads, Serving
from chatr.rest.transfers.intake import UnderWay
from chatr.rest.transfers.tus import Room, Tus
from chatr.rest.transfers.uploads import Uploads
from chatr.store.ids import uuid7

#: Each has a file open; what they have in memory has a bound of its own (files/staging.py).
UPLOADS_OF_ONE, UPLOADS = 8, 128
#: Of one address, which many people may share. Each has a file open, and one piece of it in memory.
DOWNLOADS_OF_ONE, DOWNLOADS = 64, 256
_TIDY_S = 600.0


class Transfers:
    """Uploads and downloads. ``staging`` is started before this, and stopped after."""

    def __init__(
        self,
        exchange: Exchange,
        dispatcher: Dispatcher,
        tasks: Tasks,
        metrics: Metrics,
        settings: FilesSettings,
        folder: Path,
        serving: Serving,
        storage: Storage,
        room: Room,
    ) -> None:
        """``folder``: where uploads lie; ``room`` says whether a person may have so many bytes more."""
        # A scanner reads all there is, and so does what sends to a bucket.
        stays = settings.storage == "local" and not settings.clamd
        more = {"unread": unread} if stays else {}
        self.staging = Staging(folder, tasks.clock, new_id=uuid7, keep_s=settings.resume_s, **more)
        self.unfinished = UnfinishedUploads(self.staging)
        uploads = UnderWay(per_caller=UPLOADS_OF_ONE, in_all=UPLOADS, what="uploads")
        downloads = UnderWay(per_caller=DOWNLOADS_OF_ONE, in_all=DOWNLOADS, what="downloads")
        Uploads(exchange, dispatcher, self.staging, settings, uploads)
        record = dispatcher.contract.operations["file.upload"]
        Tus(exchange, dispatcher, record, self.staging, self.unfinished, settings, uploads, room)
        Downloads(exchange, serving, storage, downloads)
        metrics.gauge("chatr_uploads", "Uploads that come in", lambda: uploads.under_way)
        metrics.gauge("chatr_downloads", "Downloads that go out", lambda: downloads.under_way)
        metrics.gauge("chatr_uploads_unfinished", "Uploads that can be gone on with", lambda: len(self.unfinished))
        self._tidying = tasks.every("uploads_tidied", _TIDY_S, self.unfinished.tidy)

    async def start(self) -> None:
        """Find the uploads that can be gone on with. Raises OSError."""
        await self.unfinished.load()
        self._tidying.start(after_s=_TIDY_S)

    def stop(self) -> Any:
        """Fires when nothing is tidied any more."""
        return self._tidying.stop()
