"""What an image is, by its first bytes: whatever a server says of it.

They are shown from our own server: rest/transfers/preview_images.py.
"""

from __future__ import annotations

import re

#: Raster images only. SVG can hold scripts.
_SIGNATURES = {
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF.{4}WEBPVP8[ LX]", re.DOTALL),
    "image/avif": re.compile(rb"\x00\x00.{2}ftypavi[fs]", re.DOTALL),
    # Its number of images is in the next two bytes: some, and not many.
    "image/x-icon": re.compile(rb"\x00\x00\x01\x00[\x01-\x40]\x00"),
}


def media_type(body: bytes) -> str | None:
    """The type of an image; None for anything else."""
    return next((name for name, signature in _SIGNATURES.items() if signature.match(body)), None)
