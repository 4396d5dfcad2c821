"""What the configuration says to the WAMP router."""

from __future__ import annotations

import msgspec

from chatr.api.errors import URI_PREFIX
from chatr.config import Config
from chatr.wamp.limits import Limits, Uris
from chatr.wamp.transports.upgrade import WebSocketOptions


def limits(config: Config) -> Limits:
    """Read the bounds of one connection."""
    return msgspec.convert(config.wamp, Limits, from_attributes=True)


def websocket_options(config: Config) -> WebSocketOptions:
    """Read who may connect by WebSocket. Where only some origins may, pages of ours are among them."""
    origins = config.wamp.allowed_origins
    if origins and config.server.public_url:
        origins = (*origins, config.server.public_url)
    return WebSocketOptions(
        allowed_origins=origins,
        trusted_proxies=config.server.trusted_proxies,
        compression=config.wamp.compression,
    )


#: The errors of the contract, and the one that only a session has: it reads too slowly.
URIS = Uris(**{name: URI_PREFIX + name for name in Uris.__struct_fields__})
