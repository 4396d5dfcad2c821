"""Sends that wait to be acknowledged."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from chatr.client.backoff import Backoff
from chatr.client.errors import Lost, Refused
from chatr.client.state import Send, State

#: Calls ``message.send`` with these parameters over the connection that is there now.
Transmit = Callable[[Send], Awaitable[dict[str, Any]]]


class Outbox:
    """Each send keeps its ``clientId`` until it is acknowledged, and is made again after a reconnect, oldest first.

    One after the other for each recipient or conversation, so that nothing overtakes; all of these side by side.
    """

    def __init__(self, clock: IReactorTime, state: State, random: Callable[[], float]) -> None:
        self._clock = clock
        self._state = state
        self._random = random
        self._lanes: dict[str, deque[Send]] = {}
        self._waiters: dict[str, list[Deferred[dict[str, Any]]]] = {}
        self._running: dict[str, Deferred[None]] = {}
        self._transmit: Transmit | None = None
        for send in state.sends():
            self._lane(send).append(send)

    def __len__(self) -> int:
        return sum(map(len, self._lanes.values()))

    def put(self, params: Send) -> Deferred[dict[str, Any]]:
        """Keep a send until it is acknowledged; fires with the message, or fails with :class:`Refused`.

        Whoever cancels the Deferred stops waiting: the message is sent all the same.
        """
        send = {"clientId": str(uuid.uuid4()), **params}
        waiters = self._waiters.setdefault(send["clientId"], [])
        waiter: Deferred[dict[str, Any]] = Deferred(waiters.remove)
        waiters.append(waiter)
        if all(waiting["clientId"] != send["clientId"] for waiting in self._lane(send)):
            self._state.add_send(send)
            self._lane(send).append(send)
        self._go(_key(send))
        return waiter

    def opened(self, transmit: Transmit) -> None:
        """There is a connection: send what waits."""
        self._transmit = transmit
        for key in list(self._lanes):
            self._go(key)

    async def closed(self) -> None:
        """There is no connection any more; returns when nothing is under way."""
        self._transmit = None
        for running in list(self._running.values()):
            running.cancel()
            await running

    def stop(self) -> None:
        """Nobody is told any more what became of the sends that wait: they stay in the state."""
        waiters, self._waiters = self._waiters, {}
        for client_id, waiting in waiters.items():
            for waiter in list(waiting):
                waiter.errback(Lost(f"the client was stopped before {client_id} was acknowledged"))

    def _lane(self, send: Send) -> deque[Send]:
        return self._lanes.setdefault(_key(send), deque())

    def _go(self, key: str) -> None:
        if self._transmit is not None and key not in self._running:
            done: Deferred[None] = Deferred.fromCoroutine(self._run(self._lanes[key], self._transmit))
            self._running[key] = done
            done.addBoth(self._ran, key)

    def _ran(self, result: Failure | None, key: str) -> None:
        del self._running[key]
        if not self._lanes[key]:
            del self._lanes[key]
        if result is not None:
            # Without a connection it begins anew with the next one.
            result.trap(Lost, CancelledError)

    async def _run(self, lane: deque[Send], transmit: Transmit) -> None:
        backoff = Backoff(self._random, first_s=0.5, last_s=15)
        while lane:
            try:
                message = await transmit(lane[0])
            except Refused as error:
                if error.passes:
                    await deferLater(self._clock, max(error.retry_after_s, backoff.delay_s()))
                else:
                    self._done(lane.popleft(), Failure(error))
            else:
                backoff.reset()
                self._done(lane.popleft(), message)

    def _done(self, send: Send, outcome: dict[str, Any] | Failure) -> None:
        self._state.remove_send(send["clientId"])
        for waiter in list(self._waiters.pop(send["clientId"], ())):
            if isinstance(outcome, Failure):
                waiter.errback(outcome)
            else:
                waiter.callback(outcome)


def _key(send: Send) -> str:
    return str(send.get("conversationId") or send.get("recipientId"))
