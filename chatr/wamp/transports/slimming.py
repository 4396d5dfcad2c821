"""What an open WebSocket connection keeps: of Autobahn's seventy attributes those that are not what they are at rest.

Autobahn gives every connection its own copy of each, and keeps all that was said in the handshake: 6 of the 14 KiB that
a session takes. What is the same for all that are open stands in their class, once; the handshake is forgotten.
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping
from types import MappingProxyType
from typing import Any

from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from autobahn.websocket.protocol import TrafficStats

from chatr.wamp.transports import shortcuts


class _Unheard:
    """Stands for a future that nobody waits for."""

    def callback(self, _: object) -> None:
        """Note nothing."""


#: Read in the handshake, and never again where nothing is compressed: this is what it is once the session is open.
HANDSHAKE: Mapping[str, Any] = MappingProxyType(
    {
        "_perMessageCompress": None,
        "_transport_details": None,
        "_wskey": "",
        "http_headers": MappingProxyType({}),
        "http_request_data": b"",
        "http_request_host": "",
        "http_request_params": MappingProxyType({}),
        "http_request_path": "",
        "http_request_uri": "",
        "http_response_data": "",
        "http_status_line": "",
        "is_open": None,
        "peer": "",
        "websocket_extensions": (),
        "websocket_extensions_in_use": (),
        "websocket_origin": "",
        "websocket_protocol_in_use": "",
        "websocket_protocols": (),
    }
)

#: Written, and read by nobody; or kept for what we don't do: events for listeners, writing in pieces, looking at UTF-8
#: as it comes. One stands for all.
UNUSED: Mapping[str, Any] = MappingProxyType(
    {
        "_results": None,
        "_valid_events": None,
        "connected": 1,
        "frame_length": 0,
        "is_closed": _Unheard(),
        "send_queue": (),
        "trafficStats": TrafficStats(),
        "utf8validator": None,
    }
)

#: Of the last message or frame. Each begins anew.
BYGONE: Mapping[str, Any] = MappingProxyType(
    {
        "current_frame_masker": None,
        "message_data_total_length": 0,
        "message_is_binary": False,
    }
)

#: At rest: open, between two messages, nobody closing, no answer to a ping awaited.
AT_REST: Mapping[str, Any] = MappingProxyType(
    {
        "_isMessageCompressed": False,
        "_linger": None,
        "autoPingPending": None,
        "autoPingPendingSent": None,
        "autoPingPendingSeq": 0,
        "autoPingTimeoutCall": None,
        "closeHandshakeTimeoutCall": None,
        "closedByMe": False,
        "control_frame_data": None,
        "current_frame": None,
        "data": b"",
        "droppedByMe": False,
        "failedByMe": False,
        "frame_data": None,
        "frames_left": math.inf,
        "inside_message": False,
        "localCloseCode": None,
        "localCloseReason": None,
        "message_data": None,
        "openHandshakeTimeoutCall": None,
        "remoteCloseCode": None,
        "remoteCloseReason": None,
        "send_state": WebSocketServerProtocol.SEND_STATE_GROUND,
        "state": WebSocketServerProtocol.STATE_OPEN,
        "trackedTimings": None,
        "triggered": False,
        "utf8validateIncomingCurrentMessage": False,
        "wasClean": False,
        "wasCloseHandshakeTimeout": False,
        "wasMaxFramePayloadSizeExceeded": False,
        "wasMaxMessagePayloadSizeExceeded": False,
        "wasNotCleanReason": None,
        "wasOpenHandshakeTimeout": False,
        "wasServerConnectionDropTimeout": False,
        "wasServingFlashSocketPolicyFile": False,
        "websocket_version": 13,
    }
)

_FORGOTTEN = frozenset({*HANDSHAKE, *UNUSED, *BYGONE})
_NOWHERE = object()


def for_slim(protocol: type[WebSocketServerProtocol], factory: WebSocketServerFactory) -> Any:
    """Make the class of a factory's connections that may be slimmed: what they need not keep each stands in it."""
    if not shortcuts.USED:
        return protocol
    shared = {**HANDSHAKE, **UNUSED, **BYGONE, **AT_REST}
    return type(protocol.__name__, (protocol,), {**shared, "factory": factory, "may_be_slim": True})


def slim(protocol: Any) -> bool:
    """Have an open connection keep only what its class does not say. In the middle of a message it can't: False.

    Its class is made by :func:`for_slim`, and it does not compress. Its transport is slimmed too where that says what
    it can do without (``not_kept``).
    """
    if (
        protocol.state != WebSocketServerProtocol.STATE_OPEN
        or protocol.current_frame is not None
        or protocol.inside_message
        or protocol.data
    ):
        return False
    _keep_own(protocol, _FORGOTTEN)
    forgotten = getattr(type(protocol.transport), "not_kept", None)
    if forgotten is not None:
        _keep_own(protocol.transport, forgotten)
    return True


def _keep_own(instance: Any, forgotten: Container[str]) -> None:
    """Take from an instance what is the same in its class, and what is ``forgotten``."""
    kind = type(instance)
    # A new one: a dict that has shrunk keeps its size.
    instance.__dict__ = {
        name: value
        for name, value in vars(instance).items()
        if name not in forgotten and value is not getattr(kind, name, _NOWHERE)
    }
