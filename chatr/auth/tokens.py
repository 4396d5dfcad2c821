"""Access tokens (JWT) and the random secrets behind refresh tokens, tickets and challenges.

How long they live says config/accounts.py ``AuthSettings``, how refresh tokens follow each other
ops/sessions/sessions.py ``refresh``, and what ends them everywhere within a second services/revocations.py.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import HMACAlgorithm
from jwt.utils import force_bytes

from chatr.api.errors import ApiError
from chatr.datadir import SigningKey

ISSUER = "chatr"
AUDIENCE = "chatr"
_CLAIMS = ["sub", "sid", "role", "iat", "exp", "iss", "aud"]


#: Tokens that are remembered as verified: a few hundred bytes each.
MAX_VERIFIED = 1024
#: Forms of the header that are remembered: one a key, with room for other issuers' spellings.
MAX_HEADERS = 64


class TokenClaims(msgspec.Struct, frozen=True):
    """Who an access token speaks for, and until when (epoch seconds)."""

    user_id: str
    session_id: str
    role: str
    expires_at: float


class Tokens:
    """Issues and verifies access tokens: the one verifier of both doors.

    A revoked session's tokens are refused at once: its id is kept here for as long as one of them could live.
    """

    def __init__(self, keys: Sequence[SigningKey], *, lifetime_s: int, now: Callable[[], datetime]) -> None:
        """``keys``: newest first. It signs; all are accepted, each with its own algorithm only."""
        self._keys = {key.kid: _prepared(key) for key in keys}
        self._active = keys[0].kid
        self._now = now
        self._revoked: OrderedDict[str, float] = OrderedDict()
        self._by_header: dict[str, jwt.PyJWK] = {}
        #: By digests, so that memory holds no token that could be used.
        self._verified: OrderedDict[bytes, TokenClaims] = OrderedDict()
        self.lifetime_s = lifetime_s

    def issue(self, user_id: str, session_id: str, role: str) -> str:
        """Make a new access token."""
        now = self._now()
        claims = {
            "sub": user_id,
            "sid": session_id,
            "role": role,
            "iat": now,
            "exp": now + timedelta(seconds=self.lifetime_s),
            "iss": ISSUER,
            "aud": AUDIENCE,
        }
        key = self._keys[self._active]
        return jwt.encode(claims, key, key.algorithm_name, headers={"kid": self._active})

    def verify(self, token: str) -> TokenClaims:
        """Verify a token: who it speaks for. Raises ``unauthenticated``; the sentence never holds any of the token.

        Signature and claims are looked at once while the token is remembered; time and revocation each time.
        """
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        identity = self._verified.get(digest) or self._decoded(token)
        if identity.expires_at <= self._now().timestamp():
            raise ApiError("unauthenticated", "The access token has expired")
        self.check(identity.session_id)
        if digest not in self._verified:
            if len(self._verified) >= MAX_VERIFIED:
                self._verified.popitem(last=False)
            self._verified[digest] = identity
        return identity

    def knows_revoked(self, session_id: str) -> bool:
        """Whether the session's tokens are refused already."""
        return session_id in self._revoked

    def check(self, session_id: str) -> None:
        """Raise ``unauthenticated`` for a session that was revoked a moment ago."""
        if session_id in self._revoked:
            raise ApiError("unauthenticated", "The session has ended")

    def _decoded(self, token: str) -> TokenClaims:
        """Verify the signature and the claims, but for time and revocation. Raises ``unauthenticated``."""
        try:
            key = self._key(token)
            if key is None:
                raise ApiError("unauthenticated", "The access token is not ours")
            # Time is checked by whoever asks, against the clock that was passed in.
            claims = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                issuer=ISSUER,
                audience=AUDIENCE,
                options={"require": _CLAIMS, "verify_exp": False, "verify_iat": False},
            )
            return TokenClaims(claims["sub"], claims["sid"], claims["role"], float(claims["exp"]))
        except (jwt.InvalidTokenError, UnicodeError, ValueError, TypeError):
            raise ApiError("unauthenticated", "The access token is not valid") from None

    def _key(self, token: str) -> jwt.PyJWK | None:
        # All tokens of one key begin with the same header: it is taken apart once.
        header = token.partition(".")[0]
        key = self._by_header.get(header)
        if key is None:
            key = self._keys.get(str(jwt.get_unverified_header(token).get("kid", "")))
            if key is not None and len(self._by_header) < MAX_HEADERS:
                self._by_header[header] = key
        return key

    def revoke(self, session_id: str) -> None:
        """Refuse the session's tokens from now on."""
        now = self._now().timestamp()
        # Each is kept for as long, so the first is the first that is over: what is left is not gone through.
        while self._revoked and next(iter(self._revoked.values())) < now:
            self._revoked.popitem(last=False)
        self._revoked[session_id] = now + self.lifetime_s
        self._revoked.move_to_end(session_id)


class _PreparedHmac(HMACAlgorithm):
    """HMAC on a key that is known to be a plain secret: PyJWT would try to parse it as a certificate at each use."""

    def prepare_key(self, key: str | bytes) -> bytes:
        return force_bytes(key)


def _prepared(key: SigningKey) -> jwt.PyJWK:
    if key.algorithm == "EdDSA":
        public = Ed25519PrivateKey.from_private_bytes(key.secret).public_key().public_bytes_raw()
        return jwt.PyJWK.from_dict(
            {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "d": _base64(key.secret), "x": _base64(public)}
        )
    prepared = jwt.PyJWK.from_dict({"kty": "oct", "alg": "HS256", "k": _base64(key.secret)})
    # Refuses what is no secret, once and for all.
    prepared.Algorithm.prepare_key(key.secret)
    prepared.Algorithm = _PreparedHmac(HMACAlgorithm.SHA256)
    return prepared


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def looks_like_token(secret: str) -> bool:
    """Whether a WAMP ticket is an access token rather than a one-use ticket: only a JWT has dots."""
    return "." in secret


def new_secret() -> str:
    """A random secret of 256 bits, safe in URLs and headers."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> bytes:
    """What is stored of a secret. It is random, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).digest()
