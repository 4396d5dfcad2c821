"""What the description of a Twisted endpoint says of who can reach it."""

from __future__ import annotations

import re
from ipaddress import ip_address

DEVELOPMENT_FOR_ALL = (
    "server.mode is development and other machines can connect: whoever does may register, sign in without a code and "
    'send without most limits. Set server.mode = "production", or listen on interface=127.0.0.1 only'
)
_PARTS = re.compile(r"(?<!\\):")


def is_local(description: str) -> bool:
    """Whether an endpoint is one of this machine alone: a Unix socket, or TCP on a loopback interface."""
    kind, *options = _PARTS.split(description.removeprefix("haproxy:"))
    interface = next((text.partition("=")[2] for text in options if text.startswith("interface=")), "")
    try:
        return kind == "unix" or ip_address(interface.replace("\\", "")).is_loopback
    except ValueError:
        return interface == "localhost"
