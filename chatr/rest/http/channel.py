"""One HTTP connection: strict about what a request is, patient for a bounded time, and never ahead of its reader.

Everything that Twisted would answer by itself is answered here, as a problem. Of Twisted's private parts this uses
``_command``, ``_path`` and ``_version`` (of the request whose headers are in), ``_handlingRequest``,
``_waitingForTransport`` and ``_networkProducer``, and replaces ``_respondToBadRequestAndDisconnect`` and
``_optimisticEagerReadSize``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel

from chatr.api.dispatch import new_request_id
from chatr.rest.http.direct import SendsDirectly
from chatr.rest.http.headers import HttpRefusal, last_answer
from chatr.rest.http.request import ChatrRequest

#: Of a request line with all headers.
MAX_HEAD_BYTES = 16 * 1024
MAX_HEADER_LINES = 100
#: With what a connection begins that becomes a WebSocket, and how much is kept of it until its end has come.
WEBSOCKET = b"GET /ws HTTP/1.1\r\n"
MAX_OPENING_BYTES = 4096
_END = b"\r\n\r\n"
#: What a transport takes before it says that its client does not read; and more than the headers of an answer.
BUFFER_BYTES = 64 * 1024
ANSWER_HEAD_BYTES = 1024
#: More digits than any body has bytes: Python refuses to read a number of thousands.
MAX_LENGTH_DIGITS = 15
#: Legal nowhere in a header, a tab apart (RFC 9110, section 5.5); a parser behind us may take some for line ends.
_CONTROLS = bytes({*range(32), 127} - {9})


class ChatrChannel(SendsDirectly, HTTPChannel):
    """Reads requests one after the other; parses none before the answers to those before it have been read.

    A client has a time for the headers, for a body and for reading an answer; when it is over the connection ends.
    """

    site: Any
    transport: Any
    requestFactory = ChatrRequest
    #: What comes behind a request waits below (chatr/sharing.py) until that is answered, not here for all at once.
    _optimisticEagerReadSize = 0

    def __init__(self) -> None:
        super().__init__()
        self._head_bytes = 0
        self._head_lines = 0
        self._body_bytes = 0
        self._began_s = self._last_s = 0.0
        #: Since when the body is not taken: its time stands still.
        self._held_since_s: float | None = None
        #: Whether nothing was asked yet, and whether something of the next request has come.
        self._fresh = True
        self._begun = False
        self._secure = False
        self._host: Any = None
        #: Whether the last answer of the connection has been given: nothing more of it is read.
        self.refused = False
        #: Answered, but its answer is not read yet.
        self._held: ChatrRequest | None = None
        #: At most so many bytes of answers wait for their reader.
        self._unread_bytes = 0
        self._unread_since_s: float | None = None
        #: What has come of the first request while it may become a WebSocket at once; None: it is parsed.
        self._opening: bytes | None = b""
        self._timer: IDelayedCall | None = None
        self._drain: IDelayedCall | None = None

    # Twisted calls these.

    def connectionMade(self) -> None:
        super().connectionMade()
        self._secure = super().isSecure()
        self._after(self._deadlines.headers_s, self._head_is_late)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._stop_timers()
        self.site.unread.gone(self)
        if self._held is not None:
            self.requests.remove(self._held)
            self._held = None
        super().connectionLost(reason)

    def dataReceived(self, data: bytes) -> None:
        if self.refused:
            return
        if self._opening is not None:
            data = self._opened(self._opening + data)
            if not data:
                return
        super().dataReceived(data)
        if self._buffer and not self._handlingRequest:
            self._begin()

    def lineReceived(self, line: bytes) -> None:
        if self.refused:
            return
        self._begin()
        first = not self._head_bytes
        self._head_bytes += len(line) + len(self.delimiter)
        if self._head_bytes > MAX_HEAD_BYTES:
            self._head_is_long(first)
        elif line[:1] in (b" ", b"\t"):
            # RFC 9112, section 5.2: parsers disagree on folded lines, so that one may see a header where none is.
            self.refuse(HttpRefusal(400, "A line of the headers begins with white space"))
        else:
            super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:
        self._head_is_long(not self._head_bytes)

    def headerReceived(self, line: bytes) -> bool:
        if self.refused:
            return False
        self._head_lines += 1
        name, _, value = line.partition(b":")
        if self._head_lines > MAX_HEADER_LINES:
            self.refuse(HttpRefusal(431, f"A request has at most {MAX_HEADER_LINES} headers", "too_large"))
        elif value.translate(None, _CONTROLS) != value:
            self.refuse(HttpRefusal(400, "A header has a control character"))
        elif fault := self._framing_fault(name.lower(), value.strip(b" \t")):
            self.refuse(fault)
        else:
            return bool(super().headerReceived(line))
        return False

    def allHeadersReceived(self) -> None:
        if self.refused:
            return
        try:
            self.requests[-1].headersReceived(self._command, self._path, self._version)
        except HttpRefusal as refusal:
            self.refuse(refusal)
            return
        self._stop_timer()
        self._began_s = self._last_s = self._now()
        self._body_bytes = 0
        super().allHeadersReceived()
        if self.length != 0 and not self.refused:
            self._look_at_body()

    def rawDataReceived(self, data: bytes) -> None:
        if self.refused:
            return
        if not self._handlingRequest:
            self._body_bytes += len(data)
            self._last_s = self._now()
        super().rawDataReceived(data)

    def allContentReceived(self) -> None:
        if self.refused:
            return
        self.take_body()
        self._stop_timer()
        self._head_bytes = self._head_lines = 0
        self._fresh = self._begun = False
        if self._unread_since_s is None:
            self._unread_bytes = BUFFER_BYTES
        super().allContentReceived()

    def requestDone(self, request: ChatrRequest) -> None:
        if self.persistent and self._waitingForTransport:
            # The next request is parsed when this answer has been read: Twisted would answer all it has at once.
            self._held = request
            self._networkProducer.pauseProducing()
            return
        if self.persistent:
            self._after(self._deadlines.idle_s, self._hang_up)
        super().requestDone(request)

    def pauseProducing(self) -> None:
        super().pauseProducing()
        if self.transport is not None:
            self._wait_for_reader()

    def resumeProducing(self) -> None:
        # First of all: what sends a file writes on at once, and may have to wait again before this returns.
        self._unread_bytes, self._unread_since_s = 0, None
        self.site.unread.gone(self)
        self._stop_drain()
        super().resumeProducing()
        if self._held_since_s is not None:
            self._networkProducer.pauseProducing()
        held, self._held = self._held, None
        if held is not None:
            self.requestDone(held)

    def writeHeaders(self, version: bytes, code: bytes, reason: bytes, headers: Any) -> None:
        self._wrote(ANSWER_HEAD_BYTES)
        lines = [b"%b %b %b" % (version, code, reason)]
        lines += [b"%b: %b" % (name, value) for name, values in headers.getAllRawHeaders() for value in values]
        # As one: Twisted looks at each name, colon and line end.
        self.send_soon(b"\r\n".join((*lines, b"\r\n")))

    def loseConnection(self) -> None:
        self.send_waiting()
        # What is still to be sent goes out first, to a client that may never read it.
        self._wait_for_reader()
        super().loseConnection()

    def _respondToBadRequestAndDisconnect(self) -> None:
        self.refuse(HttpRefusal(400, "This is no valid HTTP request"))

    def isSecure(self) -> bool:
        return self._secure

    def getHost(self) -> Any:
        # Twisted asks for each request, and a transport asks the system.
        self._host = self._host or super().getHost()
        return self._host

    # Ours.

    def refuse(self, refusal: HttpRefusal) -> None:
        """Answer for the request that is being read, which is the last of this connection whatever follows it."""
        if self.refused or self.transport is None:
            return
        self.refused, self.persistent = True, False
        self._held_since_s = None
        self._stop_timer()
        self.clearLineBuffer()
        request = self.requests[-1] if self.requests else None
        problem = refusal.problem(request.request_id if request else new_request_id())
        path = origin = None
        https = self.isSecure()
        if request is not None:
            # Otherwise Twisted would invite the body with 100 Continue.
            request.requestHeaders.removeHeader(b"expect")
            path, origin, https = getattr(self, "_path", None), request.getHeader("origin"), request.https()
            request.give_up()
        headers = self.site.rules.headers(path or b"/api/", origin=origin, https=https)
        self.send_soon(last_answer(problem, headers + refusal.more))
        self.send_waiting()
        self._leave()

    def hold_body(self) -> None:
        """Take nothing more of the body for now, because of whoever takes it: the client's time stands still."""
        if self._held_since_s is None and not self.refused:
            self._held_since_s = self._now()
            self._networkProducer.pauseProducing()

    def take_body(self) -> None:
        """Take what comes of the body again."""
        if self._held_since_s is None:
            return
        held_s = self._now() - self._held_since_s
        self._held_since_s = None
        self._began_s += held_s
        self._last_s += held_s
        self._look_at_body()
        self._networkProducer.resumeProducing()

    @property
    def silent_s(self) -> float:
        """For how long nothing of the body has come that would have been taken."""
        return 0.0 if self._held_since_s is not None else self._now() - self._last_s

    def cut(self) -> None:
        """End the connection at once, with whatever its client has not read."""
        self._stop_timers()
        if self.transport is not None:
            self.transport.abortConnection()

    def _opened(self, data: bytes) -> bytes:
        """Let what may be the usual handshake of a WebSocket become one; return what is to be parsed instead."""
        end = data.find(_END) + len(_END)
        if data.startswith(WEBSOCKET) or WEBSOCKET.startswith(data):
            if end < len(_END) and len(data) <= MAX_OPENING_BYTES:
                self._opening = data
                self._begin()
                return b""
            if end >= len(_END) and self.site.take_websocket(self.transport, data[:end], data[end:]):
                # As with any that is handed over: the transport knows of the end, and nothing waits for anything here.
                self.transport = None
                self._stop_timers()
                return b""
        self._opening = None
        return data

    def _begin(self) -> None:
        """Something of a request has come. The first one has its time from the connection's start."""
        if not self._begun and not self._fresh:
            # Not everything that is written for this one goes by here.
            self.send_waiting()
            self._after(self._deadlines.headers_s, self._head_is_late)
        self._begun = True

    def _leave(self) -> None:
        """Say that this was all, and take no notice of what the client still sends."""
        self.transport.unregisterProducer()
        self.transport.resumeProducing()
        if self.isSecure():
            self.transport.loseConnection()
        else:
            self.transport.loseWriteConnection()
        self._after(self._deadlines.linger_s, self.cut)

    def _framing_fault(self, name: bytes, value: bytes) -> HttpRefusal | None:
        """What is wrong with a header that says where the body ends (RFC 9112, sections 6.1 to 6.3).

        What is left to Twisted: two of them, and a length that is no number.
        """
        if name == b"content-length" and len(value) > MAX_LENGTH_DIGITS and value.isdigit():
            return HttpRefusal(413, f"A request body has at most {self.site.rules.max_body_bytes} bytes", "too_large")
        if name == b"transfer-encoding" and (value.lower() != b"chunked" or self._version != b"HTTP/1.1"):
            return HttpRefusal(400, "The only transfer coding is chunked, of HTTP/1.1")
        return None

    def _head_is_long(self, request_line: bool) -> None:
        status, what = (414, "request line") if request_line else (431, "request line with its headers")
        self.refuse(HttpRefusal(status, f"A {what} has at most {MAX_HEAD_BYTES} bytes", "too_large"))

    def _head_is_late(self) -> None:
        if self._begun:
            self.refuse(HttpRefusal(408, f"The headers take at most {self._deadlines.headers_s:g} s"))
        else:
            self._hang_up()

    def _hang_up(self) -> None:
        """End a connection on which nothing is under way. Over TLS its client may never say goodbye."""
        self._unread_bytes = 0
        self.loseConnection()

    def _look_at_body(self) -> None:
        if self._held_since_s is not None:
            return
        due_s = self._due_s(self._began_s, self._body_bytes)
        left_s = min(due_s, self._last_s + self._deadlines.silence_s) - self._now()
        if left_s > 0:
            self._after(left_s, self._look_at_body)
        else:
            self.refuse(HttpRefusal(408, f"A body comes with at least {self._deadlines.bytes_per_s} bytes a second"))

    def _wrote(self, size: int) -> None:
        self._unread_bytes += size
        if self._unread_since_s is not None:
            self.site.unread.waits(self, self._unread_bytes)

    def _wait_for_reader(self) -> None:
        """Give the client the time that what it has not read may take."""
        if self._unread_since_s is None:
            self._unread_since_s = self._now()
            self.site.unread.waits(self, self._unread_bytes)
            self._look_at_reader()

    def _look_at_reader(self) -> None:
        left_s = self._due_s(self._unread_since_s or 0.0, self._unread_bytes) - self._now()
        if left_s > 0:
            self._drain = self._later(left_s, self._look_at_reader)
        else:
            self._drain = None
            self.cut()

    @property
    def _deadlines(self) -> Any:
        return self.site.rules.deadlines

    def _due_s(self, since_s: float, size: int) -> float:
        """When so many bytes are late."""
        due_s: float = since_s + self._deadlines.grace_s + size / self._deadlines.bytes_per_s
        return due_s

    def _now(self) -> float:
        now: float = self.site.reactor.seconds()
        return now

    def _later(self, delay_s: float, function: Callable[[], object]) -> IDelayedCall:
        call: IDelayedCall = self.site.reactor.callLater(delay_s, function)
        return call

    def _after(self, delay_s: float, function: Callable[[], object]) -> None:
        """The one timer of what is being waited for from the client: headers, body, next request, its leaving."""
        self._stop_timer()
        self._timer = self._later(delay_s, function)

    def _stop_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def _stop_drain(self) -> None:
        if self._drain is not None and self._drain.active():
            self._drain.cancel()
        self._drain = None

    def _stop_timers(self) -> None:
        self._stop_timer()
        self._stop_drain()
