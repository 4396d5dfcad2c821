"""Six-digit codes sent to people."""

from __future__ import annotations

import hmac
import secrets


class Codes:
    """Makes codes and their stored form: an HMAC under the server key, because six digits alone can be guessed."""

    def __init__(self, server_key: bytes) -> None:
        self._key = server_key

    def new(self) -> str:
        """Six digits from a cryptographic source."""
        return f"{secrets.randbelow(1_000_000):06d}"

    def hash(self, user_id: str, purpose: str, code: str) -> bytes:
        """The stored form, bound to the person and the purpose."""
        return hmac.digest(self._key, f"code:{purpose}:{user_id}:{code}".encode(), "sha256")

    def matches(self, user_id: str, purpose: str, code: str, stored: bytes) -> bool:
        """Whether a code is the stored one, in constant time."""
        return hmac.compare_digest(self.hash(user_id, purpose, code), stored)
