"""The errors that callers can meet: the only table of its kind."""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Mapping
from types import MappingProxyType

import msgspec
from msgspec import UNSET, UnsetType


class ErrorKind(msgspec.Struct, frozen=True):
    """What one error code means on the wire: HTTP status, title, and whether trying again may help."""

    status: int
    title: str
    retryable: bool = False


ERRORS: Mapping[str, ErrorKind] = MappingProxyType(
    {
        "invalid": ErrorKind(400, "The request is not valid"),
        "unauthenticated": ErrorKind(401, "Sign in first"),
        "code_wrong": ErrorKind(401, "The code or password is wrong"),
        "code_expired": ErrorKind(401, "The code has expired"),
        "totp_required": ErrorKind(401, "A second factor is required"),
        "forbidden": ErrorKind(403, "Not permitted"),
        "blocked": ErrorKind(403, "Blocked"),
        "not_found": ErrorKind(404, "Not found"),
        "conflict": ErrorKind(409, "Already taken or already done"),
        "gone": ErrorKind(410, "No longer there"),
        "too_large": ErrorKind(413, "Too large"),
        "unsupported_media": ErrorKind(415, "Unsupported media type"),
        "locked": ErrorKind(423, "Locked for a while"),
        "rate_limited": ErrorKind(429, "Too many requests", retryable=True),
        "internal": ErrorKind(500, "Internal error"),
        "unavailable": ErrorKind(503, "Temporarily unavailable", retryable=True),
    }
)

#: Errors that every operation may answer without declaring them.
COMMON_ERRORS = frozenset({"invalid", "unauthenticated", "rate_limited", "unavailable", "internal"})

#: Before the code, where WAMP names an error.
URI_PREFIX = "chatr.error."

#: RFC 9457 problem types are URIs; ours are URNs, so that no host name is fixed.
PROBLEM_TYPE = "urn:chatr:error:"


class FieldError(msgspec.Struct, frozen=True):
    """One offending field: its JSON path (``$.limit``) and what is wrong with it."""

    path: str
    message: str


class Problem(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The body of every error: RFC 9457 on REST, the kwargs of ERROR on WAMP."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FieldError] | UnsetType = UNSET
    retry_after: int | UnsetType = UNSET


class ApiError(Exception):
    """An error that the caller is told: a code of :data:`ERRORS`, a sentence, and the fields at fault."""

    def __init__(
        self, code: str, detail: str = "", *, errors: tuple[FieldError, ...] = (), retry_after_s: int | None = None
    ) -> None:
        super().__init__(code, detail)
        self.code = code
        self.kind = ERRORS[code]
        self.detail = detail or self.kind.title
        self.errors = errors
        self.retry_after_s = retry_after_s

    def problem(self, request_id: str) -> Problem:
        """The wire form of this error for one request."""
        return Problem(
            type=PROBLEM_TYPE + self.code,
            title=self.kind.title,
            status=self.kind.status,
            detail=self.detail,
            code=self.code,
            request_id=request_id,
            errors=list(self.errors) if self.errors else UNSET,
            retry_after=self.retry_after_s if self.retry_after_s is not None else UNSET,
        )


def invalid(path: str, message: str) -> ApiError:
    """An ``invalid`` error that names the field at ``path`` (``$.username``)."""
    return ApiError("invalid", f"{path}: {message}", errors=(FieldError(path, message),))


_AT_PATH = re.compile(r"^(?P<message>.*?)(?: - at `(?P<path>[^`]*)`)?$", re.DOTALL)
_FIELD = re.compile(r"(?:missing required|contains unknown) field `(?P<name>[^`]*)`")


_PATTERN = re.compile(r"Expected `str` matching regex (?P<pattern>.*)", re.DOTALL)
_LENGTH = re.compile(r"Expected `str` of length (?P<sign>[<>])= (?P<length>[0-9]+)")
#: What the patterns of the contract mean: these sentences are shown to people who fill in forms.
_MEANINGS = {
    "^@?[A-Za-z0-9_]{3,20}$": "must be 3 to 20 letters, digits or underscores",
    "^[0-9]{6}$": "must be six digits",
    r"\S": "must not be blank",
}


def from_validation(error: msgspec.ValidationError) -> ApiError:
    """Turn msgspec's sentence (``Expected `int` - at `$.limit```) into an ``invalid`` error with its JSON path."""
    match = _AT_PATH.match(str(error))
    message, path = (match["message"], match["path"] or "$") if match else (str(error), "$")
    field = _FIELD.search(message)
    return invalid(f"{path}.{field['name']}" if field else path, _in_words(message))


def _in_words(message: str) -> str:
    """What is asked of a text, for people."""
    if match := _LENGTH.fullmatch(message):
        return f"must have at {'most' if match['sign'] == '<' else 'least'} {match['length']} characters"
    if match := _PATTERN.fullmatch(message):
        pattern = str(literal_eval(match["pattern"]))
        return "must be a UUID" if pattern.startswith("^[0-9a-f") else _MEANINGS.get(pattern, message)
    return message
