"""The configuration: one frozen struct per section, read once from TOML < environment < command line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Seconds = Annotated[float, Meta(gt=0)]
Bytes = Annotated[int, Meta(ge=1024)]
Count = Annotated[int, Meta(ge=1)]


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

    login_code: Literal["off", "email", ""] = ""
    access_token_s: Annotated[int, Meta(ge=30)] = 900
    refresh_token_s: Annotated[int, Meta(ge=60)] = 30 * 86400
    ticket_s: Annotated[int, Meta(ge=1)] = 30
    code_s: Annotated[int, Meta(ge=60)] = 900
    bcrypt_cost: Annotated[int, Meta(ge=4, le=16)] = 12
    bcrypt_threads: Annotated[int, Meta(ge=1, le=32)] = 2
    bcrypt_queue: Count = 256


class Limits(Section, frozen=True):
    """Rate limits. ``exempt_loopback``: callers on this machine are not limited by address (development)."""

    enabled: bool = True
    exempt_loopback: bool | None = None


class Wamp(Section, frozen=True):
    """Limits of the WAMP door."""

    max_message_bytes: Bytes = 1024 * 1024
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
    """Outgoing mail. ``outbox`` writes each mail to the data directory; SMTP comes with the accounts work."""

    transport: Literal["outbox"] = "outbox"
    sender: str = "Chatr <chatr@localhost>"


class Config(Section, frozen=True):
    """The whole configuration."""

    server: Server = Server()
    database: Database = Database()
    auth: Auth = Auth()
    limits: Limits = Limits()
    wamp: Wamp = Wamp()
    mail: Mail = Mail()

    @property
    def development(self) -> bool:
        """Whether conveniences for the first minute are on."""
        return self.server.mode == "development"

    @property
    def login_code(self) -> bool:
        """Whether a password login needs a mailed code (default: in production)."""
        return (self.auth.login_code or ("off" if self.development else "email")) == "email"

    @property
    def exempt_loopback(self) -> bool:
        """Whether callers on this machine pass the limits by address (default: in development)."""
        chosen = self.limits.exempt_loopback
        return self.development if chosen is None else chosen


class ConfigError(Exception):
    """The configuration can't be used; the message is one line that names the setting and where it came from."""


#: Variables with our prefix that are read elsewhere: the web client's build, and the path of the TOML file.
NOT_SETTINGS = frozenset({"CHATR_WEB", "CHATR_CONFIG"})


def load(path: str | None, environment: Mapping[str, str], options: Mapping[str, str]) -> Config:
    """Read the configuration.

    ``environment`` may set ``CHATR_<SECTION>_<KEY>``; ``options`` maps ``section.key`` to text. Lists are
    comma-separated there. Raises :class:`ConfigError`.
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
        if variable.startswith("CHATR_") and variable not in NOT_SETTINGS:
            section, _, key = variable[len("CHATR_") :].lower().partition("_")
            _put(merged, origin, section, key, text, f"environment {variable}")
    for name, text in options.items():
        section, _, key = name.partition(".")
        _put(merged, origin, section, key, text, "command line")
    config = _convert(merged, origin)
    _check(config)
    return config


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
        raise ConfigError(f"{name}: {message} (from {origin.get(name, 'the configuration')})") from error


def _check(config: Config) -> None:
    """Settings that contradict each other."""
    if config.wamp.max_message_bytes > config.wamp.max_output_bytes:
        raise ConfigError("wamp.max_message_bytes: is larger than wamp.max_output_bytes, no such message could leave")
    if "*" in config.server.cors_origins and len(config.server.cors_origins) > 1:
        raise ConfigError("server.cors_origins: '*' stands alone or not at all")
    if config.wamp.ping_timeout_s >= config.wamp.ping_interval_s:
        raise ConfigError("wamp.ping_timeout_s: must be shorter than wamp.ping_interval_s")
    # Port 0 is a free port, each time another.
    if config.server.rawsocket == config.server.http and not config.server.http.startswith("tcp:0"):
        raise ConfigError("server.rawsocket: is the same endpoint as server.http")
