"""The configuration: one frozen struct per section, read once from TOML < environment < command line."""

from chatr.config.accounts import Auth, LoginCode, Mail, Oidc, Sms
from chatr.config.contradictions import ConfigError
from chatr.config.loading import assignments, load
from chatr.config.messages import Messages, Previews, Retention
from chatr.config.serving import Database, Limits, Redis, Server, Wamp
from chatr.config.whole import SECRETS, Config

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
]
