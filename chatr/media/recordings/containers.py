"""Recordings and films in their containers, in a worker process, as FFmpeg reads them: out of one file alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import av
from av.container import InputContainer

from chatr.media.asked import MAX_DURATION_S, Unsupported
from chatr.media.processes.handed import Source

#: What FFmpeg calls a family, where that differs.
_FORMATS = {"mp4": "mov", "quicktime": "mov"}
_PCM = {f"pcm_{each}" for each in ("u8", "s16le", "s24le", "s32le", "f32le", "f64le", "alaw", "mulaw", "s16be")}
#: Decoders that are tried. What else FFmpeg has is older than what the formats are for, and less looked after.
_MOVIE = {
    *("aac", "mp3", "mp3float", "alac", "opus", "libopus", "flac", "ac3", "eac3", *_PCM),
    *("h264", "hevc", "av1", "libdav1d", "vp9", "libvpx-vp9", "mpeg4", "mjpeg", "prores", "h263"),
}
_DECODERS = {
    "matroska": {"opus", "libopus", "vorbis", "vp8", "vp9", "libvpx", "libvpx-vp9", "av1", "libdav1d"},
    "mp4": _MOVIE,
    "quicktime": _MOVIE,
    "mp3": {"mp3", "mp3float", "mp2", "mp2float"},
    "ogg": {"opus", "libopus", "vorbis", "flac"},
    "wav": _PCM,
    "flac": {"flac"},
}
_NOT_NEEDED = ("av.__main__", "av.datasets")
_MAX_STREAMS = 16
#: What is read to find out what is in it.
_PROBE_BYTES = 5_000_000
_MAX_PACKETS = 5_000_000
#: Broken packets: so many are passed over, and so many in a hundred.
_BROKEN, _BROKEN_PERCENT = 20, 10


def prepare() -> None:
    """Import all of PyAV, much of which is imported only when it is first needed: no file can be opened later."""
    for module in walk_packages(av.__path__, "av."):
        if module.name not in _NOT_NEEDED:
            import_module(module.name)
    # There is nobody who reads it.
    av.logging.set_level(av.logging.PANIC)


def opened(source: Source, family: str) -> InputContainer:
    """The container, by the format that its first bytes say. Raises FFmpegError."""
    options = {
        "codec_whitelist": ",".join(sorted(_DECODERS[family])),
        "max_streams": str(_MAX_STREAMS),
        "probesize": str(_PROBE_BYTES),
        "protocol_whitelist": "none",
    }
    form = _FORMATS.get(family, family)
    return av.open(source, "r", format=form, options=options, metadata_errors="replace", io_open=_refuse)


def stream_of(container: InputContainer, family: str, kind: str) -> Any:
    """Its first stream of a kind, "audio" or "video", ready to be decoded; None when there is none.

    Cover art is none. Raises :class:`Unsupported` when nobody could decode it.
    """
    streams: Iterable[Any] = getattr(container.streams, kind)
    for stream in streams:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            decoder = stream.codec_context
            if decoder is None or decoder.codec.name not in _DECODERS[family]:
                raise Unsupported("This encoding can't be played everywhere")
            # There are no threads for a worker.
            decoder.thread_type = "NONE"
            decoder.thread_count = 1
            return stream
    return None


def duration_of(container: InputContainer, stream: Any) -> float | None:
    """How long it is, in seconds: by its word, or else by its last packet. None when it doesn't say there either."""
    if container.duration is not None and container.duration > 0:
        return _sane(container.duration / av.time_base)
    container.seek(0)
    start, end = None, 0.0
    for packet in packets(container, stream):
        if packet.pts is not None and packet.time_base:
            at = float(packet.pts * packet.time_base)
            start = at if start is None else start
            end = max(end, at - start + float((packet.duration or 0) * packet.time_base))
    return _sane(end) if start is not None else None


def packets(container: InputContainer, stream: Any) -> Iterator[Any]:
    """The packets of a stream, as far as they can be read."""
    found = container.demux(stream)
    broken = 0
    for _ in range(_MAX_PACKETS):
        try:
            packet = next(found, None)
        except av.FFmpegError:
            broken += 1
            if broken > _BROKEN:
                return
            # Behind what is broken it may go on.
            found = container.demux(stream)
            continue
        if packet is None:
            return
        yield packet


def frames(container: InputContainer, stream: Any, most_packets: int = _MAX_PACKETS) -> Iterator[Any]:
    """The frames of a stream. Broken packets are passed over; raises :class:`Unsupported` when they are too many."""
    broken = 0
    for number, packet in enumerate(packets(container, stream)):
        if number >= most_packets:
            return
        try:
            yield from packet.decode()
        except av.FFmpegError:
            broken += 1
            if broken > _BROKEN + number * _BROKEN_PERCENT // 100:
                raise Unsupported("Too much of this recording is broken") from None


def _sane(seconds: float) -> float:
    if not 0 <= seconds <= MAX_DURATION_S:
        raise Unsupported("This recording says that it lasts for more than a week")
    return seconds


def _refuse(url: str, flags: int, options: Any) -> Any:
    raise PermissionError("a recording names another file")
