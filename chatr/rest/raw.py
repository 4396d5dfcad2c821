"""Routes outside the contract: health, metrics, the reference."""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from klein import Klein
from twisted.web.server import Request

from chatr import __version__
from chatr.api.contract import Contract
from chatr.api.reference import openapi, page, wamp
from chatr.rest.app import PREFIX
from chatr.rest.metrics import Metrics


class Readiness(msgspec.Struct, frozen=True):
    """Whether this process can serve, and how each of its parts is.

    ``parts``: what it stands on; ``tasks``: what goes on beside the calls, False when it has not succeeded for a
    minute, with a line in ``late``.
    """

    ready: bool
    parts: dict[str, bool]
    tasks: dict[str, bool]
    late: list[str]


class RawRoutes:
    """Adds its routes to a Klein app, each at the root and below /api. ``mailbox``: whether there is one."""

    def __init__(
        self,
        klein: Klein,
        contract: Contract,
        *,
        ready: Callable[[], Awaitable[Readiness]],
        metrics: Metrics,
        mailbox: bool,
    ) -> None:
        self._ready = ready
        self._metrics = metrics
        self._mailbox = mailbox
        self._openapi = openapi.render(contract)
        self._wamp = wamp.render_json(contract)
        self._page = page.render(contract)
        routes: dict[str, Any] = {
            "/health": self.health,
            "/ready": self.ready,
            "/metrics": self.metrics,
            "/docs": self.docs,
            "/openapi.json": self.openapi,
            "/wamp.json": self.wamp,
        }
        for path, handler in routes.items():
            for prefix in ("", PREFIX):
                klein.route(prefix + path, methods=["GET"], endpoint=prefix + path)(handler)
        klein.route("/", methods=["GET"], endpoint="/")(self.root)

    def health(self, request: Request) -> bytes:
        """The process is alive."""
        return _json(request, {"status": "ok", "version": __version__})

    async def ready(self, request: Request) -> bytes:
        """Whether the process can serve: 503 when not. Each part is named, also those without which it can."""
        state = await self._ready()
        request.setResponseCode(200 if state.ready else 503)
        return _json(request, {"ready": state.ready, **state.parts, "tasks": state.tasks, "late": state.late})

    def metrics(self, request: Request) -> bytes:
        """For Prometheus."""
        request.setHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        return self._metrics.render()

    def docs(self, request: Request) -> bytes:
        """The reference as a page that needs nothing from elsewhere."""
        return html_page(request, self._page)

    def openapi(self, request: Request) -> bytes:
        """OpenAPI 3.1."""
        request.setHeader("Content-Type", "application/json")
        return self._openapi

    def wamp(self, request: Request) -> bytes:
        """Procedures and topics."""
        request.setHeader("Content-Type", "application/json")
        return self._wamp

    def root(self, request: Request) -> bytes:
        """What this server is."""
        mail = '<li><a href="/dev/mail">Development mailbox</a></li>' if self._mailbox else ""
        return html_page(
            request,
            page.plain(
                "Chatr",
                f"<h1>Chatr {html.escape(__version__)}</h1><p>A realtime messaging server. "
                f"The web client is not part of "
                f'this version.</p><ul><li><a href="/api/docs">API reference</a></li>{mail}</ul>',
            ),
        )


def _json(request: Request, value: object) -> bytes:
    request.setHeader("Content-Type", "application/json")
    return msgspec.json.encode(value)


def html_page(request: Request, text: bytes) -> bytes:
    """A page of ours as the answer."""
    request.setHeader("Content-Type", "text/html; charset=utf-8")
    return text
