"""What an image is, by its first bytes: whatever a server says of it.

They are shown from our own server: rest/transfers/preview_images.py.
"""

from __future__ import annotations

import re

from chatr.media.sniffing import HEAD_BYTES, family

#: Raster images only. SVG can hold scripts.
_RASTER = frozenset({"jpeg", "png", "gif", "webp", "avif"})
#: Nobody sends one. Its number of images is in the last two bytes: some, and not many.
_ICON = re.compile(rb"\x00\x00\x01\x00[\x01-\x40]\x00")


def media_type(body: bytes) -> str | None:
    """The type of an image; None for anything else."""
    if _ICON.match(body):
        return "image/x-icon"
    found = family(body[:HEAD_BYTES])
    return f"image/{found}" if found in _RASTER else None
