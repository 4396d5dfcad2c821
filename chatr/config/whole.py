"""The whole configuration, and what follows from several settings."""

from __future__ import annotations

from typing import Literal

from chatr.config.accounts import Auth, LoginCode, Mail, Oidc, Sms
from chatr.config.messages import Messages, Previews, Retention
from chatr.config.section import Section
from chatr.config.serving import Database, Limits, Redis, Server, Wamp

#: Settings that are never shown.
SECRETS = frozenset({"database.dsn", "mail.smtp_password", "sms.authorization", "oidc.client_secret", "redis.url"})


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
