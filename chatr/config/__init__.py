"""The configuration: one frozen struct per section, read once from TOML < environment < command line."""

from chatr.config.loading import SECRETS, ConfigError, assignments, load, strays, warnings
from chatr.config.sections import (
    Auth,
    Config,
    Database,
    Limits,
    LoginCode,
    Mail,
    Messages,
    Oidc,
    Previews,
    Redis,
    Retention,
    Server,
    Sms,
    Wamp,
)

__all__ = [
    "SECRETS",
    "Auth",
    "Config",
    "ConfigError",
    "Database",
    "Limits",
    "LoginCode",
    "Mail",
    "Messages",
    "Oidc",
    "Previews",
    "Redis",
    "Retention",
    "Server",
    "Sms",
    "Wamp",
    "assignments",
    "load",
    "strays",
    "warnings",
]
