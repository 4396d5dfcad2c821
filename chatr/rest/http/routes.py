"""Tables of routes. They are compiled once a process, as reading a hundred paths takes a tenth of a second.

A process makes one server, or in tests a thousand that have the same routes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any, Protocol

import msgspec
from klein import Klein
from klein.resource import KleinResource
from werkzeug.exceptions import HTTPException

from chatr.rest.http.request import ChatrRequest

#: Several times what the tests have.
_TABLES = 64


class Endpoint(msgspec.Struct, frozen=True):
    """Where requests come in, and what it is called: no two are called the same."""

    path: str
    verb: str
    name: str


class Answering(Protocol):
    """What stands behind a table."""

    def answer(self, request: ChatrRequest, endpoint: str, variables: dict[str, str]) -> Awaitable[bytes]:
        """The body of the answer to a request at a route. ``variables`` are those of its path."""

    def no_route(self, request: ChatrRequest, error: HTTPException) -> Awaitable[bytes]:
        """The same where there is no route, or none for the method."""


def resource(routes: tuple[Endpoint, ...], answering: Answering) -> KleinResource:
    """What a site stands on."""
    return _table(routes).__get__(answering, type(answering)).resource()


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


def _asked(endpoint: str) -> Callable[..., Awaitable[bytes]]:
    def asked(answering: Answering, request: ChatrRequest, **variables: str) -> Awaitable[bytes]:
        return answering.answer(request, endpoint, variables)

    return asked


def _no_route(answering: Answering, request: ChatrRequest, failure: Any) -> Awaitable[bytes]:
    return answering.no_route(request, failure.value)
