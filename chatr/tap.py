"""The twistd service: options, and the one place where everything is made and tied together. No logic."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, ClassVar

import psycopg2
from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.logger import Logger, globalLogPublisher
from twisted.python import usage
from twisted.python.failure import Failure

from chatr.config import Config, ConfigError, assignments, load, warnings
from chatr.datadir import DataDirectory, DataDirectoryError
from chatr.embedded.lock import DirectoryInUse, DirectoryLock
from chatr.embedded.postgres import EmbeddedError, EmbeddedPostgres
from chatr.logs import Escaper
from chatr.node import Node
from chatr.store.migrate import has_dictionary, migrate

log = Logger()

RETRY_S = 0.5
#: PostgreSQL's cannot_connect_now.
_STARTING_UP = "57P03"


class Options(usage.Options):
    """Command line of ``twistd chatr``: the commonest settings by name, every other by ``--set``."""

    longdesc = "Settings are read from the TOML file, then the environment (CHATR_SECTION_KEY), then these options."
    optParameters: ClassVar = [
        ["config", "c", None, "TOML file (default: $CHATR_CONFIG)"],
        ["http", None, None, "Endpoint of REST, the web client and WAMP over WebSocket (server.http)"],
        ["rawsocket", None, None, "Endpoint of WAMP over RawSocket, none by default (server.rawsocket)"],
        ["data-dir", "d", None, "Directory for keys, outbox and the embedded database (server.data_dir)"],
        ["database", None, None, "PostgreSQL DSN; without it an embedded server is started (database.dsn)"],
        ["mode", None, None, "development or production (server.mode)"],
    ]
    _named: ClassVar = {
        "http": "server.http",
        "rawsocket": "server.rawsocket",
        "data-dir": "server.data_dir",
        "database": "database.dsn",
        "mode": "server.mode",
    }

    def __init__(self) -> None:
        super().__init__()
        self._assignments: list[str] = []
        self.config = Config()

    def opt_set(self, assignment: str) -> None:
        """Any setting: section.key=value. May be repeated."""
        self._assignments.append(assignment)

    def postOptions(self) -> None:
        """Read the configuration; a mistake in it is a usage error of one line."""
        try:
            chosen = assignments(self._assignments)
            chosen.update({name: self[option] for option, name in self._named.items() if self[option] is not None})
            self.config = load(self["config"], os.environ, chosen)
        except ConfigError as error:
            raise usage.UsageError(str(error)) from error


def makeService(options: Options) -> Service:
    """The chatr service for twistd."""
    from twisted.internet import reactor

    # What is imported stays: without it, collections cost a tenth less of the time of a send.
    gc.collect()
    gc.freeze()
    return ChatrService(options.config, reactor, on_failure=_exit_with_failure)


class ChatrService(Service):
    """Starts in order: directory, database, node, ports. Stops in the opposite order."""

    def __init__(self, config: Config, reactor: Any, *, on_failure: Callable[[str], None]) -> None:
        self.config = config
        self._reactor = reactor
        self._on_failure = on_failure
        self._lock: DirectoryLock | None = None
        self._postgres: EmbeddedPostgres | None = None
        self._starting: Deferred[None] | None = None
        self._stopping = False
        self._escaper = Escaper()
        self.node: Node | None = None
        self.ports: list[IListeningPort] = []

    def startService(self) -> None:
        """Begin to start; what stands in the way is told to ``on_failure``."""
        super().startService()
        self._starting = Deferred.fromCoroutine(self.start())
        self._starting.addErrback(self._failed)

    def stopService(self) -> Deferred[None]:
        """Stop gracefully: nothing new, calls in flight finish, sessions are told, then the database closes."""
        super().stopService()
        return Deferred.fromCoroutine(self.stop())

    async def start(self) -> None:
        """Start everything. Raises what stands in the way, with a sentence for the operator."""
        # Whatever twistd writes logs to is there by now.
        self._escaper.watch(globalLogPublisher)
        for warning in warnings(self.config):
            log.warn("{text}", text=warning)
        data = DataDirectory.open(Path(self.config.server.data_dir))
        self._lock = DirectoryLock(data.path)
        self._lock.acquire()
        dsn = self.config.database.dsn
        if not dsn:
            self._postgres = EmbeddedPostgres(self._reactor, data.path, on_crash=self._on_failure)
            dsn = await self._postgres.start()
        await self._migrate(dsn)
        dictionary = self.config.messages.search_dictionary
        if not self._stopping and not await deferToThread(has_dictionary, dsn, dictionary):
            raise ConfigError(f"messages.search_dictionary: the database has no text search configuration {dictionary}")
        self.node = Node(self.config, self._reactor, data, now=_utc_now)
        await self.node.open(dsn)
        await self._listen(self.node)

    async def stop(self) -> None:
        """Stop what was started; safe at any moment of the start."""
        self._stopping = True
        if self._starting is not None and not self._starting.called:
            if self._postgres is not None:
                # Whatever the start waits for, it does not wait for long without its database.
                await self._postgres.stop()
            await self._starting
        for port in self.ports:
            await _maybe(port.stopListening())
        if self.node is not None:
            await self.node.close()
        if self._postgres is not None:
            await self._postgres.stop()
        if self._lock is not None:
            self._lock.release()
        globalLogPublisher.removeObserver(self._escaper)

    async def _migrate(self, dsn: str) -> None:
        """Bring the schema up to date, waiting for a server that is starting itself."""
        end = self._reactor.seconds() + self.config.database.start_timeout_s
        while not self._stopping:
            try:
                applied = await deferToThread(migrate, dsn)
            except psycopg2.OperationalError as error:
                if error.pgcode not in (None, _STARTING_UP) or self._reactor.seconds() + RETRY_S > end:
                    raise
                await deferLater(self._reactor, RETRY_S)
            else:
                if applied:
                    log.info("migrations applied: {applied}", applied=", ".join(applied))
                return

    async def _listen(self, node: Node) -> None:
        server = self.config.server
        for description, factory in ((server.http, node.site), (server.rawsocket, node.rawsocket_factory)):
            if description and not self._stopping:
                endpoint = serverFromString(self._reactor, description)
                self.ports.append(await endpoint.listen(factory))
                log.info("listening on {address}", address=self.ports[-1].getHost())
        address: Any = self.ports[0].getHost() if self.ports else None
        if address is not None and hasattr(address, "port"):
            log.info("Chatr is ready at http://{host}:{port}/", host=address.host, port=address.port)

    def _failed(self, failure: Failure) -> None:
        if self._stopping:
            return
        if failure.check(*_EXPECTED):
            self._on_failure(failure.getErrorMessage())
        elif failure.check(psycopg2.Error):
            # libpq's sentences name host, port and user, and never the password.
            self._on_failure(f"database: {' '.join(failure.getErrorMessage().split())}")
        else:
            log.failure("chatr could not start", failure)
            self._on_failure(f"could not start: {failure.getErrorMessage()}")


_EXPECTED = (ConfigError, DataDirectoryError, DirectoryInUse, EmbeddedError, OSError, CannotListenError)


async def _maybe(result: Any) -> None:
    if result is not None:
        await result


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


def _exit_with_failure(reason: str) -> None:
    """Stop the process with exit code 1. twistd has no way to say so: its own clean-up runs first."""
    import atexit

    from twisted.internet import reactor

    log.critical("chatr stops: {reason}", reason=reason)
    atexit.register(os._exit, 1)
    # Now, or as soon as it runs: services start before the reactor does.
    reactor.callWhenRunning(reactor.stop)
