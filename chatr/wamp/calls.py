"""The calls of one session: limits, timeouts, CANCEL, and results as they finish."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatr.api.context import Caller, HangUp
from chatr.api.contract import Operation
from chatr.api.dispatch import new_request_id
from chatr.api.errors import ApiError, invalid
from chatr.wamp.door import Door
from chatr.wamp.router import RouterError, check_uri
from chatr.wamp.wire import CALL, ERROR, RESULT, Call

log = Logger()

#: A longer ``timeout`` option means this one (milliseconds): no call runs for an hour.
LONGEST_TIMEOUT_MS = 3_600_000

Send = Callable[[list[Any]], None]


class DuplicateRequest(Exception):
    """A request id that is still in flight."""


class FrameTooLarge(Exception):
    """A message that is larger than the peer or the output queue takes."""


class _Running:
    """One operation that runs for the session, and whether somebody still waits for it."""

    def __init__(self, request: int, request_id: str) -> None:
        self.request = request
        self.request_id = request_id
        self.deadline: IDelayedCall | None = None
        self.hang_up = HangUp()
        self.read: Deferred[Any] | None = None
        """Set for operations that only read: they may be stopped at any time."""

    def stop(self) -> None:
        """Nobody waits any more."""
        self.forget_deadline()
        self.hang_up.happens()
        if self.read is not None:
            self.read.cancel()

    def forget_deadline(self) -> None:
        if self.deadline is not None and self.deadline.active():
            self.deadline.cancel()
        self.deadline = None


class Calls:
    """Runs the calls of one session. ``send`` puts one message on the wire; it raises what encoding raises.

    When nobody waits for an operation any more, after CANCEL, a timeout or the end of the session, a read is stopped,
    and what waits for its turn to begin does not; a mutation completes, its result is dropped, and until then it counts
    as in flight.
    """

    def __init__(self, door: Door, caller: Caller, send: Send) -> None:
        self._door = door
        self._caller = caller
        self._send = send
        self._awaited: dict[int, _Running] = {}
        self._in_flight = 0

    def start(self, message: Call) -> None:
        """Begin a call in the order of arrival. Raises :class:`DuplicateRequest`."""
        self._begin(message.request)
        try:
            check_uri(message.procedure)
        except RouterError as error:
            self._error(message.request, error.uri, error.detail)
            return
        record = self._door.dispatcher.find(message.procedure)
        if record is None:
            self._error(message.request, "wamp.error.no_such_procedure", "there is no such procedure")
            return
        request_id = new_request_id()
        try:
            self._check_room()
            parameters = _parameters(message)
            timeout_ms = _timeout_ms(message.options)
        except ApiError as error:
            self._problem(message.request, error, request_id)
            return
        self._run(_Running(message.request, request_id), record, parameters, timeout_ms)

    def refuse(self, request: int, error: ApiError) -> None:
        """Answer a call that can't be understood. Raises :class:`DuplicateRequest`."""
        self._begin(request)
        self._problem(request, error, new_request_id())

    def cancel(self, request: int) -> None:
        """Answer a call with ``wamp.error.canceled``, unless it has been answered."""
        self._abandon(request, "wamp.error.canceled", "the call was cancelled")

    def detach(self) -> None:
        """The session has ended: drop all results to come."""
        awaited, self._awaited = self._awaited, {}
        for running in awaited.values():
            running.stop()

    def _begin(self, request: int) -> None:
        if request in self._awaited:
            raise DuplicateRequest(f"a CALL with the request id {request} is still in flight")
        self._door.counters.calls += 1

    def _check_room(self) -> None:
        if self._door.sessions.draining:
            raise ApiError("unavailable", "The server is stopping", retry_after_s=1)
        limit = self._door.limits.max_calls_in_flight
        if self._in_flight >= limit:
            raise ApiError("rate_limited", f"A session has at most {limit} calls in flight", retry_after_s=1)

    def _run(self, running: _Running, record: Operation, parameters: Mapping[str, Any], timeout_ms: float) -> None:
        self._awaited[running.request] = running
        self._in_flight += 1
        self._door.sessions.calls.up()
        done = Deferred.fromCoroutine(
            self._door.dispatcher.call(
                record, parameters, self._caller, request_id=running.request_id, hang_up=running.hang_up
            )
        )
        running.read = done if record.route.reads else None
        done.addBoth(self._finished, running)
        done.addErrback(lambda failure: log.failure("a result could not be sent", failure=failure))
        if timeout_ms and self._waits(running):
            running.deadline = self._door.clock.callLater(
                timeout_ms / 1000, self._abandon, running.request, "wamp.error.timeout", "the call took too long"
            )

    def _finished(self, outcome: Any, running: _Running) -> None:
        self._in_flight -= 1
        running.forget_deadline()
        try:
            if self._waits(running):
                del self._awaited[running.request]
                self._answer(outcome, running)
        finally:
            # The last: who waits for all calls to finish says GOODBYE next.
            self._door.sessions.calls.down()

    def _answer(self, outcome: Any, running: _Running) -> None:
        if not isinstance(outcome, Failure):
            self._result(running, outcome)
        elif isinstance(outcome.value, ApiError):
            self._problem(running.request, outcome.value, running.request_id)
        else:
            log.failure("call failed, request {request_id}", failure=outcome, request_id=running.request_id)
            self._problem(running.request, ApiError("internal"), running.request_id)

    def _waits(self, running: _Running) -> bool:
        return self._awaited.get(running.request) is running

    def _result(self, running: _Running, result: Any) -> None:
        try:
            self._send([RESULT, running.request, {}, [], result])
        except FrameTooLarge as error:
            self._error(running.request, "wamp.error.payload_size_exceeded", str(error))
        except Exception:
            # Whatever an encoder raises: the operation answered something that is no wire data.
            log.failure("result could not be encoded, request {request_id}", request_id=running.request_id)
            self._problem(running.request, ApiError("internal"), running.request_id)

    def _abandon(self, request: int, uri: str, detail: str) -> None:
        running = self._awaited.pop(request, None)
        if running is not None:
            running.stop()
            self._error(request, uri, detail)

    def _problem(self, request: int, error: ApiError, request_id: str) -> None:
        uri = "chatr.error." + error.code
        problem = msgspec.to_builtins(error.problem(request_id))
        try:
            self._send([ERROR, CALL, request, {}, uri, [error.detail], problem])
        except FrameTooLarge:
            # A detail may quote what the caller sent; the bare code always fits (RawSocket peers take 512 bytes).
            self._error(request, uri, error.kind.title)

    def _error(self, request: int, uri: str, detail: str) -> None:
        self._send([ERROR, CALL, request, {}, uri, [detail], {}])


def _parameters(message: Call) -> Mapping[str, Any]:
    """The keyword arguments, or the one positional dict that some clients find easier to send."""
    if not message.args:
        return message.kwargs or {}
    if message.kwargs or len(message.args) > 1 or not isinstance(message.args[0], dict):
        raise invalid("$args", "give keyword arguments, or exactly one positional object instead of them")
    positional: Mapping[str, Any] = message.args[0]
    return positional


def _timeout_ms(options: Mapping[str, Any]) -> float:
    """The ``timeout`` option in milliseconds; 0: none."""
    timeout = options.get("timeout")
    if timeout is None:
        return 0
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not timeout >= 0:
        raise invalid("$options.timeout", "is not a number of milliseconds")
    return min(timeout, LONGEST_TIMEOUT_MS)
