"""What a WebSocket receives where it is what nearly all clients send: short messages of one frame each.

Of such a frame Autobahn makes a dozen calls and five objects. Here it is looked at once; whatever else it may be is
left to Autobahn, whose answers to what is wrong are the only ones. Each message is the same in both ways
(``tests/wamp/transports/test_input.py``).
"""

from __future__ import annotations

import math
from typing import Protocol

#: Of a message that is read here. Autobahn unmasks longer ones in C: from twice the length on it is the faster one.
SHORT_BYTES = 1024

#: The first octet of a frame that is a whole message, uncompressed: text or binary (RFC 6455, section 5.2).
_BINARY = {0x81: False, 0x82: True}
_MASKED = 0x80


class Receiver(Protocol):
    """A WebSocket connection of Autobahn's, and what it takes."""

    state: int
    data: bytes
    """What has come of a frame whose head is not complete."""
    current_frame: object
    inside_message: bool
    autoPingTimeoutCall: object
    """Set while a ping waits for its answer: traffic may count as one."""
    maxMessagePayloadSize: int
    frames_left: float

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        """Take a message."""


def take_messages(receiver: Receiver, open_state: int, data: bytes) -> bytes:
    """Hand on the short messages that ``data`` begins with; return what Autobahn has to read, with all that follows.

    A frame of which a part has come waits where Autobahn would look for it.
    """
    if receiver.state != open_state or receiver.current_frame is not None or receiver.inside_message:
        return data
    if receiver.data:
        data, receiver.data = receiver.data + data, b""
    start, end = 0, len(data)
    # The head of a frame that is read here has eight octets at most.
    while end - start >= 8 and receiver.state == open_state and receiver.frames_left >= 1:
        binary, size, body = _BINARY.get(data[start]), data[start + 1] - _MASKED, start + 6
        if size == 126:
            size, body = int.from_bytes(data[start + 2 : start + 4], "big"), start + 8
            if size < 126:
                break
        elif size == 127:
            break
        if binary is None or not 0 <= size <= SHORT_BYTES or size > receiver.maxMessagePayloadSize:
            break
        if receiver.autoPingTimeoutCall:
            break
        stop = body + size
        if stop > end:
            receiver.data = data[start:]
            return b""
        if receiver.frames_left != math.inf:
            receiver.frames_left -= 1
        receiver.onMessage(_unmasked(data[body - 4 : body], data[body:stop], size), binary)
        start = stop
    return data[start:]


def _unmasked(mask: bytes, payload: bytes, size: int) -> bytes:
    """The payload of a frame (RFC 6455, section 5.3), as one number: octet by octet takes a hundred times as long."""
    masks = int.from_bytes((mask * (size // 4 + 1))[:size], "little")
    return (int.from_bytes(payload, "little") ^ masks).to_bytes(size, "little")
