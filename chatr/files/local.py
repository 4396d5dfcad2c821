"""Files in a directory of this machine."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import ELOOP, EMLINK, ENOSYS, ENOTDIR, EOPNOTSUPP, EPERM, EXDEV
from pathlib import Path

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConsumer

from chatr.files.disk import Disk
from chatr.files.pieces import Pieces
from chatr.files.storage import BadKey, Missing, StorageError, StorageUnavailable, checked

#: A server in front that serves them itself (X-Accel-Redirect) is in the group.
FILE_MODE = 0o640
FOLDER_MODE = 0o750

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

#: What a file system answers that can't have a file under two names.
_NO_LINK = frozenset({EXDEV, EPERM, EMLINK, EOPNOTSUPP, ENOSYS})
#: Below the directory: what is kept, and copies that are being made of what comes from another file system.
_OBJECTS, _PARTS = "objects", "parts"
_FORMER = re.compile(r"[0-9a-f]{2}")
_FORMER_PART = re.compile(r"\.[a-z0-9][a-z0-9_-]{0,31}\.[0-9a-f]{16}\.part")


def place_of(key: str) -> str:
    """Where an object lies below the directory: of folders there are 256."""
    folder, _, file_id, form = checked(key).split("/")
    return f"{_OBJECTS}/{folder}/{file_id}.{form}"


class LocalStorage:
    """Objects are files below ``root``, as ``objects/5f/<file id>.<form>``: two folders less to open, to make and to
    sync than their keys have. Nothing outside of it is touched, whatever lies there.
    """

    def __init__(self, disk: Disk, root: Path, *, accel_location: str = "") -> None:
        """``accel_location``: where nginx has the same directory, with a slash at its end."""
        self._disk = disk
        self._root = root
        self._accel_location = accel_location
        self._lasting: set[str] = set()

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
        await self._disk.run(_put, self._root, checked(key), path, self._lasting)

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
        return self._accel_location + place_of(key) if self._accel_location else None

    async def _send(self, key: str, start: int, stop: int, consumer: IConsumer) -> None:
        descriptor = await self._disk.open(_open, self._root, checked(key))
        pieces = Pieces(self._disk, descriptor, start, stop)
        consumer.registerProducer(pieces, True)
        try:
            await pieces.start(consumer)
        finally:
            consumer.unregisterProducer()


# What follows runs in threads, raises OSError, and works by open folders: a name can't lead out of one. Calls of the
# system are few: each lets the reactor's thread go on, and then waits for it.


def _prepare(root: Path) -> None:
    for folder in (root, root / _OBJECTS, root / _PARTS):
        if not folder.is_dir():
            folder.mkdir(parents=True, mode=FOLDER_MODE, exist_ok=True)
            folder.chmod(FOLDER_MODE)
    probe = root / f".{secrets.token_hex(8)}.part"
    os.close(os.open(probe, _WRITE, FILE_MODE))
    probe.unlink()
    _adopt(root)


def _adopt(root: Path) -> None:
    """Move what an earlier version has kept under whole keys, ``5f/07/<file id>/<form>``. Its half-made copies go."""
    former = [each for each in root.iterdir() if _FORMER.fullmatch(each.name) and not each.is_symlink()]
    for folder, _, names in (found for top in former for found in os.walk(top, topdown=False)):
        for name in names:
            path = Path(folder, name)
            # Another node of the same directory may be doing this too; and what is none of ours stays.
            with suppress(FileNotFoundError, BadKey):
                if _FORMER_PART.fullmatch(name):
                    path.unlink()
                    continue
                place = root / place_of(str(path.relative_to(root)))
                place.parent.mkdir(mode=FOLDER_MODE, exist_ok=True)
                place.parent.chmod(FOLDER_MODE)
                path.replace(place)
        with suppress(OSError):
            os.rmdir(folder)
    if former:
        # It is done once, and each of many folders by itself would take longer.
        os.sync()


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
    path, _, name = place_of(key).rpartition("/")
    try:
        folder = os.open(f"{root}/{path}", _FOLDER)
    except OSError as error:
        if error.errno in (ENOTDIR, ELOOP):
            raise Missing from None
        if not isinstance(error, FileNotFoundError):
            raise
        # There is not, or all of it is gone.
        os.close(_open_objects(root))
        raise Missing from None
    try:
        yield folder, name
    finally:
        os.close(folder)


def _have_folder(root: Path, name: str) -> None:
    """Make a folder of objects, if it is not there. That it is outlasts a loss of power."""
    above = _open_objects(root)
    try:
        with suppress(FileExistsError):
            os.mkdir(name, FOLDER_MODE, dir_fd=above)
        folder = os.open(name, _FOLDER, dir_fd=above)
        try:
            # Whatever the umask is.
            os.fchmod(folder, FOLDER_MODE)
        finally:
            os.close(folder)
        os.fsync(above)
    finally:
        os.close(above)


def _open_objects(root: Path) -> int:
    try:
        return os.open(root / _OBJECTS, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        # Another thing than an object that is not there.
        raise StorageUnavailable("the directory of files is gone") from None


def _put(root: Path, key: str, path: Path, lasting: set[str]) -> None:
    """``lasting``: the folders of objects that are known to outlast a loss of power, whoever has made them."""
    above = key.partition("/")[0]
    source = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        # First of all: what has another mode or name already would have to be written to the journal once more.
        os.fsync(source)
        os.fchmod(source, FILE_MODE)
        if above not in lasting:
            _have_folder(root, above)
            lasting.add(above)
        with _folder(root, key) as (folder, name):
            try:
                os.replace(path, name, dst_dir_fd=folder)
            except OSError as error:
                if error.errno != EXDEV:
                    raise
                _place_copy(root, source, folder, name)
            os.fsync(folder)
    except Missing:
        # The next one makes it anew, if that is possible.
        lasting.discard(above)
        raise StorageUnavailable("a folder of files is gone") from None
    finally:
        os.close(source)


def _place_copy(root: Path, source: int, folder: int, name: str) -> None:
    """Have a copy of an open file in a folder under that name, at once as a whole."""
    part = root / _PARTS / f"{name}.{secrets.token_hex(8)}"
    try:
        _copy(source, str(part))
        os.replace(part, name, dst_dir_fd=folder)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _copy(source: int, path: str) -> None:
    """Copy an open file to a new one, and on to the disk."""
    target = os.open(path, _WRITE, FILE_MODE)
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
    with suppress(Missing), _folder(root, key) as (folder, name):
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
        # For good: what people have taken back doesn't come again after a loss of power.
        os.fsync(folder)
    for part in (root / _PARTS).glob(f"{Path(place_of(key)).name}.*"):
        part.unlink(missing_ok=True)
