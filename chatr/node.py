"""One chatr process without its ports: the parts, made in dependency order. Part of the composition root."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred, TimeoutError, gatherResults
from twisted.python.failure import Failure

from chatr.api.dispatch import Dispatcher
from chatr.auth.codes import Codes
from chatr.auth.digests import Digests
from chatr.auth.limits import RateLimiter
from chatr.auth.oidc import Provider
from chatr.auth.passwords import Passwords
from chatr.auth.tokens import Tokens
from chatr.auth.vault import Vault
from chatr.config import Config
from chatr.datadir import DataDirectory
from chatr.fetch import Fetcher
from chatr.ops import pages
from chatr.ops.accounts import usernames, verification
from chatr.ops.catalog import CONTRACT
from chatr.ops.conversations import receipts
from chatr.ops.messages import erasing, previews
from chatr.ops.ports import Ports
from chatr.ops.ports.accounts import AccountPorts, OidcPorts
from chatr.ops.ports.limits import LimitPorts
from chatr.ops.ports.live import LivePorts
from chatr.ops.ports.messages import MessagePorts
from chatr.outbound.letters import Channel, Job
from chatr.outbound.queue import OutboundQueue
from chatr.outbound.senders import OutboxSender, Sender
from chatr.outbound.sms import GatewaySender
from chatr.outbound.smtp import SmtpSender
from chatr.previews.web import Web
from chatr.process.closing import Closing
from chatr.process.incidents import QUIET_S, Incidents
from chatr.process.tasks import Tasks
from chatr.realtime.broker import EndRoom, Envelope, Forget
from chatr.realtime.hub import Announcement, Hub
from chatr.realtime.memory import MemoryBroker
from chatr.realtime.presence import PresenceStore, PresenceTracker
from chatr.realtime.presence_memory import MemoryPresence
from chatr.realtime.presence_redis import RedisPresence
from chatr.realtime.publisher import Publisher
from chatr.realtime.redis import Redis
from chatr.realtime.rooms import session_room
from chatr.rest.app import RestApp
from chatr.rest.connections import Connections
from chatr.rest.cookies import SessionCookies
from chatr.rest.headers import Rules
from chatr.rest.images import ImageRoute
from chatr.rest.mailbox import Mailbox
from chatr.rest.metrics import Metrics
from chatr.rest.raw import RawRoutes, Readiness
from chatr.rest.request import address_reader
from chatr.rest.site import make_site
from chatr.services import waiting
from chatr.services.admission import Admission, Gate
from chatr.services.circles import Circles
from chatr.services.code_gate import CodeGate
from chatr.services.epoch_watch import EpochWatch
from chatr.services.eraser import Eraser
from chatr.services.indexer import Indexer
from chatr.services.link_previews import Previews
from chatr.services.presence_news import Announcer
from chatr.services.preview_queue import PreviewQueue
from chatr.services.retention import Retention
from chatr.services.revocations import RevocationWatch
from chatr.services.throttle import Throttle
from chatr.sharing import Sharing
from chatr.store.conversations.marks import Marks
from chatr.store.people import people
from chatr.store.pool import Database
from chatr.store.writing.writer import MessageWriter
from chatr.wamp.door import Counters, Door, Sessions
from chatr.wamp.outbox import Turn
from chatr.wamp.rawsocket import WampRawSocketFactory
from chatr.wamp.router import Router
from chatr.wamp.transport import websocket_resource

#: How long an answer waits in development for the mail that it caused.
MAIL_WRITTEN_S = 1.0
#: What is let go once nothing is in flight any more has so long in all, beyond server.stop_timeout_s.
LET_GO_S = 2.0


class Node:
    """Everything between the listening ports and the database."""

    def __init__(self, config: Config, reactor: Any, data: DataDirectory, *, now: Callable[[], datetime]) -> None:
        self._config = config
        self._reactor = reactor
        self._now = now
        self._closed = False
        self.tasks = Tasks(reactor, Incidents(reactor.seconds))
        self._counts = self.tasks.every("incident_counts", QUIET_S, self._say_counts)
        self.hub = Hub()
        self.broker = MemoryBroker()
        self.publisher = Publisher(self.broker, self.hub)
        self.tokens = Tokens(
            data.signing_keys(config.auth.token_algorithm), lifetime_s=config.auth.access_token_s, now=now
        )
        self.db = Database(
            reactor,
            size=config.database.pool_size,
            acquire_timeout_s=config.database.acquire_timeout_s,
            queue_limit=config.database.queue_limit,
            statement_timeout_s=config.database.statement_timeout_s,
            publish=self.publisher.publish,
            on_doubt=partial(self.publisher.sync_required, "the database was interrupted"),
            tasks=self.tasks,
        )
        # The other half, but for the connection of the sends, answers what is only read.
        limit, changes = config.database.queue_limit, config.database.pool_size // 2
        self.writer = MessageWriter(self.db, queue_limit=limit, changes=changes, settings=config.messages)
        self.circles = Circles(self.db)
        self.announcer = Announcer(self.tasks, self.db, self.publisher, self.circles)
        self._redis = Redis(self.tasks, config.redis.url) if config.redis.url else None
        store: PresenceStore = MemoryPresence(reactor)
        if self._redis is not None:
            store = RedisPresence(self._redis, prefix=f"{config.redis.prefix}:presence")
        self.presence = PresenceTracker(self.tasks, store, self.announcer.changed)
        self.announcer.start(self.presence)
        self._passwords = Passwords(
            reactor,
            cost=config.auth.bcrypt_cost,
            threads=config.auth.bcrypt_threads,
            queue_limit=config.auth.bcrypt_queue,
            per_caller=config.auth.bcrypt_queue_per_caller,
        )
        self.metrics = Metrics(self.tasks)
        self._web = Web(reactor, config.previews)
        self.previews = Previews(self.db, self._web, config.previews, counted=self.metrics.looked)
        self.eraser = Eraser(self.tasks, self.db, self.writer, take_back=erasing.take_back, take_away=erasing.take_away)
        self.preview_queue = PreviewQueue(self.tasks, self.db, self.writer, self.previews, attach=previews.attach)
        server_keys = data.server_keys()
        codes = Codes(server_keys)
        self.outbound = OutboundQueue(
            self.tasks, self.db, Vault(server_keys, "outbound"), _senders(config, reactor, data, now)
        )
        limiter = RateLimiter(
            # The reactor's seconds are the wall clock's: set back by an hour, it would hold everybody for as long.
            seconds=time.monotonic,
            exempt_loopback=config.exempt_loopback,
            enabled=config.limits.enabled,
            accounts_per_address=config.limits.accounts_per_address,
        )
        accounts = AccountPorts(
            passwords=self._passwords,
            tokens=self.tokens,
            codes=codes,
            code_gate=CodeGate(codes, enabled=config.limits.enabled, exempt_loopback=config.exempt_loopback),
            vault=Vault(server_keys, "second factor"),
            oidc=OidcPorts(provider=_provider(config, reactor), settings=config.oidc, vault=Vault(server_keys, "oidc")),
            outbound=self.outbound,
            settings=config.auth,
            login_code=config.login_code,
            reserved_names=usernames.reserved(CONTRACT),
        )
        messages = MessagePorts(
            writer=self.writer,
            digests=Digests(server_keys),
            marks=Marks(self.db, self.writer),
            previews=self.previews,
            preview_queue=self.preview_queue,
            eraser=self.eraser,
            settings=config.messages,
        )
        live = LivePorts(
            publisher=self.publisher,
            presence=self.presence,
            announcer=self.announcer,
            throttle=Throttle(seconds=reactor.seconds),
            connections=self._connections,
            extend=self._extend,
        )
        limits = LimitPorts(
            limiter=limiter,
            searches=waiting.searches(config.database.pool_size),
            resumes=waiting.resumes(config.database.pool_size),
            page_bytes=min(pages.MAX_BYTES, config.wamp.max_message_bytes // 2),
            settings=config.limits,
        )
        ports = self.ports = Ports(db=self.db, accounts=accounts, messages=messages, live=live, limits=limits)
        settle = self._mail_written if config.development and config.mail.transport == "outbox" else None
        self.dispatcher = Dispatcher(
            CONTRACT, ports, limiter=limiter, now=now, incidents=self.tasks.incidents, settle=settle
        )
        self.gate = Gate(self.db, self.tokens, limiter, now=now)
        self.epochs = EpochWatch(self.tasks, self.db, self._epoch_changed)
        self.door = Door(
            epoch=lambda: self.epochs.epoch,
            dispatcher=self.dispatcher,
            hub=self.hub,
            router=Router(),
            turn=Turn(reactor),
            clock=reactor,
            now=lambda: now().timestamp(),
            limits=config.wamp,
            public_url=config.server.public_url,
            authenticate=self._authenticate,
            presence=self.presence,
            sessions=Sessions(
                per_user=config.wamp.max_sessions_per_user,
                per_address=config.wamp.max_sessions_per_address,
                exempt_loopback=config.exempt_loopback,
            ),
            counters=Counters(),
            written=self._written if config.messages.delivered_when_written else None,
        )
        self.broker.subscribe(self._heard)
        self._revocations = RevocationWatch(self.tasks, self.db, self._revoked_elsewhere)
        self.indexer = Indexer(self.tasks, self.db, config.messages.search_dictionary)
        self.retention = Retention(self.tasks, self.db, config.retention, now=now)
        self.rest = RestApp(
            self.dispatcher,
            verify=self.tokens.verify,
            is_connection=self.door.is_of,
            address=address_reader(config.server.trusted_proxies),
            cookies=SessionCookies(
                public_url=config.server.public_url,
                refresh_s=config.auth.refresh_token_s,
            ),
            metrics=self.metrics,
            clock=reactor,
        )
        RawRoutes(
            self.rest.klein,
            CONTRACT,
            ready=self._ready,
            metrics=self.metrics,
            mailbox=config.development,
        )
        self.mailbox = Mailbox(self.rest.klein, data.outbox, data.new_mail_key) if config.development else None
        ImageRoute(self.rest.klein, self.previews.image)
        self.sharing = Sharing(reactor)
        self.connections = Connections(
            sharing=self.sharing,
            per_caller=0 if config.server.trusted_proxies else config.server.max_connections_per_address,
            exempt_loopback=config.exempt_loopback,
            seconds=reactor.seconds,
        )
        rules = Rules.of(config)
        websocket = websocket_resource(self.door, config, rules.refuse)
        self.site = make_site(self.rest.klein.resource(), websocket, rules, reactor)
        self._gauges()
        self.rawsocket_factory = WampRawSocketFactory(self.door)

    async def open(self, dsn: str) -> None:
        """Connect to the database and begin to work. Raises psycopg2.Error."""
        await self.open_for_administration(dsn)
        if self.mailbox is not None:
            self.mailbox.open()
        await self.epochs.start()
        await self._revocations.start(self._config.auth.access_token_s)
        await self.broker.start()
        if self._redis is not None:
            self._redis.start()
        else:
            await people.nobody_here(self.db)
        self.presence.start()
        self.outbound.start(self._carry_out)
        self.preview_queue.start()
        self.eraser.start()
        self.indexer.start()
        self.retention.start()
        self.metrics.start()
        self._counts.start(after_s=QUIET_S)

    async def open_for_administration(self, dsn: str) -> None:
        """The parts that operations need, and nothing that serves anybody."""
        self._passwords.start()
        await self.db.open(dsn)

    async def close_after_administration(self) -> None:
        """Let go of what :meth:`open_for_administration` took."""
        self.db.close()
        await self._passwords.stop()

    async def close(self) -> None:
        """Nothing new, calls in flight finish, sessions are told; then everything is let go, each part by itself."""
        if self._closed:
            return
        self._closed = True
        timeout_s = self._config.server.stop_timeout_s
        closing = Closing(self._reactor, timeout_s + LET_GO_S)
        for together in self._parts():
            # A session hears GOODBYE when the time of its calls is over; for the rest there is time behind that.
            at_most_s = timeout_s + LET_GO_S / 4
            parts = [closing.close(part, close, at_most_s=at_most_s) for part, close in together.items()]
            await gatherResults([Deferred.fromCoroutine(part) for part in parts])

    def _parts(self) -> list[dict[str, Callable[[], Any]]]:
        """What is closed, in this order; what stands together at the same time."""
        return [
            {
                "WAMP sessions": partial(self.door.drain, self._config.server.stop_timeout_s),
                "REST requests": self.rest.drain,
            },
            {"outbound": self.outbound.stop, "link previews": self.preview_queue.stop, "erasing": self.eraser.stop},
            {
                "web": self._web.stop,
                "revocations": self._revocations.stop,
                "epoch": self.epochs.stop,
                "message index": self.indexer.stop,
                "retention": self.retention.stop,
                "metrics": self.metrics.stop,
            },
            {"presence": self.presence.stop},
            {"announcer": self.announcer.stop},
            {"redis": self._redis.stop} if self._redis is not None else {},
            {"broker": self.broker.stop, "incidents": self._counts.stop},
            {"database": self.db.close, "passwords": self._passwords.stop},
            {"incident counts": partial(self.tasks.incidents.flush, everything=True)},
        ]

    def _in_time(self, done: Deferred[None], timeout_s: float) -> Deferred[None]:
        """What is in flight finishes, as far as there is time."""

        def too_late(failure: Failure) -> None:
            failure.trap(TimeoutError)

        return done.addTimeout(timeout_s, self._reactor).addErrback(too_late)

    def _mail_written(self) -> Deferred[None] | None:
        return self._in_time(self.outbound.settled(), MAIL_WRITTEN_S) if self.outbound.busy else None

    def _epoch_changed(self) -> None:
        """Whoever is here was welcomed to another history: they come back to this one."""
        for session in self.door.sessions.everyone():
            session.end("unavailable", "the database has another history: connect again")

    async def _carry_out(self, job: Job) -> None:
        await verification.carry_out(self.ports, self._now(), job)

    async def _ready(self) -> Readiness:
        serving = {"database": await self.db.healthy(), "draining": self.door.sessions.draining}
        beside = {} if self._redis is None else {"redis": self._redis.reachable}
        return Readiness(
            ready=serving["database"] and not serving["draining"],
            parts=serving | beside,
            tasks={name: not pulse.late for name, pulse in self.tasks.pulses.items()},
            late=self.tasks.late(),
        )

    async def _say_counts(self) -> None:
        self.tasks.incidents.flush()

    def _gauges(self) -> None:
        counters, gauge = self.door.counters, self.metrics.gauge
        gauge("chatr_wamp_sessions", "Open WAMP sessions", lambda: len(self.door.sessions))
        gauge("chatr_connections", "Open connections of callers", lambda: self.connections.open)
        gauge("chatr_connections_refused", "Connections refused so far", lambda: self.connections.refused)
        gauge("chatr_http_unread_bytes", "Answers that wait for their readers", lambda: self.site.unread.bytes)
        limits = self.ports.limits
        limiter = limits.limiter
        turns = {"passwords": self._passwords.turns, "searches": limits.searches, "resumes": limits.resumes}
        gauge("chatr_limits_kept", "Callers whose calls are counted", lambda: limiter.keys)
        gauge("chatr_limits_fallen_out", "Callers forgotten for want of room so far", lambda: limiter.fallen_out)
        for what, each in turns.items():
            gauge(f"chatr_{what}_waiting", f"Calls that wait for their turn: {what}", partial(len, each))
        gauge("chatr_database_waiting", "Calls that wait for a database connection", lambda: self.db.waiting)
        gauge("chatr_writer_waiting", "Sends and changes that wait or are in hand", lambda: self.writer.waiting)
        gauge("chatr_writer_statements", "Statements of the message writer so far", lambda: self.writer.statements)
        for name in counters.__struct_fields__:
            gauge(f"chatr_wamp_{name}_count", f"WAMP {name} so far", partial(getattr, counters, name))

    async def _authenticate(self, ticket: str, address: str, user_agent: str) -> Admission:
        return await self.gate.admit(ticket, address)

    def _extend(self, connection: str, session_id: str, expires_at: float) -> None:
        self.door.extend(connection, session_id, expires_at)

    def _connections(self, session_id: str) -> list[str]:
        return [member.connection for member in self.hub.members(session_room(session_id))]

    def _written(self, user_id: str, announcement: Announcement) -> None:
        receipts.written(self.ports, self._now(), user_id, announcement.payload)

    def _revoked_elsewhere(self, session_id: str) -> None:
        if not self.tokens.knows_revoked(session_id):
            self.tokens.revoke(session_id)
            self.hub.end(session_room(session_id), "unauthenticated", "Signed out")

    def _heard(self, envelope: Envelope) -> None:
        """A session that ends anywhere is refused here from the same moment; what changed is not kept."""
        if isinstance(envelope, EndRoom) and envelope.room.startswith(session_room("")):
            self.tokens.revoke(envelope.room.removeprefix(session_room("")))
        elif isinstance(envelope, Forget):
            self.circles.forget(envelope.user_ids)


def _senders(config: Config, reactor: Any, data: DataDirectory, now: Callable[[], datetime]) -> dict[Channel, Sender]:
    """Who carries what, as the operator chose."""
    outbox = OutboxSender(data.outbox, sender=config.mail.sender, now=now)
    senders: dict[Channel, Sender] = {"email": outbox}
    if config.mail.transport == "smtp":
        senders["email"] = SmtpSender(reactor, config.mail, now=now)
    if config.sms_transport == "outbox":
        senders["sms"] = outbox
    elif config.sms_transport == "http":
        senders["sms"] = GatewaySender(Fetcher(reactor), config.sms)
    return senders


def _provider(config: Config, reactor: Any) -> Provider | None:
    if not config.oidc.issuer:
        return None
    return Provider(Fetcher(reactor), config.oidc, config.oidc_redirect_url, seconds=reactor.seconds)
