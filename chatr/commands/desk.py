"""The desk at which the ``chatr`` command works: a node without ports, on the same database and keys as the server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import msgspec

from chatr.api.context import Caller, Context
from chatr.config import Config
from chatr.datadir import DataDirectory, DataDirectoryError
from chatr.demo.demo import Demo
from chatr.embedded.lock import DirectoryInUse, DirectoryLock
from chatr.embedded.postgres import EmbeddedPostgres, running_dsn
from chatr.node import Node
from chatr.ops.ports import Ctx
from chatr.process.threads import in_daemon
from chatr.services.nightly import Nightly
from chatr.store.migrate import migrate


class Desk(msgspec.Struct, frozen=True):
    """What a command may use."""

    ctx: Ctx
    data: DataDirectory
    nightly: Nightly
    demo: Demo | None
    """In development."""


@asynccontextmanager
async def desk(config: Config, reactor: Any, *, rotate: bool = False) -> AsyncIterator[Desk]:
    """Open the database, the embedded one too, whether or not the server runs.

    ``rotate``: with new keys put before the old, which needs the server stopped: it reads its keys when it starts.
    Raises what stands in the way, with a sentence for the operator.
    """
    data = DataDirectory.existing(Path(config.server.data_dir))
    lock, postgres = DirectoryLock(data.path), None
    running = False
    try:
        lock.acquire()
    except DirectoryInUse:
        if rotate:
            raise
        running = True
    try:
        dsn = config.database.dsn
        if not dsn and running:
            dsn = running_dsn(data.path)
            if not dsn:
                raise DataDirectoryError("the server is starting or stopping: try again in a moment")
        elif not dsn:
            postgres = EmbeddedPostgres(reactor, data.path, on_crash=_crashed)
            dsn = await postgres.start()
        if not running:
            await in_daemon(reactor, migrate, dsn, postgres.copy if postgres is not None else None)
        if rotate:
            data.rotate_server_key()
            data.rotate_signing_key(config.auth.token_algorithm)
        node = Node(config, reactor, data, now=_now)
        await node.open_for_administration(dsn)
        try:
            caller = Caller(role="admin", address="", user_agent="chatr command")
            ctx = Context(caller=caller, request_id="command", now=_now(), ports=node.ports)
            yield Desk(ctx, data, node.nightly, node.demo)
        finally:
            await node.close()
    finally:
        if postgres is not None:
            await postgres.stop()
        lock.release()


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _crashed(reason: str) -> None:
    """The command fails by itself when its database is gone."""
