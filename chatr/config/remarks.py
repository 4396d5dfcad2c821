"""What is to be said about the configuration at a start, and stops nothing."""

from __future__ import annotations

from collections.abc import Mapping

from chatr.config.listening import is_local
from chatr.config.loading import NOT_SETTINGS, named
from chatr.config.whole import Config

DEVELOPMENT_FOR_ALL = (
    "server.mode is development and other machines can connect: whoever does may register, sign in without a code and "
    'send without most limits. Set server.mode = "production", or listen on interface=127.0.0.1 only'
)


def strays(environment: Mapping[str, str]) -> list[str]:
    """Variables with our prefix that name no section of ours, a sentence each: others' perhaps, or mistyped."""
    names = [name for name in environment if name.startswith("CHATR_") and name not in NOT_SETTINGS]
    strange = [name for name in sorted(names) if named(name)[0] not in Config.__struct_fields__ or not named(name)[1]]
    return [f"environment {name} is no setting, CHATR_<SECTION>_<KEY>, and is ignored" for name in strange]


def warnings(config: Config) -> list[str]:
    """What is allowed and probably not meant, one sentence each."""
    found = []
    here = all(is_local(endpoint) for endpoint in (config.server.http, config.server.rawsocket) if endpoint)
    if config.development and not here:
        found.append(DEVELOPMENT_FOR_ALL)
    if not config.development and here and not config.server.trusted_proxies:
        found.append("server.trusted_proxies is 0: behind a proxy on this machine all callers count as one")
    if config.login_code == "off":
        found.append("auth.login_code is off: a password alone signs in")
    if not config.development and config.mail.transport == "outbox":
        found.append("mail.transport is outbox: mail is written to the data directory and sent nowhere")
    if not config.development and not config.server.public_url.startswith("https://"):
        found.append("server.public_url is no https address: session cookies are not marked as secure")
    if config.mail.transport == "smtp" and config.mail.smtp_security == "none":
        found.append("mail.smtp_security is none: mail, with its codes, leaves in clear")
    if config.sms_transport == "http" and config.sms.url.startswith("http://"):
        found.append("sms.url is no https address: SMS, with their codes, leave in clear")
    if config.files.storage == "s3" and not config.development and config.s3.endpoint.startswith("http://"):
        found.append("s3.endpoint is no https address: files go to the bucket and come back in clear")
    if not config.limits.enabled:
        found.append("limits.enabled is false: nothing slows down who guesses")
    return found
