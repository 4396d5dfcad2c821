"""Uploads and downloads of a client, however long they take."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from twisted.internet.defer import CancelledError, Deferred, DeferredList, fail

from chatr.client.errors import Lost
from chatr.client.files.downloading import Download
from chatr.client.files.rest import Rest
from chatr.client.files.uploading import Progress, Source, Upload
from chatr.client.patience import Tries

T = TypeVar("T")


class Transfers:
    """What is under way, until the client is stopped."""

    def __init__(self, reactor: Any, rest: Rest, random: Callable[[], float]) -> None:
        self._reactor = reactor
        self._rest = rest
        self._random = random
        self._running: set[Deferred[Any]] = set()
        self._stopped = False

    def begin(self, work: Coroutine[Any, Any, T]) -> Deferred[T]:
        """Do what transfers something; fails with :class:`Lost` when the client has ended, or does meanwhile."""
        if self._stopped:
            work.close()
            return fail(Lost("the client has ended"))
        done: Deferred[T] = Deferred.fromCoroutine(self._run(work))
        if not done.called:
            self._running.add(done)
            done.addBoth(self._ran, done)
        return done

    async def upload(self, file: str | Path | BinaryIO, name: str, progress: Progress | None) -> str:
        """Upload a file. Its id."""
        source = Source(self._reactor, file, name)
        upload = Upload(self._reactor, self._rest, self._tries(), source, progress or _nobody)
        try:
            return await upload.run()
        except (CancelledError, OSError, ValueError):
            if not self._stopped:
                # Nobody will go on with it, and how many of those there may be is bounded.
                self.begin(upload.abandon()).addErrback(lambda _: None)
            raise
        finally:
            await source.close()

    async def download(self, file: str | Mapping[str, Any], path: str | Path, progress: Progress | None) -> Path:
        """Download a file, or that of a message."""
        target, told = Path(path), progress or _nobody
        return await Download(self._reactor, self._rest, self._tries(), _id(file), target, told).run()

    async def stop(self) -> None:
        """Break off all that is under way."""
        self._stopped = True
        running = list(self._running)
        for transfer in running:
            transfer.cancel()
        # What they began in threads ends before the program goes on.
        await DeferredList(running)

    def _tries(self) -> Tries:
        return Tries(self._reactor, self._random)

    async def _run(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return await work
        except CancelledError:
            if not self._stopped:
                raise
            raise Lost("the client has ended before the file was there") from None

    def _ran(self, result: T, done: Deferred[T]) -> T:
        self._running.discard(done)
        return result


def _nobody(done: int, size: int) -> None:
    """Nobody wants to know."""


def _id(file: str | Mapping[str, Any]) -> str:
    """The id of a file, which is given by itself, or in what the server says of it or of its message."""
    if isinstance(file, str):
        return file
    found = file.get("file") if "conversationId" in file else file
    if not isinstance(found, Mapping) or "id" not in found:
        raise ValueError("the message has no file")
    return str(found["id"])
