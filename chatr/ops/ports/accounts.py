"""How people prove who they are, and how they are reached outside of chatr."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from chatr.auth.code_hashes import Codes
from chatr.auth.oidc import Provider
from chatr.auth.password_hashes import Passwords
from chatr.auth.tokens import Tokens
from chatr.auth.vault import Vault
from chatr.config import AuthSettings, Config, LoginCode, OidcSettings
from chatr.datadir import DataDirectory
from chatr.fetch import Fetcher
from chatr.outbound.channels import channels
from chatr.outbound.queue import OutboundQueue
from chatr.process.tasks import Tasks
from chatr.services.code_gate import CodeGate
from chatr.store.pool import Database


class OidcPorts(msgspec.Struct, frozen=True, kw_only=True):
    """Sign-in with an OpenID provider."""

    provider: Provider | None
    settings: OidcSettings
    vault: Vault


class AccountPorts(msgspec.Struct, frozen=True, kw_only=True):
    """Passwords, codes, tokens, what is sealed, and the letters that go out."""

    passwords: Passwords
    tokens: Tokens
    codes: Codes
    code_gate: CodeGate
    vault: Vault
    """Seals the secrets of second factors."""
    oidc: OidcPorts
    outbound: OutboundQueue
    settings: AuthSettings
    login_code: LoginCode
    reserved_names: frozenset[str]
    """Words that can't be usernames."""


def account_ports(
    config: Config,
    data: DataDirectory,
    tasks: Tasks,
    db: Database,
    *,
    now: Callable[[], datetime],
    reserved_names: frozenset[str],
) -> AccountPorts:
    """Make the ports, with the keys of the data directory."""
    keys, reactor, limits = data.server_keys(), tasks.clock, config.limits
    codes = Codes(keys)
    signing_keys = data.signing_keys(config.auth.token_algorithm)
    senders = channels(config, reactor, data.outbox, now)
    # In development scripts look for the mail that they caused.
    awaited = config.development and config.mail.transport == "outbox"
    return AccountPorts(
        passwords=_passwords(config.auth, reactor),
        tokens=Tokens(signing_keys, lifetime_s=config.auth.access_token_s, now=now),
        codes=codes,
        code_gate=CodeGate(codes, enabled=limits.enabled, exempt_loopback=config.exempt_loopback),
        vault=Vault(keys, "second factor"),
        oidc=OidcPorts(provider=_provider(config, reactor), settings=config.oidc, vault=Vault(keys, "oidc")),
        outbound=OutboundQueue(tasks, db, Vault(keys, "outbound"), senders, awaited=awaited),
        settings=config.auth,
        login_code=config.login_code,
        reserved_names=reserved_names,
    )


def _passwords(settings: AuthSettings, reactor: Any) -> Passwords:
    return Passwords(
        reactor,
        cost=settings.bcrypt_cost,
        threads=settings.bcrypt_threads,
        queue_limit=settings.bcrypt_queue,
        per_caller=settings.bcrypt_queue_per_caller,
    )


def _provider(config: Config, reactor: Any) -> Provider | None:
    if not config.oidc.issuer:
        return None
    return Provider(Fetcher(reactor), config.oidc, config.oidc_redirect_url, seconds=reactor.seconds)
