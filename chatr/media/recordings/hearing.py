"""The job of listening to a recording, in a worker process: how long it is, by its samples, and how loud when."""

from __future__ import annotations

from typing import Any

import av
import msgspec

from chatr.media.asked import MAX_DURATION_S, Heard, Unsupported
from chatr.media.processes.handed import Handed, Source
from chatr.media.recordings import containers
from chatr.media.recordings.loudness import Loudness
from chatr.media.sniffing import HEAD_BYTES, family

#: Formats of samples that are looked at as they are: type of an array, and full scale; "p": each channel for itself.
_AS_THEY_ARE: dict[str, tuple[Any, float]] = {
    "s16": ("h", 2.0**15),
    "s32": ("i", 2.0**31),
    "flt": ("f", 1.0),
    "dbl": ("d", 1.0),
}
_CHANNELS = 2
#: A recorder that was silent, or stopped for a while, left out packets: the time goes on.
_GAP_S = 0.1


def prepare() -> None:
    """See containers.py."""
    containers.prepare()


def work(payload: bytes, handed: Handed) -> bytes:
    """Do the job; the payload says nothing."""
    return msgspec.msgpack.encode(listened(handed.source))


def listened(source: Source) -> Heard:
    """Listen to all of it. Raises :class:`Unsupported`, and FFmpegError about what is broken."""
    begins_as = family(source.read(HEAD_BYTES))
    source.seek(0)
    if begins_as is None:
        raise Unsupported("This is no recording")
    with containers.opened(source, begins_as) as container:
        stream = containers.stream_of(container, begins_as, "audio")
        if stream is None:
            raise Unsupported("There is nothing to be heard in this recording")
        listener = _Listener()
        for frame in containers.frames(container, stream):
            listener.hear(frame)
    if not listener.end_s:
        raise Unsupported("This recording is broken")
    return Heard(round(listener.end_s, 3), listener.loudness.bars(listener.end_s))


class _Listener:
    """Hears frame after frame."""

    def __init__(self) -> None:
        self.loudness = Loudness()
        self.end_s = 0.0
        self._start_s: float | None = None
        self._resampler: Any = None

    def hear(self, frame: Any) -> None:
        """Take the next frame. Raises :class:`Unsupported`."""
        rate = frame.sample_rate
        if rate <= 0 or frame.samples <= 0:
            return
        self._skip_to(frame.time)
        if self.end_s > MAX_DURATION_S:
            raise Unsupported("This recording says that it lasts for more than a week")
        start, length = self.end_s, frame.samples / rate
        self.end_s += length
        for one in self._readable(frame):
            self._measure(one, start)

    def _skip_to(self, time_s: float | None) -> None:
        if time_s is None:
            return
        if self._start_s is None:
            self._start_s = time_s
        elif time_s - self._start_s > self.end_s + _GAP_S:
            self.end_s = time_s - self._start_s

    def _readable(self, frame: Any) -> list[Any]:
        if frame.format.name.removesuffix("p") in _AS_THEY_ARE:
            return [frame]
        if self._resampler is None:
            self._resampler = av.AudioResampler(format="flt")
        found: list[Any] = self._resampler.resample(frame)
        return found

    def _measure(self, frame: Any, start_s: float) -> None:
        """Give the frame's samples on, in parts that are no longer than a window."""
        code, full_scale = _AS_THEY_ARE[frame.format.name.removesuffix("p")]
        # Of packed samples all channels follow each other.
        width = 1 if frame.format.is_planar else len(frame.layout.channels)
        planes = [memoryview(plane).cast("B").cast(code) for plane in frame.planes[:_CHANNELS]]
        part = max(1, int(self.loudness.span_s * frame.sample_rate))
        for at in range(0, frame.samples, part):
            end = min(at + part, frame.samples)
            length_s = (end - at) / frame.sample_rate / len(planes)
            for plane in planes:
                samples = plane[at * width : end * width]
                self.loudness.add(start_s + at / frame.sample_rate, length_s, samples, full_scale)
