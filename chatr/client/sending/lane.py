"""The sends to one recipient or conversation: many under way at once, stored in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from twisted.internet.defer import CancelledError, Deferred, DeferredQueue
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from chatr.client.errors import Lost, Refused
from chatr.client.patience import LONGEST_WAIT_S, MOST_DOUBTS, Backoff
from chatr.client.state import Send

#: Calls ``message.send`` with these parameters over the connection that is there now.
Transmit: TypeAlias = Callable[[Send], Awaitable[dict[str, Any]]]
#: Hears what became of a send for good: the message, or why there is none.
Done: TypeAlias = Callable[[Send, dict[str, Any] | Failure], None]

#: Under way at once: enough for a slow link, and far less than a session may have in all.
WINDOW = 16


class SendLane:
    """Sends that must not overtake each other.

    Each names the one before it that is not acknowledged (``afterClientId``), without which the server does not store
    it. So when one is refused for now, those behind it are too, and all are made again from that one on.
    """

    def __init__(self, clock: IReactorTime, random: Callable[[], float], done: Done, room: Callable[[], bool]) -> None:
        """``room``: whether there is room for one more under way beside those of other lanes."""
        self.waiting: deque[Send] = deque()
        """What is not acknowledged, oldest first; of that the first are under way."""
        self._clock = clock
        self._done = done
        self._room = room
        self._backoff = Backoff(random, first_s=0.5, last_s=15)
        self._transmit: Transmit | None = None
        self._landed: DeferredQueue[tuple[Send, dict[str, Any] | Failure]] = DeferredQueue()
        self._flying: set[str] = set()
        self._internal: dict[str, int] = {}
        self._hold_s: float | None = None

    @property
    def flying(self) -> int:
        """How many are under way."""
        return len(self._flying)

    def add(self, send: Send) -> None:
        """Put a send behind all others."""
        self.waiting.append(send)
        self._launch()

    async def run(self, transmit: Transmit) -> None:
        """Send all that waits and comes. Raises :class:`Lost` and CancelledError: what is left is sent by the next."""
        self._transmit = transmit
        try:
            while self.waiting:
                self._launch()
                if self._flying:
                    self._take(*await self._landed.get())
                elif self._hold_s is not None:
                    await deferLater(self._clock, max(self._hold_s, self._backoff.delay_s()))
                    self._hold_s = None
        finally:
            self._transmit = self._hold_s = None
            # What is under way ends with its connection; what it comes to is no business of the next run's.
            self._landed = DeferredQueue()
            self._flying = set()

    def _launch(self) -> None:
        """Send what waits, as far as there is room; nothing while one before it was refused."""
        # The first are under way: none of them is acknowledged, or it would wait no longer. All is looked at again for
        # each: a call may fail at once, and run() end, or go on, before the next.
        while self._transmit is not None and self._hold_s is None:
            index = len(self._flying)
            if index >= min(len(self.waiting), WINDOW) or (index and not self._room()):
                return
            send = self.waiting[index]
            behind = {"afterClientId": self.waiting[index - 1]["clientId"]} if index else {}
            self._flying.add(send["clientId"])
            call = Deferred.fromCoroutine(self._send(self._transmit, {**send, **behind}))
            call.addBoth(self._land, send, self._landed)

    async def _send(self, transmit: Transmit, send: Send) -> dict[str, Any]:
        return await transmit(send)

    def _land(self, outcome: Any, send: Send, landed: DeferredQueue[Any]) -> None:
        if landed is self._landed:
            landed.put((send, outcome))

    def _take(self, send: Send, outcome: dict[str, Any] | Failure) -> None:
        client_id = send["clientId"]
        self._flying.remove(client_id)
        if isinstance(outcome, Failure) and outcome.check(Lost, CancelledError):
            outcome.raiseException()
        if isinstance(outcome, Failure) and self._passes(client_id, outcome.value):
            asked_s = getattr(outcome.value, "retry_after_s", 0.0)
            self._hold_s = max(self._hold_s or 0.0, asked_s)
            return
        if not isinstance(outcome, Failure):
            self._backoff.reset()
        self._internal.pop(client_id, None)
        self.waiting.remove(send)
        # Whatever is wrong with it, those behind it must not wait for ever.
        self._done(send, outcome)

    def _passes(self, client_id: str, error: BaseException | None) -> bool:
        """Whether to make a send again that was refused."""
        if not isinstance(error, Refused):
            return False
        if error.code == "internal":
            # It leaves open what became of the send, which is not asked for ever.
            self._internal[client_id] = self._internal.get(client_id, 0) + 1
            return self._internal[client_id] < MOST_DOUBTS
        return error.passes and error.retry_after_s <= LONGEST_WAIT_S
