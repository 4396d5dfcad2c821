"""A small contract with uploads, and a door of it on a real port."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Any

import treq
from msgspec import UNSET, Meta, UnsetType
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, serverFromString
from twisted.internet.protocol import Factory
from twisted.trial.unittest import TestCase
from twisted.web.client import HTTPConnectionPool
from twisted.web.resource import Resource

from chatr.api import contract
from chatr.api.context import Caller, Context, Uploaded
from chatr.api.contract import GUESTS, USERS, Operation, Route, Upload, operation
from chatr.api.dispatch import Dispatcher
from chatr.api.errors import ApiError
from chatr.api.events import EVENTS
from chatr.api.model import Empty, Id, Params, Wire
from chatr.auth.tokens import TokenClaims
from chatr.config.files import FilesSettings
from chatr.files.staging import Staging
from chatr.process.incidents import Incidents
from chatr.process.tasks import Tasks
from chatr.rest.cookies import SessionCookies
from chatr.rest.exchange import Exchange
from chatr.rest.http.connections import Connections
from chatr.rest.http.headers import Deadlines, Rules
from chatr.rest.http.request import address_reader
from chatr.rest.http.site import make_site
from chatr.rest.metrics import Metrics
from chatr.rest.transfers.intake import UnderWay
from chatr.rest.transfers.uploads import Uploads
from chatr.sharing import Sharing
from chatr.store.ids import uuid7
from tests.rest.test_app import Raw
from tests.wamp.wires import over_tls


class Taken(Wire, frozen=True, kw_only=True):
    """What an operation was given."""

    id: str
    name: str
    size: int
    sha256: str
    media_type: str
    type: str = ""
    waveform: list[float] = []
    duration: float = 0.0
    client_id: str = ""
    group_id: str = ""
    caller: str = ""
    connection: str = ""


class FileParams(Params, frozen=True, kw_only=True):
    """As those of file.upload."""

    type: str | UnsetType = UNSET
    waveform: Annotated[list[float], Meta(max_length=100)] | UnsetType = UNSET
    duration: Annotated[float, Meta(ge=0)] | UnsetType = UNSET


class SendParams(Params, frozen=True, kw_only=True):
    """As those of message.upload, some of them."""

    group_id: Id
    client_id: Id


class World:
    """The ports: what was uploaded, with its bytes; ``refusal`` is raised, and ``gate`` awaited, if there."""

    def __init__(self) -> None:
        self.taken: list[tuple[Uploaded, bytes]] = []
        self.refusal: ApiError | None = None
        self.gate: Deferred[None] | None = None

    async def take(self, ctx: Context[World]) -> Uploaded:
        uploaded = ctx.uploaded
        assert uploaded is not None
        self.taken.append((uploaded, uploaded.path.read_bytes() if uploaded.size < 2_000_000 else b""))
        if self.gate is not None:
            await self.gate
        if self.refusal is not None:
            raise self.refusal
        return uploaded


def _answer(ctx: Context[World], uploaded: Uploaded, **more: Any) -> Taken:
    return Taken(
        id=uploaded.id,
        name=uploaded.name,
        size=uploaded.size,
        sha256=(uploaded.sha256 or b"").hex(),
        media_type=uploaded.media_type,
        caller=ctx.caller.user_id,
        connection=ctx.caller.connection,
        **{name: value for name, value in more.items() if value is not UNSET},
    )


@operation(
    "file.upload",
    Route("POST", "/files", 201, aliases=("/uploads",), upload=Upload("file", hashed=True)),
    GUESTS,
    errors=["unsupported_media", "too_large"],
)
async def upload(ctx: Context[World], params: FileParams) -> Taken:
    """Take a file."""
    uploaded = await ctx.ports.take(ctx)
    return _answer(ctx, uploaded, type=params.type, waveform=params.waveform, duration=params.duration)


@operation(
    "group.set_image",
    Route("POST", "/groups/<groupId>/image", upload=Upload("image", "max_avatar_bytes")),
    USERS,
)
async def set_image(ctx: Context[World], params: SendParams) -> Taken:
    """Take an image."""
    return _answer(ctx, await ctx.ports.take(ctx), client_id=params.client_id, group_id=params.group_id)


@operation("file.ping", Route("POST", "/ping"), GUESTS)
async def ping(ctx: Context[World], params: Params) -> Empty:
    """Nothing."""
    return Empty()


class Counted:
    """The limiter: refuses when it is told to."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.full = False

    def check(self, record: Operation, caller: Caller, subject: str = "") -> None:
        self.calls.append(record.name)
        if self.full:
            raise ApiError("rate_limited", retry_after_s=7)


def verify(token: str) -> TokenClaims:
    """Tokens of the test say it all: ``user:ann``."""
    role, _, name = token.partition(":")
    if not name:
        raise ApiError("unauthenticated")
    return TokenClaims(user_id=name, session_id=f"session of {name}", role=role, expires_at=2e9)


class TransferCase(TestCase):
    """The door, on a port whose connections take turns as those of the server do."""

    timeout = 30
    settings = FilesSettings(max_bytes=1_000_000, max_avatar_bytes=1000)
    deadlines = Deadlines()
    cors_origins: frozenset[str] = frozenset()
    tls = False

    async def setUp(self) -> None:
        self.world, self.limiter = World(), Counted()
        self.folder = Path(self.mktemp()).absolute()
        self.pool = HTTPConnectionPool(reactor, persistent=False)
        await self.make()
        await self.listen()

    async def make(self) -> None:
        """All but the port."""
        clock: Any = reactor
        self.tasks = Tasks(clock)
        self.exchange = Exchange(
            verify=verify,
            is_connection=lambda connection, session: connection == "7",
            address=address_reader(0),
            cookies=SessionCookies(public_url="", refresh_s=60),
            metrics=Metrics(self.tasks),
            clock=clock,
        )
        self.dispatcher = Dispatcher(
            contract.build([sys.modules[__name__]], EVENTS),
            self.world,
            limiter=self.limiter,
            now=lambda: datetime.now(timezone.utc),
            incidents=Incidents(clock.seconds),
            sign=lambda user_id: str,
        )
        self.staging = Staging(self.folder, reactor, new_id=uuid7, keep_s=3600)
        await self.staging.start()
        self.addCleanup(self.staging.stop)
        self.under_way = UnderWay(per_caller=2, in_all=3, what="uploads")
        await self.serve()

    async def serve(self) -> None:
        """The routes of the test."""
        Uploads(self.exchange, self.dispatcher, self.staging, self.settings, self.under_way)

    async def listen(self, number: int = 0) -> None:
        """Open the port."""
        rules = Rules(
            max_body_bytes=1000,
            bodies=self.exchange.bodies,
            deadlines=self.deadlines,
            cors_origins=self.cors_origins,
        )
        clock: Any = reactor
        site = make_site(self.exchange.resource(), Resource(), rules, clock, self.exchange.streams)
        build = site.buildProtocol
        self.channels: list[Any] = []

        def built(address: Any) -> Any:
            self.channels.append(build(address))
            return self.channels[-1]

        self.patch(site, "buildProtocol", built)
        factory: Any = over_tls(site, self.mktemp()) if self.tls else site
        port: Any = await serverFromString(reactor, f"tcp:{number}:interface=127.0.0.1").listen(factory)
        self.port = port
        connections = Connections(
            per_caller=0, exempt_loopback=True, incidents=self.tasks.incidents, sharing=Sharing(clock)
        )
        connections.guard(port)
        self.addCleanup(port.stopListening)
        self.addCleanup(self.until, lambda: not connections.open)
        self.number: int = port.getHost().port
        self.url = f"http://127.0.0.1:{self.number}"

    async def ask(
        self, verb: str, path: str, data: Any = None, token: str = "user:ann", **headers: str
    ) -> tuple[int, dict[str, str], Any]:
        """Status, headers and body, decoded if it is JSON."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        answer = await treq.request(verb, self.url + path, data=data, headers=sent, pool=self.pool, timeout=20)
        content = await answer.content()
        found = {
            name.decode().lower(): ", ".join(each.decode() for each in values)
            for name, values in answer.headers.getAllRawHeaders()
        }
        return answer.code, found, json.loads(content) if content and "json" in found["content-type"] else content

    async def raw(self, *data: bytes) -> Raw:
        """A connection that has sent these bytes."""
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", self.number)
        factory: Any = Factory.forProtocol(Raw)
        made: Any = await endpoint.connect(over_tls(factory) if self.tls else factory)
        protocol: Raw = made.wrappedProtocol if self.tls else made
        transport: Any = protocol.transport
        self.addCleanup(lambda: protocol.closed.called or transport.abortConnection())
        for piece in data:
            transport.write(piece)
        return protocol

    def until(self, holds: Callable[[], Any]) -> Deferred[None]:
        """Wait until something holds; the test's own deadline ends it."""
        return Deferred.fromCoroutine(_until(holds))

    def staged(self) -> list[str]:
        """The files of uploads."""
        return sorted(path.name for path in self.folder.iterdir())


async def _until(holds: Callable[[], Any]) -> None:
    while not holds():
        await turn()


async def turn() -> None:
    """One turn of the reactor, of a millisecond: threads come forward."""
    waiter: Deferred[None] = Deferred()
    reactor.callLater(0.001, waiter.callback, None)  # type: ignore[attr-defined]
    await waiter


def form(*parts: tuple[str, bytes], boundary: bytes = b"xyz") -> bytes:
    """A form of parts, each of its header lines after the disposition's name, and its bytes."""
    lines = [
        b"--" + boundary + b"\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + body + b"\r\n"
        for head, body in parts
    ]
    return b"".join(lines) + b"--" + boundary + b"--\r\n"


FILE = 'name="file"; filename="a.txt"\r\nContent-Type: text/plain'
KIND = "multipart/form-data; boundary=xyz"
GROUP = str(uuid.uuid4())
