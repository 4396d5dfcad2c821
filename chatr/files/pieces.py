"""A part of a file on its way to somebody, piece by piece."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IConsumer, IDelayedCall, IPushProducer
from twisted.python.failure import Failure
from zope.interface import implementer

from chatr.files.disk import PIECE_BYTES, Disk
from chatr.files.storage import ConsumerGone, StorageError, StorageUnavailable


class IDirectConsumer(IConsumer):
    """A consumer that can take a piece without keeping it."""

    def sendNow(data: memoryview) -> int | None:
        """Send as much of a piece as is taken at once; how much that was. None: it is to be written.

        Where it was not all, the producer is paused until more is taken.
        """


@implementer(IPushProducer)
class Pieces:
    """Writes a part of an open file to a consumer, one piece in a turn of the reactor, while that wants more.

    What is in memory is read at once, all else in a thread. The file is closed when the last piece was written, or none
    is wanted any more.
    """

    _direct: IDirectConsumer | None = None

    def __init__(self, disk: Disk, descriptor: int, start: int, stop: int) -> None:
        self._disk = disk
        self._descriptor = descriptor
        self._position = start
        self._stop = stop
        self._done: Deferred[None] = Deferred(lambda _: self._end())
        self._next: IDelayedCall | None = None
        # While a piece is read or written: what the consumer says then is looked at afterwards.
        self._busy = self._paused = self._over = False

    def start(self, consumer: IConsumer) -> Deferred[None]:
        """Begin. Fires when all is written; fails with :class:`ConsumerGone` or :class:`StorageUnavailable`."""
        self._consumer = consumer
        if IDirectConsumer.providedBy(consumer):
            self._direct = consumer
        if not self._over:
            # Not at once: whoever waits for this could not be stopped from inside of the first write.
            self._next = self._disk.reactor.callLater(0, self._step)
        return self._done

    def pauseProducing(self) -> None:
        """Write no more for now."""
        self._paused = True

    def resumeProducing(self) -> None:
        """Write on."""
        self._paused = False
        self._step()

    def stopProducing(self) -> None:
        """Write no more."""
        self._fail(Failure(ConsumerGone()))

    def close(self) -> None:
        """Have done with it, whether or not it has begun; what :meth:`start` has answered does not fire any more."""
        if not self._over:
            self._end()

    def _step(self) -> None:
        if self._busy or self._paused or self._over:
            return
        if self._next is not None and self._next.active():
            self._next.cancel()
        size = min(self._stop - self._position, PIECE_BYTES)
        if size <= 0:
            self._finish()
            return
        self._busy = True
        try:
            piece = self._disk.cached(self._descriptor, size, self._position)
        except StorageError:
            self._busy = False
            self._fail(Failure())
            return
        if piece is None:
            reading = Deferred.fromCoroutine(self._disk.read(self._descriptor, size, self._position))
            reading.addCallbacks(self._take, self._not_read)
        else:
            self._take(piece)

    def _take(self, piece: bytes | memoryview) -> None:
        if not self._over and piece:
            self._position += self._sent(piece)
        self._busy = False
        if self._over:
            self._disk.close(self._descriptor)
        elif not piece:
            self._fail(Failure(StorageUnavailable("a file is shorter than it was")))
        elif self._position >= self._stop:
            self._finish()
        elif not self._paused:
            # Whoever never has enough gets it in turn with all others.
            self._next = self._disk.reactor.callLater(0, self._step)

    def _sent(self, piece: bytes | memoryview) -> int:
        """Have the consumer take a piece; how much of it that has taken."""
        if self._direct is not None and isinstance(piece, memoryview):
            sent = self._direct.sendNow(piece)
            if sent is not None:
                return sent
        self._consumer.write(bytes(piece))
        return len(piece)

    def _not_read(self, failure: Failure) -> None:
        self._busy = False
        if self._over:
            self._disk.close(self._descriptor)
        else:
            self._fail(failure)

    def _finish(self) -> None:
        self._end()
        self._done.callback(None)

    def _fail(self, failure: Failure) -> None:
        if not self._over:
            self._end()
            self._done.errback(failure)

    def _end(self) -> None:
        self._over = True
        if self._next is not None and self._next.active():
            self._next.cancel()
        # While a thread reads from it its number must not become another file's.
        if not self._busy:
            self._disk.close(self._descriptor)
