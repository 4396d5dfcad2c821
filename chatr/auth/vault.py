"""Encryption at rest of what must be read again: two-factor secrets, letters that wait."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class VaultError(Exception):
    """What was sealed can't be opened: it was damaged, or sealed under a server key that is gone."""


class Vault:
    """Seals bytes for one purpose. What an older server key has sealed still opens, until it is sealed anew."""

    def __init__(self, server_keys: Sequence[bytes], purpose: str) -> None:
        """``server_keys``: newest first."""
        self._keys = MultiFernet([Fernet(_derived(key, purpose)) for key in server_keys])

    def seal(self, content: bytes) -> bytes:
        """Encrypt and authenticate under the newest key."""
        return self._keys.encrypt(content)

    def open(self, sealed: bytes) -> bytes:
        """Decrypt the content. Raises :class:`VaultError`."""
        try:
            return self._keys.decrypt(sealed)
        except InvalidToken:
            raise VaultError("sealed under a server key that is not here, or damaged") from None

    def reseal(self, sealed: bytes) -> bytes:
        """Seal the same content under the newest key. Raises :class:`VaultError`."""
        return self.seal(self.open(sealed))


def _derived(server_key: bytes, purpose: str) -> bytes:
    """A key of its own for each purpose: what one leaks, or signs, is of no use for another."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"chatr:{purpose}".encode()).derive(server_key)
    return base64.urlsafe_b64encode(derived)
