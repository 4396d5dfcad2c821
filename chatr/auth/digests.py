"""What was sent, kept as a keyed hash: tells a repeated send from another one, also when the text was edited since.

It goes with what the message said: store/messages/changes.py ``unsend``, store/messages/erasing.py ``erase``.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from hashlib import blake2b

_NAME_BYTES, _HASH_BYTES = 4, 12


class Digests:
    """Makes digests and compares them. ``server_keys``: newest first. What an older one has hashed is still known.

    A digest begins with the name of its key: of one whose key is gone nobody can say that it is of something else.
    """

    def __init__(self, server_keys: Sequence[bytes]) -> None:
        keys = [hmac.digest(key, b"chatr:sent", "sha256") for key in server_keys]
        # Hashes that have taken in their key, to be copied: that is a third of the work for a short text.
        self._keyed = {
            blake2b(key, digest_size=_NAME_BYTES).digest(): blake2b(key=key, digest_size=_HASH_BYTES) for key in keys
        }
        self._newest = next(iter(self._keyed))

    def of(self, client_id: str, *said: str) -> bytes:
        """The digest of what was sent with a client id, part by part. Only the last may hold a NUL character."""
        return self._under(self._newest, client_id, said)

    def differs(self, stored: bytes | None, client_id: str, *said: str) -> bool:
        """Whether a stored digest is certainly of something else."""
        name = (stored or b"")[:_NAME_BYTES]
        return name in self._keyed and not hmac.compare_digest(stored or b"", self._under(name, client_id, said))

    def _under(self, name: bytes, client_id: str, said: Sequence[str]) -> bytes:
        # With the client id, so that equal texts have digests that are not.
        text = "\0".join((client_id, *said)).encode()
        keyed = self._keyed[name].copy()
        keyed.update(text)
        return name + keyed.digest()
