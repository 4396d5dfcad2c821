"""The REST door: one Klein route per operation of the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec
from klein import Klein
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.web.server import Request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from chatr import plain
from chatr.addresses import caller_key
from chatr.api.context import Caller, HangUp
from chatr.api.contract import Operation
from chatr.api.dispatch import Dispatcher
from chatr.api.errors import ApiError
from chatr.rest.cookies import SessionCookies
from chatr.rest.metrics import Metrics
from chatr.rest.request import ChatrRequest, Shape, bearer, parameters, render
from chatr.sharing import count_for

PREFIX = "/api"


class Identity(Protocol):
    """Who a verified token speaks for."""

    @property
    def user_id(self) -> str: ...
    @property
    def session_id(self) -> str: ...
    @property
    def role(self) -> str: ...


class RestApp:
    """Klein routes for every operation. ``verify`` raises ``unauthenticated`` for a bad token.

    ``is_connection`` tells whether a connection id is that of an open WAMP session of a login session.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        *,
        verify: Callable[[str], Identity],
        is_connection: Callable[[str, str], bool],
        address: Callable[[Request], str],
        cookies: SessionCookies,
        metrics: Metrics,
        clock: IReactorTime,
    ) -> None:
        self.klein = Klein()
        self._dispatcher = dispatcher
        self._verify = verify
        self._is_connection = is_connection
        self._address = address
        self._cookies = cookies
        self._metrics = metrics
        self._clock = clock
        self._running = 0
        self._draining = False
        self._idle: list[Deferred[None]] = []
        for record in dispatcher.contract.operations.values():
            self._add(record)
        no_route: Any = self._no_route
        self.klein.handle_errors(HTTPException)(no_route)

    def drain(self) -> Deferred[None]:
        """Refuse new requests from now on; fires when those in flight are answered."""
        self._draining = True
        idle: Deferred[None] = Deferred()
        if self._running:
            self._idle.append(idle)
        else:
            idle.callback(None)
        return idle

    def _add(self, record: Operation) -> None:
        shape = Shape.of(record)

        async def handle(request: ChatrRequest, **variables: str) -> bytes:
            return await self._handle(request, record, variables, shape)

        for number, path in enumerate((record.route.path, *record.route.aliases)):
            # Without a name of its own each route would overwrite the last: they share the function's name.
            endpoint = f"{record.name}.{number}" if number else record.name
            self.klein.route(PREFIX + path, methods=[record.route.verb], endpoint=endpoint)(handle)

    async def _handle(
        self, request: ChatrRequest, record: Operation, variables: Mapping[str, str], shape: Shape
    ) -> bytes:
        request_id, began = request.request_id, self._clock.seconds()
        try:
            if self._draining:
                request.setHeader("Connection", "close")
                raise ApiError("unavailable", "The server is stopping", retry_after_s=1)
            caller = self._caller(request)
            raw, from_text = parameters(request, shape, variables)
            self._cookies.take(request, record, raw)
            answer = await self._run(record, raw, caller, request_id, from_text)
            answer = self._cookies.give(request, record, answer, device=caller.device)
            status, body = record.route.status, msgspec.json.encode(answer)
            request.setHeader("Content-Type", "application/json")
            request.setHeader("Content-Length", str(len(body)))
        except ApiError as error:
            if error.code == "unauthenticated":
                self._cookies.refused(request, record)
            status, body = error.kind.status, render(request, error.problem(request_id))
        self._metrics.answered(record.name, status, self._clock.seconds() - began)
        request.setResponseCode(status)
        return body

    def _caller(self, request: ChatrRequest) -> Caller:
        transport, address = request.channel.transport, self._address(request)
        count_for(transport, caller_key(address), known=False)
        token = bearer(request)
        user_agent = plain.user_agent(request.getHeader("user-agent"))
        device = self._cookies.device(request)
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

    def _connection(self, request: Request, session_id: str) -> str:
        """The open WAMP session that the caller names as its own, so that it gets no event of this call."""
        named = request.requestHeaders.getRawHeaders(b"x-chatr-connection", [b""])[0].decode("latin-1")
        return named if named and self._is_connection(named, session_id) else ""

    def _run(
        self, record: Operation, raw: Mapping[str, Any], caller: Caller, request_id: str, from_text: bool
    ) -> Deferred[Any]:
        """Run the operation. Klein cancels what we return when the client hangs up: a mutation then goes on alone.

        Only what waits for its turn to begin hears of it and does not.
        """
        self._running += 1
        hang_up = HangUp()
        work = Deferred.fromCoroutine(
            self._dispatcher.call(record, raw, caller, request_id=request_id, from_text=from_text, hang_up=hang_up)
        )
        work.addBoth(self._done)
        if record.route.reads:
            return work
        waiter: Deferred[Any] = Deferred(lambda _: hang_up.happens())

        def answer(outcome: Any) -> None:
            if not waiter.called:
                waiter.callback(outcome)

        work.addBoth(answer)
        return waiter

    def _done(self, result: Any) -> Any:
        self._running -= 1
        if not self._running:
            idle, self._idle = self._idle, []
            for waiter in idle:
                waiter.callback(None)
        return result

    def _no_route(self, request: ChatrRequest, failure: Any) -> bytes:
        """A wrong method, or no route: also where werkzeug would send the caller elsewhere."""
        error: HTTPException = failure.value
        if isinstance(error, MethodNotAllowed):
            request.setHeader("Allow", ", ".join(sorted(error.valid_methods or ())))
            problem = ApiError("invalid", "This method is not allowed here").problem(request.request_id)
            problem = msgspec.structs.replace(problem, status=405)
        else:
            problem = absent().problem(request.request_id)
        request.setResponseCode(problem.status)
        return render(request, problem)


def absent() -> ApiError:
    """Nothing is served at the address, to this caller."""
    return ApiError("not_found", "There is nothing at this address")
