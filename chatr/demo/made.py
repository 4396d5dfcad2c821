"""What people of the demo send beside words: drawn and sung when it is asked for, and each time the same bytes."""

from __future__ import annotations

import io
import math
import wave
from array import array
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

#: How large pictures are drawn, and become, beside the measures below: what is made smaller has smooth edges.
_FINER, _SIZE = 1.5, 0.75
_RATE_HZ = 8000
_LIST = """# Hut, Friday to Sunday

- [x] stove (Sam's leaks: take mine)
- [x] coffee, cardamom
- [ ] corkscrew?
- [ ] sleeping bags: Ben, Nour
- [ ] cards

Train 7:48, platform 6, quiet coach, seats 61 and 62.
"""


@cache
def made(name: str) -> bytes:
    """The content of a file. Takes some tenths of a second: for a thread."""
    return _FILES[name]()


def _harbour() -> bytes:
    """The sun goes up behind a boat."""
    width, height = 1200, 800
    picture, draw = _canvas(width, height)
    _sky(draw, width, 520, (39, 80, 106), (244, 211, 164))
    _circle(draw, 820, 430, 88, "#fff2d2")
    _shape(draw, "#8a6f72", (0, 520), (180, 420), (330, 500), (560, 380), (760, 520))
    _sky(draw, width, 280, (214, 150, 110), (24, 56, 76), top=520)
    for number in range(9):
        far = 545 + number * 28
        _shape(draw, "#f4d3a4", (820 - 110 + number * 9, far), (820 + 110 - number * 9, far), (820, far + 6))
    _shape(draw, "#1d3340", (300, 610), (640, 610), (580, 672), (350, 672))
    _shape(draw, "#f7efe2", (450, 260), (450, 590), (300, 590))
    _shape(draw, "#e4a277", (470, 320), (470, 590), (600, 590))
    return _jpeg(picture, width, height)


def _pier() -> bytes:
    """Boards that lead to the water, upright."""
    width, height = 900, 1200
    picture, draw = _canvas(width, height)
    _sky(draw, width, 620, (126, 166, 190), (246, 222, 190))
    _circle(draw, 250, 560, 60, "#fff6df")
    _sky(draw, width, 580, (92, 138, 156), (32, 70, 88), top=620)
    _shape(draw, "#a07c58", (400, 620), (500, 620), (860, 1200), (40, 1200))
    for number in range(12):
        far = 640 + number * number * 4
        spread = 50 + (far - 620) * 0.62
        _shape(
            draw, "#7d5c3e", (450 - spread, far), (450 + spread, far), (450 + spread, far + 4), (450 - spread, far + 4)
        )
    for side in (-1, 1):
        for far, tall in ((1080, 260), (860, 150), (740, 84)):
            at = 450 + side * (60 + (far - 620) * 0.66)
            _shape(draw, "#4a3726", (at - 9, far - tall), (at + 9, far - tall), (at + 9, far), (at - 9, far))
    return _jpeg(picture, width, height)


def _canvas(width: int, height: int) -> tuple[Image, ImageDraw]:
    # Pillow is for who makes the demo: no other server of ours loads it.
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (int(width * _FINER), int(height * _FINER)))
    return picture, ImageDraw.Draw(picture)


def _sky(
    draw: ImageDraw, width: int, height: int, above: tuple[int, int, int], below: tuple[int, int, int], top: int = 0
) -> None:
    """One colour that becomes another."""
    rows = int(height * _FINER)
    for row in range(rows):
        part = row / rows
        colour = tuple(round(one + (other - one) * part) for one, other in zip(above, below, strict=True))
        draw.line((0, top * _FINER + row, width * _FINER, top * _FINER + row), fill=colour)


def _shape(draw: ImageDraw, colour: str, *corners: tuple[float, float]) -> None:
    draw.polygon([(x * _FINER, y * _FINER) for x, y in corners], fill=colour)


def _circle(draw: ImageDraw, x: float, y: float, radius: float, colour: str) -> None:
    box = (x - radius, y - radius, x + radius, y + radius)
    draw.ellipse([value * _FINER for value in box], fill=colour)


def _jpeg(picture: Image, width: int, height: int) -> bytes:
    content = io.BytesIO()
    picture.resize((int(width * _SIZE), int(height * _SIZE))).save(content, "JPEG", quality=88)
    return content.getvalue()


def _hum() -> bytes:
    """Somebody hums nine seconds, in phrases: a WAV."""
    samples = array("h")
    for number in range(9 * _RATE_HZ):
        at = number / _RATE_HZ
        phrase = max(0.0, math.sin(at * 1.9 + 0.4)) ** 0.6
        syllable = 0.35 + 0.65 * abs(math.sin(at * 7.3)) ** 1.5
        pitch = 2 * math.pi * (196 + 40 * math.sin(at * 0.8)) * at
        tone = math.sin(pitch) + 0.4 * math.sin(2 * pitch) + 0.15 * math.sin(3 * pitch)
        samples.append(round(9000 * phrase * syllable * tone))
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(samples.itemsize)
        file.setframerate(_RATE_HZ)
        file.writeframes(samples.tobytes())
    return content.getvalue()


_FILES: Mapping[str, Callable[[], bytes]] = {
    "harbour.jpg": _harbour,
    "pier.jpg": _pier,
    "Voice note.wav": _hum,
    "Packing list.md": _LIST.encode,
}
