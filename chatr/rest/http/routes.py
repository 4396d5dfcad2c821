"""Tables of routes: Klein's, and beside it those that need no pattern, which are looked up as they are written.

They are compiled once a process, as reading a hundred paths takes a tenth of a second. A process makes one server, or
in tests a thousand that have the same routes.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import lru_cache
from typing import Any, Protocol

import msgspec
from klein import Klein
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from werkzeug.exceptions import HTTPException

from chatr.rest.http.request import ChatrRequest

log = Logger()

#: Several times what the tests have.
_TABLES = 64


class Endpoint(msgspec.Struct, frozen=True):
    """Where requests come in, and what it is called: no two are called the same."""

    path: str
    verb: str
    name: str


class Answering(Protocol):
    """What stands behind a table."""

    def answer(self, request: ChatrRequest, endpoint: str, variables: dict[str, str]) -> Coroutine[Any, Any, bytes]:
        """The body of the answer to a request at a route. ``variables`` are those of its path."""

    def no_route(self, request: ChatrRequest, error: HTTPException) -> Coroutine[Any, Any, bytes]:
        """The same where there is no route, or none for the method."""


class Routes(Resource):
    """What a site stands on. Klein and werkzeug take half the time of a trivial answer, and find the same.

    What has variables, another spelling or another method is theirs, and HEAD, which they derive from GET.
    """

    isLeaf = True

    def __init__(self, routes: tuple[Endpoint, ...], answering: Answering) -> None:
        super().__init__()
        self._answering = answering
        self._exact = _exact(routes)
        self._klein: Any = _table(routes).__get__(answering, type(answering)).resource()

    def render(self, request: ChatrRequest) -> Any:
        """Answer, now or later."""
        endpoint = self._exact.get((request.method, request.path))
        if endpoint is None:
            return self._klein.render(request)
        answering = Deferred.fromCoroutine(self._answering.answer(request, endpoint, {}))
        if not answering.called:
            request.notifyFinish().addErrback(lambda _: answering.cancel())
        answering.addCallbacks(_answered, _failed, (request,), {}, (request,), {})
        answering.addErrback(lambda failure: log.failure("an answer could not be written", failure))
        return NOT_DONE_YET


def _answered(body: bytes, request: ChatrRequest) -> None:
    if not request.gone:
        request.write(body)
        request.finish()


def _failed(failure: Failure, request: ChatrRequest) -> None:
    # Nobody waits for what was cancelled.
    if not (request.gone and failure.check(CancelledError)):
        request.processingFailed(failure)


@lru_cache(maxsize=_TABLES)
def _exact(routes: tuple[Endpoint, ...]) -> dict[tuple[bytes, bytes], str]:
    """The routes without variables, by method and path."""
    return {(route.verb.encode(), route.path.encode()): route.name for route in routes if "<" not in route.path}


@lru_cache(maxsize=_TABLES)
def _table(routes: tuple[Endpoint, ...]) -> Klein:
    """The routes, of nobody yet: Klein gives each function below whom the table is bound to."""
    klein = Klein()
    for route in routes:
        # Without an endpoint of its own each route would overwrite the last: they share the function's name.
        klein.route(route.path, methods=[route.verb], endpoint=route.name)(_asked(route.name))
    no_route: Any = _no_route
    klein.handle_errors(HTTPException)(no_route)
    return klein


def _asked(endpoint: str) -> Callable[..., Coroutine[Any, Any, bytes]]:
    def asked(answering: Answering, request: ChatrRequest, **variables: str) -> Coroutine[Any, Any, bytes]:
        return answering.answer(request, endpoint, variables)

    return asked


def _no_route(answering: Answering, request: ChatrRequest, failure: Any) -> Coroutine[Any, Any, bytes]:
    return answering.no_route(request, failure.value)
