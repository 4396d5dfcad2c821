"""The cookies in which a browser keeps a session where no script can read it. Both doors know these names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from urllib.parse import urlsplit

#: The refresh token: sent to /api/auth only.
REFRESH = "chatr_refresh"
#: The access token for WAMP: sent to /ws only, so that no other route can be called with it.
REALTIME = "chatr_realtime"
#: What tells the server that somebody has signed in with this browser before; it opens nothing. Sent to /api/auth only.
DEVICE = "chatr_device"

_PORTS: Mapping[str, str] = {"http": "80", "https": "443"}


def named(name: str, *, https: bool) -> str:
    """What a cookie is called: with https so that no page reached in clear can set it (RFC 6265bis, section 4.1.3.1).

    The stronger prefix ``__Host-`` would ask for the path ``/``, and each of ours goes to one place only.
    """
    return f"__Secure-{name}" if https else name


def read(header: str | None, name: str) -> str:
    """One cookie of a Cookie header; empty when it is not there, or in quotes, which none of ours needs.

    Of several the first counts: browsers send the one with the longest path first.
    """
    found = _pattern(name).search(header) if header else None
    value = found[1].strip(" \t") if found else ""
    return "" if '"' in value else value


@cache
def _pattern(name: str) -> re.Pattern[str]:
    """Finds a cookie in one pass. Possessive: what follows a semicolon is looked at once."""
    return re.compile(rf"(?:^|;)[ \t]*+{re.escape(name)}=([^;]*+)")


def own_origin(origin: str | None, host: str | None, public_url: str) -> bool:
    """Whether a browser's request comes from a page of this server.

    Browsers send Origin with every WebSocket handshake and every POST: without one the caller is no page at all,
    and then holds no cookie that a page could misuse. Origins are compared as text, never parsed: they are a
    stranger's. Where people are served by https, a page that came in clear is not ours.
    """
    if not origin:
        return True
    scheme, _, asked = origin.lower().partition("://")
    if scheme not in _PORTS or not asked or (scheme == "http" and public_url.startswith("https://")):
        return False
    default = f":{_PORTS[scheme]}"
    ours = {(host or "").lower(), urlsplit(public_url).netloc.lower()} - {""}
    return asked.removesuffix(default) in {name.removesuffix(default) for name in ours}
