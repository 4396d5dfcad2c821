"""Endpoint descriptions of the settings: looked at before anything is made, and who can reach them."""

from __future__ import annotations

import re
from typing import Any

from twisted.internet.endpoints import serverFromString

from chatr.config.contradictions import ConfigError
from chatr.config.whole import Config
from chatr.networks import is_loopback

_EXAMPLE = "tcp:8080:interface=127.0.0.1"
#: Twisted takes any number for a port, and fails when it listens.
_PORT = re.compile(r"^(?:haproxy:)?(?:tcp6?|ssl):(?:port=)?([+-]?\d+)(?::|$)")
MOST_PORT = 65535
_PARTS = re.compile(r"(?<!\\):")


def check(config: Config, *, elsewhere: bool = False) -> None:
    """Raise :class:`ConfigError` for a setting that is no endpoint.

    ``elsewhere``: the server will run elsewhere, with sockets that systemd hands to it there.
    """
    for name in ("http", "rawsocket"):
        description = getattr(config.server, name)
        if description and not (elsewhere and description.startswith("systemd:")):
            endpoint(None, f"server.{name}", description)


def endpoint(reactor: Any, setting: str, description: str) -> Any:
    """The endpoint that a setting describes. Raises :class:`ConfigError` that names it."""
    try:
        found = serverFromString(reactor, description)
    except OSError as error:
        raise ConfigError(f"{setting}: {description}: {error.filename}: {error.strerror}") from None
    except (TypeError, LookupError) as error:
        reason = "something is missing in it, unknown or too much"
        if description.startswith("systemd:") and isinstance(error, LookupError):
            reason = "systemd has handed over no such socket"
        raise ConfigError(f"{setting}: {description} is no endpoint, as {_EXAMPLE} is one: {reason}") from None
    except Exception as error:
        raise ConfigError(f"{setting}: {description} is no endpoint, as {_EXAMPLE} is one: {error}") from None
    port = _PORT.match(description)
    if port and not 0 <= int(port[1]) <= MOST_PORT:
        raise ConfigError(f"{setting}: {description}: a port is a number up to {MOST_PORT}")
    return found


def is_local(description: str) -> bool:
    """Whether an endpoint is one of this machine alone: a Unix socket, or TCP on a loopback interface."""
    kind, *options = _PARTS.split(description.removeprefix("haproxy:"))
    interface = next((text.partition("=")[2] for text in options if text.startswith("interface=")), "")
    return kind == "unix" or interface == "localhost" or is_loopback(interface.replace("\\", ""))
