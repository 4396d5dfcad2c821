"""Requests to other servers: bounded in size and time, on treq."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import treq
from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.error import ConnectError, ConnectingCancelledError, ConnectionLost, DNSLookupError
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import (
    Agent,
    RequestGenerationFailed,
    RequestTransmissionFailed,
    ResponseDone,
    ResponseFailed,
    ResponseNeverReceived,
)
from twisted.web.http import PotentialDataLoss
from twisted.web.iweb import IAgent

TIMEOUT_S = 15.0
MAX_ANSWER_BYTES = 256 * 1024

#: What requests fail with when there is no answer.
UNREACHABLE = (
    *(ConnectError, ConnectionLost, DNSLookupError),
    *(RequestGenerationFailed, RequestTransmissionFailed, ResponseFailed, ResponseNeverReceived),
)


class Unreachable(Exception):
    """There was no answer. The sentence names neither the address nor what was sent."""


class ResponseHead(msgspec.Struct, frozen=True):
    """What comes before the body of an answer; headers that are not there are empty."""

    status: int
    content_type: str = ""
    location: str = ""


class Response(ResponseHead, frozen=True, kw_only=True):
    """What came back. ``whole``: nothing of the body is missing."""

    body: bytes
    whole: bool


class Fetcher:
    """Makes requests, one connection each: they are rare, and an idle connection is one more thing to go stale."""

    def __init__(self, reactor: Any, *, timeout_s: float = TIMEOUT_S, agent: IAgent | None = None) -> None:
        """``timeout_s``: for a whole answer, from the look-up of the name to the last byte."""
        self._reactor = reactor
        self._timeout_s = timeout_s
        self._agent = agent or Agent(reactor, connectTimeout=timeout_s)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        limit: int = MAX_ANSWER_BYTES,
        wanted: Callable[[ResponseHead], bool] | None = None,
        timeout_s: float | None = None,
    ) -> Response:
        """The answer of whatever status, with at most ``limit`` bytes of its body, if that is ``wanted``.

        What is missing when the time is over is missing. A redirect is an answer too: what is in headers is for one
        host only. Raises :class:`Unreachable`.
        """
        end = self._reactor.seconds() + (self._timeout_s if timeout_s is None else timeout_s)
        sent: dict[bytes | str, bytes | str] = {name: value for name, value in (headers or {}).items()}  # noqa: C416
        try:
            # A client each time: it would keep cookies.
            answer: Any = await treq.client.HTTPClient(self._agent).request(
                method,
                url,
                data=body or None,
                headers=sent,
                timeout=max(end - self._reactor.seconds(), 0.001),
                reactor=self._reactor,
                allow_redirects=False,
                unbuffered=True,
            )
        except (TimeoutError, CancelledError, ConnectingCancelledError):
            raise Unreachable("took too long") from None
        except UNREACHABLE as error:
            raise Unreachable(f"can't be reached: {type(error).__name__}") from None
        except ValueError:
            # Its text would name what was asked for.
            raise Unreachable("has no valid URL") from None
        head = ResponseHead(answer.code, _header(answer, "content-type"), _header(answer, "location"))
        reading = _Body(limit if wanted is None or wanted(head) else 0)
        late = self._reactor.callLater(max(end - self._reactor.seconds(), 0), reading.stop)
        answer.deliverBody(reading)
        try:
            whole = await reading.done
        except CancelledError:
            reading.stop()
            raise
        finally:
            if late.active():
                late.cancel()
        return Response(head.status, head.content_type, head.location, body=bytes(reading.content), whole=whole)


def _header(answer: Any, name: str) -> str:
    value: bytes = answer.headers.getRawHeaders(name.encode(), [b""])[0]
    return value.decode("utf-8", "replace")


class _Body(Protocol):
    """Reads a body up to a limit; treq would wait for its end as long as the other side likes."""

    def __init__(self, limit: int) -> None:
        self.content = bytearray()
        self.done: Deferred[bool] = Deferred()
        self._limit = limit
        self._stopped = False

    def connectionMade(self) -> None:
        if not self._limit:
            self.stop()

    def dataReceived(self, data: bytes) -> None:
        room = self._limit - len(self.content)
        if not self._stopped:
            self.content.extend(data[:room])
        if len(data) > room:
            self.stop()

    def stop(self) -> None:
        """Read no more."""
        self._stopped = True
        transport: Any = self.transport
        transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self.done.called:
            # Nobody waits any more.
            return
        self.done.callback(not self._stopped and reason.check(ResponseDone, PotentialDataLoss) is not None)
