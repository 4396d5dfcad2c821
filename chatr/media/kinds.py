"""The types of file that may be sent: what each is called, and how its name may end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal

import msgspec

FileKind = Literal["image", "audio", "video", "file"]


class FileType(msgspec.Struct, frozen=True):
    """A type: ``family`` is what its bytes begin as (sniffing.py); ``endings``, the usual one first, without a dot."""

    media_type: str
    kind: FileKind
    family: str
    endings: tuple[str, ...]


_OFFICE = "application/vnd.openxmlformats-officedocument"

#: spec/behaviour.md, section 6.
TYPES: tuple[FileType, ...] = (
    FileType("image/jpeg", "image", "jpeg", ("jpg", "jpeg", "jpe", "jfif")),
    FileType("image/png", "image", "png", ("png",)),
    FileType("image/gif", "image", "gif", ("gif",)),
    FileType("image/webp", "image", "webp", ("webp",)),
    FileType("image/avif", "image", "avif", ("avif",)),
    FileType("audio/webm", "audio", "matroska", ("webm", "weba")),
    FileType("audio/mp4", "audio", "mp4", ("m4a", "mp4", "m4b")),
    FileType("audio/mpeg", "audio", "mp3", ("mp3",)),
    FileType("audio/ogg", "audio", "ogg", ("ogg", "oga", "opus")),
    FileType("audio/wav", "audio", "wav", ("wav", "wave")),
    FileType("audio/flac", "audio", "flac", ("flac",)),
    # What a camera calls MOV may be MP4 inside, and the other way round.
    FileType("video/mp4", "video", "mp4", ("mp4", "m4v", "mov", "qt")),
    FileType("video/quicktime", "video", "quicktime", ("mov", "qt", "mp4", "m4v")),
    FileType("video/webm", "video", "matroska", ("webm",)),
    FileType("application/pdf", "file", "pdf", ("pdf",)),
    FileType("application/zip", "file", "zip", ("zip",)),
    FileType(f"{_OFFICE}.wordprocessingml.document", "file", "zip", ("docx",)),
    FileType(f"{_OFFICE}.spreadsheetml.sheet", "file", "zip", ("xlsx",)),
    FileType(f"{_OFFICE}.presentationml.presentation", "file", "zip", ("pptx",)),
    FileType("application/msword", "file", "ole", ("doc",)),
    FileType("application/vnd.ms-excel", "file", "ole", ("xls",)),
    FileType("application/vnd.ms-powerpoint", "file", "ole", ("ppt",)),
    FileType("text/plain", "file", "text", ("txt",)),
    FileType("text/markdown", "file", "text", ("md",)),
    FileType("text/csv", "file", "text", ("csv",)),
)
BY_MEDIA_TYPE: Mapping[str, FileType] = MappingProxyType({each.media_type: each for each in TYPES})

_MAX_ENDING = 10


def ending(name: str) -> str:
    """How a file's name ends: in small letters, without the dot. Empty when there is no dot.

    ``.`` when nothing is behind it, which no type has: Windows leaves such a dot away, and takes what is before.
    """
    _, dot, after = name.rpartition(".")
    return (after.lower()[: _MAX_ENDING + 1] or ".") if dot else ""


def of_family(family: str, end: str) -> list[FileType]:
    """What a file may be that begins as ``family`` and whose name ends so. Without an ending its bytes alone decide."""
    return [each for each in TYPES if each.family == family and (not end or end in each.endings)]


def endings(types: Iterable[FileType] = TYPES) -> list[str]:
    """All endings that names of these types may have."""
    return sorted({end for each in types for end in each.endings})
