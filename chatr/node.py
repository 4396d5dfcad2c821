"""One chatr process without its ports: its parts, each made of those above it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from chatr.auth.links import Links
from chatr.config import Config
from chatr.datadir import DataDirectory
from chatr.demo.demo import Demo
from chatr.demo.echo import EchoBot
from chatr.live.door import WampDoor
from chatr.ops.accounts import export, verification
from chatr.ops.catalog import LATER_CHANGES, RESERVED_NAMES, dispatcher
from chatr.ops.conversations import receipts
from chatr.ops.ports import Ports
from chatr.ops.ports.accounts import account_ports
from chatr.ops.ports.files import file_ports
from chatr.ops.ports.limits import limit_ports
from chatr.ops.ports.live import live_ports
from chatr.ops.ports.messages import message_ports
from chatr.previews.web import Web
from chatr.process.counts import IncidentCounts
from chatr.process.parts import Life, Stage, Stages
from chatr.process.tasks import Tasks
from chatr.realtime.group_rooms import GroupRooms
from chatr.realtime.hub import Hub
from chatr.realtime.memory import MemoryBroker
from chatr.realtime.publisher import Publisher
from chatr.realtime.redis import Redis
from chatr.rest import gauges
from chatr.rest.door import HttpDoor
from chatr.rest.http.connections import Connections
from chatr.rest.metrics import Metrics
from chatr.services.admission import Gate
from chatr.services.epoch_watch import EpochWatch
from chatr.services.indexer import Indexer
from chatr.services.nightly import Nightly
from chatr.services.revocations import RevocationWatch
from chatr.sharing import Sharing
from chatr.store.groups import groups
from chatr.store.pool import Database


class Node:
    """Everything between the listening ports and the database."""

    def __init__(self, config: Config, reactor: Any, data: DataDirectory, *, now: Callable[[], datetime]) -> None:
        self._now, self._data, self._stop_timeout_s = now, data, config.server.stop_timeout_s
        self._stages = Stages(reactor)
        self.tasks = Tasks(reactor)
        self.metrics = Metrics(self.tasks)
        self.hub, self.broker = Hub(), MemoryBroker()
        self.links = Links(data.server_keys(), lifetime_s=config.files.link_s, now=now)
        self.publisher = Publisher(self.broker, self.hub, sign=self.links.for_members)
        publish, on_doubt = self.publisher.publish, self.publisher.sync_required
        self.db = Database(self.tasks, config.database, publish=publish, on_doubt=on_doubt)
        self.redis = Redis(self.tasks, config.redis.url) if config.redis.url else None
        self.web = Web(reactor, config.previews)
        self.ports = self._make_ports(config, reactor, data)
        tokens, limiter = self.ports.accounts.tokens, self.ports.limits.limiter
        self.revocations = RevocationWatch(self.tasks, self.db, tokens, self.broker, self.hub)
        self.epochs = EpochWatch(self.tasks, self.db, self.hub)
        self.indexer = Indexer(self.tasks, self.db, config.messages.search_dictionary)
        self.nightly = Nightly(self.tasks, self.db, config.retention, now=now)
        self.demo = Demo(self.ports, now) if config.development else None
        self.echo_bot = EchoBot(self.tasks, self.broker, self.demo) if self.demo is not None else None
        read = partial(groups.joined_by, self.db)
        self.group_rooms = GroupRooms(self.tasks, self.broker, self.hub, self.publisher, read)
        self.gate = Gate(self.db, tokens, limiter, self.group_rooms, now=now)
        self.dispatcher = dispatcher(self.ports, self.tasks, now=now)
        self.wamp = self._make_wamp_door(config, reactor)
        self.http = HttpDoor(
            config,
            data,
            self.tasks,
            self.metrics,
            self.dispatcher,
            self.ports,
            self.redis,
            self.demo,
            self.wamp.websocket,
        )
        self.connections = Connections.of(config, self.tasks, Sharing(reactor))
        gauges.publish(self.metrics, self.ports, self.connections, self.http.site.unread, self.wamp.router)

    def _make_ports(self, config: Config, reactor: Any, data: DataDirectory) -> Ports:
        """What operations work through."""
        tasks, db, publisher, looked = self.tasks, self.db, self.publisher, self.metrics.looked
        return Ports(
            db=db,
            accounts=account_ports(config, data, tasks, db, now=self._now, reserved_names=RESERVED_NAMES),
            messages=message_ports(config, data, tasks, db, publisher, self.web, LATER_CHANGES, counted=looked),
            files=file_ports(config, data, reactor, tasks, db, publisher, self.links, export.describe, now=self._now),
            live=live_ports(config, tasks, db, publisher, self.broker, self.hub, self.redis),
            limits=limit_ports(config),
        )

    def _make_wamp_door(self, config: Config, reactor: Any) -> WampDoor:
        """What WAMP sessions come in by."""
        return WampDoor(
            config,
            reactor,
            self.dispatcher,
            authenticate=self.gate.admit,
            hub=self.hub,
            presence=self.ports.live.presence,
            epoch=lambda: self.epochs.epoch,
            written=receipts.when_written(self.ports, self._now),
            now=self._now,
        )

    async def open(self, dsn: str) -> None:
        """Connect to the database and begin to work. Raises psycopg2.Error."""
        await self._stages.start([*self._below(dsn), *self._above()])

    async def open_for_administration(self, dsn: str) -> None:
        """Start what operations need, and nothing that serves anybody. Raises psycopg2.Error."""
        await self._stages.start(self._below(dsn))

    async def close(self) -> None:
        """Nothing new, calls in flight finish, sessions are told; then everything is let go, each part by itself."""
        await self._stages.stop(self._stop_timeout_s)

    def _below(self, dsn: str) -> list[Stage]:
        """What operations stand on."""
        files = self.ports.files
        return [
            {"incident counts": IncidentCounts(self.tasks)},
            {
                "database": Life(start=partial(self.db.open, dsn), stop=self.db.close),
                "passwords": self.ports.accounts.passwords,
                "disk": files.disk,
            },
            {"storage": files.storage, "media": Life(stop=files.media.stop)},
        ]

    def _above(self) -> list[Stage]:
        """What works without being called, and the doors. What it stands on is above it in this list."""
        messages, live, outbound = self.ports.messages, self.ports.live, self.ports.accounts.outbound
        files = self.ports.files
        carry_out = partial(verification.carry_out, self.ports, self._now)
        return [
            {"broker": self.broker},
            {"redis": self.redis or Life()},
            {"announcer": live.announcer},
            {"presence": live.presence},
            {
                "uploads on the disk": self.http.transfers.staging,
                "scratch": Life(start=self._data.empty_scratch),
            },
            {
                "web": Life(stop=self.web.stop),
                "revocations": self.revocations,
                "group rooms": self.group_rooms,
                "epoch": self.epochs,
                "message index": self.indexer,
                "nightly": self.nightly,
                "metrics": self.metrics,
            },
            {
                "outbound": Life(start=partial(outbound.start, carry_out), stop=outbound.stop),
                "link previews": messages.preview_queue,
                "erasing": messages.eraser,
                "files": files.keeper,
                "archives": files.archives,
                "receipt counts": messages.receipt_counts,
                "echo bot": self.echo_bot or Life(),
            },
            {"WAMP sessions": Life(stop=self.wamp.stop), "REST requests": self.http, "uploads": self.http.transfers},
        ]
