"""The data directory: the server's keys, the development outbox, and room for the embedded database."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path

import msgspec

#: Others may pass through, not look: the embedded PostgreSQL runs under another account when chatr runs as root.
_MODE = 0o711
_KEY_BYTES = 32


class DataDirectoryError(Exception):
    """The directory can't be used; one sentence for the operator."""


class _JwtKey(msgspec.Struct):
    kid: str
    secret: bytes


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

    def server_key(self) -> bytes:
        """The key under which codes are stored, and secrets at rest encrypted: 32 random bytes."""
        key = self._secret("server.key", lambda: secrets.token_bytes(_KEY_BYTES))
        if len(key) != _KEY_BYTES:
            raise DataDirectoryError(
                f"{self.path / 'server.key'} is damaged: it has {len(key)} bytes, not {_KEY_BYTES}"
            )
        return key

    def jwt_key(self) -> tuple[str, bytes]:
        """The key of access tokens and its ``kid``."""
        made = _JwtKey(kid=secrets.token_hex(4), secret=secrets.token_bytes(_KEY_BYTES))
        try:
            key = msgspec.json.decode(self._secret("jwt.key", lambda: msgspec.json.encode(made)), type=_JwtKey)
        except msgspec.DecodeError as error:
            raise DataDirectoryError(f"{self.path / 'jwt.key'} is damaged") from error
        if len(key.secret) < _KEY_BYTES or not key.kid:
            raise DataDirectoryError(f"{self.path / 'jwt.key'} is damaged: its secret is too short")
        return key.kid, key.secret

    @property
    def outbox(self) -> Path:
        """Where mail lies in development."""
        path = self.path / "outbox"
        path.mkdir(mode=0o700, exist_ok=True)
        return path

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
