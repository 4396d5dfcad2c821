"""Sends that wait to be acknowledged."""

from __future__ import annotations

import json
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, fail
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatr.client.backoff import Backoff
from chatr.client.errors import Lost, Refused
from chatr.client.state import Send, State

#: Calls ``message.send`` with these parameters over the connection that is there now.
Transmit = Callable[[Send], Awaitable[dict[str, Any]]]
#: Hears of a send that was refused for good while nobody waited for it.
Dropped = Callable[[Send, BaseException], None]

log = Logger()

#: Of one send as JSON: several times what the server takes, and less than what would end the connection.
MAX_SEND_BYTES = 256 * 1024
#: An internal error of the server leaves open what became of a send; it is not asked for ever.
MOST_INTERNAL = 5
#: Who is asked to wait for longer is told at once: for a day, when somebody has begun too many conversations.
LONGEST_WAIT_S = 600


class Outbox:
    """Each send keeps its ``clientId`` until it is acknowledged, and is made again after a reconnect, oldest first.

    One after the other for each recipient or conversation, so that nothing overtakes; all of these side by side.
    """

    def __init__(self, clock: IReactorTime, state: State, random: Callable[[], float], dropped: Dropped) -> None:
        self._clock = clock
        self._state = state
        self._random = random
        self._dropped = dropped
        self._stopped = False
        self._kept: set[str] = set()
        self._lanes: dict[str, deque[Send]] = {}
        self._waiters: dict[str, list[Deferred[dict[str, Any]]]] = {}
        self._running: dict[str, Deferred[None]] = {}
        self._transmit: Transmit | None = None
        for send in state.sends():
            self._kept.add(send["clientId"])
            self._lane(send).append(send)

    def __len__(self) -> int:
        return sum(map(len, self._lanes.values()))

    def put(self, params: Send) -> Deferred[dict[str, Any]]:
        """Keep a send until it is acknowledged; fires with the message, or fails with :class:`Refused`.

        Whoever cancels the Deferred stops waiting: the message is sent all the same. Raises ValueError or TypeError for
        what can't be sent at all.
        """
        if self._stopped:
            return fail(Lost("the client has ended"))
        send = {"clientId": str(uuid.uuid4()), **params}
        if len(json.dumps(send, ensure_ascii=False, allow_nan=False).encode()) > MAX_SEND_BYTES:
            raise ValueError(f"the send has more than {MAX_SEND_BYTES} bytes")
        if send["clientId"] not in self._kept:
            self._state.add_send(send)
            self._kept.add(send["clientId"])
            self._lane(send).append(send)
        waiters = self._waiters.setdefault(send["clientId"], [])
        waiter: Deferred[dict[str, Any]] = Deferred(waiters.remove)
        waiters.append(waiter)
        if _key(send) in self._lanes:
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
        self._stopped = True
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
        internal = 0
        while lane:
            try:
                message = await transmit(lane[0])
            except (Lost, CancelledError):
                raise
            except Refused as error:
                internal += error.code == "internal"
                passes = error.passes and error.retry_after_s <= LONGEST_WAIT_S
                if passes or (error.code == "internal" and internal < MOST_INTERNAL):
                    await deferLater(self._clock, max(error.retry_after_s, backoff.delay_s()))
                else:
                    internal = 0
                    self._done(lane.popleft(), Failure(error))
            except Exception as error:
                # Whatever is wrong with it, those behind it must not wait for ever.
                internal = 0
                self._done(lane.popleft(), Failure(error))
            else:
                internal = 0
                backoff.reset()
                self._done(lane.popleft(), message)

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
