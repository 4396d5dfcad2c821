"""What a worker is asked about a file, and what it answers: chatr and the child share this, and nothing of a parser."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Purpose = Literal["file", "avatar", "cover"]
#: The jobs, and the modules that do them there.
LOOK, LOOK_MODULE = "look", "chatr.media.seeing"
HEAR, HEAR_MODULE = "hear", "chatr.media.recordings.hearing"

BARS = 100
#: What nobody films or records in one piece.
MAX_DURATION_S = 7 * 86400
MAX_SIDE = 1_000_000
#: The forms of an image and of a video's poster that are made for looking at: the longest side of each.
THUMBNAILS = {"sm": 320, "md": 800}
#: What is cut out of an image of a person or a group: width and height of each form, the largest first.
CROPS: dict[Purpose, dict[str, tuple[int, int]]] = {
    "avatar": {"400": (400, 400), "320": (320, 320), "96": (96, 96)},
    "cover": {"1200": (1200, 600), "600": (600, 300)},
}
#: The image itself, written anew.
ORIGINAL = "original"

_Side = Annotated[int, Meta(ge=1, le=MAX_SIDE)]
_Seconds = Annotated[float, Meta(ge=0, le=MAX_DURATION_S)]
_Bar = Annotated[float, Meta(ge=0, le=1)]


class Unsupported(Exception):
    """It is nothing that may be sent; the reason is for whoever sends it."""


class Look(msgspec.Struct, frozen=True, array_like=True):
    """A file that came, how its name ends, and what it is to be."""

    ending: str
    purpose: Purpose
    max_pixels: int


class Seen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What a file is, in the child's words: sides in pixels as they are shown, and those of each form."""

    media_type: str
    width: _Side | None = None
    height: _Side | None = None
    duration_s: _Seconds | None = None
    #: 4 × 3 components: so many characters, of base 83.
    blur_hash: Annotated[str, Meta(pattern=r"^[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{28}\Z")] | None = None
    forms: dict[str, tuple[_Side, _Side]] = {}


class NotTaken(msgspec.Struct, frozen=True, tag=True):
    """Why it may not be sent."""

    reason: Annotated[str, Meta(max_length=200)]


class Heard(msgspec.Struct, frozen=True, array_like=True):
    """A recording: how long it is, and how loud in each hundredth of it, 1 the loudest."""

    duration_s: _Seconds
    bars: Annotated[list[_Bar], Meta(min_length=BARS, max_length=BARS)]
