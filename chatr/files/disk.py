"""The local disk, as the reactor thread can bear it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from errno import EAGAIN, EDQUOT, EFBIG, ENOSPC, EOPNOTSUPP
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from chatr.files.storage import StorageError, StorageFull, StorageUnavailable
from chatr.process.threads import Threads, ThreadsEnded

P = ParamSpec("P")
T = TypeVar("T")

#: What is read at once: as much as Twisted sends at once, so that the next piece is read when this one has left.
PIECE_BYTES = 128 * 1024
#: A write that waits for a slow disk keeps one of them. More cost more than they bring: one runs Python at a time.
THREADS = 4

_FULL = frozenset({ENOSPC, EDQUOT, EFBIG})


class Disk:
    """Threads for what may wait for the disk, and a way to read without one what is in memory already."""

    def __init__(self, reactor: Any) -> None:
        self.reactor = reactor
        self._threads = Threads(reactor, "files", at_most=THREADS)
        # Reading into the same memory again and again, and copying from there, is cheaper than new memory each time.
        self._scratch = bytearray(PIECE_BYTES)
        self._tells_what_it_has = True

    def start(self) -> None:
        """Start the threads."""
        self._threads.start()

    def stop(self) -> Deferred[None]:
        """Fires when what runs is done; what waits behind it fails."""
        return self._threads.stop()

    async def run(self, function: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """Call a function in one of the threads. Raises what that raises, with OSError as :class:`StorageError`."""
        try:
            return await self._threads.run(function, *args, **named)
        except OSError as error:
            raise failure_of(error) from error
        except ThreadsEnded:
            raise StorageUnavailable("the server is stopping") from None

    def open(self, function: Callable[P, int], *args: P.args, **named: P.kwargs) -> Deferred[int]:
        """Have a function open a file in one of the threads. Whoever is cancelled meanwhile leaves nothing open."""
        waiter: Deferred[int] = Deferred()

        def opened(descriptor: int) -> None:
            if waiter.called:
                self.close(descriptor)
            else:
                waiter.callback(descriptor)

        Deferred.fromCoroutine(self.run(function, *args, **named)).addCallbacks(opened, waiter.errback)
        return waiter

    def close(self, descriptor: int) -> None:
        """Close a file that was read. The last one to close a deleted file waits until its blocks are free."""
        if os.fstat(descriptor).st_nlink:
            os.close(descriptor)
            return

        def at_the_end(failure: Failure) -> None:
            failure.trap(ThreadsEnded)
            os.close(descriptor)

        self._threads.run(os.close, descriptor).addErrback(at_the_end)

    def cached(self, descriptor: int, size: int, position: int) -> memoryview | None:
        """Up to ``size`` bytes from there, if they are in memory; empty: the file ends there. Never waits for the disk.

        They are there until the next call. Raises :class:`StorageError`.
        """
        if not self._tells_what_it_has:
            return None
        into = memoryview(self._scratch)[: min(size, PIECE_BYTES)]
        try:
            count = os.preadv(descriptor, [into], position, os.RWF_NOWAIT)
        except OSError as error:
            if error.errno == EAGAIN:
                return None
            if error.errno == EOPNOTSUPP:
                # A file system that knows no such flag: threads read everything.
                self._tells_what_it_has = False
                return None
            raise failure_of(error) from error
        return into[:count]

    async def read(self, descriptor: int, size: int, position: int) -> bytes:
        """Up to ``size`` bytes from there; empty: the file ends there. Raises :class:`StorageError`."""
        return await self.run(os.pread, descriptor, min(size, PIECE_BYTES), position)


def failure_of(error: OSError) -> StorageError:
    """What an error of the operating system means. Names no path."""
    kind = StorageFull if error.errno in _FULL else StorageUnavailable
    return kind(f"the disk answered {os.strerror(error.errno or 0)}")


def sha256_of(path: Path, start: int, stop: int) -> str:
    """The SHA-256 of a part of a file, in hex. For a thread. Raises OSError, :class:`StorageUnavailable`."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        file.seek(start)
        while start < stop:
            piece = file.read(min(1024 * 1024, stop - start))
            if not piece:
                raise StorageUnavailable("a file is shorter than it was")
            digest.update(piece)
            start += len(piece)
    return digest.hexdigest()
