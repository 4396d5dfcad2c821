"""Six-digit codes sent to people, and other secrets that are kept as keyed hashes.

How often a code may be tried says ops/accounts/code_rules.py, how often one may be sent services/code_gate.py.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Sequence


class Codes:
    """Makes codes and their stored form: an HMAC under the server key, because six digits alone can be guessed.

    ``server_keys``: newest first. What an older one has hashed still matches.
    """

    def __init__(self, server_keys: Sequence[bytes]) -> None:
        self._keys = list(server_keys)

    def new(self) -> str:
        """Draw six digits from a cryptographic source."""
        return f"{secrets.randbelow(1_000_000):06d}"

    def hash(self, user_id: str, purpose: str, code: str) -> bytes:
        """The stored form, bound to the person and the purpose."""
        return self.hashes(user_id, purpose, code)[0]

    def hashes(self, user_id: str, purpose: str, code: str) -> list[bytes]:
        """The stored form under each server key, newest first."""
        text = f"code:{purpose}:{user_id}:{code}".encode()
        return [hmac.digest(key, text, "sha256") for key in self._keys]

    def matches(self, user_id: str, purpose: str, code: str, stored: bytes | None) -> bool:
        """Whether a code is the stored one, in constant time. Nothing matches what was never stored."""
        same = [hmac.compare_digest(hash, stored or b"") for hash in self.hashes(user_id, purpose, code)]
        return any(same)

    def key(self, subject: str) -> bytes:
        """A name under which something may be counted without saying about whom."""
        return hmac.digest(self._keys[0], f"key:{subject}".encode(), "sha256")

    def successors(self, secret: str, salt: bytes) -> list[str]:
        """What follows a secret: one under each server key, newest first.

        It takes the secret itself, which is stored nowhere, the salt, which the database has, and the key, which it has
        not. So the same can be given again, and nobody who lacks one of the three can make it.
        """
        text = b"successor:" + salt + secret.encode()
        digests = (hmac.digest(key, text, "sha256") for key in self._keys)
        return [base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii") for digest in digests]
