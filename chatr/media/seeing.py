"""The job of looking at a file, in a worker process: what it is by its bytes, whether its name agrees, what is made."""

from __future__ import annotations

import msgspec

from chatr.media import papers
from chatr.media.asked import Look, NotTaken, Seen, Unsupported
from chatr.media.ends import begun
from chatr.media.kinds import BY_MEDIA_TYPE, FileType
from chatr.media.pictures import images
from chatr.media.processes.handed import Handed
from chatr.media.recordings import containers, films, sounds


def prepare() -> None:
    """Import and try whatever is needed later."""
    images.prepare()
    containers.prepare()
    papers.prepare()


def work(payload: bytes, handed: Handed) -> bytes:
    """Do the job."""
    ask = msgspec.msgpack.decode(payload, type=Look)
    answer: Seen | NotTaken
    try:
        answer = look(ask, handed)
    except Unsupported as error:
        answer = NotTaken(str(error))
    return msgspec.msgpack.encode(answer)


def look(ask: Look, handed: Handed) -> Seen:
    """Look at it. Raises :class:`Unsupported`, and whatever parsers raise about what is broken."""
    begins_as, may_be = begun(ask, handed.source)
    seen = _by_kind(ask, handed, begins_as, may_be)
    if BY_MEDIA_TYPE[seen.media_type] not in may_be and ask.purpose == "file":
        raise Unsupported("The name does not fit what is inside")
    return seen


def _by_kind(ask: Look, handed: Handed, begins_as: str, may_be: list[FileType]) -> Seen:
    if may_be[0].kind == "image":
        return images.look(handed, may_be[0], ask.purpose, ask.max_pixels)
    if may_be[0].kind == "file":
        return Seen(media_type=papers.look(handed.source, begins_as, may_be).media_type)
    with containers.opened(handed.source, begins_as) as container:
        stream = containers.stream_of(container, begins_as, "video")
        if stream is None:
            return sounds.look(container, _named("audio", may_be))
        return films.look(handed, container, stream, _named("video", may_be), ask.max_pixels)


def _named(kind: str, may_be: list[FileType]) -> FileType:
    found = next((each for each in may_be if each.kind == kind), None)
    if found is None:
        raise Unsupported(f"The name does not fit what is inside: that is {kind}")
    return found
