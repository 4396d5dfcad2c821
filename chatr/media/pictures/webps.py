"""WebP's container (RFC 9649), in a worker process: animations without what is not the animation; see gifs.py."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from chatr.media.asked import Unsupported
from chatr.media.processes.handed import Source

_HEAD = struct.Struct("<4sL")
_HEADER_BYTES, _FRAME_BYTES = 12, 16
#: Of the extended header's flags, those that stay: alpha and animation.
_FLAGS = 0x10 | 0x02
_IMAGES = (b"ALPH", b"VP8 ", b"VP8L")


def is_lossless(source: Source) -> bool:
    """Whether it was written so that nothing is lost."""
    return next((name == b"VP8L" for name, _ in _chunks(source, skip=_IMAGES) if name in _IMAGES[1:]), False)


def cleaned(source: Source) -> bytes:
    """The animation with its repetitions, and nothing else. Raises :class:`Unsupported`."""
    parts = []
    for name, content in _chunks(source):
        if name == b"VP8X" and len(content) == 10:
            parts.append(_chunk(name, bytes([content[0] & _FLAGS, 0, 0, 0]) + content[4:]))
        elif name == b"ANIM":
            parts.append(_chunk(name, content))
        elif name == b"ANMF":
            images = b"".join(_chunk(*each) for each in _inner(content) if each[0] in _IMAGES)
            parts.append(_chunk(name, content[:_FRAME_BYTES] + images))
    body = b"WEBP" + b"".join(parts)
    return _HEAD.pack(b"RIFF", len(body)) + body


def _chunks(source: Source, skip: tuple[bytes, ...] = ()) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a file; the content of those to skip is not read."""
    at = _HEADER_BYTES
    while at + _HEAD.size <= source.size:
        source.seek(at)
        name, size = _HEAD.unpack(source.read(_HEAD.size))
        if at + _HEAD.size + size > source.size:
            raise Unsupported("This image is broken")
        yield name, b"" if name in skip else source.read(size)
        at += _HEAD.size + size + size % 2


def _inner(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a frame."""
    at = _FRAME_BYTES
    while at + _HEAD.size <= len(content):
        name, size = _HEAD.unpack_from(content, at)
        yield name, content[at + _HEAD.size : at + _HEAD.size + size]
        at += _HEAD.size + size + size % 2


def _chunk(name: bytes, content: bytes) -> bytes:
    return _HEAD.pack(name, len(content)) + content + b"\x00" * (len(content) % 2)
