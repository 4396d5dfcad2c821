"""Sends that wait to be acknowledged."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, fail
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatr.client.errors import Lost
from chatr.client.sending.ids import new_client_id
from chatr.client.sending.lane import SendLane, Transmit
from chatr.client.state import Send, State

#: Hears of a send that was refused for good while nobody waited for it.
Dropped = Callable[[Send, BaseException], None]

log = Logger()

#: Of one send as JSON: several times what the server takes, and less than what would end the connection.
MAX_SEND_BYTES = 256 * 1024
#: Under way at once to all recipients: a session may have 64 calls in flight, and others are made over it too.
MOST_FLYING = 48


class Outbox:
    """Each send keeps its ``clientId`` until it is acknowledged, and is made again after a reconnect, oldest first.

    To each recipient or conversation in order (:class:`SendLane`), to all of these side by side.
    """

    def __init__(self, clock: IReactorTime, state: State, random: Callable[[], float], dropped: Dropped) -> None:
        self._clock = clock
        self._state = state
        self._random = random
        self._dropped = dropped
        self._stopped = False
        self._kept: set[str] = set()
        self._lanes: dict[str, SendLane] = {}
        self._waiters: dict[str, list[Deferred[dict[str, Any]]]] = {}
        self._running: dict[str, Deferred[None]] = {}
        self._transmit: Transmit | None = None
        for send in state.sends():
            self._kept.add(send["clientId"])
            self._lane(send).add(send)

    def __len__(self) -> int:
        return sum(len(lane.waiting) for lane in self._lanes.values())

    def put(self, params: Send) -> Deferred[dict[str, Any]]:
        """Keep a send until it is acknowledged; fires with the message, or fails with :class:`Refused`.

        Whoever cancels the Deferred stops waiting: the message is sent all the same. Raises ValueError or TypeError for
        what can't be sent at all.
        """
        if self._stopped:
            return fail(Lost("the client has ended"))
        send = {"clientId": new_client_id(), **params}
        if len(json.dumps(send, ensure_ascii=False, allow_nan=False).encode()) > MAX_SEND_BYTES:
            raise ValueError(f"the send has more than {MAX_SEND_BYTES} bytes")
        if send["clientId"] not in self._kept:
            self._state.add_send(send)
            self._kept.add(send["clientId"])
            self._lane(send).add(send)
        waiters = self._waiters.setdefault(send["clientId"], [])
        waiter: Deferred[dict[str, Any]] = Deferred(waiters.remove)
        waiters.append(waiter)
        if _key(send) in self._lanes:
            self._go(_key(send))
        return waiter

    def opened(self, transmit: Transmit) -> None:
        """Send what waits over a new connection."""
        self._transmit = transmit
        for key in list(self._lanes):
            self._go(key)

    async def closed(self) -> None:
        """Send nothing until there is another connection; returns when nothing is under way."""
        self._transmit = None
        for running in list(self._running.values()):
            running.cancel()
            await running

    def stop(self) -> None:
        """Tell nobody any more what became of the sends that wait: they stay in the state."""
        self._stopped = True
        waiters, self._waiters = self._waiters, {}
        for client_id, waiting in waiters.items():
            for waiter in list(waiting):
                waiter.errback(Lost(f"the client was stopped before {client_id} was acknowledged"))

    def _lane(self, send: Send) -> SendLane:
        lane = self._lanes.get(_key(send))
        if lane is None:
            lane = self._lanes[_key(send)] = SendLane(self._clock, self._random, self._done, self._room)
        return lane

    def _room(self) -> bool:
        return sum(lane.flying for lane in self._lanes.values()) < MOST_FLYING

    def _go(self, key: str) -> None:
        if self._transmit is not None and key not in self._running:
            done: Deferred[None] = Deferred.fromCoroutine(self._lanes[key].run(self._transmit))
            self._running[key] = done
            done.addBoth(self._ran, key)

    def _ran(self, result: Failure | None, key: str) -> None:
        del self._running[key]
        if not self._lanes[key].waiting:
            del self._lanes[key]
        if result is not None:
            # Without a connection it begins anew with the next one.
            result.trap(Lost, CancelledError)

    def _done(self, send: Send, outcome: dict[str, Any] | Failure) -> None:
        self._state.remove_send(send["clientId"])
        self._kept.discard(send["clientId"])
        waiters = list(self._waiters.pop(send["clientId"], ()))
        if isinstance(outcome, Failure) and outcome.value is not None and not waiters:
            log.warn("chatr client: a kept send was refused: {error}", error=outcome.getErrorMessage())
            self._dropped(send, outcome.value)
        for waiter in waiters:
            if isinstance(outcome, Failure):
                waiter.errback(outcome)
            else:
                waiter.callback(outcome)


def _key(send: Send) -> str:
    return str(send.get("conversationId") or send.get("recipientId"))
