"""The files of the built web client, in memory: what is served was read at the start, and nothing else of the disk."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import msgspec
from twisted.logger import Logger

log = Logger()

#: All of the client together, uncompressed. What is beyond is not served.
MAX_BYTES = 32 * 1024 * 1024
#: Below it compression saves no packet.
_WORTH_BYTES = 1024
#: By ending: what the system says of endings differs from system to system.
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".gif": "image/gif",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_COMPRESSIBLE = frozenset({".css", ".html", ".js", ".json", ".svg", ".txt", ".wasm", ".webmanifest"})
#: What the build leaves beside a file, and how it is called in Content-Encoding; the best first.
_BESIDE = {".br": "br", ".gz": "gzip"}


class Form(msgspec.Struct, frozen=True):
    """A file in one encoding; the plain one has none. ``tag`` is its strong ETag."""

    encoding: str
    tag: str
    kept: bytes
    packed: bool = False

    @classmethod
    def of(cls, encoding: str, body: bytes, gzipped: bytes = b"") -> Form:
        """A form, with the tag of its bytes. ``gzipped``: the same by gzip, if memory has it anyway.

        Then it is all that is kept: hardly a browser asks for the plain form, and that of all files is two megabytes.
        """
        packed = _unpacked(gzipped) == body
        return cls(encoding, f'"{sha256(body).hexdigest()[:32]}"', gzipped if packed else body, packed)

    @property
    def body(self) -> bytes:
        """What is served."""
        return gzip.decompress(self.kept) if self.packed else self.kept


class ServedFile(msgspec.Struct, frozen=True):
    """A file in all its forms, the one that browsers are to have first; the plain one is the last."""

    media_type: str
    forms: tuple[Form, ...]

    @classmethod
    def of(cls, media_type: str, body: bytes) -> ServedFile:
        """A file that the build has not compressed: it is now."""
        if len(body) < _WORTH_BYTES:
            return cls(media_type, (Form.of("", body),))
        gzipped = gzip.compress(body, mtime=0)
        return cls(media_type, (Form.of("gzip", gzipped), Form.of("", body, gzipped)))


def read_files(folder: Path) -> Mapping[str, ServedFile]:
    """All files of a folder by the path that they are served at; none when it is not there."""
    found: dict[str, ServedFile] = {}
    room = MAX_BYTES
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        if path.suffix in _BESIDE:
            continue
        body = path.read_bytes()
        room -= len(body)
        if room < 0:
            log.error("{folder} is larger than {most} bytes: not all of it is served", folder=folder, most=MAX_BYTES)
            break
        found["/" + path.relative_to(folder).as_posix()] = _file(path, body)
    return found


def _file(path: Path, body: bytes) -> ServedFile:
    media_type = TYPES.get(path.suffix, "application/octet-stream")
    if path.suffix not in _COMPRESSIBLE:
        return ServedFile(media_type, (Form.of("", body),))
    made = {
        encoding: beside.read_bytes()
        for ending, encoding in _BESIDE.items()
        if (beside := path.with_name(path.name + ending)).is_file()
    }
    if not made:
        return ServedFile.of(media_type, body)
    plain = Form.of("", body, made.get("gzip", b""))
    return ServedFile(media_type, (*(Form.of(encoding, beside) for encoding, beside in made.items()), plain))


def _unpacked(gzipped: bytes) -> bytes | None:
    """What it is of, None when it is not gzip."""
    try:
        return gzip.decompress(gzipped)
    except (OSError, EOFError, zlib.error):
        return None
