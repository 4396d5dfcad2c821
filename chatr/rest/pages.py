"""What the server says of itself to programs, and pages of ours that need nothing from elsewhere."""

from __future__ import annotations

from functools import lru_cache
from html import escape

from twisted.web.server import Request

from chatr.api.contract import Contract
from chatr.api.reference import openapi, wamp
from chatr.rest.exchange import PREFIX, Exchange, Handler
from chatr.rest.http.headers import PAGE
from chatr.rest.http.request import ChatrRequest

_CSS = """
:root { color-scheme: light dark; --line: light-dark(#d5dae1, #3a4048); --box: light-dark(#f5f7f9, #1d2127); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1rem; font: 16px/1.55 system-ui, sans-serif;
  background: light-dark(#fff, #14171b); color: light-dark(#1c2128, #e4e8ed); }
a { color: light-dark(#0a58ca, #7db4ff); } h2 { margin-top: 2.5rem; }
code, pre { font: .875rem/1.45 ui-monospace, monospace; }
pre { background: var(--box); border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem;
  overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
""".strip()


def plain(title: str, body: str) -> bytes:
    """A page of ours around some HTML."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_CSS}</style></head><body>{body}</body></html>\n"
    ).encode()


def serve_reference(exchange: Exchange, contract: Contract) -> None:
    """Serve the reference, at the root and below /api. The web client shows it to people, at /docs."""
    for name, content in _documents(contract).items():
        for path in (f"/{name}", f"{PREFIX}/{name}"):
            exchange.serve(name, path, _file(content, "application/json"), endpoint=path, max_body_bytes=0)
    exchange.serve("docs", f"{PREFIX}/docs", _moved_to("/docs"), max_body_bytes=0)


@lru_cache(maxsize=4)
def _documents(contract: Contract) -> dict[str, bytes]:
    """The files of the reference. They take a tenth of a second to make, and a process has one contract."""
    return {"openapi.json": openapi.render(contract), "wamp.json": wamp.render_json(contract)}


def html_page(request: ChatrRequest, text: bytes) -> bytes:
    """A page of ours as the answer."""
    request.become(PAGE)
    request.setHeader("Content-Type", "text/html; charset=utf-8")
    return text


def _moved_to(path: str) -> Handler:
    def answer(request: Request, /, **_: str) -> bytes:
        request.setResponseCode(308)
        request.setHeader("Location", path)
        return b""

    return answer


def _file(content: bytes, media_type: str) -> Handler:
    def answer(request: Request, /, **_: str) -> bytes:
        request.setHeader("Content-Type", media_type)
        return content

    return answer
