"""The configuration: one frozen struct per section, read once from TOML < environment < command line."""

from chatr.config.accounts import AuthSettings, LoginCode, MailSettings, OidcSettings, SmsSettings
from chatr.config.contradictions import ConfigError
from chatr.config.files import FilesSettings, S3Settings
from chatr.config.loading import assignments, load
from chatr.config.messages import MessagesSettings, PreviewsSettings, RetentionSettings
from chatr.config.serving import DatabaseSettings, LimitsSettings, RedisSettings, ServerSettings, WampSettings
from chatr.config.whole import SECRETS, Config

__all__ = [
    "SECRETS",
    "AuthSettings",
    "Config",
    "ConfigError",
    "DatabaseSettings",
    "FilesSettings",
    "LimitsSettings",
    "LoginCode",
    "MailSettings",
    "MessagesSettings",
    "OidcSettings",
    "PreviewsSettings",
    "RedisSettings",
    "RetentionSettings",
    "S3Settings",
    "ServerSettings",
    "SmsSettings",
    "WampSettings",
    "assignments",
    "load",
]
