"""A transport twin in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chatr.wamp.codec.frames import SERIALIZERS


class MemoryLink:
    """A transport twin: keeps the messages sent, unframed, and how it was closed."""

    def __init__(self, *, address: str = "192.0.2.1", max_bytes: int = 1024 * 1024) -> None:
        self.serializer = SERIALIZERS["wamp.2.json"]
        self.framing = unframed
        self.address = address
        self.headers: Mapping[str, str] = {"user-agent": "tests"}
        self.max_bytes = max_bytes
        self.sent: list[Any] = []
        self.ephemeral: list[bool] = []
        self.closed: tuple[str, int, str] | None = None
        self.takes_long = False

    def send(self, frame: bytes, ephemeral: bool = False) -> None:
        if self.closed is None:
            self.sent.append(json.loads(frame))
            self.ephemeral.append(ephemeral)

    def welcomed(self, turn_key: str) -> None:
        self.takes_long = True

    def close(self, code: int, reason: str) -> None:
        self.closed = self.closed or ("close", code, reason)

    def cut(self, code: int, reason: str) -> None:
        self.closed = self.closed or ("cut", code, reason)


def unframed(payload: bytes, binary: bool) -> bytes:
    """No frame: tests read the payload."""
    return payload
