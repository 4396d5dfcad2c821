"""How much one connection may ask of a router, how long it may take, and what its errors are called."""

from __future__ import annotations

import msgspec

#: How long a peer has to answer our GOODBYE, and then to take what is still queued, before the transport is cut.
CLOSE_TIMEOUT_S = 2.0


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The bounds of one connection."""

    max_message_bytes: int
    #: Before WELCOME: of whom nothing is known yet.
    max_handshake_bytes: int
    max_output_bytes: int
    max_calls_in_flight: int
    max_subscriptions: int
    handshake_timeout_s: float
    ping_interval_s: float
    ping_timeout_s: float


class Uris(msgspec.Struct, frozen=True, kw_only=True):
    """Errors for which the WAMP specification has no URI, or which a realm words in its own way."""

    invalid: str
    rate_limited: str
    unavailable: str
    internal: str
    too_large: str
    slow_consumer: str
