"""Reading the configuration, once: TOML < environment < command line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import msgspec

from chatr.config.sections import Config
from chatr.endpoints import DEVELOPMENT_FOR_ALL, is_local

#: Settings that are never shown.
SECRETS = frozenset({"database.dsn", "mail.smtp_password", "sms.authorization", "oidc.client_secret", "redis.url"})


class ConfigError(Exception):
    """The configuration can't be used; the message is one line that names the setting and where it came from."""


#: Variables with our prefix that are read elsewhere: the web client's build, and the path of the TOML file.
NOT_SETTINGS = frozenset({"CHATR_WEB", "CHATR_CONFIG"})


def load(path: str | None, environment: Mapping[str, str], options: Mapping[str, str]) -> Config:
    """Read the configuration.

    ``environment`` may set ``CHATR_<SECTION>_<KEY>``, where an unknown key of a known section is an error; variables
    that name no section of ours are left alone (:func:`strays`). ``options`` maps ``section.key`` to text. Lists are
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
        section, key = _named(variable)
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


def strays(environment: Mapping[str, str]) -> list[str]:
    """Variables with our prefix that name no section of ours, a sentence each: others' perhaps, or mistyped."""
    names = [name for name in environment if name.startswith("CHATR_") and name not in NOT_SETTINGS]
    strange = [name for name in sorted(names) if _named(name)[0] not in Config.__struct_fields__ or not _named(name)[1]]
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
    if not config.limits.enabled:
        found.append("limits.enabled is false: nothing slows down who guesses")
    return found


def _named(variable: str) -> tuple[str, str]:
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
        raise ConfigError(f"{name}: {message} (from {origin.get(name, 'the configuration')})") from error


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
