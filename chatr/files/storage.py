"""What keeps the bytes of files, whatever it is: what it promises, how it fails, and the keys of what it keeps.

An object is written as a whole and never changed. It is known by its key (:func:`key_of`); which objects there are says
the database, and no storage is ever asked to list them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConsumer

_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_FORM = r"[a-z0-9][a-z0-9_-]{0,31}"
_KEY = re.compile(rf"[0-9a-f]{{2}}/[0-9a-f]{{2}}/{_ID}/{_FORM}")


class StorageError(Exception):
    """It was not to be done. The text is for the log: it names no secret, and nothing that people wrote."""


class StorageFull(StorageError):
    """There is no room for it, and nothing of it is left behind."""


class StorageUnavailable(StorageError):
    """The storage does not answer, refuses, or is broken. What was asked for may be asked again later."""


class Missing(StorageError):
    """There is no such object."""


class ConsumerGone(StorageError):
    """Who was sent to has gone before all was sent."""


class BadKey(ValueError):
    """A key that :func:`key_of` never makes: a bug, or somebody's try to get elsewhere."""


def key_of(file_id: str, form: str) -> str:
    """The key of a form of a file (``original``, ``sm``, ``400``, …), as ``5f/07/<file id>/sm``.

    Folders are named by the end of the id: the beginning of a UUIDv7 is its time, so that all of a month would fall
    into one. Raises :class:`BadKey`.
    """
    return checked(f"{file_id[-2:]}/{file_id[-4:-2]}/{file_id}/{form}")


def checked(key: str) -> str:
    """The key, if it is one. Raises :class:`BadKey`."""
    if not _KEY.fullmatch(key):
        raise BadKey("this is no key of a file")
    return key


class Storage(Protocol):
    """Keeps objects. A path is always one of a file on the disk of this machine; ranges are ``[start, stop)`` in bytes.

    All but :meth:`accel` and :meth:`direct` raise :class:`StorageUnavailable`, and :class:`BadKey`.
    """

    async def start(self) -> None:
        """Look whether it can be used. Raises :class:`StorageUnavailable` with a sentence for the operator."""

    async def stop(self) -> None:
        """End; also when it has not begun."""

    async def put(self, key: str, path: Path) -> None:
        """Keep the content of a file. It is durable when this returns, and until then not to be seen at all.

        An object under that key is replaced as a whole; of several at once one is there in the end. The file at
        ``path`` is given away: it may be gone, whatever comes of it, and if it is there nobody may write to it. Raises
        :class:`StorageFull`. When it fails or is cancelled, the object is there as a whole or not at all.
        """

    def send(self, key: str, start: int, stop: int, consumer: IConsumer) -> Deferred[None]:
        """Write a part of an object to a consumer, as its producer, no faster than that takes it.

        A consumer that takes nothing holds up one piece and no more. Fails with :class:`Missing` before anything is
        written, with :class:`ConsumerGone` when the consumer has stopped it, and with :class:`StorageUnavailable` also
        in the middle, as when the object is deleted or replaced: then what was written is good, and too little. Once it
        has fired nothing is written any more, and the consumer has no producer. Cancelling ends it the same way.
        """

    async def fetch(self, key: str, path: Path) -> None:
        """Have an object as a file at ``path``, where there is none yet; it is for reading only.

        Raises :class:`Missing`, and :class:`StorageFull` when the local disk is; then there is no file.
        """

    async def delete(self, key: str) -> None:
        """See to it that there is no such object, nor a half-done one that a crash has left. None at all is fine.

        A ``put`` of the same key that is under way fails, or keeps its object nevertheless.
        """

    def direct(self, key: str, *, expires_s: int, media_type: str, disposition: str) -> str | None:
        """A URL at which a browser gets the object for a while, with these headers; none: it is to be sent."""

    def accel(self, key: str) -> str | None:
        """The path by which nginx serves the object (X-Accel-Redirect); none: it is to be sent."""
