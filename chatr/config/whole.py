"""The whole configuration, and what follows from several settings."""

from __future__ import annotations

from typing import Literal

from chatr.config.accounts import AuthSettings, LoginCode, MailSettings, OidcSettings, SmsSettings
from chatr.config.files import FilesSettings, S3Settings
from chatr.config.messages import MessagesSettings, PreviewsSettings, RetentionSettings
from chatr.config.section import Section
from chatr.config.serving import DatabaseSettings, LimitsSettings, RedisSettings, ServerSettings, WampSettings

#: Settings that are never shown.
SECRETS = frozenset(
    {"database.dsn", "mail.smtp_password", "sms.authorization", "oidc.client_secret", "redis.url", "s3.secret_key"}
)


class Config(Section, frozen=True):
    """The whole configuration."""

    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    auth: AuthSettings = AuthSettings()
    limits: LimitsSettings = LimitsSettings()
    wamp: WampSettings = WampSettings()
    mail: MailSettings = MailSettings()
    sms: SmsSettings = SmsSettings()
    oidc: OidcSettings = OidcSettings()
    redis: RedisSettings = RedisSettings()
    messages: MessagesSettings = MessagesSettings()
    previews: PreviewsSettings = PreviewsSettings()
    retention: RetentionSettings = RetentionSettings()
    files: FilesSettings = FilesSettings()
    s3: S3Settings = S3Settings()

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
