"""The configuration: one frozen struct per section, read once from TOML < environment < command line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

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
    #: Bounded because sync cursors reach back by a fixed time that must be longer (ops/conversations/sync.py).
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
    #: Whether what was written to an open session of somebody has reached them; else only what a client says has.
    delivered_when_written: bool = False
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


#: Settings that are never shown.
SECRETS = frozenset({"database.dsn", "mail.smtp_password", "sms.authorization", "oidc.client_secret", "redis.url"})


class ConfigError(Exception):
    """The configuration can't be used; the message is one line that names the setting and where it came from."""


#: Variables with our prefix that are read elsewhere: the web client's build, and the path of the TOML file.
NOT_SETTINGS = frozenset({"CHATR_WEB", "CHATR_CONFIG"})


def load(path: str | None, environment: Mapping[str, str], options: Mapping[str, str]) -> Config:
    """Read the configuration.

    ``environment`` may set ``CHATR_<SECTION>_<KEY>``, where an unknown key of a known section is an error; variables
    that name no section of ours are left alone (:func:`chatr.remarks.strays`). ``options`` maps ``section.key`` to
    text. Lists are comma-separated there. Raises :class:`ConfigError`.
    """
    merged: dict[str, dict[str, Any]] = {}
    origin: dict[str, str] = {}
    path = path or environment.get("CHATR_CONFIG") or None
    if path:
        for section, values in _toml(path).items():
            if not isinstance(values, dict):
                raise ConfigError(f"{section}: is not a section, put it below [server] or another (in {path})")
            for key, value in values.items():
                _put(merged, origin, section, key, value, path)
    for variable, text in environment.items():
        section, key = named(variable)
        if section in Config.__struct_fields__ and key:
            _put(merged, origin, section, key, text, f"environment {variable}")
    for name, text in options.items():
        section, _, key = name.partition(".")
        _put(merged, origin, section, key, text, "command line")
    config = _convert(merged, origin)
    _check(config)
    return config


def assignments(texts: Sequence[str]) -> dict[str, str]:
    """``["server.http=tcp:80"]`` as a mapping. Raises :class:`ConfigError`."""
    parsed: dict[str, str] = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator or "." not in name:
            raise ConfigError(f"--set {text}: write it as section.key=value")
        parsed[name] = value
    return parsed


def named(variable: str) -> tuple[str, str]:
    """Section and key of a variable that sets something; empty for one that does not."""
    if not variable.startswith("CHATR_") or variable in NOT_SETTINGS:
        return "", ""
    section, _, key = variable[len("CHATR_") :].lower().partition("_")
    return section, key


def _toml(path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error


def _put(
    merged: dict[str, dict[str, Any]], origin: dict[str, str], section: str, key: str, value: Any, source: str
) -> None:
    sections = {field.name: field.type for field in msgspec.structs.fields(Config)}
    if section not in sections:
        raise ConfigError(f"{section}: unknown section (from {source}); known: {', '.join(sections)}")
    fields = {field.name: field.type for field in msgspec.structs.fields(sections[section])}
    if key not in fields:
        raise ConfigError(f"{section}.{key}: unknown key (from {source}); known: {', '.join(fields)}")
    if isinstance(value, str) and "tuple" in str(fields[key]):
        value = [part.strip() for part in value.split(",") if part.strip()]
    merged.setdefault(section, {})[key] = value
    origin[f"{section}.{key}"] = source


def _convert(merged: dict[str, dict[str, Any]], origin: dict[str, str]) -> Config:
    try:
        # Text from the environment and the command line becomes a number or a switch here; TOML is typed already.
        return msgspec.convert(merged, Config, strict=False)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        name = ".".join(path.rstrip("`").replace("[...]", "").split(".")[:2])
        known = f"; known: {', '.join(words)}" if (words := _words(name)) else ""
        raise ConfigError(f"{name}: {message} (from {origin.get(name, 'the configuration')}){known}") from error


def _words(name: str) -> list[str]:
    """What a setting may be, where that is one of some words."""
    kind: Any = Config
    for part in name.split("."):
        fields = msgspec.structs.fields(kind) if isinstance(kind, type) and issubclass(kind, Section) else ()
        kind = next((field.type for field in fields if field.name == part), None)
    schema = msgspec.json.schema(kind)
    return [word for part in schema.get("anyOf", [schema]) for word in part.get("enum", []) if word]


def _check(config: Config) -> None:
    """Settings that contradict each other."""
    if config.auth.access_token_s > config.retention.sessions_days * 86400:
        raise ConfigError("auth.access_token_s: access tokens would outlive sessions (retention.sessions_days)")
    if config.wamp.max_message_bytes > config.wamp.max_output_bytes:
        raise ConfigError("wamp.max_message_bytes: is larger than wamp.max_output_bytes, no such message could leave")
    if "*" in config.server.cors_origins and len(config.server.cors_origins) > 1:
        raise ConfigError("server.cors_origins: '*' stands alone or not at all")
    if config.wamp.ping_timeout_s >= config.wamp.ping_interval_s:
        raise ConfigError("wamp.ping_timeout_s: must be shorter than wamp.ping_interval_s")
    if config.mail.transport == "smtp" and not config.mail.smtp_host:
        raise ConfigError("mail.smtp_host: is missing, mail.transport is smtp")
    if config.mail.smtp_username and config.mail.smtp_security == "none":
        raise ConfigError("mail.smtp_security: none would send the password of mail.smtp_username in clear")
    if not parseaddr(config.mail.sender)[1].isascii() or "@" not in parseaddr(config.mail.sender)[1]:
        raise ConfigError("mail.sender: is not an e-mail address")
    if config.mail.smtp_ca_file and not Path(config.mail.smtp_ca_file).is_file():
        raise ConfigError(f"mail.smtp_ca_file: there is no file {config.mail.smtp_ca_file}")
    if config.sms.transport == "http" and not config.sms.url.startswith(("https://", "http://")):
        raise ConfigError("sms.url: is missing or no http URL, sms.transport is http")
    if config.auth.login_code == "sms" and config.sms_transport == "off":
        raise ConfigError("auth.login_code: is sms, and sms.transport is off")
    for network in config.previews.allow:
        try:
            ip_network(network)
        except ValueError as error:
            raise ConfigError(f"previews.allow: {error}") from None
    if config.oidc.issuer and not config.oidc.client_id:
        raise ConfigError("oidc.client_id: is missing, oidc.issuer is set")
    if config.oidc.issuer and not (config.oidc.redirect_url or config.server.public_url):
        raise ConfigError("oidc.redirect_url: is missing, and so is server.public_url")
    # Port 0 is a free port, each time another.
    if config.server.rawsocket == config.server.http and not config.server.http.startswith("tcp:0"):
        raise ConfigError("server.rawsocket: is the same endpoint as server.http")
