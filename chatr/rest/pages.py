"""What the server says of itself: the reference for people and for programs, and a page at the root."""

from __future__ import annotations

import html

from twisted.web.server import Request

from chatr import __version__
from chatr.api.contract import Contract
from chatr.api.reference import openapi, page, wamp
from chatr.rest.exchange import PREFIX, Exchange, Handler
from chatr.rest.http.headers import PAGE
from chatr.rest.http.request import ChatrRequest


def serve_pages(exchange: Exchange, contract: Contract, *, mailbox: bool) -> None:
    """Serve the reference, at the root and below /api, and the root. ``mailbox``: whether there is one to point to."""
    handlers = {
        "docs": _page(page.render(contract)),
        "openapi.json": _file(openapi.render(contract), "application/json"),
        "wamp.json": _file(wamp.render_json(contract), "application/json"),
    }
    for name, handler in handlers.items():
        for path in (f"/{name}", f"{PREFIX}/{name}"):
            exchange.serve(name, path, handler, endpoint=path, max_body_bytes=0)
    mail = '<li><a href="/dev/mail">Development mailbox</a></li>' if mailbox else ""
    root = page.plain(
        "Chatr",
        f"<h1>Chatr {html.escape(__version__)}</h1><p>A realtime messaging server. The web client is not part of "
        f'this version.</p><ul><li><a href="/api/docs">API reference</a></li>{mail}</ul>',
    )
    exchange.serve("root", "/", _page(root))


def html_page(request: ChatrRequest, text: bytes) -> bytes:
    """A page of ours as the answer."""
    request.become(PAGE)
    request.setHeader("Content-Type", "text/html; charset=utf-8")
    return text


def _page(text: bytes) -> Handler:
    return lambda request, /, **_: html_page(request, text)


def _file(content: bytes, media_type: str) -> Handler:
    def answer(request: Request, /, **_: str) -> bytes:
        request.setHeader("Content-Type", media_type)
        return content

    return answer
