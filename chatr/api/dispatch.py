"""Authorise, rate-limit, decode, run, map errors: the single path from both doors to an operation."""

from __future__ import annotations

import os
import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec
from twisted.internet.defer import CancelledError
from twisted.logger import Logger

from chatr.api.context import Caller, Context, HangUp, Uploaded
from chatr.api.contract import Contract, Operation
from chatr.api.errors import COMMON_ERRORS, ApiError, from_validation, invalid
from chatr.api.linked import Sign, signed
from chatr.api.walk import Step, holds, walk
from chatr.process.incidents import Incidents

log = Logger()

#: Random bytes of a request's id, and ids whose bytes are drawn at once: a call of the kernel costs more than the rest.
_ID_BYTES, _DRAWN = 8, 256
#: How deep parameters may be nested. What goes through them all the way, encoders too, has less room than a thousand.
MAX_DEPTH = 64


class Limiter(Protocol):
    """Counts calls against the rate of an operation."""

    def check(self, operation: Operation, caller: Caller, subject: str = "") -> None:
        """Count one call, about ``subject`` if it names somebody.

        Raises ``rate_limited`` with ``retry_after_s`` when the caller has used up its share.
        """


class Dispatcher:
    """Runs operations for both doors. Everything it raises is an :class:`ApiError`."""

    def __init__(
        self,
        contract: Contract,
        ports: object,
        *,
        limiter: Limiter,
        now: Callable[[], datetime],
        incidents: Incidents,
        sign: Callable[[str], Sign],
        settle: Callable[[], Awaitable[None] | None] | None = None,
    ) -> None:
        """``sign``: how links to files are signed for a person. ``settle``: what to wait for before an
        answer, if anything.

        That is for development, so that scripts find the mail they caused.
        """
        self.contract = contract
        self._ports = ports
        self._limiter = limiter
        self._now = now
        self._incidents = incidents
        self._sign = sign
        self._settle = settle

    def admit(self, record: Operation, caller: Caller) -> None:
        """Refuse whoever may not call an operation, or not now, before what comes with the call is read.

        Raises what :meth:`call` would; a call that was admitted is not counted again.
        """
        authorise(record, caller)
        self._limiter.check(record, caller, "")

    async def call(
        self,
        record: Operation,
        raw: Mapping[str, Any],
        caller: Caller,
        *,
        request_id: str,
        from_text: bool = False,
        hang_up: HangUp | None = None,
        uploaded: Uploaded | None = None,
        as_json: bool = False,
    ) -> Any:
        """Run one operation on undecoded parameters and return its result struct.

        ``from_text`` says that scalars may come as text (a query string); ``hang_up`` says when the caller goes;
        ``uploaded``: what came with the call, which has been admitted; ``as_json``: what becomes of the answer.
        Strangers are refused before their parameters are looked at, so that a validation answer tells them nothing.
        Raises :class:`ApiError` only (and CancelledError when cancelled): what the operation did not declare becomes
        ``internal`` and is logged once.
        """
        authorise(record, caller)
        try:
            if uploaded is None:
                self._limiter.check(record, caller, _subject(record, raw) if record.rate.subject else "")
            params = decode(record, raw, from_text=from_text)
            context = Context(
                caller=caller,
                request_id=request_id,
                now=self._now(),
                ports=self._ports,
                hang_up=hang_up or HangUp(),
                uploaded=uploaded,
                as_json=as_json,
            )
            answer = await record.run(context, params)
            if self._settle is not None and (settled := self._settle()) is not None:
                await settled
            return signed(answer, self._sign(caller.user_id)) if caller.user_id else answer
        except CancelledError:
            # Nobody waits for it any more, a read or what had not begun: its door says so to whoever does.
            raise
        except Exception as error:
            if isinstance(error, ApiError) and error.code in record.errors | COMMON_ERRORS:
                raise
            self._tell(record, error, request_id)
            raise ApiError("internal") from error

    def _tell(self, record: Operation, error: Exception, request_id: str) -> None:
        """Log what an operation did not declare: the first of its kind with a traceback, the others by their count."""
        kind = (record.name, type(error), getattr(error, "pgcode", None), _raised_at(error))
        if self._incidents.first(kind, f"{record.name} failed: {type(error).__name__}, last in request {request_id}"):
            log.failure("{operation} failed, request {request_id}", operation=record.name, request_id=request_id)


def _raised_at(error: BaseException) -> tuple[str, int]:
    """The line that raised it: two mistakes in one operation are two."""
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    return frame.f_code.co_filename, line


def authorise(record: Operation, caller: Caller) -> None:
    """Raise ``unauthenticated`` or ``forbidden`` unless the caller's role may call the operation."""
    if caller.role in record.who:
        return
    if caller.role == "anonymous":
        raise ApiError("unauthenticated")
    raise ApiError("forbidden")


def _subject(record: Operation, raw: Mapping[str, Any]) -> str:
    """Whom a call is about, before anything is decoded: what is no text will be refused in a moment."""
    value = raw.get(record.rate.subject)
    return value if isinstance(value, str) else ""


def decode(record: Operation, raw: Mapping[str, Any], *, from_text: bool) -> msgspec.Struct:
    """Decode parameters into the operation's struct; ``invalid`` names the JSON path of the first offender."""
    _check(raw)
    try:
        return msgspec.convert(raw, record.params, strict=not from_text)
    except msgspec.ValidationError as error:
        raise from_validation(error) from None


def _check(raw: Mapping[str, Any]) -> None:
    """Refuse what can't be stored, or is nested so deep that whatever goes through it would fail.

    PostgreSQL can't store U+0000, and UTF-8 has no lone surrogates.
    """
    if isinstance(raw, Mapping) and all(map(_harmless, raw.values())):
        # Most calls. Names that are none of the operation's are refused in a moment.
        return
    for step in walk(raw, MAX_DEPTH):
        if isinstance(step.value, str):
            _check_text(step.value, step)
        elif isinstance(step.value, Mapping):
            for name in step.value:
                _check_text(name, step)
        if step.depth == MAX_DEPTH and holds(step.value):
            raise invalid(_outermost(step), f"is nested more than {MAX_DEPTH} levels deep")


def _harmless(value: Any) -> bool:
    """Whether a value holds no others, and can be stored."""
    if isinstance(value, str):
        return "\x00" not in value and (value.isascii() or _is_unicode(value))
    return value is None or isinstance(value, bool | int | float)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_text(text: object, step: Step) -> None:
    if not isinstance(text, str):
        return
    if "\x00" in text:
        raise invalid(step.path, "contains U+0000")
    if not text.isascii() and not _is_unicode(text):
        raise invalid(step.path, "contains a lone surrogate")


def _outermost(step: Step) -> str:
    while step.depth > 1 and step.parent is not None:
        step = step.parent
    return step.path


def _random_ids() -> Iterator[str]:
    while True:
        drawn = os.urandom(_ID_BYTES * _DRAWN).hex()
        for start in range(0, len(drawn), 2 * _ID_BYTES):
            yield drawn[start : start + 2 * _ID_BYTES]


_ids = _random_ids()


def new_request_id() -> str:
    """A short random id that ties a caller's error to the server's log."""
    return next(_ids)
