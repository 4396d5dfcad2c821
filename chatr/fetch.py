"""Requests to servers that the operator has named: bounded in size and time, on treq."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import treq
from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.error import ConnectError, ConnectingCancelledError, ConnectionLost, DNSLookupError
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import Agent, ResponseDone, ResponseFailed, ResponseNeverReceived
from twisted.web.http import PotentialDataLoss

TIMEOUT_S = 15.0
MAX_ANSWER_BYTES = 256 * 1024

_UNREACHABLE = (ConnectError, ConnectionLost, DNSLookupError, ResponseFailed, ResponseNeverReceived)


class Unreachable(Exception):
    """There was no answer. The sentence names neither the address nor what was sent."""


class Answer(msgspec.Struct, frozen=True):
    """What came back. ``whole``: nothing of the body is missing."""

    status: int
    body: bytes
    whole: bool


class Fetcher:
    """Makes requests, one connection each: they are rare, and an idle connection is one more thing to go stale."""

    def __init__(self, reactor: Any, *, timeout_s: float = TIMEOUT_S) -> None:
        """``timeout_s``: for the head of an answer, and again for its body."""
        self._reactor = reactor
        self._timeout_s = timeout_s
        self._client = treq.client.HTTPClient(Agent(reactor, connectTimeout=timeout_s))

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        limit: int = MAX_ANSWER_BYTES,
    ) -> Answer:
        """The answer of whatever status, with at most ``limit`` bytes of its body.

        A redirect is an answer too: what is in headers is for one host only. Raises :class:`Unreachable`.
        """
        sent: dict[bytes | str, bytes | str] = {name: value for name, value in (headers or {}).items()}  # noqa: C416
        try:
            answer: Any = await self._client.request(
                method,
                url,
                data=body or None,
                headers=sent,
                timeout=self._timeout_s,
                allow_redirects=False,
                unbuffered=True,
            )
        except (TimeoutError, CancelledError, ConnectingCancelledError):
            raise Unreachable("took too long") from None
        except _UNREACHABLE as error:
            raise Unreachable(f"can't be reached: {type(error).__name__}") from None
        reading = _Body(limit)
        answer.deliverBody(reading)
        late = self._reactor.callLater(self._timeout_s, reading.stop)
        whole = await reading.done
        if late.active():
            late.cancel()
        return Answer(answer.code, bytes(reading.content), whole)


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
        if len(self.content) + len(data) > self._limit:
            self.stop()
        elif not self._stopped:
            self.content.extend(data)

    def stop(self) -> None:
        """Read no more."""
        self._stopped = True
        transport: Any = self.transport
        transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.done.callback(not self._stopped and reason.check(ResponseDone, PotentialDataLoss) is not None)
