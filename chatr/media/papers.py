"""Documents: what they are, told by as little of them as will do. Nothing is unpacked.

They are never shown, only saved as files, whatever is in them: so it's enough that they are what their names say.
What is read but for its ends (ends.py) is read in a worker process.
"""

from __future__ import annotations

import codecs
import re
import struct
import zipfile
from typing import Any, Protocol

from chatr.media.asked import Unsupported
from chatr.media.kinds import FileType

_PIECE_BYTES = 256 * 1024
#: The end of a zip's directory: where it stands in the last bytes, how many entries there are, and where they stand.
_END, _END_MARK, _MAX_COMMENT = struct.Struct("<4s4H2LH"), b"PK\x05\x06", 65535
#: Beyond this nobody's document is, and each entry takes memory.
_MAX_ENTRIES, _MAX_DIRECTORY_BYTES = 10_000, 4 * 1024 * 1024
_OFFICE = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "pptx": "ppt/presentation.xml"}
_CONTENTS = "[Content_Types].xml"
_MACROS = "vbaproject.bin"
#: Streams of the old formats ([MS-DOC], [MS-XLS], [MS-PPT]), as their directory has them.
_OLD = {"doc": ("WordDocument",), "xls": ("Workbook", "Book"), "ppt": ("PowerPoint Document",)}
_ENTRY_BYTES, _NAME_BYTES = 128, 64
_MAX_SECTORS = 1024
#: What no text has: control characters, but for tabs, breaks of lines and pages, and the escapes of a terminal's log.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")


class Source(Protocol):
    """A file. ``size`` in bytes."""

    size: int

    def part(self, start: int, size: int, /) -> bytes:
        """So many bytes from there, at most a piece."""

    def read(self, size: int = -1, /) -> bytes:
        """So many bytes, fewer only at the end."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go somewhere."""


def prepare() -> None:
    """Look up the encodings."""
    for encoding in ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp437", "latin-1"):
        codecs.lookup(encoding)


def look(source: Source, family: str, may_be: list[FileType]) -> FileType:
    """Which of these it is. Raises :class:`Unsupported`."""
    if family == "text":
        _read_text(source)
        return may_be[0]
    if family == "pdf":
        return may_be[0]
    inside = _inside_zip(source, may_be) if family == "zip" else _inside_ole(source)
    found = next((each for each in may_be if each.endings[0] == inside), None)
    if found is None:
        raise Unsupported("The name does not fit what is inside")
    return found


def _read_text(source: Source) -> None:
    head = source.read(2)
    source.seek(0)
    wide = head in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    decoder = codecs.getincrementaldecoder("utf-16" if wide else "utf-8")()
    try:
        while piece := source.read(_PIECE_BYTES):
            if _CONTROLS.search(decoder.decode(piece)):
                raise Unsupported("This is no text")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise Unsupported("This text is not encoded as UTF-8") from None


def _inside_zip(source: Source, may_be: list[FileType]) -> str:
    """The ending of what a zip is. Only of what may be a document more than its end is read."""
    tail_bytes = min(source.size, _MAX_COMMENT + _END.size)
    tail = source.part(source.size - tail_bytes, tail_bytes)
    at = tail.rfind(_END_MARK)
    if at < 0 or len(tail) - at < _END.size:
        raise Unsupported("This zip is not whole")
    _, _, _, _, entries, directory_bytes, directory_at, comment_bytes = _END.unpack_from(tail, at)
    end = source.size - tail_bytes + at
    if at + _END.size + comment_bytes != len(tail) or (directory_at != 0xFFFFFFFF and directory_at > end):
        raise Unsupported("This zip is not whole, or something is behind it")
    if all(each.endings[0] not in _OFFICE for each in may_be):
        return "zip"
    if entries > _MAX_ENTRIES or directory_bytes > _MAX_DIRECTORY_BYTES:
        return "zip"
    names = _names(source)
    office = next((end for end, name in _OFFICE.items() if name in names and _CONTENTS in names), "zip")
    if office != "zip" and any(name.lower().endswith(_MACROS) for name in names):
        raise Unsupported("Documents of this type have no macros")
    return office


def _names(source: Any) -> set[str]:
    source.seek(0)
    try:
        with zipfile.ZipFile(source) as archive:
            return set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise Unsupported("This zip is not whole") from None


def _inside_ole(source: Source) -> str:
    """The ending of what a compound file ([MS-CFB]) is, by the names in its directory; empty: something else."""
    names = _stream_names(source)
    return next((end for end, streams in _OLD.items() if not names.isdisjoint(streams)), "")


def _stream_names(source: Source) -> set[str]:
    header = source.read(512)
    if len(header) < 512:
        return set()
    shift = struct.unpack_from("<H", header, 30)[0]
    if shift not in (9, 12):
        return set()
    tables = [each for each in struct.unpack_from("<109L", header, 76) if each < 0xFFFFFFFA]
    sector = struct.unpack_from("<L", header, 48)[0]
    names: set[str] = set()
    per_table = (1 << shift) // 4
    for _ in range(_MAX_SECTORS):
        content = _sector(source, sector, shift)
        for at in range(0, len(content) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
            length = min(max(struct.unpack_from("<H", content, at + _NAME_BYTES)[0] - 2, 0), _NAME_BYTES)
            names.add(content[at : at + length].decode("utf-16-le", "replace"))
        if sector // per_table >= len(tables):
            break
        table = _sector(source, tables[sector // per_table], shift)
        if len(table) < 1 << shift:
            break
        sector = struct.unpack_from("<L", table, sector % per_table * 4)[0]
    return names


def _sector(source: Source, number: int, shift: int) -> bytes:
    source.seek((number + 1) << shift)
    return source.read(1 << shift)
