"""Recordings, in a worker process: a quick look, before they are listened to (hearing.py)."""

from __future__ import annotations

from av.container import InputContainer

from chatr.media.asked import Seen, Unsupported
from chatr.media.kinds import FileType
from chatr.media.recordings import containers

#: Among so many packets one can be decoded.
_TRIED = 50


def look(container: InputContainer, file_type: FileType) -> Seen:
    """Look whether it can be heard. Raises :class:`Unsupported`."""
    stream = containers.stream_of(container, file_type.family, "audio")
    if stream is None:
        raise Unsupported("There is nothing to be heard in this recording")
    if next(containers.frames(container, stream, _TRIED), None) is None:
        raise Unsupported("This recording is broken")
    return Seen(media_type=file_type.media_type, duration_s=containers.duration_of(container, stream))
