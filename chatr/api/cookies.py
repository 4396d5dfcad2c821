"""The cookies in which a browser keeps a session where no script can read it. Both doors know these names."""

from __future__ import annotations

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

#: The refresh token: sent to /api/auth only.
REFRESH = "chatr_refresh"
#: The access token for WAMP: sent to /ws only, so that no other route can be called with it.
REALTIME = "chatr_realtime"
#: What tells the server that somebody has signed in with this browser before; it opens nothing. Sent to /api/auth only.
DEVICE = "chatr_device"

_PORTS: Mapping[str, str] = {"http": "80", "https": "443"}


def read(header: str | None, name: str) -> str:
    """One cookie of a Cookie header; empty when it is not there."""
    if not header:
        return ""
    jar: SimpleCookie = SimpleCookie()
    # Autobahn joins repeated headers with commas; a foreign cookie that can't be parsed must not hide ours.
    for part in header.replace(",", ";").split(";"):
        try:
            jar.load(part.strip())
        except CookieError:
            continue
    return jar[name].value if name in jar else ""


def own_origin(origin: str | None, host: str | None, public_url: str) -> bool:
    """Whether a browser's request comes from a page of this server.

    Browsers send Origin with every WebSocket handshake and every POST: without one the caller is no page at all,
    and then holds no cookie that a page could misuse.
    """
    if not origin:
        return True
    parts = urlsplit(origin)
    asked = parts.netloc.lower()
    ours = {(host or "").lower(), urlsplit(public_url).netloc.lower()} - {""}
    default = f":{_PORTS.get(parts.scheme, '')}"
    return asked in ours or asked.removesuffix(default) in {name.removesuffix(default) for name in ours}
