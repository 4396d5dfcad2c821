"""Looking into what people send, before anybody else gets it: what it is, and the forms that others are to see."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger

from chatr.api.errors import ApiError
from chatr.config.files import FilesSettings
from chatr.media.asked import (
    CROPS,
    HEAR,
    HEAR_MODULE,
    LOOK,
    LOOK_MODULE,
    ORIGINAL,
    THUMBNAILS,
    Heard,
    Look,
    NotTaken,
    Purpose,
    Seen,
    Unsupported,
)
from chatr.media.ends import told_by_ends
from chatr.media.kinds import BY_MEDIA_TYPE, FileKind, ending, of_family
from chatr.media.processes.frames import PIECE_BYTES
from chatr.media.processes.handing import Handing
from chatr.media.processes.worker import Unparsed
from chatr.media.processes.workers import Workers

__all__ = ["FoundFile", "Heard", "ImageForm", "Media", "Unparsed", "Unsupported"]

log = Logger()
T = TypeVar("T")

#: Uploads that wait to be looked at: of everybody, and of one.
_MOST_WAITING, _MOST_OF_ONE = 256, 32
#: Listening may take so many times as long as looking.
_LISTENING = 3
#: A piece with what is said around it.
_ANSWER_BYTES = PIECE_BYTES + 4096
#: Behind chatr itself, where both want a processor.
_NICE = 5
#: What may come of a file: an image that was written with more care is smaller than ours, and thumbnails are beside.
_TIMES, _BESIDE_BYTES = 3, 16 * 1024 * 1024
_WEBP = "image/webp"


class ImageForm(msgspec.Struct, frozen=True):
    """A form of an image: a file of its own. Sides in pixels."""

    path: Path
    media_type: str
    size: int
    width: int
    height: int


class FoundFile(msgspec.Struct, frozen=True, kw_only=True):
    """What a file is by its bytes.

    ``ending`` is the usual one of its type: what a name without one may take. ``duration`` in seconds. ``forms``: of an
    image ``original`` (which is to be kept instead of what came), ``sm`` and ``md``; of a film the latter two; of an
    avatar or cover those of :data:`~chatr.media.asked.CROPS`.
    """

    kind: FileKind
    media_type: str
    ending: str
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    blur_hash: str | None = None
    forms: dict[str, ImageForm] = {}


class Media:
    """Has files looked at by worker processes of their own, and listened to by others."""

    def __init__(self, reactor: Any, settings: FilesSettings) -> None:
        self._reactor = reactor
        self._max_pixels = settings.max_pixels
        workers = partial(
            Workers,
            reactor,
            memory_bytes=settings.worker_memory_bytes,
            most_waiting=_MOST_WAITING,
            max_answer_bytes=_ANSWER_BYTES,
            nice=_NICE,
        )
        deadline_s = settings.worker_deadline_s
        self._lookers = workers(
            jobs={LOOK: LOOK_MODULE}, processes=settings.workers, deadline_s=deadline_s, most_of_one=_MOST_OF_ONE
        )
        # Nobody waits for it as one waits for an upload, and all of a recording takes longer than a look.
        # Two, so that one person's long recordings keep nobody else waiting: the other begins when it is needed.
        self._listeners = workers(jobs={HEAR: HEAR_MODULE}, processes=2, deadline_s=deadline_s * _LISTENING)

    async def look(
        self,
        path: Path,
        name: str,
        purpose: Purpose,
        into: Path,
        *,
        key: str = "",
        size: int | None = None,
        ends: tuple[bytes, bytes] | None = None,
    ) -> FoundFile:
        """Look at a file, and make its forms in the directory ``into``, where nothing else is left whatever happens.

        ``name`` as its sender calls it. Those under one ``key`` (whose file it is) take turns with others. ``size`` in
        bytes, and the first and last bytes (``ends``): if they are known. Raises :class:`Unsupported` and
        ``unavailable``.
        """
        names = {*THUMBNAILS, ORIGINAL} if purpose == "file" else set(CROPS[purpose])
        size = path.stat().st_size if size is None else size
        handing = Handing(path, size, into, names, _TIMES * size + _BESIDE_BYTES, ends=ends)
        ask = Look(ending(name), purpose, self._max_pixels)
        keep = False
        try:
            seen = told_by_ends(ask, handing)
            if seen is None:
                answer = await self._lookers.run(LOOK, msgspec.msgpack.encode(ask), handing, key=key)
                seen = _seen(answer)
            sizes = await self._in_thread(handing.sizes) if handing.has_made else {}
            found = _found(ask, seen, into, sizes)
            keep = True
        except (Unparsed, msgspec.MsgspecError) as error:
            log.info("a file can't be read: {reason}", reason=str(error))
            raise Unsupported("This file can't be read: it is broken, or too complicated") from None
        except OSError as error:
            log.error("a file can't be looked at: {reason}", reason=str(error))
            raise ApiError("unavailable", "Files can't be looked at now", retry_after_s=30) from None
        finally:
            if keep and not handing.has_made:
                # It was only read, and has a name still: to close it waits neither for the disk nor for a thread.
                handing.close(keep=keep)
            else:
                await self._in_thread(handing.close, keep=keep)
        return found

    async def waveform(self, path: Path, *, key: str = "") -> Heard:
        """Listen to all of a recording. Those under one ``key`` (whose it is) take turns with others.

        Raises :class:`Unparsed`, ``unavailable`` and OSError.
        """
        handing = Handing(path, (await self._in_thread(os.stat, path)).st_size)
        try:
            answer = await self._listeners.run(HEAR, b"", handing, key=key)
            return msgspec.msgpack.decode(answer, type=Heard)
        except msgspec.MsgspecError:
            raise Unparsed("it is broken") from None
        finally:
            await self._in_thread(handing.close, keep=False)

    def stop(self) -> Deferred[None]:
        """Stop the processes; what waits or is under way fails. Fires when they are gone."""
        gone: Deferred[None] = gatherResults([self._lookers.stop(), self._listeners.stop()]).addCallback(lambda _: None)
        return gone

    def _in_thread(self, function: Callable[..., T], *args: Any, **named: Any) -> Deferred[T]:
        done: Deferred[T] = deferToThreadPool(self._reactor, self._reactor.getThreadPool(), function, *args, **named)
        return done


def _seen(answer: bytes) -> Seen:
    """What a worker says. Raises :class:`Unsupported` and MsgspecError."""
    seen = msgspec.msgpack.decode(answer, type=Seen | NotTaken)
    if isinstance(seen, NotTaken):
        raise Unsupported(seen.reason)
    return seen


def _found(ask: Look, seen: Seen, into: Path, sizes: dict[str, int]) -> FoundFile:
    """What was seen, checked as if a stranger had said it. Raises MsgspecError."""
    file_type = BY_MEDIA_TYPE.get(seen.media_type)
    if file_type is None or sizes.keys() != seen.forms.keys() or sizes.keys() != _forms(ask.purpose, file_type.kind):
        raise msgspec.ValidationError("this is not what was asked for")
    if ask.purpose == "file" and file_type not in of_family(file_type.family, ask.ending):
        raise msgspec.ValidationError("this is not what its name says")
    forms = {
        name: ImageForm(into / name, seen.media_type if name == ORIGINAL else _WEBP, sizes[name], *sides)
        for name, sides in seen.forms.items()
    }
    return FoundFile(
        kind=file_type.kind,
        media_type=seen.media_type,
        ending=file_type.endings[0],
        width=seen.width,
        height=seen.height,
        duration=seen.duration_s,
        blur_hash=seen.blur_hash,
        forms=forms,
    )


def _forms(purpose: Purpose, kind: FileKind) -> set[str]:
    if purpose != "file":
        return set(CROPS[purpose])
    return {"image": {ORIGINAL, *THUMBNAILS}, "video": set(THUMBNAILS)}.get(kind, set())
