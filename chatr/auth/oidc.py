"""Signing in at an OpenID provider: the authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import jwt
import msgspec

from chatr.api.errors import ApiError
from chatr.config import OidcSettings
from chatr.fetch import Fetcher, Response, Unreachable
from chatr.networks import is_loopback

#: Asymmetric ones only: with a shared secret the provider's public key could be passed off as that.
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"},
)
LEEWAY_S = 60
DISCOVERY_S = 3600.0


class _Discovery(msgspec.Struct):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Tokens(msgspec.Struct):
    id_token: str
    access_token: str = ""


class Claims(msgspec.Struct):
    """What the provider says about somebody."""

    sub: str
    email: str = ""
    email_verified: bool | str = False
    name: str = ""
    preferred_username: str = ""

    @property
    def confirmed_email(self) -> str:
        """The address, if the provider has confirmed it; some say so in a string."""
        return self.email if self.email_verified in (True, "true") else ""


class Provider:
    """One provider, found by its discovery document.

    Raises ``unavailable`` when it can't be asked, ``code_wrong`` when what it says can't be trusted.
    """

    def __init__(
        self, fetcher: Fetcher, settings: OidcSettings, redirect_url: str, *, seconds: Callable[[], float]
    ) -> None:
        self._fetcher = fetcher
        self._settings = settings
        self._redirect_url = redirect_url
        self._seconds = seconds
        self._known: _Discovery | None = None
        self._known_until = 0.0
        self._keys: dict[str, dict[str, Any]] = {}
        self.issuer = settings.issuer
        self.name = settings.name

    async def authorization_url(self, state: str, nonce: str, verifier: str) -> str:
        """Where to send somebody's browser."""
        discovery = await self._discovery()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._redirect_url,
            "scope": " ".join(self._settings.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        separator = "&" if urlsplit(discovery.authorization_endpoint).query else "?"
        return f"{discovery.authorization_endpoint}{separator}{urlencode(query)}"

    async def exchange(self, code: str, verifier: str, nonce: str) -> Claims:
        """Find out who has come back with this code."""
        discovery = await self._discovery()
        answer = await self._ask("POST", discovery.token_endpoint, *self._token_request(discovery, code, verifier))
        if answer.status in (400, 401):
            raise ApiError("code_wrong", "The provider did not accept the sign-in: begin again")
        tokens = _decoded(answer, _Tokens)
        said = await self._verified(discovery, tokens.id_token, nonce)
        if "email" not in said and discovery.userinfo_endpoint and tokens.access_token:
            said = {**await self._userinfo(discovery, tokens.access_token, str(said["sub"])), **said}
        try:
            return msgspec.convert(said, Claims)
        except msgspec.ValidationError:
            raise _untrusted() from None

    def _token_request(self, discovery: _Discovery, code: str, verifier: str) -> tuple[dict[str, str], bytes]:
        """Headers and body, with the client's secret where the provider wants it."""
        settings = self._settings
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_url,
            "code_verifier": verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if settings.client_secret and "client_secret_basic" in discovery.token_endpoint_auth_methods_supported:
            pair = f"{quote(settings.client_id, safe='')}:{quote(settings.client_secret, safe='')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form["client_id"] = settings.client_id
            if settings.client_secret:
                form["client_secret"] = settings.client_secret
        return headers, urlencode(form).encode()

    async def _verified(self, discovery: _Discovery, id_token: str, nonce: str) -> dict[str, Any]:
        """The claims of an ID token that is the provider's, for us, now, and for this very sign-in."""
        try:
            header = jwt.get_unverified_header(id_token)
            algorithm = header.get("alg")
            if algorithm not in ALGORITHMS:
                raise _untrusted()
            key = jwt.PyJWK.from_dict(await self._key(discovery, str(header.get("kid", ""))), algorithm)
            said: dict[str, Any] = jwt.decode(
                id_token,
                key,
                algorithms=[algorithm],
                audience=self._settings.client_id,
                issuer=self._settings.issuer,
                leeway=LEEWAY_S,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError):
            raise _untrusted() from None
        several = isinstance(said["aud"], list) and len(said["aud"]) > 1
        if said.get("azp", None if several else self._settings.client_id) != self._settings.client_id:
            raise _untrusted()
        if not hmac.compare_digest(str(said.get("nonce", "")).encode(), nonce.encode()):
            raise _untrusted()
        return said

    async def _userinfo(self, discovery: _Discovery, access_token: str, subject: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
        said: dict[str, Any] = _decoded(await self._ask("GET", discovery.userinfo_endpoint, headers), dict[str, Any])
        if said.get("sub") != subject:
            raise _untrusted()
        return said

    async def _key(self, discovery: _Discovery, kid: str) -> dict[str, Any]:
        # An unknown kid comes from the provider itself, by the exchange: it has a new key.
        if kid not in self._keys:
            answer = await self._ask("GET", discovery.jwks_uri, {"Accept": "application/json"})
            keys = _decoded(answer, dict[str, list[dict[str, Any]]]).get("keys", [])
            self._keys = {str(key.get("kid", "")): key for key in keys if key.get("use", "sig") == "sig"}
        if kid not in self._keys:
            raise _untrusted()
        return self._keys[kid]

    async def _discovery(self) -> _Discovery:
        if self._known is None or self._seconds() > self._known_until:
            url = self._settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
            found = _decoded(await self._ask("GET", url, {"Accept": "application/json"}), _Discovery)
            if found.issuer != self._settings.issuer:
                raise _unavailable("says that it is another issuer")
            self._known, self._known_until = found, self._seconds() + DISCOVERY_S
        return self._known

    async def _ask(self, method: str, url: str, headers: dict[str, str], body: bytes = b"") -> Response:
        if not _encrypted(url):
            raise _unavailable("is not reached over https")
        try:
            return await self._fetcher.request(method, url, headers=headers, body=body)
        except Unreachable as error:
            raise _unavailable(str(error)) from None


def _encrypted(url: str) -> bool:
    """Over TLS, or on this very machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))


def _decoded(answer: Response, kind: Any) -> Any:
    if answer.status != 200 or not answer.whole:
        raise _unavailable(f"answered {answer.status}")
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _unavailable("answered what can't be read") from None


def _unavailable(what: str) -> ApiError:
    return ApiError("unavailable", f"The sign-in provider {what}", retry_after_s=5)


def _untrusted() -> ApiError:
    return ApiError("code_wrong", "What the provider says can't be trusted: begin again")
