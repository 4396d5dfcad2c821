"""The opening handshake as nearly all clients ask for it (RFC 6455, section 4), read at once.

Only what HTTP's parser and Autobahn would read in the same way, and let in, is taken here. Whatever else comes goes
their way and has their answers.
"""

from __future__ import annotations

import re
from collections.abc import Container
from typing import NamedTuple

from chatr.wamp.codec.frames import SERIALIZERS

FORWARDED = "x-forwarded-for"

#: Of the whole request: a browser's has half of it, with cookies.
MAX_HEAD_BYTES = 4096

#: More than a few are only remembered where pages of any origin may come.
MAX_ORIGINS = 256
MAX_ORIGIN_CHARS = 256

_HEAD = re.compile(r"GET [!-~]+ HTTP/1\.1\r\n((?:[A-Za-z0-9-]{1,64}: [!-~][ -~]*\r\n){1,64})\r\n")
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}(?::[0-9]{1,5})?")
_KEY = re.compile(r"[A-Za-z0-9+/]{22}==")
#: With a body, or what asks for an answer before the answer.
_MORE = frozenset({"content-length", "transfer-encoding", "expect"})
#: What browsers, and the libraries that are like them, offer whoever they ask.
_DEFLATE = ("permessage-deflate", "permessage-deflate; client_max_window_bits")


class Origins(dict[str, None]):
    """Of pages that Autobahn has let in, as browsers write them, the last: it need not look at them again."""

    def let_in(self, origin: str) -> None:
        """Remember one; empty: what has let itself in is no page."""
        if origin and len(origin) <= MAX_ORIGIN_CHARS:
            self[origin] = None
            if len(self) > MAX_ORIGINS:
                del self[next(iter(self))]


class Opening(NamedTuple):
    """A request that is let in."""

    subprotocol: str
    key: str
    headers: dict[str, str]
    """By their names in small letters."""


def read_opening(head: bytes, *, origins: Container[str], compression: bool) -> Opening | None:
    """Read a request, its path being that of WebSockets; None if it isn't the usual one.

    ``origins``: of pages that have been let in before. ``compression``: whether an offer of it has to be looked at.
    """
    if len(head) > MAX_HEAD_BYTES or not head.isascii() or not (found := _HEAD.fullmatch(head.decode())):
        return None
    lines = [line.partition(": ") for line in found[1].split("\r\n")[:-1]]
    headers = {name.lower(): value.rstrip() for name, _, value in lines}
    # What is said twice is joined by one parser, and the last line counts for another.
    if len(headers) < len(lines) or not _MORE.isdisjoint(headers):
        return None
    say = headers.get
    offered = say("sec-websocket-extensions")
    key = say("sec-websocket-key", "")
    usual = (
        _HOST.fullmatch(say("host", ""))
        and _KEY.fullmatch(key)
        and say("sec-websocket-version") == "13"
        and say("upgrade", "").lower() == "websocket"
        and "upgrade" in [option.strip() for option in say("connection", "").lower().split(",")]
        and ("origin" not in headers or headers["origin"] in origins)
        and (offered is None or (not compression and offered in _DEFLATE))
    )
    subprotocol = _chosen(say("sec-websocket-protocol", ""))
    return Opening(subprotocol, key, headers) if usual and subprotocol else None


def _chosen(offered: str) -> str | None:
    """The first that we know of the client's; None if there is none, or one is offered twice."""
    names = [name.strip() for name in offered.split(",")]
    return next((name for name in names if name in SERIALIZERS), None) if len({*names}) == len(names) else None
