"""WAMP messages as they come in: structs decoded straight from bytes, and their codes (WAMP specification, 5.2)."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

HELLO, WELCOME, ABORT, CHALLENGE, AUTHENTICATE, GOODBYE, ERROR = 1, 2, 3, 4, 5, 6, 8
PUBLISH, PUBLISHED = 16, 17
SUBSCRIBE, SUBSCRIBED, UNSUBSCRIBE, UNSUBSCRIBED, EVENT = 32, 33, 34, 35, 36
CALL, CANCEL, RESULT = 48, 49, 50
REGISTER, REGISTERED, UNREGISTER, UNREGISTERED, INVOCATION, INTERRUPT, YIELD = 64, 65, 66, 67, 68, 69, 70

#: Only routers send these: from a client they are violations that deserve their names.
ROUTER_ONLY = {
    WELCOME: "WELCOME",
    CHALLENGE: "CHALLENGE",
    PUBLISHED: "PUBLISHED",
    SUBSCRIBED: "SUBSCRIBED",
    UNSUBSCRIBED: "UNSUBSCRIBED",
    EVENT: "EVENT",
    RESULT: "RESULT",
    REGISTERED: "REGISTERED",
    UNREGISTERED: "UNREGISTERED",
    INVOCATION: "INVOCATION",
    INTERRUPT: "INTERRUPT",
}

PROTOCOL_VIOLATION = "wamp.error.protocol_violation"

MAX_ID = 2**53

Request = Annotated[int, Meta(ge=1, le=MAX_ID)]
#: Loose: what a URI may be is checked where it is used, so that the answer can be an ERROR instead of an ABORT.
Uri: TypeAlias = str
Details: TypeAlias = dict[str, Any]


class WireError(Exception):
    """Bytes that are no WAMP message from a client; the text is for the client's developer."""


class WampMessage(msgspec.Struct, array_like=True, frozen=True):
    """Base of all messages: an array whose first element is the code."""


class Hello(WampMessage, tag=HELLO, frozen=True):
    """[HELLO, Realm, Details]"""

    realm: Uri
    details: Details


class Abort(WampMessage, tag=ABORT, frozen=True):
    """[ABORT, Details, Reason]"""

    details: Details
    reason: Uri


class Authenticate(WampMessage, tag=AUTHENTICATE, frozen=True):
    """[AUTHENTICATE, Signature, Extra]"""

    signature: Annotated[str, Meta(max_length=8192)]
    extra: Details = {}


class Goodbye(WampMessage, tag=GOODBYE, frozen=True):
    """[GOODBYE, Details, Reason]"""

    details: Details
    reason: Uri


class Error(WampMessage, tag=ERROR, frozen=True):
    """[ERROR, Type, Request, Details, Error, Arguments, ArgumentsKw]"""

    kind: int
    request: Request
    details: Details
    error: Uri
    args: list[Any] = []
    kwargs: Details = {}


class Publish(WampMessage, tag=PUBLISH, frozen=True):
    """[PUBLISH, Request, Options, Topic, Arguments, ArgumentsKw]"""

    request: Request
    options: Details
    topic: Uri
    args: list[Any] = []
    kwargs: Details = {}


class Subscribe(WampMessage, tag=SUBSCRIBE, frozen=True):
    """[SUBSCRIBE, Request, Options, Topic]"""

    request: Request
    options: Details
    topic: Uri


class Unsubscribe(WampMessage, tag=UNSUBSCRIBE, frozen=True):
    """[UNSUBSCRIBE, Request, Subscription]"""

    request: Request
    subscription: Annotated[int, Meta(ge=0, le=MAX_ID)]


class Call(WampMessage, tag=CALL, frozen=True):
    """[CALL, Request, Options, Procedure, Arguments, ArgumentsKw]"""

    request: Request
    options: Details
    procedure: Uri
    args: list[Any] = []
    kwargs: Details = {}


class Cancel(WampMessage, tag=CANCEL, frozen=True):
    """[CANCEL, Request, Options]"""

    request: Request
    options: Details


class Register(WampMessage, tag=REGISTER, frozen=True):
    """[REGISTER, Request, Options, Procedure]"""

    request: Request
    options: Details
    procedure: Uri


class Unregister(WampMessage, tag=UNREGISTER, frozen=True):
    """[UNREGISTER, Request, Registration]"""

    request: Request
    registration: Annotated[int, Meta(ge=0, le=MAX_ID)]


class Yield(WampMessage, tag=YIELD, frozen=True):
    """[YIELD, Request, Options, Arguments, ArgumentsKw]"""

    request: Request
    options: Details
    args: list[Any] = []
    kwargs: Details = {}


Incoming: TypeAlias = (
    Hello
    | Abort
    | Authenticate
    | Goodbye
    | Error
    | Publish
    | Subscribe
    | Unsubscribe
    | Call
    | Cancel
    | Register
    | Unregister
    | Yield
)

#: Positions that hold ids or codes, where JavaScript clients over msgpack and CBOR send integral floats.
_ID_POSITIONS = (0, 1, 2)


def from_raw(raw: Any) -> Incoming:
    """A message from generically decoded data, with what clients are known to get slightly wrong put right.

    wampy sends ``undefined`` in options and null for options; JavaScript clients send integral floats as ids.
    """
    if not isinstance(raw, list) or not raw:
        raise WireError("a message is a non-empty array")
    fixed = list(raw)
    for position in _ID_POSITIONS[: len(fixed)]:
        fixed[position] = repaired(fixed[position], position)
    code = fixed[0]
    if isinstance(code, int) and code in ROUTER_ONLY:
        raise WireError(f"only a router sends {ROUTER_ONLY[code]}")
    try:
        message: Incoming = msgspec.convert(fixed, Incoming)
    except msgspec.ValidationError as error:
        raise WireError(f"not a WAMP message: {error}") from None
    except (RecursionError, TypeError, ValueError, OverflowError):
        raise WireError("not a WAMP message: its data can't be understood") from None
    return message


def repaired(value: Any, position: int) -> Any:
    """What clients are known to get slightly wrong, put right at its position."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_ID:
        return int(value)
    if position and value is None:
        return {}
    if isinstance(value, dict):
        return {key: item for key, item in value.items() if item is not None}
    return value
