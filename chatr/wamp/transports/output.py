"""What one connection still has to send: bounded, sent once a reactor turn, and straight to the socket when it can."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from chatr.flushing import Turn
from chatr.wamp.transports import shortcuts

#: Handed to a transport at once at most: what is there can no longer be dropped, and a paused producer gives no more.
CHUNK_BYTES = 64 * 1024


@implementer(IPushProducer)
class OutputQueue:
    """The frames of one connection, in order. Registered as its transport's streaming producer.

    While the peer does not read, frames wait here, up to ``max_bytes``. Beyond that, ephemeral frames are dropped,
    oldest first; when that is not enough, ``on_overflow`` is called, once, and nothing more is taken.
    """

    __slots__ = (
        "_closed",
        "_direct",
        "_frames",
        "_max_bytes",
        "_on_overflow",
        "_paused",
        "_scheduled",
        "_transport",
        "_turn",
        "dropped",
        "queued_bytes",
    )

    def __init__(self, transport: Any, turn: Turn, *, max_bytes: int, on_overflow: Callable[[], None]) -> None:
        self._transport = transport
        self._direct = shortcuts.has_socket(transport)
        self._turn = turn
        self._max_bytes = max_bytes
        self._on_overflow = on_overflow
        self._frames: list[tuple[bytes, bool]] = []
        self._scheduled = False
        self._paused = False
        self._closed = False
        self.queued_bytes = 0
        self.dropped = 0

    def send(self, frame: bytes, ephemeral: bool = False) -> None:
        """Queue one frame; it leaves at the end of this turn if the peer reads."""
        if self._closed:
            return
        self._frames.append((frame, ephemeral))
        self.queued_bytes = queued = self.queued_bytes + len(frame)
        if queued > self._max_bytes and not self._fits():
            self._closed = True
            self._on_overflow()
        elif not self._scheduled and not self._paused:
            self._scheduled = True
            self._turn.add(self)

    def take_turn(self) -> None:
        """Its turn has come."""
        self._scheduled = False
        self.flush()

    def flush(self) -> None:
        """Send what is queued, as far as the peer takes it."""
        transport = self._transport
        while self._frames and not self._paused and not self._closed:
            data = self._chunk()
            if self._direct:
                data = shortcuts.send_now(transport, data)
            if data:
                transport.write(data)

    def finish(self) -> None:
        """Hand everything to the transport and stop being its producer: what follows is written there."""
        self._paused = False
        rest = b"".join(frame for frame, _ in self._frames)
        self.close()
        self._transport.unregisterProducer()
        if rest:
            self._transport.write(rest)

    def close(self) -> None:
        """Drop what is queued; nothing more is taken."""
        self._closed = True
        self._frames.clear()
        self.queued_bytes = 0

    def pauseProducing(self) -> None:
        """The transport's buffer is full: the peer reads slower than we write."""
        self._paused = True

    def resumeProducing(self) -> None:
        """The transport's buffer is empty."""
        self._paused = False
        self.flush()

    def stopProducing(self) -> None:
        """The connection is gone."""
        self.close()

    def _fits(self) -> bool:
        """Make room in a queue that is too long."""
        if not self._paused:
            # More in one turn than the queue holds: that says nothing about the peer yet.
            self.flush()
        if self.queued_bytes <= self._max_bytes:
            return True
        kept: list[tuple[bytes, bool]] = []
        for frame, ephemeral in self._frames:
            if ephemeral and self.queued_bytes > self._max_bytes:
                self.queued_bytes -= len(frame)
                self.dropped += 1
            else:
                kept.append((frame, ephemeral))
        self._frames = kept
        return self.queued_bytes <= self._max_bytes

    def _chunk(self) -> bytes:
        if self.queued_bytes <= CHUNK_BYTES:
            frames, self._frames, self.queued_bytes = self._frames, [], 0
            # Most turns have one frame for a connection.
            return frames[0][0] if len(frames) == 1 else b"".join([frame for frame, _ in frames])
        count = size = 0
        for frame, _ in self._frames:
            size += len(frame)
            count += 1
            if size >= CHUNK_BYTES:
                break
        data = b"".join([frame for frame, _ in self._frames[:count]])
        del self._frames[:count]
        self.queued_bytes -= size
        return data
