"""What can be set: one frozen struct per section."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Seconds = Annotated[float, Meta(gt=0)]
Bytes = Annotated[int, Meta(ge=1024)]
Count = Annotated[int, Meta(ge=1)]
#: ``choice``: whoever signs in says where the code goes.
LoginCode = Literal["off", "email", "sms", "choice"]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all sections: an unknown key is an error."""


class Server(Section, frozen=True):
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


class Database(Section, frozen=True):
    """PostgreSQL: an empty ``dsn`` means the embedded server in the data directory."""

    dsn: str = ""
    pool_size: Annotated[int, Meta(ge=2, le=100)] = 8
    acquire_timeout_s: Seconds = 5.0
    queue_limit: Count = 2000
    #: How long a start waits for a server that is starting itself.
    start_timeout_s: Seconds = 30.0
    #: Bounded because sync cursors reach back by a fixed time that must be longer (ops/sync.py).
    statement_timeout_s: Annotated[float, Meta(gt=0, le=10)] = 5.0


class Auth(Section, frozen=True):
    """Passwords, codes and tokens."""

    login_code: LoginCode | Literal[""] = ""
    #: Of phone numbers without a leading +: two letters, as in DE.
    phone_region: Annotated[str, Meta(pattern="^([A-Z]{2})?$")] = ""
    #: Of new keys for access tokens.
    token_algorithm: Literal["HS256", "EdDSA"] = "HS256"
    access_token_s: Annotated[int, Meta(ge=30)] = 900
    refresh_token_s: Annotated[int, Meta(ge=60)] = 30 * 86400
    ticket_s: Annotated[int, Meta(ge=1)] = 30
    code_s: Annotated[int, Meta(ge=60)] = 900
    bcrypt_cost: Annotated[int, Meta(ge=4, le=16)] = 12
    bcrypt_threads: Annotated[int, Meta(ge=1, le=32)] = 2
    bcrypt_queue: Count = 256
    #: Of one address, or of one person who is signed in.
    bcrypt_queue_per_caller: Count = 64


class Limits(Section, frozen=True):
    """Rate limits. ``exempt_loopback``: callers on this machine are not limited by address (development)."""

    enabled: bool = True
    exempt_loopback: bool | None = None
    #: An address may do as much as so many accounts: many people may share one.
    accounts_per_address: Count = 5
    #: New conversations with people who are no friends, in 24 hours; fewer on the first day of an account.
    strangers_per_day: Count = 30
    strangers_first_day: Count = 10
    friend_requests_per_day: Count = 50


class Wamp(Section, frozen=True):
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


class Mail(Section, frozen=True):
    """Outgoing mail. ``outbox`` writes each mail to the data directory instead of sending it."""

    transport: Literal["outbox", "smtp"] = "outbox"
    sender: str = "Chatr <chatr@localhost>"
    smtp_host: str = ""
    smtp_port: Annotated[int, Meta(ge=1, le=65535)] = 587
    #: ``starttls`` is refused when the relay does not offer it; ``tls`` is encrypted from the start (port 465).
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_username: str = ""
    smtp_password: str = ""
    #: PEM file of certificates to trust instead of the system's.
    smtp_ca_file: str = ""


class Sms(Section, frozen=True):
    """Outgoing SMS by any HTTP gateway; by default to the outbox in development and off in production.

    ``{to}``, ``{text}`` and ``{sender}`` in ``body`` are filled in, encoded as JSON strings or as form fields.
    """

    transport: Literal["off", "outbox", "http", ""] = ""
    url: str = ""
    method: Literal["POST", "PUT"] = "POST"
    content_type: Literal["application/json", "application/x-www-form-urlencoded"] = "application/json"
    body: str = '{"to": "{to}", "text": "{text}"}'
    sender: str = "Chatr"
    #: The whole Authorization header, if the gateway wants one.
    authorization: str = ""


class Oidc(Section, frozen=True):
    """Sign-in with an OpenID provider; an empty ``issuer`` means none."""

    issuer: str = ""
    client_id: str = ""
    client_secret: str = ""
    #: What the button says.
    name: str = "Single sign-on"
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    #: Where the provider sends people back to; by default /oidc below server.public_url.
    redirect_url: str = ""
    #: Whether somebody unknown gets an account.
    register: bool = True
    #: Whether an address that the provider has verified opens the account that has it here.
    link_by_email: bool = False


class Messages(Section, frozen=True):
    """What people may do with messages."""

    #: Messages that may be written to somebody who has not accepted to be written to.
    pending_limit: Count = 5
    #: How long somebody who declined is left alone by the one they declined.
    request_cooldown_s: Annotated[int, Meta(ge=0)] = 7 * 86400
    #: How long a message can be edited; 0: for ever.
    edit_window_s: Annotated[int, Meta(ge=0)] = 0
    #: Whether what somebody has written goes with their account; otherwise it stays, from "Deleted user".
    erase_deleted: bool = False
    #: A text search configuration of the database, as english: forms of a word find each other. The same on all nodes.
    search_dictionary: Annotated[str, Meta(pattern="^[a-z_][a-z0-9_]{0,62}$")] = "simple"


class Redis(Section, frozen=True):
    """Redis or Valkey, through which several processes know who is here; an empty ``url`` means one process alone.

    ``redis://[user:password@]host[:port][/database]``, ``rediss://`` for TLS, or ``unix:/path/of/socket``.
    """

    url: Annotated[str, Meta(pattern=r"^(unix:/.+|rediss?://([^/@]*@)?[^/@:]+(:\d{1,5})?(/\d+)?)?$")] = ""
    #: Before all keys: two systems may share a server.
    prefix: Annotated[str, Meta(pattern="^[A-Za-z0-9_:.-]{1,64}$")] = "chatr"


class Previews(Section, frozen=True):
    """Previews of links, which the server fetches. Off: nothing is fetched."""

    enabled: bool = True
    #: For a page or an image with all redirects.
    timeout_s: Seconds = 5.0
    max_bytes: Bytes = 1024 * 1024
    max_image_bytes: Bytes = 2 * 1024 * 1024
    ports: tuple[Annotated[int, Meta(ge=1, le=65535)], ...] = (80, 443)
    #: Networks (CIDR) that may be fetched from although they are not of the public internet.
    allow: tuple[str, ...] = ()
    #: How long a preview or an image is good for.
    cache_s: Annotated[int, Meta(ge=60, le=30 * 86400)] = 86400
    #: What images may take in the database; the oldest are fetched again when somebody wants to see them.
    max_cache_bytes: Annotated[int, Meta(ge=0)] = 256 * 1024 * 1024


class Retention(Section, frozen=True):
    """How many days what nobody sees any more stays in the database; what is older goes each night, ``hour`` in UTC."""

    hour: Annotated[int, Meta(ge=0, le=23)] = 3
    #: Texts of unsent messages, former ones and quotes too; 0: until the next night.
    unsent_days: Annotated[int, Meta(ge=0, le=36500)] = 30
    #: Former texts of messages that were edited; 0: as long as the message.
    edits_days: Annotated[int, Meta(ge=0, le=36500)] = 0
    sessions_days: Annotated[int, Meta(ge=1, le=36500)] = 30
    dead_letters_days: Annotated[int, Meta(ge=1, le=36500)] = 30


class Config(Section, frozen=True):
    """The whole configuration."""

    server: Server = Server()
    database: Database = Database()
    auth: Auth = Auth()
    limits: Limits = Limits()
    wamp: Wamp = Wamp()
    mail: Mail = Mail()
    sms: Sms = Sms()
    oidc: Oidc = Oidc()
    redis: Redis = Redis()
    messages: Messages = Messages()
    previews: Previews = Previews()
    retention: Retention = Retention()

    @property
    def development(self) -> bool:
        """Whether conveniences for the first minute are on."""
        return self.server.mode == "development"

    @property
    def login_code(self) -> LoginCode:
        """Where the code goes that a password login needs too (default: by e-mail in production, none else)."""
        return self.auth.login_code or ("off" if self.development else "email")

    @property
    def sms_transport(self) -> Literal["off", "outbox", "http"]:
        """How SMS leave."""
        return self.sms.transport or ("outbox" if self.development else "off")

    @property
    def oidc_redirect_url(self) -> str:
        """Where an OpenID provider sends people back to."""
        return self.oidc.redirect_url or f"{self.server.public_url.rstrip('/')}/oidc"

    @property
    def exempt_loopback(self) -> bool:
        """Whether callers on this machine pass the limits by address (default: in development)."""
        chosen = self.limits.exempt_loopback
        return self.development if chosen is None else chosen
