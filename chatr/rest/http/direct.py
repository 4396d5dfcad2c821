"""Sending what lies in memory that is used again: straight to the socket, with no copy of it waiting anywhere.

Of Twisted's private parts this uses ``_tempDataBuffer``, and of TCP connections that they write ``dataBuffer`` first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.tcp import Connection


def sent_now(transport: Any, data: memoryview) -> int | None:
    """Send as much as the socket takes at once; how much that was. None: it is to be written to, the ordinary way.

    That is so over TLS, when something else has to be sent before, and for whatever is wrong with the connection.
    """
    if not isinstance(transport, Connection) or not transport.connected or transport.disconnecting:
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


class SendsNow:
    """Mixed into a channel of HTTP: answers that lie in memory which is used again."""

    transport: Any
    _unread_bytes: int
    _wrote: Callable[[int], None]
    pauseProducing: Callable[[], None]

    def send_now(self, data: memoryview) -> int | None:
        """Send as much of an answer as is taken at once; how much that was. None: it is to be written.

        Where it was not all, the producer is paused until more is taken.
        """
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
