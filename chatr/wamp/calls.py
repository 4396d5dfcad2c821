"""The calls of one session: limits, timeouts, CANCEL, and results as they finish."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from twisted.logger import Logger
from twisted.python.failure import Failure

from chatr.timers import Timer
from chatr.wamp.codec.wire import CALL, ERROR, RESULT, Call
from chatr.wamp.realm import Callee, CallError, CallResult, Invocation, Member, Procedure
from chatr.wamp.router import Router
from chatr.wamp.subscriptions import RequestError, check_uri

log = Logger()

#: A longer ``timeout`` option means this one (milliseconds): no call runs for an hour.
LONGEST_TIMEOUT_MS = 3_600_000

Send = Callable[[list[Any]], None]


class DuplicateRequest(Exception):
    """A request id that is still in flight."""


class FrameTooLarge(Exception):
    """A message that is larger than the peer or the output queue takes."""


class _Awaited:
    """A call that somebody waits for."""

    __slots__ = ("deadline", "invocation", "request")

    def __init__(self, request: int, invocation: Invocation) -> None:
        self.request = request
        self.invocation = invocation
        self.deadline: Timer | None = None

    def abandon(self) -> None:
        """Nobody waits any more."""
        self.forget_deadline()
        self.invocation.abandon()

    def forget_deadline(self) -> None:
        """It is over in time."""
        if self.deadline is not None:
            self.deadline.cancel()
        self.deadline = None


class Calls:
    """Has the calls of one session carried out. ``send`` puts one message on the wire; it raises what encoding raises.

    When nobody waits for a call any more, after CANCEL, a timeout or the end of the session, its callee is told. What
    goes on all the same completes, its answer is dropped, and until then it counts as in flight.
    """

    __slots__ = ("_awaited", "_callee", "_in_flight", "_member", "_router", "_send")

    def __init__(self, router: Router, callee: Callee, member: Member, send: Send) -> None:
        self._router = router
        self._callee = callee
        self._member = member
        self._send = send
        self._awaited: dict[int, _Awaited] = {}
        self._in_flight = 0

    def start(self, message: Call) -> None:
        """Begin a call in the order of arrival. Raises :class:`DuplicateRequest`."""
        self._count(message.request)
        procedure = self._callee.find(message.procedure)
        if procedure is None:
            self._error(message.request, _not_found(message.procedure))
            return
        try:
            self._begin(procedure, message)
        except CallError as error:
            self._error(message.request, error)

    def refuse(self, request: int, path: str, reason: str) -> None:
        """Answer a call that can't be understood. Raises :class:`DuplicateRequest`."""
        self._count(request)
        self._error(request, self._callee.error(self._router.uris.invalid, reason, path))

    def cancel(self, request: int) -> None:
        """Answer a call with ``wamp.error.canceled``, unless it has been answered."""
        self._abandon(request, CallError("wamp.error.canceled", "the call was cancelled"))

    def detach(self) -> None:
        """The session has ended: drop all results to come."""
        awaited, self._awaited = self._awaited, {}
        for each in awaited.values():
            each.abandon()

    def _count(self, request: int) -> None:
        if request in self._awaited:
            raise DuplicateRequest(f"a CALL with the request id {request} is still in flight")
        self._router.counters.calls += 1

    def _begin(self, procedure: Procedure, message: Call) -> None:
        self._check_room()
        invocation = procedure.prepare(self._member, message.args, message.kwargs)
        timeout_ms = self._timeout_ms(message.options) if message.options else 0
        awaited = self._awaited[message.request] = _Awaited(message.request, invocation)
        self._in_flight += 1
        self._router.sessions.calls.up()
        invocation.start(partial(self._finished, awaited))
        if timeout_ms and self._waits(awaited):
            too_late = CallError("wamp.error.timeout", "the call took too long")
            timers = self._router.timers
            awaited.deadline = timers.call_later(timeout_ms / 1000, self._abandon, message.request, too_late)

    def _check_room(self) -> None:
        uris = self._router.uris
        if self._router.sessions.draining:
            raise self._callee.error(uris.unavailable, "The server is stopping")
        limit = self._router.limits.max_calls_in_flight
        if self._in_flight >= limit:
            raise self._callee.error(uris.rate_limited, f"A session has at most {limit} calls in flight")

    def _timeout_ms(self, options: Mapping[str, Any]) -> float:
        """The ``timeout`` option in milliseconds; 0: none."""
        timeout = options.get("timeout")
        if timeout is None:
            return 0
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not timeout >= 0:
            raise self._callee.error(self._router.uris.invalid, "is not a number of milliseconds", "$options.timeout")
        return min(timeout, LONGEST_TIMEOUT_MS)

    def _finished(self, awaited: _Awaited, outcome: CallResult | Failure) -> None:
        self._in_flight -= 1
        if awaited.deadline is not None:
            awaited.forget_deadline()
        try:
            if self._waits(awaited):
                del self._awaited[awaited.request]
                self._answer(outcome, awaited)
        except Exception:
            log.failure("a result could not be sent")
        finally:
            # The last: who waits for all calls to finish says GOODBYE next.
            self._router.sessions.calls.down()

    def _waits(self, awaited: _Awaited) -> bool:
        return self._awaited.get(awaited.request) is awaited

    def _answer(self, outcome: CallResult | Failure, awaited: _Awaited) -> None:
        if isinstance(outcome, Failure):
            self._error(awaited.request, awaited.invocation.failed(outcome))
            return
        try:
            self._send([RESULT, awaited.request, {}, outcome.args, outcome.kwargs])
        except FrameTooLarge as error:
            self._error(awaited.request, CallError("wamp.error.payload_size_exceeded", str(error)))
        except Exception:
            # Whatever an encoder raises: what was answered is no wire data.
            self._error(awaited.request, awaited.invocation.failed(Failure()))

    def _abandon(self, request: int, error: CallError) -> None:
        awaited = self._awaited.pop(request, None)
        if awaited is not None:
            awaited.abandon()
            self._error(request, error)

    def _error(self, request: int, error: CallError) -> None:
        try:
            self._send([ERROR, CALL, request, {}, error.uri, [error.detail], error.kwargs])
        except FrameTooLarge:
            # A detail may quote what the caller sent; the bare code always fits (RawSocket peers take 512 bytes).
            self._send([ERROR, CALL, request, {}, error.uri, [error.brief], {}])


def _not_found(procedure: str) -> CallError:
    try:
        check_uri(procedure)
    except RequestError as error:
        return CallError(error.uri, error.detail)
    return CallError("wamp.error.no_such_procedure", "there is no such procedure")
