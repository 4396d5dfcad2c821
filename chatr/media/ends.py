"""What a file may be by its first bytes; and documents that these and their last ones tell, without a worker.

Workers are for what has to be parsed. Of a PDF and most zips there is nothing to parse: whoever sends one does not wait
until others' pictures are made.
"""

from __future__ import annotations

from typing import NoReturn

from chatr.media import papers
from chatr.media.asked import Look, Seen, Unsupported
from chatr.media.kinds import FileType, endings, of_family
from chatr.media.processes.frames import Want
from chatr.media.processes.handing import Handing
from chatr.media.sniffing import HEAD_BYTES, family


class NeedsMore(Exception):
    """It is not to be told without a worker."""


def begun(ask: Look, source: papers.Source) -> tuple[str, list[FileType]]:
    """The family that a file begins as, and what it may be by that and its name. Raises :class:`Unsupported`."""
    begins_as = family(source.part(0, min(HEAD_BYTES, source.size))) if source.size else None
    if begins_as is None:
        raise Unsupported("Files of this type can't be sent")
    may_be = of_family(begins_as, ask.ending)
    if not may_be:
        wanted = ", ".join(f".{end}" for end in endings(of_family(begins_as, "")))
        raise Unsupported(f"The name does not fit what is inside: it would end in {wanted}")
    if ask.purpose != "file" and may_be[0].kind != "image":
        raise Unsupported("This is no image")
    return begins_as, may_be


def unread(head: bytes) -> bool:
    """Whether of a file that begins so nobody here reads more than its ends, unless somebody asks for it."""
    return family(head) in ("pdf", "zip")


def told_by_ends(ask: Look, handing: Handing) -> Seen | None:
    """What a worker would say of a file, if that takes no more than its ends, and they are in memory; else None.

    It waits for nothing. Raises :class:`Unsupported`.
    """
    source = _Ends(handing)
    try:
        begins_as, may_be = begun(ask, source)
        if may_be[0].kind != "file":
            return None
        return Seen(media_type=papers.look(source, begins_as, may_be).media_type)
    except NeedsMore:
        return None


class _Ends:
    """A file of which parts that are in memory can be had, and nothing can be read from the one end to the other."""

    def __init__(self, handing: Handing) -> None:
        self.size = handing.size
        self._handing = handing

    def part(self, start: int, size: int, /) -> bytes:
        """So many bytes from there. Raises :class:`NeedsMore` when they are on the disk alone."""
        content = self._handing.cached(Want(start, size))
        if content is None:
            raise NeedsMore
        return content

    def read(self, size: int = -1, /) -> NoReturn:
        """Raise :class:`NeedsMore`."""
        raise NeedsMore

    def seek(self, offset: int, whence: int = 0, /) -> NoReturn:
        """Raise :class:`NeedsMore`."""
        raise NeedsMore
