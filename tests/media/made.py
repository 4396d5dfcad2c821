"""Recordings, films and images for tests, made on the spot."""

from __future__ import annotations

import io
import math
import struct
import zipfile
from array import array
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import av
from PIL import Image, ImageCms

RATE = 48000
#: How each container is written: FFmpeg's names of its format and encoder, and of the encoder's samples.
SOUNDS = {
    "webm": ("webm", "libopus", "flt"),
    "ogg": ("ogg", "libopus", "flt"),
    "mp3": ("mp3", "libmp3lame", "fltp"),
    "m4a": ("ipod", "aac", "fltp"),
    "wav": ("wav", "pcm_s16le", "s16"),
    "flac": ("flac", "flac", "s16"),
}


def tone(seconds: float, loud: Callable[[float], float], channels: int) -> bytes:
    """A tone of 441 Hz with an envelope, as packed samples of 16 bits; the second channel is silent."""
    samples = array("h")
    for number in range(int(seconds * RATE)):
        at = number / RATE
        samples.append(int(32767 * loud(at) * math.sin(2 * math.pi * 441 * at)))
        samples.extend([0] * (channels - 1))
    return samples.tobytes()


def sound(kind: str, seconds: float, loud: Callable[[float], float], *, channels: int = 1, live: bool = False) -> bytes:
    """A recording. ``live``: written as a recorder does, which does not know how long it will be."""
    form, encoder, samples = SOUNDS[kind]
    content = _Pipe() if live else io.BytesIO()
    layout = "mono" if channels == 1 else "stereo"
    with av.open(content, "w", format=form) as container:
        stream: Any = container.add_stream(encoder, rate=RATE)
        stream.layout = layout
        stream.format = samples
        resampler = av.AudioResampler(samples, layout, RATE, frame_size=stream.codec_context.frame_size or 1024)
        packed = tone(seconds, loud, channels)
        frame = av.AudioFrame("s16", layout, len(packed) // 2 // channels, align=1)
        frame.sample_rate = RATE
        frame.pts = 0
        frame.planes[0].update(packed)
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return content.getvalue()


def film(
    pictures: Sequence[Image.Image],
    *,
    form: str = "webm",
    encoder: str = "libvpx",
    rate: int = 10,
    sounds: bool = True,
    options: dict[str, str] | None = None,
) -> bytes:
    """A film of pictures of one size, with a silent track of sound."""
    content = io.BytesIO()
    with av.open(content, "w", format=form) as container:
        stream: Any = container.add_stream(encoder, rate=rate, options=options)
        stream.width, stream.height = pictures[0].size
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 500_000
        track: Any = container.add_stream("libopus" if form == "webm" else "aac", rate=RATE) if sounds else None
        if track is not None:
            track.layout = "mono"
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_image(picture)
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if track is not None:
            resampler = av.AudioResampler("flt" if form == "webm" else "fltp", "mono", RATE, frame_size=960)
            packed = bytes(2 * RATE * len(pictures) // rate)
            silence = av.AudioFrame("s16", "mono", len(packed) // 2, align=1)
            silence.sample_rate, silence.pts = RATE, 0
            silence.planes[0].update(packed)
            for part in (*resampler.resample(silence), *resampler.resample(None)):
                container.mux(track.encode(part))
            container.mux(track.encode(None))
    return content.getvalue()


def picture(size: tuple[int, int] = (640, 480), mode: str = "RGB") -> Image.Image:
    """Four quarters: red, green, blue, white."""
    image = Image.new("RGB", size, "white")
    wide, high = size[0] // 2, size[1] // 2
    for colour, place in (("red", (0, 0)), ("lime", (wide, 0)), ("blue", (0, high))):
        image.paste(colour, (*place, place[0] + wide, place[1] + high))
    return image.convert(mode)


def image(form: str, picture: Image.Image, **options: Any) -> bytes:
    """An image's file."""
    content = io.BytesIO()
    picture.save(content, form, **options)
    return content.getvalue()


def archive(*names: str, content: bytes = b"x") -> bytes:
    """A zip with files of these names."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as writing:
        for name in names:
            writing.writestr(name, content)
    return packed.getvalue()


def compound(*names: str) -> bytes:
    """A compound file, as the old office formats are, with streams of these names and nothing in them."""
    entries = b"".join(
        name.encode("utf-16-le").ljust(64, b"\x00") + struct.pack("<H", 2 * len(name) + 2) + bytes(62)
        for name in ("Root Entry", *names)
    )
    free, end, table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHH", 0x3E, 3, 0xFFFE, 9) + bytes(12)
    head += struct.pack("<LLLLLLLLL", 1, 1, 0, 4096, end, 0, end, 0, 0) + struct.pack("<L", free) * 108
    sectors = (len(entries) + 511) // 512
    chain = [table, *range(2, sectors + 1), end]
    chain += [free] * (128 - len(chain))
    return head + struct.pack("<128L", *chain) + entries.ljust(sectors * 512, b"\x00")


class _Pipe(io.BytesIO):
    """Where nothing can be gone back to."""

    def seekable(self) -> bool:
        return False

    def seek(self, offset: int, whence: int = 0, /) -> int:
        raise io.UnsupportedOperation


def profile() -> bytes:
    """A colour profile that says nothing new."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
