"""The files of the built web client, in memory: what is served was read at the start, and nothing else of the disk."""

from __future__ import annotations

import gzip
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
    body: bytes
    tag: str

    @classmethod
    def of(cls, encoding: str, body: bytes) -> Form:
        """A form, with the tag of its bytes."""
        return cls(encoding, body, f'"{sha256(body).hexdigest()[:32]}"')


class ServedFile(msgspec.Struct, frozen=True):
    """A file in all its forms, the one that browsers are to have first; the plain one is the last."""

    media_type: str
    forms: tuple[Form, ...]

    @classmethod
    def of(cls, media_type: str, body: bytes) -> ServedFile:
        """A file that the build has not compressed: it is now."""
        plain = Form.of("", body)
        if len(body) < _WORTH_BYTES:
            return cls(media_type, (plain,))
        return cls(media_type, (Form.of("gzip", gzip.compress(body, mtime=0)), plain))


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
    made = [
        Form.of(encoding, beside.read_bytes())
        for ending, encoding in _BESIDE.items()
        if (beside := path.with_name(path.name + ending)).is_file()
    ]
    return ServedFile(media_type, (*made, Form.of("", body))) if made else ServedFile.of(media_type, body)
