"""Where files are, who looks at them, and how links to them are made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from chatr.auth.links import Links
from chatr.config import Config, FilesSettings
from chatr.datadir import DataDirectory
from chatr.files.clamd import Clamd
from chatr.files.disk import Disk
from chatr.files.opening import open_storage
from chatr.files.storage import Storage
from chatr.media.looking import Media
from chatr.process.tasks import Tasks
from chatr.realtime.publisher import Publisher
from chatr.services.files.archives import Archives, Describe
from chatr.services.files.keeper import FileKeeper
from chatr.store.files.entering import Entering
from chatr.store.pool import Database


class FilePorts(msgspec.Struct, frozen=True, kw_only=True):
    """Storage, those who look into what comes in, links, and what goes on behind the calls."""

    disk: Disk
    storage: Storage
    media: Media
    scanner: Clamd | None
    links: Links
    keeper: FileKeeper
    archives: Archives
    entering: Entering
    settings: FilesSettings


def file_ports(
    config: Config,
    data: DataDirectory,
    reactor: Any,
    tasks: Tasks,
    db: Database,
    publisher: Publisher,
    links: Links,
    describe: Describe,
    *,
    now: Callable[[], datetime],
) -> FilePorts:
    """Make the ports. ``describe``: what an archive tells of a person."""
    settings, disk = config.files, Disk(reactor)
    kept = open_storage(disk, settings, config.s3, data.path)
    media = Media(reactor, settings)
    return FilePorts(
        disk=disk,
        storage=kept,
        media=media,
        scanner=Clamd(disk, settings.clamd, timeout_s=settings.clamd_timeout_s) if settings.clamd else None,
        links=links,
        keeper=FileKeeper(tasks, db, kept, media, publisher, settings, data.scratch),
        archives=Archives(tasks, db, kept, publisher, links, data.scratch, describe, now=now),
        entering=Entering(db),
        settings=settings,
    )
