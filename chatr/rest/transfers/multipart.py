"""A body of ``multipart/form-data`` (RFC 7578), taken apart as it comes: one file and a few short texts.

Browsers and programs send the file before or after the texts. Of what the format permits beyond that nothing is taken:
no part within a part, no second file, no transfer encoding.
"""

from __future__ import annotations

import re
from typing import Protocol

from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser

from chatr.api.errors import ApiError, invalid
from chatr.files.names import of_disposition

MAX_PARTS = 32
MAX_TEXT_BYTES = 64 * 1024
#: Of one line: a name of 4,000 characters has room.
MAX_PART_HEADER_BYTES = 16 * 1024
#: What a body may have beside its file: texts, and what is around the parts.
OVERHEAD_BYTES = MAX_TEXT_BYTES + 2 * MAX_PART_HEADER_BYTES
#: RFC 2046, section 5.1.1: at most 70 of these characters, the last of which is no space.
_BOUNDARY = re.compile(
    r"""[ \t]*;[ \t]*boundary=("?)([0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-])\1[ \t]*""", re.IGNORECASE
)
_PLAIN_ENCODINGS = frozenset({"", "7bit", "8bit", "binary"})


class Sink(Protocol):
    """Takes the file."""

    def begins(self, name: str, media_type: str) -> None:
        """The file comes; what the client says that it is called, and is."""

    def write(self, data: bytes) -> None:
        """A piece of it. Raises ApiError when it is too large."""


def boundary_of(content_type: str) -> str:
    """The boundary of a body. Raises ``unsupported_media``, and ``invalid`` where there is none."""
    kind, semicolon, rest = content_type.partition(";")
    if kind.strip().lower() != "multipart/form-data":
        raise ApiError("unsupported_media", "Send a file as multipart/form-data")
    found = _BOUNDARY.fullmatch(semicolon + rest)
    if found is None:
        raise invalid("$", "the Content-Type has no valid boundary")
    return found[2]


class MultipartForm:
    """The parts of one body. ``field``: the name of the one that is the file, which ``sink`` takes."""

    def __init__(self, boundary: str, field: str, sink: Sink) -> None:
        self.texts: dict[str, str] = {}
        self._field = field
        self._sink = sink
        self._parser = PushMultipartParser(
            boundary, max_header_size=MAX_PART_HEADER_BYTES, max_segment_count=MAX_PARTS, strict=True
        )
        self._has_file = False
        #: The text that is coming; empty while the file comes.
        self._text_name = ""
        self._text: list[bytes] = []
        self._text_bytes = 0

    def feed(self, data: bytes) -> None:
        """Take more of the body. Raises ``invalid`` with the field, ``too_large``, and what the sink raises."""
        if self._parser.closed or not data:
            # What follows the last boundary means nothing (RFC 2046, section 5.1.1); no data would end it before.
            return
        try:
            for event in self._parser.parse(data):
                if isinstance(event, MultipartSegment):
                    self._begin(event)
                elif event is not None:
                    self._take(bytes(event))
                elif self._text_name:
                    self._end_text()
        except ParserLimitReached:
            raise invalid(
                "$", f"a form has at most {MAX_PARTS} parts, whose headers have at most {MAX_PART_HEADER_BYTES} bytes"
            ) from None
        except MultipartError as error:
            if not self._complete():
                raise invalid("$", f"the body is not valid multipart/form-data: {error}") from None

    def close(self) -> None:
        """All of the body has come. Raises ``invalid`` if that was not all of the form, or no file was there."""
        if not self._complete():
            raise invalid("$", "the body ends before the last boundary")
        if not self._has_file:
            raise invalid(f"$.{self._field}", "the file is missing")

    def _complete(self) -> bool:
        """Whether the last boundary was there."""
        try:
            self._parser.close()
        except MultipartError:
            return False
        return True

    def _begin(self, part: MultipartSegment) -> None:
        name = part.name or ""
        path = f"$.{name[:64]}" if name.isprintable() else "$"
        if (part.content_type or "").startswith("multipart/"):
            raise invalid(path, "a part may not have parts")
        if part.header("Content-Transfer-Encoding", "").strip().lower() not in _PLAIN_ENCODINGS:
            raise invalid(path, "a part is sent as it is, without Content-Transfer-Encoding")
        is_file = part.filename is not None or "filename*" in part.header("Content-Disposition", "")
        if name == self._field:
            if self._has_file:
                raise invalid(path, "is given twice")
            self._has_file, self._text_name = True, ""
            file_name = of_disposition(part.header("Content-Disposition", ""))
            self._sink.begins(file_name, part.content_type or "")
        elif is_file:
            raise invalid(path, f"the file is to be in the part {self._field}")
        elif not name or name in self.texts:
            raise invalid(path, "is given twice" if name else "a part has no name")
        else:
            self._text_name = name

    def _take(self, data: bytes) -> None:
        if not self._text_name:
            self._sink.write(data)
            return
        self._text_bytes += len(data)
        if self._text_bytes > MAX_TEXT_BYTES:
            raise ApiError("too_large", f"The texts of a form have at most {MAX_TEXT_BYTES} bytes together")
        self._text.append(data)

    def _end_text(self) -> None:
        name, self._text_name = self._text_name, ""
        try:
            self.texts[name] = b"".join(self._text).decode()
        except UnicodeDecodeError:
            raise invalid(f"$.{name[:64]}", "is not valid UTF-8") from None
        self._text.clear()
