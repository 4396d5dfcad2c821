"""The data directory: the server's keys, the development outbox, and room for the embedded database."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

#: Others may pass through, not look: the embedded PostgreSQL runs under another account when chatr runs as root.
_MODE = 0o711
_KEY_BYTES = 32
_SERVER_KEY = "server.key"
#: An access token lives for minutes: more than a few keys can't be in use.
MAX_SIGNING_KEYS = 5


class DataDirectoryError(Exception):
    """The directory can't be used; one sentence for the operator."""


Algorithm = Literal["HS256", "EdDSA"]


class SigningKey(msgspec.Struct, frozen=True):
    """A key of access tokens: its ``kid``, a secret of 32 bytes (for EdDSA the Ed25519 seed), its one algorithm."""

    kid: str
    secret: bytes
    algorithm: Algorithm = "HS256"


class DataDirectory:
    """An existing data directory. Everything that is secret in it is readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def open(cls, path: Path) -> DataDirectory:
        """Use a directory, making it first if need be. Raises :class:`DataDirectoryError`."""
        path = path.absolute()
        try:
            if not path.exists():
                path.mkdir(parents=True, mode=_MODE)
                path.chmod(_MODE)
            if not path.is_dir():
                raise DataDirectoryError(f"{path} is not a directory")
            if not os.access(path, os.W_OK | os.X_OK):
                raise DataDirectoryError(f"{path} can't be written by this account")
        except OSError as error:
            raise DataDirectoryError(f"{path} can't be used: {error.strerror}") from error
        return cls(path)

    @classmethod
    def existing(cls, path: Path) -> DataDirectory:
        """Use the directory of a server, which has made it. Raises :class:`DataDirectoryError`."""
        if not (path / _SERVER_KEY).exists():
            raise DataDirectoryError(
                f"no data directory of a server is at {path.absolute()}: run this where the server runs, set "
                f"server.data_dir as it has it, or start the server first"
            )
        return cls.open(path)

    def server_keys(self) -> list[bytes]:
        """The keys under which codes are hashed and secrets at rest encrypted, newest first: 32 random bytes each."""
        content = self._secret(_SERVER_KEY, lambda: secrets.token_bytes(_KEY_BYTES))
        if not content or len(content) % _KEY_BYTES:
            raise DataDirectoryError(
                f"{self.path / _SERVER_KEY} is damaged: it has {len(content)} bytes, not {_KEY_BYTES} a key"
            )
        return [content[start : start + _KEY_BYTES] for start in range(0, len(content), _KEY_BYTES)]

    def signing_keys(self, algorithm: Algorithm = "HS256") -> list[SigningKey]:
        """The keys of access tokens, newest first. ``algorithm``: of the first one, if it is made now."""
        content = self._secret("jwt.key", lambda: msgspec.json.encode([_new_signing_key(algorithm)]))
        try:
            # Before keys could be rotated the file held a single one.
            decoded = msgspec.json.decode(content, type=list[SigningKey] | SigningKey)
        except msgspec.DecodeError as error:
            raise DataDirectoryError(f"{self.path / 'jwt.key'} is damaged") from error
        keys = [decoded] if isinstance(decoded, SigningKey) else decoded
        if not keys or any(len(key.secret) < _KEY_BYTES or not key.kid for key in keys):
            raise DataDirectoryError(f"{self.path / 'jwt.key'} is damaged: a secret is missing or too short")
        return keys

    def rotate_server_key(self) -> None:
        """Put a new server key before the others."""
        self._replace(_SERVER_KEY, b"".join([secrets.token_bytes(_KEY_BYTES), *self.server_keys()]))

    def rotate_signing_key(self, algorithm: Algorithm) -> None:
        """Sign with a new key from the next start on. Tokens of the earlier ones are still accepted."""
        keys = [_new_signing_key(algorithm), *self.signing_keys()]
        self._replace("jwt.key", msgspec.json.encode(keys[:MAX_SIGNING_KEYS]))

    def forget_old_keys(self) -> None:
        """Keep the newest key of each kind only."""
        self._replace(_SERVER_KEY, self.server_keys()[0])
        self._replace("jwt.key", msgspec.json.encode(self.signing_keys()[:1]))

    def new_mail_key(self) -> str:
        """A new key for scripts that read the development mailbox; it lies in ``mail.key``."""
        key = secrets.token_urlsafe(_KEY_BYTES)
        self._replace("mail.key", key.encode())
        return key

    @property
    def scratch(self) -> Path:
        """Where copies lie of files that are being looked at: nothing that anybody would miss."""
        path = self.path / "scratch"
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    def empty_scratch(self) -> None:
        """Remove what a run that was killed has left there: copies of what people sent, and half an archive."""
        for path in self.scratch.iterdir():
            path.unlink()

    @property
    def outbox(self) -> Path:
        """Where mail lies in development."""
        path = self.path / "outbox"
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    def _replace(self, name: str, content: bytes) -> None:
        path = self.path / name
        partial = path.with_name(f"{name}.new")
        try:
            partial.unlink(missing_ok=True)
            _write_once(partial, content)
            partial.replace(path)
        except OSError as error:
            raise DataDirectoryError(f"{path} can't be written: {error.strerror}") from error

    def _secret(self, name: str, make: Callable[[], bytes]) -> bytes:
        path = self.path / name
        try:
            if not path.exists():
                _write_once(path, make())
            mode = stat.S_IMODE(path.stat().st_mode)
            content = path.read_bytes()
        except OSError as error:
            raise DataDirectoryError(f"{path} can't be used: {error.strerror}") from error
        if mode & 0o077:
            raise DataDirectoryError(f"{path} can be read by others (mode {mode:04o}): chmod 600 it and change the key")
        return content


def _new_signing_key(algorithm: Algorithm) -> SigningKey:
    return SigningKey(kid=secrets.token_hex(4), secret=secrets.token_bytes(_KEY_BYTES), algorithm=algorithm)


def _write_once(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: a crash leaves no half key, and of two writers the first wins."""
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(partial, path)
        except FileExistsError:
            pass
    finally:
        partial.unlink()
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
