"""Films, in a worker process: how large and how long they are, and an early picture that shows something."""

from __future__ import annotations

from typing import Any

from av.container import InputContainer
from PIL import Image, ImageStat

from chatr.media.asked import THUMBNAILS, Seen, Unsupported
from chatr.media.kinds import FileType
from chatr.media.pictures import images
from chatr.media.processes.handed import Handed
from chatr.media.recordings import containers

#: A picture is looked for in the first second, in so many frames at most and so many packets.
_EARLY_S, _MOST_FRAMES, _MOST_PACKETS = 1.0, 40, 400
#: What is good enough: neither black, nor one colour. Mean and deviation of its grey, of 255.
_BRIGHT, _VARIED = 24.0, 12.0
_GLANCE = 64
#: A pixel may be so many times as wide as it is high, or the other way round.
_LEAN = 4
_TURNS = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}


def look(handed: Handed, container: InputContainer, stream: Any, file_type: FileType, max_pixels: int) -> Seen:
    """Look at a film. Raises :class:`Unsupported`."""
    decoder = stream.codec_context
    if decoder.width * decoder.height > max_pixels:
        raise Unsupported("The pictures of this film have too many pixels")
    frame = _poster_frame(container, stream, max_pixels)
    shape = float(stream.sample_aspect_ratio or 1)
    wide, high = max(1, round(frame.width * (shape if 1 / _LEAN <= shape <= _LEAN else 1))), frame.height
    turn = _TURNS.get(round(frame.rotation / 90) * 90 % 360)
    picture = _picture(frame, wide, high, max(THUMBNAILS.values()))
    if turn is not None:
        picture = picture.transpose(turn)
    if turn in (_TURNS[90], _TURNS[270]):
        wide, high = high, wide
    forms, blurred = images.thumbnails(handed, picture)
    return Seen(
        media_type=file_type.media_type,
        width=wide,
        height=high,
        duration_s=containers.duration_of(container, stream),
        blur_hash=blurred,
        forms=forms,
    )


def _poster_frame(container: InputContainer, stream: Any, max_pixels: int) -> Any:
    """The first frame that shows something, or the one that shows most."""
    best, best_score, start = None, -1.0, None
    for number, frame in enumerate(containers.frames(container, stream, _MOST_PACKETS)):
        if frame.width * frame.height > max_pixels:
            raise Unsupported("The pictures of this film have too many pixels")
        score = _score(frame)
        if score > best_score:
            best, best_score = frame, score
        start = frame.time if start is None else start
        late = frame.time is not None and start is not None and frame.time - start > _EARLY_S
        if score >= 1 or late or number >= _MOST_FRAMES:
            break
    if best is None:
        raise Unsupported("This film is broken")
    return best


def _score(frame: Any) -> float:
    """How much there is to be seen; 1 is enough."""
    seen = ImageStat.Stat(_scaled(frame, _GLANCE, _GLANCE).convert("L"))
    return min(seen.mean[0] / _BRIGHT, seen.stddev[0] / _VARIED, 1.0)


def _picture(frame: Any, wide: int, high: int, side: int) -> Image.Image:
    """A frame as it is shown, no larger than need be."""
    factor = min(1.0, side / max(wide, high))
    size = max(1, round(wide * factor)), max(1, round(high * factor))
    return _scaled(frame, *size)


def _scaled(frame: Any, width: int, height: int) -> Image.Image:
    # There are no threads for a worker.
    picture: Image.Image = frame.reformat(width=width, height=height, format="rgb24", threads=1).to_image(threads=1)
    return picture
