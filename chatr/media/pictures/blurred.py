"""A few characters that stand for an image while it comes (BlurHash), in a worker process."""

from __future__ import annotations

import blurhash
from PIL import Image

from chatr.media.pictures import colours

#: What is looked at of it: more than the components can show.
_SIDE = 32
_COMPONENTS = (4, 3)


def blur_hash(image: Image.Image) -> str:
    """The BlurHash of an image; where it is transparent, of white."""
    small = colours.on_white(colours.plain(image).resize(_fitting(image.size), Image.Resampling.BOX))
    width, height = small.size
    flat = list(small.tobytes())
    pixels = [flat[at : at + 3] for at in range(0, len(flat), 3)]
    rows = [pixels[at : at + width] for at in range(0, width * height, width)]
    hashed: str = blurhash.encode(rows, *_COMPONENTS)
    return hashed


def _fitting(size: tuple[int, int]) -> tuple[int, int]:
    factor = min(1.0, _SIDE / max(size))
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))
