"""Answers of another server as they come: read as a whole, or passed on to a consumer as fast as that takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectingCancelledError
from twisted.internet.interfaces import IConsumer, IDelayedCall, IPushProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone
from twisted.web.http import PotentialDataLoss
from zope.interface import implementer

from chatr.fetch import UNREACHABLE
from chatr.files.storage import StorageUnavailable

T = TypeVar("T")


class Lost(StorageUnavailable):
    """There was no whole answer: whether something was done is not known."""


class Idle:
    """Gives up what somebody waits for when nothing has moved for so long; of a large file each piece is a move."""

    def __init__(self, reactor: Any, timeout_s: float) -> None:
        self._reactor = reactor
        self._timeout_s = timeout_s
        self._timer: IDelayedCall | None = None
        self._waiting: Deferred[Any] | None = None
        self._late = self._resting = False

    def moved(self) -> None:
        """Something has moved."""
        if self._timer is not None and self._timer.active():
            self._timer.reset(self._timeout_s)

    def rest(self) -> None:
        """That nothing moves is our own wish from now on."""
        self._resting = True
        self._stop()

    def go_on(self) -> None:
        """Something is to move again."""
        self._resting = False
        self._begin()

    async def watch(self, waiting: Deferred[T]) -> T:
        """Wait for something of the other server, and give up when nothing moves. Raises :class:`Lost`."""
        self._waiting = waiting
        self._begin()
        try:
            return await waiting
        except (CancelledError, ConnectingCancelledError, *UNREACHABLE) as error:
            if self._late:
                raise Lost(f"nothing has moved for {self._timeout_s:g} s") from None
            if _is_cancelled(error):
                raise CancelledError from None
            raise Lost(f"the connection failed: {type(error).__name__}") from None
        finally:
            self._waiting = None
            self._stop()

    def _begin(self) -> None:
        self._stop()
        if self._waiting is not None and not self._resting:
            self._timer = self._reactor.callLater(self._timeout_s, self._give_up, self._waiting)

    def _stop(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()

    def _give_up(self, waiting: Deferred[Any]) -> None:
        self._late = True
        waiting.cancel()


def _is_cancelled(error: Exception) -> bool:
    """Whether somebody has cancelled a request: some of what it is made of says so in words of its own."""
    if isinstance(error, (CancelledError, ConnectingCancelledError)):
        return True
    return any(reason.check(CancelledError) for reason in getattr(error, "reasons", ()))


class _Body(Protocol):
    """A body as it comes. ``done`` fires when all of it has come, or no more is wanted; fails with :class:`Lost`."""

    def __init__(self, idle: Idle) -> None:
        self.idle = idle
        self.done: Deferred[None] = Deferred(lambda _: self._drop())

    def connectionMade(self) -> None:
        if self.done.called:
            self._drop()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self.done.called:
            # Nobody waits any more.
            return
        if reason.check(ResponseDone, PotentialDataLoss):
            self.done.callback(None)
        else:
            self.done.errback(Lost(f"the answer was cut off: {type(reason.value).__name__}"))

    def enough(self) -> None:
        """Take no more."""
        self._drop()
        self.done.callback(None)

    def _drop(self) -> None:
        transport: Any = self.transport
        # What Twisted hands out here can't abort; and closing waits, with TLS, for an end that nobody reads.
        connection = getattr(transport, "_producer", None)
        if connection is not None:
            connection.abortConnection()


def discard(response: Any) -> None:
    """Have done with an answer of which nothing is wanted, or nothing more."""
    body = _Body(Idle(None, 0))
    body.done.callback(None)
    response.deliverBody(body)


class Reading(_Body):
    """A body in memory, of so many bytes at most. What is longer is :class:`Lost`."""

    def __init__(self, idle: Idle, limit: int) -> None:
        super().__init__(idle)
        self._limit = limit
        self.content = bytearray()

    def dataReceived(self, data: bytes) -> None:
        self.idle.moved()
        self.content += data
        if len(self.content) > self._limit and not self.done.called:
            self._drop()
            self.done.errback(Lost(f"the answer has more than {self._limit} bytes"))


class _Relayed(_Body):
    """One of the answers that a relay passes on."""

    def __init__(self, relay: Relay, idle: Idle) -> None:
        super().__init__(idle)
        self._relay = relay

    def dataReceived(self, data: bytes) -> None:
        self.idle.moved()
        if not self.done.called and not self._relay.write(data) and not self.done.called:
            self.enough()

    def pause(self) -> None:
        """Take nothing for now: the other server waits."""
        self.idle.rest()
        transport: Any = self.transport
        if transport is not None:
            transport.pauseProducing()

    def resume(self) -> None:
        """Go on."""
        self.idle.go_on()
        transport: Any = self.transport
        if transport is not None:
            transport.resumeProducing()


@implementer(IPushProducer)
class Relay:
    """Passes the bytes ``[position, stop)`` of something on to a consumer, out of as many answers as it takes."""

    def __init__(self, reactor: Any, consumer: IConsumer, start: int, stop: int) -> None:
        self.position = start
        self.stop = stop
        self.paused = False
        #: Whether the consumer has gone.
        self.gone = False
        self._reactor = reactor
        self._consumer = consumer
        self._body: _Relayed | None = None
        self._at_gone: Callable[[], object] = lambda: None

    def when_gone(self, action: Callable[[], object]) -> None:
        """Have something done when the consumer goes, or at once if it has."""
        self._at_gone = action
        if self.gone:
            action()

    async def pass_on(self, response: Any, idle: Idle) -> None:
        """Pass one answer on, to its end. Raises :class:`Lost`: what was passed on is good, and more can follow."""
        body = self._body = _Relayed(self, idle)
        if self.paused:
            idle.rest()
        # Not at once: whoever waits for this could not be stopped from inside of the first write.
        self._reactor.callLater(0, self._deliver, response, body)
        try:
            await idle.watch(body.done)
        finally:
            self._body = None

    def _deliver(self, response: Any, body: _Relayed) -> None:
        response.deliverBody(body)
        if self.paused:
            # Whatever was said meanwhile, Twisted lets it flow at the end of that.
            body.pause()

    def write(self, data: bytes) -> bool:
        """Pass a piece on. Whether more is wanted."""
        data = data[: self.stop - self.position]
        self.position += len(data)
        self._consumer.write(data)
        return self.position < self.stop

    def pauseProducing(self) -> None:
        """Pass nothing on for now."""
        self.paused = True
        if self._body is not None:
            self._body.pause()

    def resumeProducing(self) -> None:
        """Go on."""
        self.paused = False
        if self._body is not None:
            self._body.resume()

    def stopProducing(self) -> None:
        """The consumer has gone."""
        self.gone = True
        self._at_gone()
