"""The states of a WAMP session as one table: what a message or a server-side happening does in each state.

Data only: no sockets, no Twisted. :mod:`chatr.wamp.session` carries out the actions. The rules are those of the
WAMP specification, basic profile, "Session Lifecycle"; a cell that is not listed is a protocol violation.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

State = Literal["opening", "challenged", "authenticating", "open", "closing", "closed"]

#: What a client may send us.
MESSAGES = (
    "hello",
    "abort",
    "authenticate",
    "goodbye",
    "error",
    "publish",
    "subscribe",
    "unsubscribe",
    "call",
    "cancel",
    "register",
    "unregister",
    "yield",
)

#: What happens on our side. ``malformed``: bytes that are no message of a client. ``unreadable``: a request that is
#: answered with what is wrong in its data. ``challenged``, ``admitted``,
#: ``refused``: the answers of the handshake; ``presented``: HELLO came with what needs no challenge.
#: ``late``: the handshake, or the answer to our GOODBYE, took too long. ``ending``: we end the session.
#: ``overflowed``: the client does not read. ``lost``: the transport is gone.
HAPPENINGS = (
    "malformed",
    "unreadable",
    "challenged",
    "presented",
    "admitted",
    "refused",
    "late",
    "ending",
    "overflowed",
    "lost",
)

STATES: tuple[State, ...] = ("opening", "challenged", "authenticating", "open", "closing", "closed")


class Step(NamedTuple):
    """What to do, and the state that holds while it is done and afterwards."""

    action: str
    state: State


VIOLATION = Step("protocol_violation", "closed")

_IGNORE_WHILE_CLOSING = Step("ignore", "closing")
_IGNORE_FOR_EVER = Step("ignore", "closed")
_RELEASE = Step("release", "closed")
_CUT = Step("cut", "closed")

TABLE: Mapping[State, Mapping[str, Step]] = MappingProxyType(
    {
        "opening": {
            "hello": Step("greet", "opening"),
            "abort": Step("finish", "closed"),
            "challenged": Step("challenge", "challenged"),
            "presented": Step("verify", "authenticating"),
            "admitted": Step("welcome", "open"),
            "refused": Step("abort", "closed"),
            "late": Step("abort_late", "closed"),
            "ending": Step("abort", "closed"),
            "overflowed": _CUT,
            "lost": _RELEASE,
        },
        "challenged": {
            "authenticate": Step("prove", "authenticating"),
            "abort": Step("finish", "closed"),
            "refused": Step("abort", "closed"),
            "late": Step("abort_late", "closed"),
            "ending": Step("abort", "closed"),
            "overflowed": _CUT,
            "lost": _RELEASE,
        },
        "authenticating": {
            "abort": Step("finish", "closed"),
            "admitted": Step("welcome", "open"),
            "refused": Step("abort", "closed"),
            "late": Step("abort_late", "closed"),
            "ending": Step("abort", "closed"),
            "overflowed": _CUT,
            "lost": _RELEASE,
        },
        "open": {
            "abort": Step("finish", "closed"),
            "goodbye": Step("farewell", "closed"),
            "publish": Step("refuse_publish", "open"),
            "subscribe": Step("subscribe", "open"),
            "unsubscribe": Step("unsubscribe", "open"),
            "call": Step("call", "open"),
            "cancel": Step("cancel", "open"),
            "register": Step("refuse_register", "open"),
            "unregister": Step("refuse_unregister", "open"),
            "unreadable": Step("refuse_unreadable", "open"),
            "ending": Step("goodbye", "closing"),
            "overflowed": _CUT,
            "lost": _RELEASE,
        },
        # We said GOODBYE and wait for the client's: all else that is still on its way is ignored.
        "closing": {
            **dict.fromkeys((*MESSAGES, *HAPPENINGS), _IGNORE_WHILE_CLOSING),
            "goodbye": Step("finish", "closed"),
            "abort": Step("finish", "closed"),
            "late": Step("finish", "closed"),
            "overflowed": _CUT,
            "lost": _RELEASE,
        },
        # Nothing is answered any more, but what the session holds is given back when the transport goes.
        "closed": {
            **dict.fromkeys((*MESSAGES, *HAPPENINGS), _IGNORE_FOR_EVER),
            "lost": _RELEASE,
        },
    }
)

ACTIONS = frozenset(step.action for row in TABLE.values() for step in row.values()) | {VIOLATION.action}


def step(state: State, kind: str) -> Step:
    """The step for a message or happening ``kind`` (of MESSAGES or HAPPENINGS) in ``state``."""
    return TABLE[state].get(kind, VIOLATION)
