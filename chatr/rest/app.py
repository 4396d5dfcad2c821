"""The REST door: one Klein route per operation of the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec
from klein import Klein
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.web.server import Request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from chatr.api.context import Caller, HangUp
from chatr.api.contract import Operation
from chatr.api.dispatch import Dispatcher, new_request_id
from chatr.api.errors import ApiError, Problem
from chatr.rest.cookies import SessionCookies
from chatr.rest.metrics import Metrics
from chatr.rest.request import bearer, parameters

PREFIX = "/api"
MAX_USER_AGENT_CHARS = 512


class Identity(Protocol):
    """Who a verified token speaks for."""

    @property
    def user_id(self) -> str: ...
    @property
    def session_id(self) -> str: ...
    @property
    def role(self) -> str: ...


class RestApp:
    """Klein routes for every operation. ``verify`` raises ``unauthenticated`` for a bad token."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        *,
        verify: Callable[[str], Identity],
        address: Callable[[Request], str],
        cookies: SessionCookies,
        metrics: Metrics,
        clock: IReactorTime,
    ) -> None:
        self.klein = Klein()
        self._dispatcher = dispatcher
        self._verify = verify
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
        lists = list_fields(record)

        async def handle(request: Request, **variables: str) -> bytes:
            return await self._handle(request, record, variables, lists)

        for number, path in enumerate((record.route.path, *record.route.aliases)):
            # Without a name of its own each route would overwrite the last: they share the function's name.
            endpoint = f"{record.name}.{number}" if number else record.name
            self.klein.route(PREFIX + path, methods=[record.route.verb], endpoint=endpoint)(handle)

    async def _handle(
        self, request: Request, record: Operation, variables: Mapping[str, str], lists: frozenset[str]
    ) -> bytes:
        request_id, began = new_request_id(), self._clock.seconds()
        try:
            if self._draining:
                request.setHeader("Connection", "close")
                raise ApiError("unavailable", "The server is stopping", retry_after_s=1)
            caller = self._caller(request)
            raw, from_text = parameters(request, record, variables, lists)
            self._cookies.take(request, record, raw)
            answer = await self._run(record, raw, caller, request_id, from_text)
            answer = self._cookies.give(request, record, answer, device=caller.device)
            status, body = record.route.status, msgspec.json.encode(answer)
            request.setHeader("Content-Type", "application/json")
        except ApiError as error:
            if error.code == "unauthenticated":
                self._cookies.refused(request, record)
            status, body = error.kind.status, render(request, error.problem(request_id))
        self._metrics.answered(record.name, status, self._clock.seconds() - began)
        request.setResponseCode(status)
        request.setHeader("X-Request-Id", request_id)
        return body

    def _caller(self, request: Request) -> Caller:
        token = bearer(request)
        address = self._address(request)
        user_agent = (request.getHeader("user-agent") or "")[:MAX_USER_AGENT_CHARS]
        device = self._cookies.device(request)
        if token is None:
            return Caller(address=address, user_agent=user_agent, device=device)
        known = self._verify(token)
        return Caller(
            role=known.role,
            user_id=known.user_id,
            session_id=known.session_id,
            address=address,
            user_agent=user_agent,
            device=device,
        )

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

    def _no_route(self, request: Request, failure: Any) -> bytes:
        error: HTTPException = failure.value
        request_id = new_request_id()
        request.setHeader("X-Request-Id", request_id)
        if isinstance(error, MethodNotAllowed):
            request.setHeader("Allow", ", ".join(sorted(error.valid_methods or ())))
            request.setResponseCode(405)
            problem = ApiError("invalid", "This method is not allowed here").problem(request_id)
            return render(request, msgspec.structs.replace(problem, status=405))
        code = 404 if isinstance(error, NotFound) else error.code or 400
        request.setResponseCode(code)
        kind = "not_found" if code == 404 else "invalid"
        detail = "There is nothing at this address"
        return render(request, msgspec.structs.replace(ApiError(kind, detail).problem(request_id), status=code))


def render(request: Request, problem: Problem) -> bytes:
    """An error as application/problem+json (RFC 9457)."""
    request.setHeader("Content-Type", "application/problem+json")
    if isinstance(problem.retry_after, int):
        request.setHeader("Retry-After", str(problem.retry_after))
    if problem.status == 401:
        request.setHeader("WWW-Authenticate", "Bearer")
    return msgspec.json.encode(problem)


def list_fields(record: Operation) -> frozenset[str]:
    """Wire names of the parameters that are lists."""
    info = msgspec.inspect.type_info(record.params)
    fields = info.fields if isinstance(info, msgspec.inspect.StructType) else ()
    return frozenset(field.encode_name for field in fields if isinstance(field.type, msgspec.inspect.ListType))
