"""What a connection begins with, while it may become a WebSocket at once."""

from __future__ import annotations

WEBSOCKET = b"GET /ws HTTP/1.1\r\n"
#: So much is kept of it until its end has come.
MAX_BYTES = 4096
_END = b"\r\n\r\n"


def opening_ends(data: bytes) -> int | None:
    """Where the request for a WebSocket ends that ``data`` begins with; 0: not yet; None: this is no such request."""
    if not data.startswith(WEBSOCKET) and not WEBSOCKET.startswith(data):
        return None
    end = data.find(_END)
    if end >= 0:
        return end + len(_END)
    return 0 if len(data) <= MAX_BYTES else None
