"""Sending what lies in memory that is used again: straight to the socket, with no copy of it waiting anywhere.

Of Twisted's private parts this uses ``_tempDataBuffer``, and of TCP connections that they write ``dataBuffer`` first.
"""

from __future__ import annotations

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


def resume_when_sent(transport: Any) -> None:
    """Have the producer of a connection resumed as soon as its socket takes more."""
    transport.producerPaused = True
    transport.startWriting()


def _waits(transport: Any) -> bool:
    return bool(transport.dataBuffer or transport._tempDataBuffer)
