"""Requests of REST beside the WAMP session: what is too large for it comes and goes here, as a stream."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IStreamClientEndpoint
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import Agent, ResponseDone
from twisted.web.http import PotentialDataLoss
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IBodyProducer

from chatr.client.errors import Lost, Refused, refusal
from chatr.fetch import UNREACHABLE

CONNECT_TIMEOUT_S = 10.0
#: Without a byte more: the connection is gone, or the other side is.
STALLED_S = 60.0
#: A file is looked at, by a virus scanner too, before the request is answered that brought its last byte.
ANSWER_S = 240.0
#: Of an answer that is no file, and of a file beyond what is written already.
MAX_ANSWER_BYTES, MAX_WAITING_BYTES = 256 * 1024, 512 * 1024
#: Of answers to HEAD, which can't say more.
_CODES = {401: "unauthenticated", 404: "not_found", 410: "gone", 423: "locked"}
_REDIRECTS = (302, 303, 307)


class Answer:
    """An answer whose body is read piece by piece."""

    def __init__(self, reactor: Any, response: Any) -> None:
        self.status: int = response.code
        self._headers: Headers = response.headers
        self._stall = Stall(reactor, self._stalled)
        self._body = _Body()
        response.deliverBody(self._body)

    def header(self, name: str) -> str:
        """A header of the answer; empty where there is none."""
        found = self._headers.getRawHeaders(name.encode(), [b""])[0]
        return found.decode("utf-8", "replace")

    async def read(self) -> bytes:
        """What has come since the last time, or comes next; empty at the end. Raises :class:`Lost`."""
        self._stall.begin(STALLED_S)
        try:
            return await self._body.read()
        finally:
            self._stall.end()

    async def content(self) -> Any:
        """The whole body as JSON; None if it is none. Raises :class:`Lost`."""
        found = bytearray()
        while data := await self.read():
            found += data
            if len(found) > MAX_ANSWER_BYTES:
                self.close()
                raise Lost("the answer is not that of chatr")
        try:
            return json.loads(found)
        except ValueError:
            return None

    def close(self) -> None:
        """Read no more."""
        self._body.close()

    def _stalled(self) -> None:
        self._body.stalled()


class Rest:
    """Makes requests of one server as one person, one connection each: an idle one is one more thing to go stale."""

    def __init__(
        self, reactor: Any, url: str, bearer: Callable[[], Awaitable[str]], endpoint: IStreamClientEndpoint | None
    ) -> None:
        """``url``: of the WebSocket; REST is beside it. ``bearer``: waits for an access token that is valid."""
        parts = urlsplit(url)
        scheme = "https" if parts.scheme == "wss" else "http"
        self.api = urlunsplit((scheme, parts.netloc, parts.path.rpartition("/")[0] + "/api", "", ""))
        self._reactor = reactor
        self._bearer = bearer
        self._abroad: IAgent = Agent(reactor, connectTimeout=CONNECT_TIMEOUT_S)
        self._agent = self._abroad if endpoint is None else Agent.usingEndpointFactory(reactor, _Always(endpoint))

    async def call(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: IBodyProducer | None = None
    ) -> Answer:
        """Make a request as the person, to a path of the API or a URL of the server. An answer that is no error.

        Raises :class:`Refused`, and :class:`Lost` when its fate is unknown.
        """
        sent = {"Authorization": f"Bearer {await self._bearer()}", **(headers or {})}
        answer = await self._request(self._agent, method, urljoin(self.api + "/", path), sent, body)
        if method == "HEAD" and answer.status in _CODES:
            raise Refused(_CODES[answer.status])
        return await _good(answer)

    async def fetch(self, url: str, headers: Mapping[str, str]) -> Answer:
        """Follow a link that needs no token. Raises as :meth:`call` does."""
        link = urljoin(self.api + "/", url)
        answer = await self._request(self._agent, "GET", link, headers)
        if answer.status in _REDIRECTS:
            # To where the server keeps its files, which is not where it is itself.
            answer.close()
            answer = await self._request(self._abroad, "GET", urljoin(link, answer.header("location")), headers)
        return await _good(answer)

    async def _request(
        self, agent: IAgent, method: str, url: str, headers: Mapping[str, str], body: IBodyProducer | None = None
    ) -> Answer:
        sent = Headers({name: [value] for name, value in headers.items()})
        try:
            asked: Deferred[Any] = agent.request(method.encode(), url.encode(), sent, body)
        except (ValueError, UnicodeError):
            raise Lost("the server has answered no valid URL") from None
        late = Stall(self._reactor, asked.cancel)
        late.begin(ANSWER_S)
        try:
            return Answer(self._reactor, await asked)
        except UNREACHABLE as error:
            if not late.passed and any(reason.check(CancelledError) for reason in getattr(error, "reasons", ())):
                # Whoever waited does not want it any more: Twisted has wrapped it.
                raise CancelledError from None
            raise Lost(f"no answer: {type(error).__name__}") from None
        except CancelledError:
            if late.passed:
                raise Lost("no answer in time") from None
            raise
        finally:
            late.end()


class Stall:
    """Calls when nothing has happened for a while."""

    def __init__(self, clock: Any, passed: Callable[[], Any]) -> None:
        self.passed = False
        self._clock = clock
        self._then = passed
        self._timer: IDelayedCall | None = None

    def begin(self, delay_s: float) -> None:
        """Wait for so long, from now on."""
        self.end()
        self._timer = self._clock.callLater(delay_s, self._pass)

    def end(self) -> None:
        """Do not wait any more."""
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()

    def _pass(self) -> None:
        self.passed = True
        self._then()


class _Always:
    """The same way to every host, which is one."""

    def __init__(self, endpoint: IStreamClientEndpoint) -> None:
        self._endpoint = endpoint

    def endpointForURI(self, uri: Any) -> IStreamClientEndpoint:
        return self._endpoint


class _Body(Protocol):
    """Keeps what comes until it is read; when that is much, nothing more is taken from the connection."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._waiting_bytes = 0
        self._held = self._ended = False
        self._failure: Lost | None = None
        self._reader: Deferred[None] | None = None

    async def read(self) -> bytes:
        while not self._pieces:
            if self._failure is not None:
                raise self._failure
            if self._ended:
                return b""
            self._reader = Deferred()
            await self._reader
        data = b"".join(self._pieces)
        self._pieces.clear()
        self._waiting_bytes = 0
        if self._held and not self._ended:
            self._held = False
            self._connection.resumeProducing()
        return data

    def close(self) -> None:
        if not self._ended:
            self._connection.loseConnection()

    def stalled(self) -> None:
        self._failure = Lost("the connection has stalled")
        self.close()
        self._wake()

    @property
    def _connection(self) -> Any:
        return self.transport

    def dataReceived(self, data: bytes) -> None:
        self._pieces.append(data)
        self._waiting_bytes += len(data)
        if self._waiting_bytes > MAX_WAITING_BYTES and not self._held:
            self._held = True
            self._connection.pauseProducing()
        self._wake()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._ended = True
        if reason.check(ResponseDone, PotentialDataLoss) is None:
            self._failure = self._failure or Lost("the connection was lost")
        self._wake()

    def _wake(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None and not reader.called:
            reader.callback(None)


async def _good(answer: Answer) -> Answer:
    if answer.status >= 400:
        raise refusal(answer.status, await answer.content())
    return answer
