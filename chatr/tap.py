"""The twistd service: options, and the one place where everything is made and tied together. No logic."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, ClassVar

import psycopg2
from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort
from twisted.internet.task import deferLater
from twisted.logger import Logger, LogLevel, globalLogPublisher
from twisted.python import usage
from twisted.python.failure import Failure

from chatr.config import Config, ConfigError, assignments, listening, load
from chatr.config.remarks import DEVELOPMENT_FOR_ALL, strays, warnings
from chatr.datadir import DataDirectory, DataDirectoryError
from chatr.embedded.lock import DirectoryInUse, DirectoryLock
from chatr.embedded.postgres import EmbeddedError, EmbeddedPostgres
from chatr.node import Node
from chatr.process.closing import Closing
from chatr.process.collector import Collector
from chatr.process.ending import MORE_S, Ending
from chatr.process.logs import Escaper
from chatr.process.threads import in_daemon
from chatr.rest.http.connections import raise_open_files, room_for_connections
from chatr.store import fitness
from chatr.store.migrate import has_dictionary, migrate

log = Logger()

RETRY_S = 0.5
#: What a start that is told to stop may take to end.
START_ENDS_S = 3.0


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
            listening.check(self.config)
        except ConfigError as error:
            raise usage.UsageError(str(error)) from error


def makeService(options: Options) -> Service:
    """The chatr service for twistd."""
    from twisted.internet import reactor

    Collector(reactor).start()
    ending = Ending(reactor, within_s=options.config.server.stop_timeout_s + MORE_S)
    ending.watch()
    return ChatrService(options.config, reactor, on_failure=ending.fail, notes=strays(os.environ))


class ChatrService(Service):
    """Starts in order: directory, database, node, ports; a foreign database is looked at first. Stops backwards."""

    def __init__(
        self, config: Config, reactor: Any, *, on_failure: Callable[[str], None], notes: Sequence[str] = ()
    ) -> None:
        """``notes``: what is to be said in the log at the start."""
        self.config = config
        self._notes = notes
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
        for note in self._notes:
            log.warn("{text}", text=note)
        for warning in warnings(self.config):
            level = LogLevel.critical if warning is DEVELOPMENT_FOR_ALL else LogLevel.warn
            log.emit(level, "{text}", text=warning)
        dsn = self.config.database.dsn
        if dsn:
            await self._await_database(dsn)
            if self._stopping:
                return
        data = DataDirectory.open(Path(self.config.server.data_dir))
        self._lock = DirectoryLock(data.path)
        self._lock.acquire()
        if not dsn:
            self._postgres = EmbeddedPostgres(self._reactor, data.path, on_crash=self._on_failure)
            dsn = await self._postgres.start()
        await self._migrate(dsn)
        if self._stopping:
            return
        self.node = Node(self.config, self._reactor, data, now=_utc_now)
        await self.node.open(dsn)
        await self._listen(self.node)

    async def stop(self) -> None:
        """Stop what was started; safe at any moment of the start. Each part by itself, whatever the others do."""
        self._stopping = True
        within_s = self.config.server.stop_timeout_s + MORE_S
        closing = Closing(self._reactor, within_s)
        starting, postgres = self._starting, self._postgres
        if starting is not None and not starting.called:
            if postgres is not None:
                # Whatever the start waits for, it does not wait for long without its database.
                await closing.close("embedded PostgreSQL", postgres.stop)
            # After its time it is cancelled.
            await closing.close("start", lambda: starting, at_most_s=START_ENDS_S)
        for port in self.ports:
            await closing.close("port", port.stopListening)
        if self.node is not None:
            await closing.close("node", self.node.close, at_most_s=within_s)
        if postgres is not None:
            await closing.close("embedded PostgreSQL", postgres.stop, at_most_s=within_s)
        if self._lock is not None:
            self._lock.release()
        globalLogPublisher.removeObserver(self._escaper)

    async def _await_database(self, dsn: str) -> None:
        """Wait for a server that is not there yet; refuse at once, before anything is made, what waiting won't mend."""
        wait_s = self.config.database.start_timeout_s
        end, told = self._reactor.seconds() + wait_s, False
        while not self._stopping:
            try:
                await in_daemon(self._reactor, fitness.look, dsn)
            except psycopg2.OperationalError as error:
                if self._reactor.seconds() + RETRY_S > end or not await in_daemon(self._reactor, fitness.away, dsn):
                    raise
                if not told:
                    log.warn("waits up to {wait_s:.0f} s for the database: {error}", wait_s=wait_s, error=_line(error))
                told = True
                await deferLater(self._reactor, RETRY_S)
            else:
                return

    async def _migrate(self, dsn: str) -> None:
        """Bring the schema up to date, and see that it has what the settings name."""
        if self._stopping:
            return
        copy = self._postgres.copy if self._postgres is not None else None
        applied = await in_daemon(self._reactor, migrate, dsn, copy)
        if applied:
            log.info("database brought to this version: {applied}", applied=", ".join(applied))
        dictionary = self.config.messages.search_dictionary
        if not await in_daemon(self._reactor, has_dictionary, dsn, dictionary):
            raise ConfigError(f"messages.search_dictionary: the database has no text search configuration {dictionary}")

    async def _listen(self, node: Node) -> None:
        server = self.config.server
        node.connections.room = room_for_connections(raise_open_files())
        for name, factory in (("http", node.http.site), ("rawsocket", node.wamp.rawsocket())):
            description = getattr(server, name)
            if description and not self._stopping:
                endpoint = listening.endpoint(self._reactor, f"server.{name}", description)
                self.ports.append(await endpoint.listen(factory))
                node.connections.guard(self.ports[-1], knows_callers=not description.startswith("haproxy:"))
                log.info("listening on {address}", address=self.ports[-1].getHost())
        address: Any = self.ports[0].getHost() if self.ports else None
        if address is not None and hasattr(address, "port"):
            log.info("Chatr is ready at http://{host}:{port}/", host=address.host, port=address.port)
            if node.http.mailbox is not None:
                mail = f"http://127.0.0.1:{address.port}{node.http.mailbox.invitation()}"
                log.info("Development mail, for one browser: {mail}", mail=mail)

    def _failed(self, failure: Failure) -> None:
        if self._stopping:
            return
        if failure.check(*_EXPECTED):
            self._on_failure(failure.getErrorMessage())
        elif failure.check(psycopg2.Error):
            # libpq's sentences name host, port and user, and never the password.
            self._on_failure(f"database: {_line(failure.value)}")
        else:
            log.failure("chatr could not start", failure)
            self._on_failure(f"could not start: {failure.getErrorMessage()}")


_EXPECTED = (
    ConfigError,
    DataDirectoryError,
    DirectoryInUse,
    EmbeddedError,
    fitness.Unfit,
    OSError,
    CannotListenError,
)


def _line(error: BaseException | None) -> str:
    return " ".join(str(error).split())


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)
