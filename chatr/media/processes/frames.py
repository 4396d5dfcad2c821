"""What chatr and its worker processes say to each other: a length of four bytes, then so many bytes."""

from __future__ import annotations

import struct
from collections.abc import Callable

import msgspec

_LENGTH = struct.Struct(">I")
LENGTH_BYTES = _LENGTH.size
#: Of what chatr sends: a page with its headers, far below this.
MAX_JOB_BYTES = 64 * 1024 * 1024
#: Of a file that goes over piecewise, either way.
PIECE_BYTES = 256 * 1024


class TooLong(Exception):
    """A frame is longer than it may be."""


class Start(msgspec.Struct, frozen=True):
    """How a worker begins: what it can do, what it may take, and whom it becomes (``uid`` -1: nobody else)."""

    jobs: dict[str, str]
    """Name of a job → the module that does it: ``prepare()`` once, then ``work(payload) -> bytes`` for each, or
    ``work(payload, handed) -> bytes`` where a file goes with it (:class:`~chatr.media.processes.handed.Handed`)."""
    memory_bytes: int
    cpu_s: int
    uid: int
    gid: int
    parent: int
    nice: int = 0


class Job(msgspec.Struct, frozen=True, array_like=True):
    """Work for a worker; ``size``: of the file that goes with it, if one does."""

    name: str
    payload: bytes
    size: int | None = None


class Done(msgspec.Struct, frozen=True, array_like=True, tag=0):
    """What came of a job; without ``ok`` it could not be parsed."""

    ok: bool
    payload: bytes = b""


class Want(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """A piece of the job's file, please: the answer is a frame with just these bytes."""

    offset: int
    size: int


class MadePiece(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """A piece more of a file that the job makes. The answer is an empty frame."""

    name: str
    content: bytes


#: What a worker says.
Said = Done | Want | MadePiece


def framed(content: bytes) -> bytes:
    """Put a payload into a frame."""
    return _LENGTH.pack(len(content)) + content


def length_of(head: bytes | bytearray, limit: int) -> int:
    """The length that a frame's first bytes tell. Raises :class:`TooLong`."""
    length: int = _LENGTH.unpack(head)[0]
    if length > limit:
        raise TooLong
    return length


class FrameReader:
    """Puts frames together from what comes in pieces."""

    def __init__(self, heard: Callable[[bytes], None], *, max_bytes: int) -> None:
        self._heard = heard
        self._max_bytes = max_bytes
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Take what has come. Raises :class:`TooLong`, as soon as the length is known."""
        self._buffer += data
        while len(self._buffer) >= LENGTH_BYTES:
            length = length_of(self._buffer[:LENGTH_BYTES], self._max_bytes)
            end = LENGTH_BYTES + length
            if len(self._buffer) < end:
                return
            content = bytes(self._buffer[LENGTH_BYTES:end])
            del self._buffer[:end]
            self._heard(content)
