"""Files that are made to do harm."""

from __future__ import annotations

import struct
import zlib

from PIL import Image

from tests.media import made


def bomb(width: int, height: int) -> bytes:
    """A PNG of very few bytes and very many pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">L", len(content)) + name + content + struct.pack(">L", zlib.crc32(name + content))

    packer = zlib.compressobj(9)
    rows = packer.compress(bytes(1 << 20)) + packer.flush()
    head = struct.pack(">LLBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def sized_jpeg(width: int, height: int) -> bytes:
    content = made.image("JPEG", Image.new("L", (8, 8)))
    at = content.index(b"\xff\xc0") + 5
    return content[:at] + struct.pack(">HH", height, width) + content[at + 4 :]


def sized_webp(width: int, height: int) -> bytes:
    content = made.image("WEBP", Image.new("RGB", (8, 8)))
    at = content.index(b"\x9d\x01\x2a") + 3
    return content[:at] + struct.pack("<HH", width, height) + content[at + 4 :]


def sized_gif(screen: tuple[int, int], frame: tuple[int, int]) -> bytes:
    content = made.image("GIF", Image.new("L", screen))
    at = content.index(b"\x2c\x00\x00\x00\x00") + 5
    return content[:at] + struct.pack("<HH", *frame) + content[at + 4 :]


def many_frames(count: int) -> bytes:
    content = made.image("GIF", Image.new("L", (8, 8)))
    at = content.index(b"\x2c\x00\x00\x00\x00")
    return content[:at] + content[at:-1] * count + b";"


def sized_webm() -> bytes:
    """A film whose container says that it is large, and so do its pictures."""
    content = made.film([made.picture((64, 48))] * 3, sounds=False)
    return content.replace(b"\xb0\x81\x40\xba\x81\x30", b"\xb0\x82\x3f\xff\xba\x82\x3f\xff"[:6]).replace(
        struct.pack("<HH", 64, 48), struct.pack("<HH", 16383, 16383)
    )


def text_bomb() -> bytes:
    """A PNG with a comment that is long when it is unpacked."""
    packed = b"Comment\x00\x00" + zlib.compress(bytes(100 << 20), 9)
    chunk = struct.pack(">L", len(packed)) + b"zTXt" + packed + struct.pack(">L", zlib.crc32(b"zTXt" + packed))
    content = made.image("PNG", made.picture((8, 8)))
    return content[:33] + chunk + content[33:]


def endless_jpeg(side: int) -> bytes:
    """A JPEG that becomes better scan by scan, and does not stop."""
    content = made.image("JPEG", Image.new("L", (64, 64), 128), progressive=True)
    size, at = content.index(b"\xff\xc2") + 5, content.rindex(b"\xff\xda")
    content = content[:size] + struct.pack(">HH", side, side) + content[size + 4 :]
    return content[:at] + content[at:-2] * 5000 + content[-2:]
