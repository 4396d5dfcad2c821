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


class Transition(NamedTuple):
    """What to do, and the state that holds while it is done and afterwards."""

    action: str
    state: State


VIOLATION = Transition("protocol_violation", "closed")

_IGNORE_WHILE_CLOSING = Transition("ignore", "closing")
_IGNORE_FOR_EVER = Transition("ignore", "closed")
_RELEASE = Transition("release", "closed")
_CUT = Transition("cut", "closed")

TABLE: Mapping[State, Mapping[str, Transition]] = MappingProxyType(
    {
        "opening": {
            "hello": Transition("greet", "opening"),
            "abort": Transition("finish", "closed"),
            "challenged": Transition("challenge", "challenged"),
            "presented": Transition("verify", "authenticating"),
            "admitted": Transition("welcome", "open"),
            "refused": Transition("abort", "closed"),
            "late": Transition("abort_late", "closed"),
            "ending": Transition("abort", "closed"),
            "overflowed": _CUT,
            "lost": _RELEASE,
        },
        "challenged": {
            "authenticate": Transition("prove", "authenticating"),
            "abort": Transition("finish", "closed"),
            "refused": Transition("abort", "closed"),
            "late": Transition("abort_late", "closed"),
            "ending": Transition("abort", "closed"),
            "overflowed": _CUT,
            "lost": _RELEASE,
        },
        "authenticating": {
            "abort": Transition("finish", "closed"),
            "admitted": Transition("welcome", "open"),
            "refused": Transition("abort", "closed"),
            "late": Transition("abort_late", "closed"),
            "ending": Transition("abort", "closed"),
            "overflowed": _CUT,
            "lost": _RELEASE,
        },
        "open": {
            "abort": Transition("finish", "closed"),
            "goodbye": Transition("farewell", "closed"),
            "publish": Transition("refuse_publish", "open"),
            "subscribe": Transition("subscribe", "open"),
            "unsubscribe": Transition("unsubscribe", "open"),
            "call": Transition("call", "open"),
            "cancel": Transition("cancel", "open"),
            "register": Transition("refuse_register", "open"),
            "unregister": Transition("refuse_unregister", "open"),
            "unreadable": Transition("refuse_unreadable", "open"),
            "ending": Transition("goodbye", "closing"),
            "overflowed": _CUT,
            "lost": _RELEASE,
        },
        # We said GOODBYE and wait for the client's: all else that is still on its way is ignored.
        "closing": {
            **dict.fromkeys((*MESSAGES, *HAPPENINGS), _IGNORE_WHILE_CLOSING),
            "goodbye": Transition("finish", "closed"),
            "abort": Transition("finish", "closed"),
            "late": Transition("finish", "closed"),
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


def step(state: State, kind: str) -> Transition:
    """The step for a message or happening ``kind`` (of MESSAGES or HAPPENINGS) in ``state``."""
    return TABLE[state].get(kind, VIOLATION)
