"""What all routes share: who calls, what may be sent, what goes on after a hang-up, and how an answer ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Protocol

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.web.http import NOT_MODIFIED
from twisted.web.server import Request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from chatr import plain
from chatr.api.context import Caller, HangUp
from chatr.api.errors import ApiError
from chatr.auth.tokens import TokenClaims
from chatr.networks import caller_key
from chatr.rest.cookies import SessionCookies
from chatr.rest.http.bodies import Body, Opener, Streams
from chatr.rest.http.headers import HttpRefusal
from chatr.rest.http.request import ChatrRequest, bearer, render
from chatr.rest.http.routes import Endpoint, Routes
from chatr.rest.metrics import Metrics
from chatr.sharing import count_for

#: Below it is what programs use.
PREFIX = "/api"


class Handler(Protocol):
    """Answers a request. ``variables`` are those of its path."""

    def __call__(self, request: ChatrRequest, /, **variables: str) -> bytes | Awaitable[bytes]:
        """The body; status and headers are the request's. Raises ApiError for a problem."""


class _Served(msgspec.Struct, frozen=True):
    """What answers at a route. ``name``: for metrics."""

    name: str
    handler: Handler
    drains: bool


class Exchange:
    """Serves routes. ``verify`` raises ``unauthenticated`` for a bad token.

    ``is_connection`` tells whether a connection id is that of an open WAMP session of a login session.
    """

    def __init__(
        self,
        *,
        verify: Callable[[str], TokenClaims],
        is_connection: Callable[[str, str], bool],
        address: Callable[[Request], str],
        cookies: SessionCookies,
        metrics: Metrics,
        clock: IReactorTime,
    ) -> None:
        self.cookies = cookies
        #: What the routes have said of their bodies, for the rules of the site.
        self.bodies: dict[bytes, int] = {}
        #: Bodies that are taken as they come.
        self.streams = Streams()
        self._routes: list[Endpoint] = []
        self._served: dict[str, _Served] = {}
        self.running = 0
        """What is under way, with or without somebody who waits for it."""
        self._verify = verify
        self._is_connection = is_connection
        self.address = address
        """Where a request comes from."""
        self._metrics = metrics
        self._clock = clock
        self.draining = False
        """Whether the process is to end, so that a balancer sends nobody here."""
        self._idle: list[Deferred[None]] = []
        self._otherwise: _Served | None = None

    def serve(
        self,
        name: str,
        path: str,
        handler: Handler,
        *,
        verb: str = "GET",
        endpoint: str = "",
        max_body_bytes: int | None = None,
        drains: bool = True,
    ) -> None:
        """Have a handler answer at a path, under a name that metrics show.

        ``endpoint``: where a name has several paths, one for each. ``max_body_bytes``: if not as many as the site
        takes. ``drains``: whether it is refused while the server stops.
        """
        if max_body_bytes is not None:
            self.bodies[path.partition("<")[0].encode()] = max_body_bytes
        place = Endpoint(path, verb, endpoint or name)
        self._served[place.name] = _Served(name, handler, drains)
        self._routes.append(place)

    def take(self, name: str, verb: str, path: str, opener: Opener) -> None:
        """Have the body of a route that is served taken as it comes. What refuses it is counted as an answer."""

        def opened(request: ChatrRequest, length: int | None) -> Body:
            try:
                if self.draining:
                    raise stopping()
                return opener(request, length)
            except (ApiError, HttpRefusal) as error:
                status = error.kind.status if isinstance(error, ApiError) else error.status
                self._metrics.answered(name, status, 0.0)
                raise

        self.streams.add(verb, path, opened)

    def otherwise(self, name: str, handler: Handler) -> None:
        """Have a handler answer GET and HEAD wherever no route does."""
        self._otherwise = _Served(name, handler, drains=True)

    def caller(self, request: ChatrRequest) -> Caller:
        """Who calls. From here on the connection's work is counted as theirs. Raises ``unauthenticated``."""
        transport, address = request.channel.transport, self.address(request)
        count_for(transport, caller_key(address), known=False)
        token = bearer(request)
        user_agent = plain.user_agent(request.getHeader("user-agent"))
        device = self.cookies.device(request)
        if token is None:
            return Caller(address=address, user_agent=user_agent, device=device)
        known = self._verify(token)
        count_for(transport, known.user_id, known=True)
        return Caller(
            role=known.role,
            user_id=known.user_id,
            session_id=known.session_id,
            address=address,
            user_agent=user_agent,
            connection=self._connection(request, known.session_id),
            device=device,
        )

    def run(self, work: Coroutine[Any, Any, Any], *, alone: HangUp | None = None) -> Deferred[Any]:
        """Do what a drain waits for. Klein cancels what this returns when the client hangs up.

        With ``alone`` the work then goes on by itself, as every change must: only what waits for its turn to begin
        hears of it, and does not begin.
        """
        self.begin()
        working = Deferred.fromCoroutine(work)
        working.addBoth(self._done)
        if alone is None:
            return working
        waiter: Deferred[Any] = Deferred(lambda _: alone.happens())

        def answer(outcome: Any) -> None:
            if not waiter.called:
                waiter.callback(outcome)

        working.addBoth(answer)
        return waiter

    def begin(self) -> None:
        """Something that a drain waits for is under way, until :meth:`end`."""
        self.running += 1

    def end(self) -> None:
        """It is over."""
        self._done(None)

    def drain(self) -> Deferred[None]:
        """Refuse new requests from now on; fires when nothing is under way."""
        self.draining = True
        idle: Deferred[None] = Deferred()
        if self.running:
            self._idle.append(idle)
        else:
            idle.callback(None)
        return idle

    def resource(self) -> Routes:
        """What a site stands on: the routes that there are by now."""
        return Routes(tuple(self._routes), self)

    async def answer(self, request: ChatrRequest, endpoint: str, variables: dict[str, str]) -> bytes:
        """The answer at a route."""
        return await self._answer(request, self._served[endpoint], variables)

    async def no_route(self, request: ChatrRequest, error: HTTPException) -> bytes:
        """A wrong method, or no route: also where werkzeug would send the caller elsewhere."""
        if isinstance(error, NotFound) and self._otherwise is not None and request.method in (b"GET", b"HEAD"):
            return await self._answer(request, self._otherwise, {})
        if isinstance(error, MethodNotAllowed):
            request.setHeader("Allow", ", ".join(sorted(error.valid_methods or ())))
            problem = ApiError("invalid", "This method is not allowed here").problem(request.request_id)
            problem = msgspec.structs.replace(problem, status=405)
        else:
            problem = absent().problem(request.request_id)
        request.setResponseCode(problem.status)
        return render(request, problem)

    async def _answer(self, request: ChatrRequest, served: _Served, variables: Mapping[str, str]) -> bytes:
        began = self._clock.seconds()
        try:
            if self.draining and served.drains:
                request.setHeader("Connection", "close")
                raise stopping()
            answer = served.handler(request, **variables)
            body = answer if isinstance(answer, bytes) else await answer
        except ApiError as error:
            request.setResponseCode(error.kind.status)
            body = render(request, error.problem(request.request_id))
        except HttpRefusal as refusal:
            request.setResponseCode(refusal.status)
            for header, value in refusal.more:
                request.setHeader(header, value)
            body = render(request, refusal.problem(request.request_id))
        # What a 304 would say of is the length of what the browser has; and who writes by itself has said it.
        if request.code != NOT_MODIFIED and not request.responseHeaders.hasHeader(b"content-length"):
            request.setHeader("Content-Length", str(len(body)))
        self._metrics.answered(served.name, request.code, self._clock.seconds() - began)
        return body

    def _connection(self, request: Request, session_id: str) -> str:
        """The open WAMP session that the caller names as its own, so that it gets no event of this call."""
        named = request.requestHeaders.getRawHeaders(b"x-chatr-connection", [b""])[0].decode("latin-1")
        return named if named and self._is_connection(named, session_id) else ""

    def _done(self, result: Any) -> Any:
        self.running -= 1
        if not self.running:
            idle, self._idle = self._idle, []
            for waiter in idle:
                waiter.callback(None)
        return result


def as_json(request: Request, value: object) -> bytes:
    """A value as the answer."""
    request.setHeader("Content-Type", "application/json")
    return msgspec.json.encode(value)


def stopping() -> ApiError:
    """Nothing new is begun."""
    return ApiError("unavailable", "The server is stopping", retry_after_s=1)


def absent() -> ApiError:
    """Nothing is served at the address, to this caller."""
    return ApiError("not_found", "There is nothing at this address")
