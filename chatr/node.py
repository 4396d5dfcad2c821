"""One chatr process without its ports: its parts, in the order in which they stand on each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from chatr.api.dispatch import Dispatcher
from chatr.config import Config
from chatr.datadir import DataDirectory
from chatr.demo.demo import Demo
from chatr.demo.echo import EchoBot
from chatr.live.door import Door
from chatr.ops.accounts import usernames, verification
from chatr.ops.catalog import CONTRACT
from chatr.ops.conversations import receipts
from chatr.ops.messages import erasing, previews
from chatr.ops.ports import Ports
from chatr.ops.ports.accounts import account_ports
from chatr.ops.ports.limits import limit_ports
from chatr.ops.ports.live import live_ports
from chatr.ops.ports.messages import Changes, message_ports
from chatr.previews.web import Web
from chatr.process.counts import IncidentCounts
from chatr.process.parts import Life, Parts, Stage
from chatr.process.tasks import Tasks
from chatr.realtime.hub import Announcement, Hub
from chatr.realtime.memory import MemoryBroker
from chatr.realtime.publisher import Publisher
from chatr.realtime.redis import Redis
from chatr.rest import gauges
from chatr.rest.door import HttpDoor
from chatr.rest.health import Standing
from chatr.rest.http.connections import Connections
from chatr.rest.metrics import Metrics
from chatr.services.admission import Gate
from chatr.services.epoch_watch import EpochWatch
from chatr.services.indexer import Indexer
from chatr.services.nightly import Nightly
from chatr.services.revocations import RevocationWatch
from chatr.sharing import Sharing
from chatr.store.people import people
from chatr.store.pool import Database

#: What is let go once nothing is in flight any more has so long in all, beyond server.stop_timeout_s.
LET_GO_S = 2.0


class Node:
    """Everything between the listening ports and the database."""

    def __init__(self, config: Config, reactor: Any, data: DataDirectory, *, now: Callable[[], datetime]) -> None:
        self._config = config
        self._reactor = reactor
        self._now = now
        self._parts = Parts(reactor)
        self.tasks = Tasks(reactor)
        self.metrics = Metrics(self.tasks)
        self.hub, self.broker = Hub(), MemoryBroker()
        self.publisher = Publisher(self.broker, self.hub)
        self.db = _database(config, self.tasks, self.publisher)
        self.redis = Redis(self.tasks, config.redis.url) if config.redis.url else None
        self.web = Web(reactor, config.previews)
        self.ports = self._make_ports(data)
        accounts = self.ports.accounts
        settle = accounts.outbound.written if config.development and config.mail.transport == "outbox" else None
        limiter, incidents = self.ports.limits.limiter, self.tasks.incidents
        self.dispatcher = Dispatcher(CONTRACT, self.ports, limiter=limiter, now=now, incidents=incidents, settle=settle)
        self.gate = Gate(self.db, accounts.tokens, limiter, now=now)
        self.revocations = RevocationWatch(self.tasks, self.db, accounts.tokens, self.hub)
        self.broker.subscribe(self.revocations.heard)
        self.epochs = EpochWatch(self.tasks, self.db, self._epoch_changed)
        self.indexer = Indexer(self.tasks, self.db, config.messages.search_dictionary)
        self.nightly = Nightly(self.tasks, self.db, config.retention, now=now)
        self.demo = Demo(self.ports, now) if config.development else None
        self.echo_bot = EchoBot(self.tasks, self.broker, self.demo) if self.demo is not None else None
        self.door = self._make_wamp_door()
        self.http = self._make_http_door(data)
        self.rawsocket_factory = self.door.rawsocket()
        self.connections = Connections.of(config, self.tasks, Sharing(reactor))
        self._gauges()

    async def open(self, dsn: str) -> None:
        """Connect to the database and begin to work. Raises psycopg2.Error."""
        await self._parts.start([*self._below(dsn), *self._above()])

    async def open_for_administration(self, dsn: str) -> None:
        """Start what operations need, and nothing that serves anybody. Raises psycopg2.Error."""
        await self._parts.start(self._below(dsn))

    async def close(self) -> None:
        """Nothing new, calls in flight finish, sessions are told; then everything is let go, each part by itself."""
        timeout_s = self._config.server.stop_timeout_s
        # A session hears GOODBYE when the time of its calls is over; for the rest there is time behind that.
        await self._parts.stop(within_s=timeout_s + LET_GO_S, at_most_s=timeout_s + LET_GO_S / 4)

    def _below(self, dsn: str) -> list[Stage]:
        """What operations stand on."""
        database = Life(start=partial(self.db.open, dsn), stop=self.db.close)
        return [
            {"incident counts": IncidentCounts(self.tasks)},
            {"database": database, "passwords": self.ports.accounts.passwords},
        ]

    def _above(self) -> list[Stage]:
        """What works without being called, and the doors. What it stands on is above it in this list."""
        accounts, messages, live = self.ports.accounts, self.ports.messages, self.ports.live
        carry_out = partial(verification.carry_out, self.ports, self._now)
        return [
            {"broker": self.broker},
            {"redis": self.redis or Life(start=partial(people.nobody_here, self.db))},
            {"announcer": Life(stop=live.announcer.stop)},
            {"presence": live.presence},
            {
                "web": Life(stop=self.web.stop),
                "revocations": self.revocations,
                "epoch": self.epochs,
                "message index": self.indexer,
                "nightly": self.nightly,
                "metrics": self.metrics,
            },
            {
                "outbound": Life(start=partial(accounts.outbound.start, carry_out), stop=accounts.outbound.stop),
                "link previews": messages.preview_queue,
                "erasing": messages.eraser,
                "receipt counts": messages.receipt_counts,
                "echo bot": self.echo_bot or Life(),
            },
            {
                "WAMP sessions": Life(stop=partial(self.door.drain, self._config.server.stop_timeout_s)),
                "REST requests": self.http,
            },
        ]

    def _make_ports(self, data: DataDirectory) -> Ports:
        config, tasks, db = self._config, self.tasks, self.db
        changes = Changes(attach=previews.attach, take_back=erasing.take_back, take_away=erasing.take_away)
        return Ports(
            db=db,
            accounts=account_ports(config, data, tasks, db, now=self._now, reserved_names=usernames.reserved(CONTRACT)),
            messages=message_ports(
                config, data, tasks, db, self.publisher, self.web, changes, counted=self.metrics.looked
            ),
            live=live_ports(config, tasks, db, self.publisher, self.broker, self.hub, self.redis, extend=self._extend),
            limits=limit_ports(config),
        )

    def _make_wamp_door(self) -> Door:
        return Door(
            self._config,
            self._reactor,
            now=lambda: self._now().timestamp(),
            dispatcher=self.dispatcher,
            authenticate=self.gate.admit,
            hub=self.hub,
            presence=self.ports.live.presence,
            epoch=lambda: self.epochs.epoch,
            written=self._written if self._config.messages.delivered_when_written else None,
        )

    def _make_http_door(self, data: DataDirectory) -> HttpDoor:
        config, redis, sessions = self._config, self.redis, self.door.router.sessions
        standing = Standing(
            database=self.db.healthy,
            draining=lambda: sessions.draining,
            beside={} if redis is None else {"redis": lambda: redis.reachable},
        )
        return HttpDoor(
            config,
            data,
            self.tasks,
            self.metrics,
            self.dispatcher,
            tokens=self.ports.accounts.tokens,
            is_connection=self.door.is_of,
            standing=standing,
            images=self.ports.messages.previews.image,
            demo=self.demo,
            websocket=lambda rules: self.door.websocket(rules.refuse),
        )

    def _gauges(self) -> None:
        limits = self.ports.limits
        passwords = self.ports.accounts.passwords.turns
        turns = {"passwords": passwords, "searches": limits.searches, "resumes": limits.resumes}
        gauges.of_sessions(self.metrics, self.door.router.sessions, self.door.router.counters)
        gauges.of_connections(self.metrics, self.connections, self.http.site.unread)
        gauges.of_calls(self.metrics, limits.limiter, turns)
        gauges.of_database(self.metrics, self.db, self.ports.messages.writer)

    def _extend(self, connection: str, session_id: str, expires_at: float) -> None:
        # The door stands on the dispatcher, which stands on the ports that this is of.
        self.door.extend(connection, session_id, expires_at)

    def _epoch_changed(self) -> None:
        """Whoever is here was welcomed to another history: they come back to this one."""
        for member in self.hub.everyone():
            member.end("unavailable", "the database has another history: connect again")

    def _written(self, user_id: str, announcement: Announcement) -> None:
        receipts.written(self.ports, self._now(), user_id, announcement.payload)


def _database(config: Config, tasks: Tasks, publisher: Publisher) -> Database:
    settings = config.database
    return Database(
        tasks.clock,
        size=settings.pool_size,
        acquire_timeout_s=settings.acquire_timeout_s,
        queue_limit=settings.queue_limit,
        statement_timeout_s=settings.statement_timeout_s,
        publish=publisher.publish,
        on_doubt=partial(publisher.sync_required, "the database was interrupted"),
        tasks=tasks,
    )
