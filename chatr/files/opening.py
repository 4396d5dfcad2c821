"""The storage that the settings name."""

from __future__ import annotations

from pathlib import Path

from chatr.config import FilesSettings, S3Settings
from chatr.files.disk import Disk
from chatr.files.local import LocalStorage
from chatr.files.storage import Storage


def open_storage(disk: Disk, files: FilesSettings, s3: S3Settings, data_directory: Path) -> Storage:
    """It is not started yet."""
    if files.storage == "s3":
        # With what signs for it, which nobody else needs in memory.
        from chatr.files.s3.objects import S3Storage

        return S3Storage(disk, s3)
    root = Path(files.directory) if files.directory else data_directory / "files"
    return LocalStorage(disk, root, accel_location=files.accel_location)
