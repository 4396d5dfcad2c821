"""Files in a directory of this machine."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EEXIST, ELOOP, EMLINK, ENOSYS, ENOTDIR, ENOTEMPTY, EOPNOTSUPP, EPERM, EXDEV
from pathlib import Path

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConsumer

from chatr.files.disk import Disk
from chatr.files.pieces import Pieces
from chatr.files.storage import Missing, StorageError, StorageUnavailable, checked

#: A server in front that serves them itself (X-Accel-Redirect) is in the group.
FILE_MODE = 0o640
FOLDER_MODE = 0o750

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

#: What a file system answers that can't have a file under two names.
_NO_LINK = frozenset({EXDEV, EPERM, EMLINK, EOPNOTSUPP, ENOSYS})
#: How often a put begins anew because a delete took its folder away.
_TRIES = 8


class LocalStorage:
    """Objects are files below ``root``, under their keys. Nothing outside of it is touched, whatever lies there."""

    def __init__(self, disk: Disk, root: Path, *, accel_location: str = "") -> None:
        """``accel_location``: where nginx has the same directory, with a slash at its end."""
        self._disk = disk
        self._root = root
        self._accel_location = accel_location

    async def start(self) -> None:
        """Make the directory. Raises :class:`StorageUnavailable` when nothing can be written to it."""
        try:
            await self._disk.run(_prepare, self._root)
        except StorageError as error:
            cause = error.__cause__
            reason = cause.strerror if isinstance(cause, OSError) else error
            raise StorageUnavailable(f"files can't be kept in {self._root}: {reason}") from None

    async def stop(self) -> None:
        """Nothing is to end here."""

    async def put(self, key: str, path: Path) -> None:
        """See :class:`Storage`: moved there, or copied from another file system; under its own name only when whole."""
        await self._disk.run(_put, self._root, checked(key), path)

    def send(self, key: str, start: int, stop: int, consumer: IConsumer) -> Deferred[None]:
        """See :class:`Storage`. What is in memory costs no thread but for the opening."""
        return Deferred.fromCoroutine(self._send(key, start, stop, consumer))

    async def fetch(self, key: str, path: Path) -> None:
        """See :class:`Storage`: by a link where that is possible."""
        await self._disk.run(_fetch, self._root, checked(key), path)

    async def delete(self, key: str) -> None:
        """See :class:`Storage`. What is being sent goes on to its end."""
        await self._disk.run(_delete, self._root, checked(key))

    def direct(self, key: str, *, expires_s: int, media_type: str, disposition: str) -> str | None:
        """None: only this server reaches the directory."""
        return None

    def accel(self, key: str) -> str | None:
        """See :class:`Storage`."""
        return self._accel_location + checked(key) if self._accel_location else None

    async def _send(self, key: str, start: int, stop: int, consumer: IConsumer) -> None:
        descriptor = await self._disk.open(_open, self._root, checked(key))
        pieces = Pieces(self._disk, descriptor, start, stop)
        consumer.registerProducer(pieces, True)
        try:
            await pieces.start(consumer)
        finally:
            consumer.unregisterProducer()


# What follows runs in threads, raises OSError, and works by open folders: a name can't lead out of one.


def _prepare(root: Path) -> None:
    if not root.is_dir():
        root.mkdir(parents=True, mode=FOLDER_MODE)
        root.chmod(FOLDER_MODE)
    probe = root / f".{secrets.token_hex(8)}.part"
    os.close(os.open(probe, _WRITE, FILE_MODE))
    probe.unlink()


def _open_root(root: Path) -> int:
    try:
        return os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        # Another thing than an object that is not there.
        raise StorageUnavailable("the directory of files is gone") from None


def _open(root: Path, key: str) -> int:
    """The object, opened for reading. Raises :class:`Missing`."""
    with _folder(root, key) as (folder, name):
        return _open_in(folder, name)


def _open_in(folder: int, name: str) -> int:
    try:
        descriptor = os.open(name, _READ, dir_fd=folder)
    except OSError as error:
        if isinstance(error, FileNotFoundError) or error.errno == ELOOP:
            raise Missing from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Missing
    return descriptor


@contextmanager
def _folder(root: Path, key: str) -> Iterator[tuple[int, str]]:
    """The folder that an object is in, open, and its name there. Raises :class:`Missing`."""
    *names, last = key.split("/")
    folder = _open_root(root)
    try:
        for name in names:
            try:
                inner = os.open(name, _FOLDER, dir_fd=folder)
            except OSError as error:
                if isinstance(error, FileNotFoundError) or error.errno in (ENOTDIR, ELOOP):
                    raise Missing from None
                raise
            os.close(folder)
            folder = inner
        yield folder, last
    finally:
        os.close(folder)


@contextmanager
def _made_folder(root: Path, key: str) -> Iterator[tuple[int, str]]:
    """As :func:`_folder`, made where it is not there. That it is outlasts a loss of power."""
    *names, last = key.split("/")
    folder = _open_root(root)
    try:
        for name in names:
            made = _make(folder, name)
            inner = os.open(name, _FOLDER, dir_fd=folder)
            try:
                if made:
                    # Whatever the umask is.
                    os.fchmod(inner, FOLDER_MODE)
                    os.fsync(folder)
            finally:
                os.close(folder)
                folder = inner
        yield folder, last
    finally:
        os.close(folder)


def _make(folder: int, name: str) -> bool:
    try:
        os.mkdir(name, FOLDER_MODE, dir_fd=folder)
    except FileExistsError:
        return False
    return True


def _put(root: Path, key: str, path: Path) -> None:
    source = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        # First of all: what has another mode or name already would have to be written to the journal once more.
        os.fsync(source)
        os.fchmod(source, FILE_MODE)
        for _ in range(_TRIES):
            if _put_once(root, key, path, source):
                return
    except OSError:
        _remove_folder(root, key)
        raise
    finally:
        os.close(source)
    raise StorageUnavailable("it was deleted again and again while it was written")


def _put_once(root: Path, key: str, path: Path, source: int) -> bool:
    """Whether it is there. A delete of the last object beside it takes the folder away, or what is half-done in it."""
    try:
        with _made_folder(root, key) as (folder, name):
            _place(source, path, folder, name)
    except FileNotFoundError:
        return False
    return True


def _place(source: int, path: Path, folder: int, name: str) -> None:
    """Have a file in a folder under that name, at once as a whole, and for good."""
    try:
        os.replace(path, name, dst_dir_fd=folder)
    except OSError as error:
        if error.errno != EXDEV:
            raise
        part = f".{name}.{secrets.token_hex(8)}.part"
        try:
            _copy(source, part, folder)
            os.replace(part, name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError:
            with suppress(FileNotFoundError):
                os.unlink(part, dir_fd=folder)
            raise
    os.fsync(folder)


def _copy(source: int, name: str, folder: int | None = None) -> None:
    """Copy an open file to a new one, and on to the disk."""
    target = os.open(name, _WRITE, FILE_MODE, dir_fd=folder)
    with open(target, "wb", buffering=0) as written, open(os.dup(source), "rb", buffering=0) as read:
        read.seek(0)
        shutil.copyfileobj(read, written, 1024 * 1024)
        os.fchmod(target, FILE_MODE)
        os.fsync(target)


def _fetch(root: Path, key: str, path: Path) -> None:
    with _folder(root, key) as (folder, name):
        source = _open_in(folder, name)
        try:
            os.link(name, path, src_dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            raise Missing from None
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            try:
                _copy(source, str(path))
            except OSError:
                path.unlink(missing_ok=True)
                raise
        finally:
            os.close(source)


def _delete(root: Path, key: str) -> None:
    try:
        with _folder(root, key) as (folder, name):
            for each in os.listdir(folder):
                if each == name or (each.startswith(f".{name}.") and each.endswith(".part")):
                    with suppress(FileNotFoundError):
                        os.unlink(each, dir_fd=folder)
            # For good: what people have taken back doesn't come again after a loss of power.
            os.fsync(folder)
    except Missing:
        return
    _remove_folder(root, key)


def _remove_folder(root: Path, key: str) -> None:
    """Remove the folder of a file, if it is empty; those above are few, and stay."""
    try:
        with _folder(root, key.rpartition("/")[0]) as (above, name):
            os.rmdir(name, dir_fd=above)
    except Missing:
        return
    except OSError as error:
        if not isinstance(error, FileNotFoundError) and error.errno not in (ENOTEMPTY, EEXIST):
            raise
