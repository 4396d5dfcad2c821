"""Settings that can't be used, alone or together, though each is of the right kind."""

from __future__ import annotations

from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path

from chatr.config.whole import Config


class ConfigError(Exception):
    """The configuration can't be used; the message is one line that names the setting and where it came from."""


def refuse(config: Config) -> None:
    """Raise :class:`ConfigError` for the first that there is."""
    _refuse_serving(config)
    _refuse_letters(config)
    _refuse_sign_in(config)
    _refuse_storage(config)


def _refuse_serving(config: Config) -> None:
    server, wamp = config.server, config.wamp
    if config.auth.access_token_s > config.retention.sessions_days * 86400:
        raise ConfigError("auth.access_token_s: access tokens would outlive sessions (retention.sessions_days)")
    if wamp.max_message_bytes > wamp.max_output_bytes:
        raise ConfigError("wamp.max_message_bytes: is larger than wamp.max_output_bytes, no such message could leave")
    if "*" in server.cors_origins and len(server.cors_origins) > 1:
        raise ConfigError("server.cors_origins: '*' stands alone or not at all")
    if wamp.ping_timeout_s >= wamp.ping_interval_s:
        raise ConfigError("wamp.ping_timeout_s: must be shorter than wamp.ping_interval_s")
    for network in config.previews.allow:
        try:
            ip_network(network)
        except ValueError as error:
            raise ConfigError(f"previews.allow: {error}") from None
    # Port 0 is a free port, each time another.
    if server.rawsocket == server.http and not server.http.startswith("tcp:0"):
        raise ConfigError("server.rawsocket: is the same endpoint as server.http")


def _refuse_letters(config: Config) -> None:
    mail, sms = config.mail, config.sms
    if mail.transport == "smtp" and not mail.smtp_host:
        raise ConfigError("mail.smtp_host: is missing, mail.transport is smtp")
    if mail.smtp_username and mail.smtp_security == "none":
        raise ConfigError("mail.smtp_security: none would send the password of mail.smtp_username in clear")
    if not parseaddr(mail.sender)[1].isascii() or "@" not in parseaddr(mail.sender)[1]:
        raise ConfigError("mail.sender: is not an e-mail address")
    if mail.smtp_ca_file and not Path(mail.smtp_ca_file).is_file():
        raise ConfigError(f"mail.smtp_ca_file: there is no file {mail.smtp_ca_file}")
    if sms.transport == "http" and not sms.url.startswith(("https://", "http://")):
        raise ConfigError("sms.url: is missing or no http URL, sms.transport is http")


def _refuse_sign_in(config: Config) -> None:
    if config.auth.login_code == "sms" and config.sms_transport == "off":
        raise ConfigError("auth.login_code: is sms, and sms.transport is off")
    if config.oidc.issuer and not config.oidc.client_id:
        raise ConfigError("oidc.client_id: is missing, oidc.issuer is set")
    if config.oidc.issuer and not (config.oidc.redirect_url or config.server.public_url):
        raise ConfigError("oidc.redirect_url: is missing, and so is server.public_url")


def _refuse_storage(config: Config) -> None:
    files, s3 = config.files, config.s3
    missing = [name for name in ("endpoint", "bucket", "access_key", "secret_key") if not getattr(s3, name)]
    if files.storage == "s3" and missing:
        raise ConfigError(f"s3.{missing[0]}: is missing, files.storage is s3")
    if files.storage == "s3" and files.accel_location:
        raise ConfigError("files.accel_location: nginx serves local storage alone, files.storage is s3")
