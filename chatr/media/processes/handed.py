"""What a worker process has in hand of a job with a file: that file, which chatr reads, and those that it makes."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from chatr.media.processes.frames import PIECE_BYTES, MadePiece, Said, Want

#: A container's index stands at its end, and a parser goes there and back.
_KEPT_PIECES = 4


class Handed:
    """The file of a job, and where the files that come of it go."""

    def __init__(self, size: int, ask: Callable[[Said], bytes]) -> None:
        self._ask = ask
        self.source = Source(size, ask)

    def put(self, name: str, content: bytes | memoryview) -> None:
        """Write all of a file that comes of the job, by one of the names that chatr knows."""
        for start in range(0, len(content), PIECE_BYTES):
            self._ask(MadePiece(name, bytes(content[start : start + PIECE_BYTES])))


class Source(io.RawIOBase):
    """A file of chatr's as parsers like it. What it reads comes in pieces, of which the last few are kept."""

    def __init__(self, size: int, ask: Callable[[Said], bytes]) -> None:
        self.size = size
        """In bytes."""
        self._ask = ask
        self._at = 0
        self._pieces: dict[int, bytes] = {}

    def read(self, size: int | None = -1, /) -> bytes:
        """So many bytes, fewer only at the end."""
        end = self.size if size is None or size < 0 else min(self._at + size, self.size)
        parts = []
        while self._at < end:
            number, start = divmod(self._at, PIECE_BYTES)
            part = self._piece(number)[start : start + end - self._at]
            if not part:
                raise OSError("the file has become shorter")
            parts.append(part)
            self._at += len(part)
        return b"".join(parts)

    def part(self, start: int, size: int) -> bytes:
        """So many bytes from there, at most a piece: for what needs no more of it, they come alone."""
        return self._ask(Want(start, size)) if size else b""

    def readinto(self, buffer: Any, /) -> int:
        """Fill a buffer, but at the end."""
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go somewhere; raises ValueError before the beginning."""
        at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if at < 0:
            raise ValueError("before the beginning")
        self._at = at
        return at

    def tell(self) -> int:
        """Where it is."""
        return self._at

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def _piece(self, number: int) -> bytes:
        piece = self._pieces.pop(number, None)
        if piece is None:
            start = number * PIECE_BYTES
            piece = self._ask(Want(start, min(PIECE_BYTES, self.size - start)))
            if len(self._pieces) >= _KEPT_PIECES:
                del self._pieces[next(iter(self._pieces))]
        self._pieces[number] = piece
        return piece
