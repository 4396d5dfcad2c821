"""Jobs with files that a worker process does in tests: the payload says what happens."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable

import msgspec

from chatr.media.processes.frames import PIECE_BYTES, Job, MadePiece, Want, framed
from chatr.media.processes.handed import Handed


def prepare() -> None:
    """Nothing to import."""


def work(payload: bytes, handed: Handed) -> bytes:
    """Do what the payload names."""
    name, _, rest = payload.partition(b" ")
    return _JOBS[name](rest, handed)


def _digest(rest: bytes, handed: Handed) -> bytes:
    found = hashlib.sha256()
    while piece := handed.source.read(int(rest)):
        found.update(piece)
    return found.hexdigest().encode()


def _places(rest: bytes, handed: Handed) -> bytes:
    """What stands at some places, gone to in different ways."""
    source = handed.source
    source.seek(-3, os.SEEK_END)
    parts = [source.read(10), source.read(1)]
    source.seek(PIECE_BYTES - 2)
    parts.append(source.read(4))
    source.seek(-4, os.SEEK_CUR)
    parts.append(b"%d" % source.tell())
    buffer = bytearray(5)
    parts += [b"%d" % source.readinto(buffer), bytes(buffer)]
    source.seek(source.size + 5)
    return b"|".join([*parts, source.read()])


def _copy(rest: bytes, handed: Handed) -> bytes:
    """The file under each of these names."""
    content = handed.source.read()
    for name in rest.decode().split():
        handed.put(name, content)
    return b"copied"


def _copy_and_fail(rest: bytes, handed: Handed) -> bytes:
    _copy(rest, handed)
    raise ValueError


def _ask(rest: bytes, handed: Handed) -> bytes:
    return handed._ask(Want(*map(int, rest.split())))


def _make(rest: bytes, handed: Handed) -> bytes:
    return handed._ask(MadePiece(rest.decode(), b"x"))


def _hurry(rest: bytes, handed: Handed) -> bytes:
    """Asks again before there is an answer."""
    wants = framed(msgspec.msgpack.encode(Want(0, 1)))
    os.write(1, wants + wants)
    return handed._ask(Want(0, 1))


def _job(rest: bytes, handed: Handed) -> bytes:
    """Says what only chatr says."""
    os.write(1, framed(msgspec.msgpack.encode(Job("x", b""))))
    return handed._ask(Want(0, 1))


_JOBS: dict[bytes, Callable[[bytes, Handed], bytes]] = {
    b"digest": _digest,
    b"places": _places,
    b"copy": _copy,
    b"copy_and_fail": _copy_and_fail,
    b"ask": _ask,
    b"make": _make,
    b"hurry": _hurry,
    b"job": _job,
}
