"""Who works on this machine, and who only looks as if."""

from __future__ import annotations

from chatr.networks import is_loopback
from chatr.rest.http.request import ChatrRequest

_PROXY_HEADERS = (b"via", b"forwarded", b"x-real-ip")


def from_this_machine(request: ChatrRequest) -> bool:
    """Whether both ends are on this machine, by address and by name, and nothing tells of a proxy between them."""
    names = [name.lower() for name, _ in request.requestHeaders.getAllRawHeaders()]
    if any(name in _PROXY_HEADERS or name.startswith(b"x-forwarded-") for name in names):
        return False
    host = request.getHeader("host") or ""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    peer = getattr(request.getClientAddress(), "host", None) or ""
    return is_loopback(peer) and (name.lower() == "localhost" or is_loopback(name))
