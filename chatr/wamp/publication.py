"""What is published: encoded once a serialisation, framed once a form, and sent to any number of sessions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chatr.wamp.codec import wire
from chatr.wamp.codec.frames import Framing, Serializer


class Publication:
    """One event for all who get it. ``ephemeral``: dropped first on the way to whoever reads too slowly."""

    __slots__ = ("_made", "args", "ephemeral", "kwargs", "number", "topic")

    def __init__(
        self, topic: str, kwargs: Any, *, number: int, args: Sequence[Any] = (), ephemeral: bool = False
    ) -> None:
        """``number``: the publication id, of WAMP's global scope. ``kwargs``: a mapping or a struct."""
        self.topic = topic
        self.kwargs = kwargs
        self.number = number
        self.args = args
        self.ephemeral = ephemeral
        self._made: dict[object, bytes] = {}

    def frame(self, serializer: Serializer, framing: Framing, subscription: int, pattern: bool) -> bytes:
        """Make EVENT for one subscription, framed. ``pattern``: it is told the topic, which it can't know."""
        key = (serializer, framing, subscription)
        frame = self._made.get(key)
        if frame is None:
            details = {"topic": self.topic} if pattern else {}
            head = (wire.EVENT, subscription, self.number, details, self.args)
            encoded = serializer.format.event(head, self._payload(serializer))
            frame = self._made[key] = framing(serializer.decorated(encoded), serializer.binary)
        return frame

    def _payload(self, serializer: Serializer) -> bytes:
        payload = self._made.get(serializer.name)
        if payload is None:
            payload = self._made[serializer.name] = serializer.format.encode(self.kwargs)
        return payload
