"""Operations as the procedures of a realm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatr.api.context import HangUp
from chatr.api.contract import Operation
from chatr.api.dispatch import Dispatcher, new_request_id
from chatr.api.errors import URI_PREFIX, ApiError, invalid
from chatr.live.members import Member
from chatr.live.runs import Run
from chatr.wamp.realm import CallError, CallResult, Done

log = Logger()

#: The codes with which the router refuses a call that the next second may take.
_SOON = frozenset({"unavailable", "rate_limited"})


class Operations:
    """Answers calls by operations. The router's ``Callee``."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        operations = dispatcher.contract.procedures
        self._procedures = {record.procedure: Procedure(dispatcher, record) for record in operations}

    def find(self, procedure: str) -> Procedure | None:
        """Find the procedure of a URI."""
        return self._procedures.get(procedure)

    def error(self, uri: str, detail: str, path: str = "") -> CallError:
        """Word a refusal of the router's as a problem."""
        code = uri.removeprefix(URI_PREFIX)
        if path:
            return problem(invalid(path, detail), new_request_id())
        return problem(ApiError(code, detail, retry_after_s=1 if code in _SOON else None), new_request_id())


class Procedure:
    """One operation."""

    def __init__(self, dispatcher: Dispatcher, record: Operation) -> None:
        self.dispatcher = dispatcher
        self.record = record

    def prepare(self, member: Member, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Invocation:
        """Make a call. Raises :class:`CallError` for arguments that are neither by name nor one object."""
        request_id = new_request_id()
        try:
            parameters = _parameters(args, kwargs)
        except ApiError as error:
            raise problem(error, request_id) from None
        return Invocation(self, parameters, member, request_id)


class Invocation:
    """One operation that runs for a session.

    When nobody waits for it any more a read is stopped, and what waits for its turn to begin does not; a mutation that
    has begun completes.
    """

    __slots__ = ("_done", "_hang_up", "_member", "_parameters", "_procedure", "_read", "_request_id")

    def __init__(self, procedure: Procedure, parameters: Mapping[str, Any], member: Member, request_id: str) -> None:
        self._procedure = procedure
        self._parameters = parameters
        self._member = member
        self._request_id = request_id
        self._hang_up = HangUp()
        self._read: Run | None = None
        self._done: Done

    def start(self, done: Done) -> None:
        """Begin."""
        self._done = done
        called, member = self._procedure, self._member
        run = Run(
            called.dispatcher.call(
                called.record,
                self._parameters,
                member.caller,
                request_id=self._request_id,
                hang_up=self._hang_up,
                as_json=member.speaks_json,
            ),
            self._answered,
        )
        if called.record.route.reads:
            self._read = run

    def _answered(self, outcome: Any) -> None:
        # Who is told keeps this.
        done = self._done
        del self._done
        done(outcome if isinstance(outcome, Failure) else CallResult(outcome))

    def abandon(self) -> None:
        """Stop it if it can be stopped."""
        self._hang_up.happens()
        if self._read is not None:
            self._read.cancel()

    def failed(self, failure: Failure) -> CallError:
        """Word a failure as a problem."""
        if isinstance(failure.value, ApiError):
            return problem(failure.value, self._request_id)
        # It answered something that is no wire data, or the dispatcher itself has a fault.
        log.failure("call failed, request {request_id}", failure=failure, request_id=self._request_id)
        return problem(ApiError("internal"), self._request_id)


def problem(error: ApiError, request_id: str) -> CallError:
    """An error as the payload of ERROR."""
    kwargs = msgspec.to_builtins(error.problem(request_id))
    return CallError(URI_PREFIX + error.code, error.detail, kwargs, brief=error.kind.title)


def _parameters(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The keyword arguments, or the one positional dict that some clients find easier to send."""
    if not args:
        return kwargs
    if kwargs or len(args) > 1 or not isinstance(args[0], dict):
        raise invalid("$args", "give keyword arguments, or exactly one positional object instead of them")
    positional: Mapping[str, Any] = args[0]
    return positional
