"""Animated GIFs without what is not the animation, in a worker process.

Writing each frame anew would cost colours and a lot of time. So all frames are decoded once (images.py), by which they
are known to be frames, and their blocks are copied: whatever else is there is left out.
"""

from __future__ import annotations

from chatr.media.asked import Unsupported
from chatr.media.processes.handed import Source

_EXTENSION, _IMAGE, _TRAILER = b"\x21", b"\x2c", b"\x3b"
_CONTROL, _APPLICATION = b"\xf9", b"\xff"
_LOOPS = b"\x0bNETSCAPE2.0\x03\x01"


def cleaned(source: Source) -> bytes:
    """The animation with its repetitions, and nothing else. Raises :class:`Unsupported`."""
    source.seek(0)
    screen = _exactly(source, 13)
    parts = [b"GIF89a", screen[6:], _exactly(source, _table_bytes(screen[10]))]
    width, height = int.from_bytes(screen[6:8], "little"), int.from_bytes(screen[8:10], "little")
    control = b""
    while (mark := source.read(1)) and mark != _TRAILER:
        if mark == _EXTENSION:
            label, blocks = _exactly(source, 1), _blocks(source)
            if label == _CONTROL and len(blocks) == 6:
                control = mark + label + blocks
            elif label == _APPLICATION and blocks.startswith(_LOOPS) and len(blocks) == 17:
                parts.append(mark + label + blocks)
        elif mark == _IMAGE:
            frame = _exactly(source, 9)
            x, y, wide, high = (int.from_bytes(frame[at : at + 2], "little") for at in range(0, 8, 2))
            if x + wide > width or y + high > height:
                raise Unsupported("A frame of this image is outside of it")
            table = _exactly(source, _table_bytes(frame[8]))
            parts += [control, mark, frame, table, _exactly(source, 1), _blocks(source)]
            control = b""
        else:
            raise Unsupported("This image is broken")
    return b"".join([*parts, _TRAILER])


def _table_bytes(flags: int) -> int:
    """How large a table of colours is."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks(source: Source) -> bytes:
    """Blocks with their lengths, and the empty one behind them."""
    parts = []
    while True:
        length = _exactly(source, 1)
        parts.append(length)
        if length == b"\x00":
            return b"".join(parts)
        parts.append(_exactly(source, length[0]))


def _exactly(source: Source, size: int) -> bytes:
    content = source.read(size)
    if len(content) < size:
        raise Unsupported("This image is broken")
    return content
