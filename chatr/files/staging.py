"""Where uploads lie until it is known what becomes of them: files on this machine's disk, written as they come.

All of the disk is done in threads of its own, so that a slow one keeps nothing else waiting. What comes faster than it
is written makes whoever sends it wait: an upload has at most :data:`HIGH_BYTES` and what one packet brings beyond that
in memory, as much again that is being written, and all together :data:`MOST_BYTES` and a packet of each.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import time
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.logger import Logger

from chatr.files.disk import sha256_of
from chatr.files.unbuffered import Unbuffered
from chatr.process.threads import Threads, ThreadsEnded

log = Logger()
T = TypeVar("T")

#: Less is not worth a write of its own. With more, who sends waits until it is written.
BATCH_BYTES, HIGH_BYTES = 1024 * 1024, 2 * 1024 * 1024
MOST_BYTES = 16 * 1024 * 1024
#: What waits to be on the disk, of one upload: more at once would keep the database's commits waiting.
SYNC_BYTES = 1 * 1024 * 1024
#: Beyond so much an upload goes in small steps: it is taken and written by so many bytes, and rests after each write
#: for as long as that took, at most so long. Whoever keeps a processor for some milliseconds keeps all waiting who wake
#: up there meanwhile, as the database does.
STEPS_FROM_BYTES, STEP_BYTES, LONGEST_REST_S = 1024 * 1024, 128 * 1024, 0.1
#: More of them wait for each other more than for the disk: only one runs Python at a time.
_THREADS = 2
#: No upload takes as long to become something.
_LEFT_BEHIND_S = 3600.0
#: What describes an upload that may be gone on with (unfinished.py) lies beside it.
DESCRIPTION = ".json"
#: What of a file that is written at once is remembered, of its beginning and of its end: by these zips are known.
_HEAD_BYTES, _TAIL_BYTES = 4096, 66 * 1024
#: So many bytes are written past the system's memory, if nobody reads them; with fewer there is nothing to be had.
UNBUFFERED_BYTES = 128 * 1024
#: How many pieces the system takes at once (IOV_MAX).
_IOV_MAX = 1024
_MODE, _FOLDER_MODE = 0o600, 0o700


class Feed(Protocol):
    """Whoever the bytes come from."""

    def hold(self) -> None:
        """Send nothing for now."""

    def go_on(self) -> None:
        """Send on."""

    def failed(self, error: Exception) -> None:
        """It can't be kept: stop. OSError when it is the disk's fault."""


class Staging:
    """The folder of uploads, below the data directory, and the threads that work in it."""

    def __init__(
        self,
        folder: Path,
        reactor: Any,
        *,
        new_id: Callable[[], str],
        keep_s: float,
        unread: Callable[[bytes], bool] = lambda head: False,
    ) -> None:
        """``keep_s``: for how long an upload that was cut can be gone on with.

        ``unread``: whether nobody here is about to read what begins so.
        """
        self.folder = folder
        self.keep_s = keep_s
        self.new_id = new_id
        self.unread = unread
        self.unbuffered = Unbuffered(BATCH_BYTES)
        #: What has come and is not written.
        self.waiting_bytes = 0
        self.reactor = reactor
        self._threads = Threads(reactor, "staging", at_most=_THREADS)
        #: Do something with the disk in a thread.
        self.run = self._threads.run

    async def start(self) -> None:
        """Have the folder, without what the last run has left that can't be gone on with. Raises OSError."""
        self._threads.start()
        await self.run(_prepare, self.folder)

    def stop(self) -> Deferred[None]:
        """Fires when what is being written is written."""
        return self._threads.stop()

    def path(self, id: str) -> Path:
        """Where the bytes of an upload lie."""
        return self.folder / id

    async def remove(self, *names: str) -> None:
        """Remove files of the folder; those that are not there, too."""
        try:
            await self.run(_remove, [self.folder / name for name in names])
        except ThreadsEnded:
            # The next start does.
            pass
        except OSError as error:
            log.warn("an upload can't be removed: {error}", error=error)

    async def sweep(self, keep: Collection[str]) -> None:
        """Remove what is old, but for files whose name without its ending is in ``keep``. Raises OSError."""
        await self.run(_sweep, self.folder, frozenset(keep), max(self.keep_s, _LEFT_BEHIND_S))


class Staged:
    """One file that is being written, by one who sends; from ``offset`` on if something of it is there already."""

    def __init__(
        self,
        staging: Staging,
        id: str,
        feed: Feed,
        *,
        offset: int = 0,
        algorithm: str = "",
        before: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """``algorithm``: of the digest of what comes, if one is wanted. ``before``: what is done before all writing."""
        self.id = id
        self.path = staging.path(id)
        self.size = offset
        self.ends: tuple[bytes, bytes] | None = None
        """The first and last bytes, of what was written at once."""
        self._staging = staging
        self._feed = feed
        self._file = _File(self.path, offset, algorithm)
        self._before = before
        self._pieces: list[bytes] = []
        self._waiting_bytes = 0
        self._held = self._busy = self._ending = False
        self._error: Exception | None = None
        self._waiters: list[Deferred[None]] = []
        if before is not None:
            self._pump()

    def write(self, data: bytes) -> None:
        """Take more. What comes after a failure is dropped."""
        if self._error is not None:
            return
        self._pieces.append(data)
        self.size += len(data)
        self._waiting_bytes += len(data)
        self._staging.waiting_bytes += len(data)
        most = STEP_BYTES if self._in_steps else HIGH_BYTES
        crowded = self._waiting_bytes >= most or self._staging.waiting_bytes >= MOST_BYTES
        if crowded and not self._held:
            self._held = True
            self._feed.hold()
        if self._is_due:
            self._pump()

    async def end(self, *, for_good: bool = True) -> bytes:
        """Nothing more comes: wait until all is on the disk. Returns the digest of what came, empty if none is wanted.

        ``for_good``: so that it outlasts a loss of power; storage sees to that of what goes there at once. Raises
        OSError, and what ``before`` raised.
        """
        self._ending = True
        await self._settled()
        if self._error is not None:
            await self._staging.run(self._file.close)
            raise self._error
        unbuffered = None
        if self._waiting_bytes == self.size:
            self.ends = _ends(self._pieces)
            if not for_good and self.size >= UNBUFFERED_BYTES and self._staging.unread(self.ends[0]):
                unbuffered = self._staging.unbuffered
        return await self._written(partial(self._file.finish, for_good=for_good, unbuffered=unbuffered))

    async def abandon(self) -> None:
        """Nothing more comes, and nothing of it is wanted."""
        self._error = self._error or InterruptedError()
        self._take()
        await self._settled()
        if self._file.is_open:
            with suppress(ThreadsEnded):
                await self._staging.run(self._file.close)
        # What has become an object is here no more.
        if os.path.lexists(self.path):
            await self._staging.remove(self.id)

    def _settled(self) -> Deferred[None]:
        """Fires when nothing is being written."""
        settled: Deferred[None] = Deferred()
        if self._busy:
            self._waiters.append(settled)
        else:
            settled.callback(None)
        return settled

    def _pump(self) -> None:
        if not self._busy:
            self._busy = True
            Deferred.fromCoroutine(self._write_all())

    async def _write_all(self) -> None:
        try:
            if self._before is not None:
                before, self._before = self._before, None
                await before()
            while self._error is None and self._is_due:
                began_s = self._staging.reactor.seconds()
                await self._written(self._file.append)
                if self._in_steps:
                    took_s = self._staging.reactor.seconds() - began_s
                    await deferLater(self._staging.reactor, min(took_s, LONGEST_REST_S))
        except Exception as error:
            self._error = error
            self._take()
            self._feed.failed(error)
        self._busy = False
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.callback(None)

    async def _written(self, write: Callable[[list[bytes]], T]) -> T:
        """Have what waits written in a thread."""
        pieces, size = self._pieces, self._waiting_bytes
        self._pieces, self._waiting_bytes = [], 0
        self._release()
        try:
            return await self._staging.run(write, pieces)
        finally:
            self._staging.waiting_bytes -= size

    @property
    def _is_due(self) -> bool:
        """Whether what waits is worth a write: the last of it is written by :meth:`end`."""
        return not self._ending and self._waiting_bytes >= (1 if self._held else BATCH_BYTES)

    @property
    def _in_steps(self) -> bool:
        """Whether it is so large that it goes slower, for others to go on."""
        return self.size > STEPS_FROM_BYTES

    def _take(self) -> None:
        """What waits is void."""
        self._staging.waiting_bytes -= self._waiting_bytes
        self._pieces, self._waiting_bytes = [], 0

    def _release(self) -> None:
        if self._held:
            self._held = False
            self._feed.go_on()


class _File:
    """The file of an upload; all of it is called in threads, one call after the other."""

    def __init__(self, path: Path, offset: int, algorithm: str) -> None:
        self._path = path
        self._offset = offset
        self._digest = hashlib.new(algorithm) if algorithm else None
        self._descriptor = -1
        self._unsynced = 0

    def append(self, pieces: list[bytes]) -> None:
        """Write pieces at the end."""
        self._hash(pieces)
        self._write(pieces)

    def _hash(self, pieces: list[bytes]) -> None:
        if self._digest is not None:
            for piece in pieces:
                self._digest.update(piece)

    def _write(self, pieces: list[bytes]) -> None:
        descriptor = self._open()
        for start in range(0, len(pieces), _IOV_MAX):
            _write_all(descriptor, pieces[start : start + _IOV_MAX])
        self._unsynced += sum(map(len, pieces))
        if self._unsynced >= SYNC_BYTES:
            os.fdatasync(descriptor)
            self._unsynced = 0

    @property
    def is_open(self) -> bool:
        """Whether it is to be closed, when nothing of it is under way."""
        return self._descriptor >= 0

    def finish(self, pieces: list[bytes], *, for_good: bool, unbuffered: Unbuffered | None = None) -> bytes:
        """Write the last pieces, perhaps for good, and close it; the digest of what was written.

        ``unbuffered``: what to write a whole file with, if that is possible.
        """
        try:
            self._hash(pieces)
            if unbuffered is None or not unbuffered.write(self._path, pieces, _MODE):
                self._write(pieces)
            if for_good:
                os.fsync(self._descriptor)
        finally:
            self.close()
        return self._digest.digest() if self._digest is not None else b""

    def close(self) -> None:
        """Close it, if it is open."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _open(self) -> int:
        if self._descriptor < 0:
            flags = os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
            if not self._offset:
                self._descriptor = os.open(self._path, flags | os.O_CREAT | os.O_TRUNC, _MODE)
                return self._descriptor
            self._descriptor = os.open(self._path, flags)
            if os.fstat(self._descriptor).st_size < self._offset:
                raise OSError(errno.EIO, "what had come is not there any more")
            # What a crash has left beyond it was not promised to anybody.
            os.ftruncate(self._descriptor, self._offset)
            os.lseek(self._descriptor, self._offset, os.SEEK_SET)
        return self._descriptor


def _ends(pieces: list[bytes]) -> tuple[bytes, bytes]:
    last: list[bytes] = []
    missing = _TAIL_BYTES
    for piece in reversed(pieces):
        if missing <= 0:
            break
        last.insert(0, piece[-missing:])
        missing -= len(piece)
    return b"".join(pieces[:1])[:_HEAD_BYTES], b"".join(last)


def _write_all(descriptor: int, pieces: list[bytes]) -> None:
    """Write pieces, together as far as the system takes them so."""
    left = os.writev(descriptor, pieces)
    for piece in pieces:
        # What was not taken, as where a disk has become full meanwhile; it says why then.
        rest = memoryview(piece)[min(left, len(piece)) :]
        left -= len(piece) - len(rest)
        while rest:
            rest = rest[os.write(descriptor, rest) :]


def digest_of(path: Path) -> bytes:
    """The SHA-256 of a whole file; in a thread."""
    return bytes.fromhex(sha256_of(path, 0, path.stat().st_size))


def _prepare(folder: Path) -> None:
    folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
    folder.chmod(_FOLDER_MODE)
    _sweep(folder, frozenset(path.stem for path in folder.glob("*" + DESCRIPTION)), 0.0)


def _remove(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _sweep(folder: Path, keep: frozenset[str], old_s: float) -> None:
    latest = time.time() - old_s
    for entry in os.scandir(folder):
        # Others come and go meanwhile.
        with suppress(FileNotFoundError):
            if entry.name.partition(".")[0] in keep or entry.stat(follow_symlinks=False).st_mtime > latest:
                continue
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                os.unlink(entry.path)
