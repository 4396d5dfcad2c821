"""The operations of the contract as routes."""

from __future__ import annotations

from typing import Any

from chatr.api.context import HangUp
from chatr.api.contract import Operation
from chatr.api.dispatch import Dispatcher
from chatr.api.errors import ApiError
from chatr.rest.exchange import PREFIX, Exchange, as_json
from chatr.rest.http.request import ChatrRequest
from chatr.rest.parameters import Shape, parameters


def serve_operations(exchange: Exchange, dispatcher: Dispatcher) -> None:
    """Have every operation answer at its path and at its aliases, but for those with an upload: uploads.py."""
    for record in dispatcher.contract.procedures:
        handler = _Handler(exchange, dispatcher, record)
        for number, path in enumerate((record.route.path, *record.route.aliases)):
            endpoint = f"{record.name}.{number}" if number else record.name
            exchange.serve(record.name, PREFIX + path, handler, verb=record.route.verb, endpoint=endpoint)


class _Handler:
    """One operation."""

    def __init__(self, exchange: Exchange, dispatcher: Dispatcher, record: Operation) -> None:
        self._exchange = exchange
        self._dispatcher = dispatcher
        self._record = record
        self._shape = Shape.of(record)

    async def __call__(self, request: ChatrRequest, /, **variables: str) -> bytes:
        record, cookies = self._record, self._exchange.cookies
        by_cookie = False
        try:
            caller = self._exchange.caller(request)
            raw, from_text = parameters(request, self._shape, variables)
            by_cookie = cookies.take(request, record, raw)
            hang_up = HangUp()
            call = self._dispatcher.call(
                record, raw, caller, request_id=request.request_id, from_text=from_text, hang_up=hang_up, as_json=True
            )
            answer: Any = await self._exchange.run(call, alone=None if record.route.reads else hang_up)
        except ApiError as error:
            if by_cookie and error.code == "unauthenticated":
                cookies.clear(request)
            raise
        body = as_json(request, cookies.give(request, record, answer, device=caller.device))
        request.setResponseCode(record.route.status)
        return body
