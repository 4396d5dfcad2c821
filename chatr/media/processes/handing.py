"""The files of a job on chatr's side: a worker process has none of its own, so it asks for each piece.

All of this blocks, and is for threads, but for what says that it does not. What is asked for may be nonsense: a
stranger may have taken the worker over.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from threading import Lock

from chatr.media.processes.frames import PIECE_BYTES, MadePiece, Want

#: What a job may read: its file so many times, and this beside. Each piece counts as no less than a page, either way.
_TIMES, _BESIDE_BYTES, _PAGE_BYTES = 4, 64 * 1024 * 1024, 4096


class Nonsense(Exception):
    """A worker asks for what no job of ours does."""


class Handing:
    """A file that a job reads, and those by some names that it makes in a directory, together of ``max_bytes`` at most.

    They are opened, and the directory is made, when they are first needed. Whoever makes it closes it, whatever came of
    the job.
    """

    def __init__(
        self,
        path: Path,
        size: int,
        into: Path | None = None,
        names: Collection[str] = (),
        max_bytes: int = 0,
        *,
        ends: tuple[bytes, bytes] | None = None,
    ) -> None:
        """``ends``: the first and the last bytes of the file, if they are known."""
        self.size = size
        self._head, self._tail = ends or (b"", b"")
        self._path = path
        self._into = into
        self._names = frozenset(names)
        self._may_read = _TIMES * size + _BESIDE_BYTES
        self._may_make = max_bytes
        self._source = -1
        self._made: dict[str, int] = {}
        self._lock = Lock()
        self._closed = False

    def answer(self, said: Want | MadePiece) -> bytes:
        """Do what a worker asks for. Raises :class:`Nonsense` and OSError."""
        with self._lock:
            if self._closed:
                raise Nonsense("it is over")
            return self._read(said) if isinstance(said, Want) else self._make(said)

    def cached(self, said: Want | MadePiece) -> bytes | None:
        """What a worker wants to read, if all of it is in memory: that does not wait for the disk, and needs no thread.

        Raises :class:`Nonsense`.
        """
        if not isinstance(said, Want):
            return None
        with self._lock:
            if self._closed:
                raise Nonsense("it is over")
            self._check(said)
            known = self._known(said)
            if known is not None:
                return known
            content = bytearray(said.size)
            try:
                count = os.preadv(self._open(), [content], said.offset, os.RWF_NOWAIT)
            except OSError:
                # Whatever it is, a thread finds out.
                return None
            if count < said.size:
                return None
            self._may_read -= max(said.size, _PAGE_BYTES)
            return bytes(content)

    @property
    def has_made(self) -> bool:
        """Whether there are such files. Asks for no thread."""
        return bool(self._made)

    def sizes(self) -> dict[str, int]:
        """How large the files have become that were made, in bytes."""
        with self._lock:
            return {name: os.fstat(number).st_size for name, number in self._made.items()}

    def close(self, *, keep: bool) -> None:
        """Close all files, after what is under way. Without ``keep`` those that were made are removed."""
        with self._lock:
            self._closed = True
            for number in (self._source, *self._made.values()):
                if number >= 0:
                    os.close(number)
            self._source = -1
            made, self._made = self._made, {}
            if not keep:
                for name in made:
                    self._to(name).unlink(missing_ok=True)

    def _known(self, want: Want) -> bytes | None:
        """What is to be read, without its file."""
        end, tail_at = want.offset + want.size, self.size - len(self._tail)
        if end > len(self._head) and want.offset < tail_at:
            return None
        self._may_read -= max(want.size, _PAGE_BYTES)
        return (
            self._head[want.offset : end]
            if end <= len(self._head)
            else self._tail[want.offset - tail_at :][: want.size]
        )

    def _read(self, want: Want) -> bytes:
        self._check(want)
        self._may_read -= max(want.size, _PAGE_BYTES)
        return os.pread(self._open(), want.size, want.offset)

    def _check(self, want: Want) -> None:
        enough = self._may_read >= max(want.size, _PAGE_BYTES)
        if not 0 < want.size <= PIECE_BYTES or not 0 <= want.offset <= self.size - want.size or not enough:
            raise Nonsense("it reads what there is not, or without end")

    def _open(self) -> int:
        if self._source < 0:
            self._source = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        return self._source

    def _make(self, made: MadePiece) -> bytes:
        self._may_make -= max(len(made.content), _PAGE_BYTES)
        if made.name not in self._names or self._may_make < 0:
            raise Nonsense("it makes what it is not to make, or too much")
        number = self._made.get(made.name, -1)
        if number < 0:
            if not self._made and self._into is not None:
                self._into.mkdir(mode=0o700, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
            number = self._made[made.name] = os.open(self._to(made.name), flags, 0o600)
        left = memoryview(made.content)
        while left:
            left = left[os.write(number, left) :]
        return b""

    def _to(self, name: str) -> Path:
        if self._into is None:
            raise Nonsense("it makes what it is not to make")
        return self._into / name
