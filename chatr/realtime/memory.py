"""The broker of a single process."""

from __future__ import annotations

from collections import deque

from twisted.logger import Logger

from chatr.realtime.broker import Envelope, Receiver

log = Logger()


class MemoryBroker:
    """Hands envelopes over at once, in publish order also when a receiver publishes in turn."""

    def __init__(self) -> None:
        self._receivers: list[Receiver] = []
        self._queue: deque[Envelope] = deque()
        self._running = False

    def publish(self, envelope: Envelope) -> None:
        """Hand an envelope to every receiver."""
        self._queue.append(envelope)
        if self._running:
            return
        self._running = True
        try:
            while self._queue:
                self._hand_over(self._queue.popleft())
        finally:
            self._running = False

    def subscribe(self, receiver: Receiver) -> None:
        """Have every envelope handed to ``receiver``."""
        self._receivers.append(receiver)

    async def start(self) -> None:
        """Do nothing: there is nothing to connect."""

    async def stop(self) -> None:
        """Forget the receivers."""
        self._receivers.clear()

    def _hand_over(self, envelope: Envelope) -> None:
        for receiver in self._receivers:
            try:
                receiver(envelope)
            except Exception:
                # The change is committed: a receiver's bug must not fail the call that published.
                log.failure("a broker receiver failed")
