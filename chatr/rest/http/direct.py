"""Answers go straight to the socket: at the end of the turn, or at once what lies in memory that is used again.

By the transport's own buffer each would have the reactor watch the socket for a turn, and look away again. Sent one by
one each would wake its client up, which costs more than that: the answers of a turn leave one behind the other.

Of Twisted's private parts this uses ``_tempDataBuffer``, and of TCP connections that they write ``dataBuffer`` first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.tcp import Connection

#: With more an answer does not wait for the end of the turn.
_MOST_BYTES = 64 * 1024


def sent_now(transport: Any, data: bytes | memoryview) -> int | None:
    """Send as much as the socket takes at once; how much that was. None: it is to be written to, the ordinary way.

    That is so over TLS, when something else has to be sent before, and for whatever is wrong with the connection.
    """
    if not isinstance(transport, Connection) or not transport.connected or transport.disconnecting:
        return None
    if transport.producerPaused:
        # When what was before has left, whoever was paused writes on at once: ahead of this.
        return None
    if _waits(transport):
        # As the headers do.
        transport.doWrite()
        if _waits(transport):
            return None
    try:
        return transport.socket.send(data)
    except BlockingIOError:
        return 0
    except OSError:
        return None


def _waits(transport: Any) -> bool:
    return bool(transport.dataBuffer or transport._tempDataBuffer)


class SendsDirectly:
    """Mixed into a channel of HTTP: how it sends."""

    site: Any
    transport: Any
    _unread_bytes: int
    _wrote: Callable[[int], None]
    pauseProducing: Callable[[], None]

    def __init__(self) -> None:
        super().__init__()
        #: What leaves at the end of the turn.
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._has_turn = False

    def write(self, data: bytes) -> None:
        """Called by requests."""
        self._wrote(len(data))
        self.send_soon(data)

    def writeSequence(self, iovec: list[bytes]) -> None:
        """Called by requests."""
        self.write(b"".join(iovec))

    def send_now(self, data: memoryview) -> int | None:
        """Send as much of an answer as is taken at once; how much that was. None: it is to be written.

        Where it was not all, the producer is paused until more is taken.
        """
        self.send_waiting()
        transport = self.transport
        sent = sent_now(transport, data)
        if sent is not None:
            # Whatever was written before has left.
            self._unread_bytes = 0
            self._wrote(len(data))
            if sent < len(data):
                transport.producerPaused = True
                transport.startWriting()
                self.pauseProducing()
        return sent

    def send_soon(self, data: bytes) -> None:
        """Send at the end of this turn, or as soon as there is much."""
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        if self._waiting_bytes >= _MOST_BYTES or not isinstance(self.transport, Connection):
            self.send_waiting()
        elif not self._has_turn:
            self._has_turn = True
            self.site.turn.add(self)

    def send_waiting(self) -> None:
        """Send what waits for the end of the turn."""
        if self._waiting and self.transport is not None:
            data, self._waiting, self._waiting_bytes = b"".join(self._waiting), [], 0
            sent = sent_now(self.transport, data)
            if sent is None:
                self.transport.write(data)
            elif sent < len(data):
                self.transport.write(data[sent:])

    def take_turn(self) -> None:
        """The turn is over."""
        self._has_turn = False
        self.send_waiting()
