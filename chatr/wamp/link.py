"""What a session needs of the transport below it, and the ways in which it is closed."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from chatr.wamp.codec.frames import Framing, Serializer
from chatr.wamp.realm import Peer

#: RFC 6455, section 7.4.1.
NORMAL_CLOSE = 1000
PROTOCOL_ERROR_CLOSE = 1002
UNSUPPORTED_DATA_CLOSE = 1003
INVALID_PAYLOAD_CLOSE = 1007
POLICY_CLOSE = 1008
TOO_BIG_CLOSE = 1009

#: Frames that a transport takes before WELCOME: two or three are needed, and some pings.
MAX_HANDSHAKE_FRAMES = 64
TOO_MANY_FRAMES = f"at most {MAX_HANDSHAKE_FRAMES} frames before WELCOME"


class Link(Peer, Protocol):
    """The transport below a session. After ``close`` or ``cut``, and once the peer has gone, all is ignored."""

    serializer: Serializer
    framing: Framing
    max_bytes: int
    """The longest message that the peer takes."""

    def send(self, frame: bytes, ephemeral: bool = False) -> None:
        """Queue one framed message."""

    def close(self, code: int, reason: str) -> None:
        """Send what is queued, then close; ``code`` is a WebSocket close code."""

    def welcomed(self, turn_key: str) -> None:
        """Take messages of full length from now on; only short ones before. The handshake's headers may be forgotten.

        ``turn_key``: whose time its work takes from now on; empty: nobody's.
        """

    def cut(self, code: int, reason: str) -> None:
        """Drop what is queued and close."""


class Malformed(NamedTuple):
    """Bytes that are no message, and the WebSocket close code that RFC 6455 has for it."""

    reason: str
    close_code: int = NORMAL_CLOSE
