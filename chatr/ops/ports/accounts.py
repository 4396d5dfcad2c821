"""How people prove who they are, and how they are reached outside of chatr."""

from __future__ import annotations

import msgspec

from chatr.auth.codes import Codes
from chatr.auth.oidc import Provider
from chatr.auth.passwords import Passwords
from chatr.auth.tokens import Tokens
from chatr.auth.vault import Vault
from chatr.config import Auth, LoginCode, Oidc
from chatr.outbound.queue import OutboundQueue
from chatr.services.code_gate import CodeGate


class OidcPorts(msgspec.Struct, frozen=True, kw_only=True):
    """Sign-in with an OpenID provider."""

    provider: Provider | None
    settings: Oidc
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
    settings: Auth
    login_code: LoginCode
    reserved_names: frozenset[str]
    """Words that can't be usernames."""
