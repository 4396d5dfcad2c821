"""Settings of the process: where it listens, what it stands on, and how much one caller may have."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from chatr.config.section import Bytes, Count, Seconds, Section


class ServerSettings(Section, frozen=True):
    """Where the server listens and keeps its things."""

    mode: Literal["development", "production"] = "development"
    http: str = "tcp:8080:interface=127.0.0.1"
    rawsocket: str = ""
    data_dir: str = "chatr-data"
    public_url: str = ""
    trusted_proxies: Annotated[int, Meta(ge=0, le=8)] = 0
    cors_origins: tuple[str, ...] = ()
    max_body_bytes: Bytes = 1024 * 1024
    #: Of all kinds together; behind trusted proxies, which have their own limits, it does not count.
    max_connections_per_address: Count = 512
    stop_timeout_s: Seconds = 10.0


class DatabaseSettings(Section, frozen=True):
    """PostgreSQL: an empty ``dsn`` means the embedded server in the data directory."""

    dsn: str = ""
    pool_size: Annotated[int, Meta(ge=2, le=100)] = 8
    acquire_timeout_s: Seconds = 5.0
    queue_limit: Count = 2000
    #: How long a start waits for a server that is starting itself.
    start_timeout_s: Seconds = 30.0
    #: Bounded because sync cursors reach back by a fixed time that must be longer (ops/conversations/sync.py).
    statement_timeout_s: Annotated[float, Meta(gt=0, le=10)] = 5.0
    #: Whether statements that run often are prepared. Not every pooler between can have it.
    prepare: bool = True


class RedisSettings(Section, frozen=True):
    """Redis or Valkey, through which several processes know who is here; an empty ``url`` means one process alone.

    ``redis://[user:password@]host[:port][/database]``, ``rediss://`` for TLS, or ``unix:/path/of/socket``.
    """

    url: Annotated[str, Meta(pattern=r"^(unix:/.+|rediss?://([^/@]*@)?[^/@:]+(:\d{1,5})?(/\d+)?)?$")] = ""
    #: Before all keys: two systems may share a server.
    prefix: Annotated[str, Meta(pattern="^[A-Za-z0-9_:.-]{1,64}$")] = "chatr"


class LimitsSettings(Section, frozen=True):
    """Rate limits. ``exempt_loopback``: callers on this machine are not limited by address (development)."""

    enabled: bool = True
    exempt_loopback: bool | None = None
    #: An address may do as much as so many accounts: many people may share one.
    accounts_per_address: Count = 5
    #: New conversations with people who are no friends, in 24 hours; fewer on the first day of an account.
    strangers_per_day: Count = 30
    strangers_first_day: Count = 10
    friend_requests_per_day: Count = 50
    #: Invitations to groups, of people who are no friends and in no accepted conversation.
    invites_per_day: Count = 500


class WampSettings(Section, frozen=True):
    """Limits of the WAMP door."""

    max_message_bytes: Bytes = 1024 * 1024
    #: Before WELCOME: of whom nothing is known yet.
    max_handshake_bytes: Bytes = 4096
    max_output_bytes: Bytes = 1024 * 1024
    max_calls_in_flight: Count = 64
    max_subscriptions: Count = 256
    max_sessions_per_user: Count = 20
    max_sessions_per_address: Count = 200
    handshake_timeout_s: Seconds = 10.0
    ping_interval_s: Seconds = 25.0
    ping_timeout_s: Seconds = 10.0
    allowed_origins: tuple[str, ...] = ()
    anonymous: bool = False
    compression: bool = False
