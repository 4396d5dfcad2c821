"""All that the HTTP port serves, tied together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.web.resource import IResource

from chatr.api.dispatch import Dispatcher
from chatr.config import Config
from chatr.datadir import DataDirectory
from chatr.demo.demo import Demo
from chatr.ops.files import receiving
from chatr.ops.files.serving import FileServing
from chatr.ops.ports import Ports
from chatr.process.tasks import Tasks
from chatr.realtime.redis import Redis
from chatr.rest.app import serve_operations
from chatr.rest.client import WebClient
from chatr.rest.cookies import SessionCookies
from chatr.rest.development.demo import DemoDoor
from chatr.rest.development.mailbox import Mailbox
from chatr.rest.exchange import Exchange
from chatr.rest.health import Health
from chatr.rest.http.headers import Headers, Rules
from chatr.rest.http.request import address_reader
from chatr.rest.http.site import ChatrSite, make_site
from chatr.rest.metrics import Metrics
from chatr.rest.pages import serve_reference
from chatr.rest.transfers.preview_images import ImageRoute
from chatr.rest.transfers.transfers import Transfers

#: Makes the answer to a handshake of WebSocket that fails, of a status, a sentence and further headers.
Refuse = Callable[[int, str, Headers], bytes]


class HttpDoor:
    """The routes, and the site that they stand in. ``mailbox`` and ``demo``: in development only."""

    def __init__(
        self,
        config: Config,
        data: DataDirectory,
        tasks: Tasks,
        metrics: Metrics,
        dispatcher: Dispatcher,
        ports: Ports,
        redis: Redis | None,
        demo: Demo | None,
        websocket: Callable[[Refuse], IResource],
    ) -> None:
        """``websocket`` makes the resource at /ws, with how the site refuses."""
        server, reactor = config.server, tasks.clock
        exchange = self.exchange = Exchange(
            verify=ports.accounts.tokens.verify,
            is_connection=lambda connection, session_id: connection in ports.live.connections(session_id),
            address=address_reader(server.trusted_proxies),
            cookies=SessionCookies(public_url=server.public_url, refresh_s=config.auth.refresh_token_s),
            metrics=metrics,
            clock=reactor,
        )
        serve_operations(exchange, dispatcher)
        Health(exchange, tasks, metrics, ports.db, redis, server.mode)
        serve_reference(exchange, dispatcher.contract)
        self._client = WebClient(exchange, bucket=_bucket(config))
        ImageRoute(exchange, ports.messages.previews.image)
        files = config.files, data.path / "uploads", FileServing(ports), ports.files.storage
        self.transfers = Transfers(exchange, dispatcher, tasks, metrics, *files, partial(receiving.room, ports))
        self.mailbox = Mailbox(exchange, data.outbox, data.new_mail_key) if config.development else None
        if demo is not None:
            DemoDoor(exchange, demo)
        rules = Rules.of(config, exchange.bodies)
        root, streams = exchange.resource(), exchange.streams
        self.site: ChatrSite = make_site(root, websocket(rules.refuse), rules, reactor, streams)

    def start(self) -> None:
        """Read the client; let scripts have the mails from now on."""
        self._client.open()
        if self.mailbox is not None:
            self.mailbox.open()

    def stop(self) -> Any:
        """Refuse new requests; fires when nothing is under way."""
        return self.exchange.drain()


def _bucket(config: Config) -> str:
    """The origin that browsers are sent to for files; empty: they stay here."""
    s3 = config.s3
    return s3.public_endpoint or s3.endpoint if config.files.storage == "s3" and s3.presigned else ""
