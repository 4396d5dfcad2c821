"""Routes outside the contract: health, metrics, the reference, and the development mailbox."""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import msgspec
from klein import Klein
from twisted.web.server import Request

from chatr import __version__
from chatr.api.contract import Contract
from chatr.api.dispatch import new_request_id
from chatr.api.errors import ApiError
from chatr.api.reference import openapi, page, wamp
from chatr.rest.app import PREFIX, render
from chatr.rest.metrics import Metrics

MAX_MAILS = 100


class Mail(msgspec.Struct, frozen=True):
    """One mail of the outbox."""

    to: str
    subject: str
    text: str
    at: str


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
    """Adds its routes to a Klein app, each at the root and below /api. ``outbox`` is None outside development."""

    def __init__(
        self,
        klein: Klein,
        contract: Contract,
        *,
        ready: Callable[[], Awaitable[Readiness]],
        metrics: Metrics,
        outbox: Path | None,
    ) -> None:
        self._ready = ready
        self._metrics = metrics
        self._outbox = outbox
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
        if outbox is not None:
            klein.route("/dev/mail", methods=["GET"], endpoint="/dev/mail")(self.mail)
            klein.route("/dev/mail.json", methods=["GET"], endpoint="/dev/mail.json")(self.mail_json)

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
        return _html(request, self._page)

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
        mail = '<li><a href="/dev/mail">Development mailbox</a></li>' if self._outbox is not None else ""
        return _html(
            request,
            page.plain(
                "Chatr",
                f"<h1>Chatr {html.escape(__version__)}</h1><p>A realtime messaging server. "
                f"The web client is not part of "
                f'this version.</p><ul><li><a href="/api/docs">API reference</a></li>{mail}</ul>',
            ),
        )

    def mail(self, request: Request) -> bytes:
        """The development mailbox."""
        if not _local(request):
            return _absent(request)
        shown = "".join(
            f"<section><h2>{html.escape(mail.subject)}</h2><p>To {html.escape(mail.to)}, {html.escape(mail.at)}</p>"
            f"<pre>{html.escape(mail.text)}</pre></section>"
            for mail in self._mails()
        )
        return _html(request, page.plain("Mail", f"<h1>Development mail</h1>{shown or '<p>No mail yet.</p>'}"))

    def mail_json(self, request: Request) -> bytes:
        """The same for scripts, newest first."""
        if not _local(request):
            return _absent(request)
        return _json(request, {"items": self._mails()})

    def _mails(self) -> list[Mail]:
        if self._outbox is None:
            return []
        paths = sorted(self._outbox.glob("*.eml"), reverse=True)[:MAX_MAILS]
        parsed = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]
        return [Mail(str(mail["To"]), str(mail["Subject"]), _text(mail), str(mail["Date"])) for mail in parsed]


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


def _local(request: Request) -> bool:
    """Mail holds codes: only for a browser on this machine, with no proxy between that could speak for others."""
    host = getattr(request.getClientAddress(), "host", None)
    if host is None or request.getHeader("x-forwarded-for") or request.getHeader("forwarded"):
        return False
    return ip_address(host).is_loopback


def _absent(request: Request) -> bytes:
    request.setResponseCode(404)
    return render(request, ApiError("not_found", "There is nothing at this address").problem(new_request_id()))


def _json(request: Request, value: object) -> bytes:
    request.setHeader("Content-Type", "application/json")
    return msgspec.json.encode(value)


def _html(request: Request, text: bytes) -> bytes:
    request.setHeader("Content-Type", "text/html; charset=utf-8")
    return text
