"""Files on their way through clamd, which says whether it knows something bad in them.

Its protocol is that of clamd(8): ``zINSTREAM``, then pieces with their lengths before them, an empty one at the end;
one line comes back. Clamd needs no right to read our files for that, and may be on another machine.
"""

from __future__ import annotations

import os
import re
import struct
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, DeferredSemaphore
from twisted.internet.endpoints import HostnameEndpoint, UNIXClientEndpoint
from twisted.internet.error import ConnectError, ConnectingCancelledError, DNSLookupError
from twisted.internet.interfaces import IConsumer, IStreamClientEndpoint
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from chatr.files.disk import Disk
from chatr.files.pieces import Pieces
from chatr.files.storage import ConsumerGone, StorageError

#: Scans at the same time; clamd itself has ten threads (MaxThreads).
AT_ONCE = 4
MAX_ANSWER_BYTES = 4096

_FOUND = re.compile(r"(?:stream|instream\([^)]*\)): (.{1,200}) FOUND")
_CLEAN = re.compile(r"(?:stream|instream\([^)]*\)): OK")


class ScannerUnavailable(Exception):
    """Whether a file is clean is not known. The text is for the log."""


class Clamd:
    """The scanner at a place: ``/path/of/socket`` or ``host:port``."""

    def __init__(self, disk: Disk, place: str, *, timeout_s: float) -> None:
        """``timeout_s``: for a whole scan, the waiting for a turn included."""
        self._disk = disk
        self._place = place
        self._timeout_s = timeout_s
        self._turns = DeferredSemaphore(AT_ONCE)

    async def scan(self, path: Path) -> str | None:
        """What was found in a file, by the name that clamd has for it; ``None``: it is clean.

        Raises :class:`ScannerUnavailable`, also for a file that clamd takes only the beginning of.
        """
        scanning: Deferred[str | None] = self._turns.run(self._scan, path)
        late = self._disk.reactor.callLater(self._timeout_s, scanning.cancel)
        try:
            return await scanning
        except (CancelledError, ConnectingCancelledError):
            if late.active():
                raise CancelledError from None
            raise ScannerUnavailable(f"clamd has not answered within {self._timeout_s:g} s") from None
        except (ConnectError, DNSLookupError) as error:
            raise ScannerUnavailable(f"clamd can't be reached at {self._place}: {type(error).__name__}") from None
        except StorageError as error:
            raise ScannerUnavailable(f"the file can't be read: {error}") from None
        finally:
            if late.active():
                late.cancel()

    async def _scan(self, path: Path) -> str | None:
        descriptor = await self._disk.open(os.open, path, os.O_RDONLY | os.O_CLOEXEC)
        pieces = Pieces(self._disk, descriptor, 0, os.fstat(descriptor).st_size)
        try:
            stream: Any = await self._endpoint().connect(_Scan(pieces))
            return _verdict(await stream.answer)
        finally:
            pieces.close()

    def _endpoint(self) -> IStreamClientEndpoint:
        reactor: Any = self._disk.reactor
        if self._place.startswith("/"):
            return UNIXClientEndpoint(reactor, self._place, timeout=self._timeout_s)
        host, _, port = self._place.rpartition(":")
        return HostnameEndpoint(reactor, host, int(port), timeout=self._timeout_s)


def _verdict(answer: str) -> str | None:
    """What clamd's line means. Raises :class:`ScannerUnavailable` for whatever is neither clean nor found."""
    if found := _FOUND.fullmatch(answer):
        return found[1]
    if _CLEAN.fullmatch(answer):
        return None
    if "size limit exceeded" in answer:
        raise ScannerUnavailable(
            "clamd takes no file as large as this one: its StreamMaxLength is below files.max_bytes"
        )
    raise ScannerUnavailable(f"clamd answered {answer[:200]!r}")


class _Scan(Factory):
    """Makes the one connection of a scan, and says nothing of that in the log."""

    noisy = False

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces

    def buildProtocol(self, addr: Any) -> _Stream:
        return _Stream(self._pieces)


@implementer(IConsumer)
class _Stream(Protocol):
    """A file on its way to clamd. ``answer``: its line, as soon as that comes, be all sent or not."""

    def __init__(self, pieces: Pieces) -> None:
        self.answer: Deferred[str] = Deferred(lambda _: self._end())
        self._pieces = pieces
        self._heard = bytearray()
        self._wire: Any = None

    def connectionMade(self) -> None:
        self._wire = self.transport
        self._wire.write(b"zINSTREAM\0")
        self._wire.registerProducer(self._pieces, True)
        self._pieces.start(self).addCallbacks(lambda _: self._sent(), self._not_sent)

    def write(self, data: bytes) -> None:
        """Send a piece."""
        self._wire.writeSequence([struct.pack("!L", len(data)), data])

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """The transport has it already."""

    def unregisterProducer(self) -> None:
        """The transport has had it."""

    def dataReceived(self, data: bytes) -> None:
        self._heard += data
        line, end, _ = self._heard.partition(b"\0")
        if end or len(self._heard) > MAX_ANSWER_BYTES:
            self._tell(line[:MAX_ANSWER_BYTES].decode("utf-8", "replace").strip())

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if not self.answer.called:
            self.answer.errback(ScannerUnavailable("clamd hung up without an answer"))

    def _sent(self) -> None:
        self._wire.unregisterProducer()
        self._wire.write(struct.pack("!L", 0))

    def _not_sent(self, failure: Failure) -> None:
        # That the connection has ended is heard once, with what clamd said before.
        if failure.check(ConsumerGone) is None and not self.answer.called:
            self.answer.errback(failure)
            self._end()

    def _tell(self, line: str) -> None:
        if not self.answer.called:
            self.answer.callback(line)
            self._end()

    def _end(self) -> None:
        if self._wire is not None:
            self._wire.abortConnection()
