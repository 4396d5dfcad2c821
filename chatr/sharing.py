"""Whoever sends much waits for itself: what connections receive is handed on in shares, callers taking turns.

Twisted hands on all that a socket has, and a protocol does all that is asked in it before anybody else is heard: a
packet may hold a thousand calls, and a crowd of connections a packet each. Here a connection gets on with its first
share at once; what is left waits, and is not added to, until those who also wait have had theirs. Whoever has been
here for a while, newcomers and strangers have every third turn: when thousands come at once, as after the network of
many was gone, whoever is here goes on.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from enum import IntEnum
from typing import Any, Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

log = Logger()

#: What all together get of one turn of the reactor, of what comes and of what has waited each; and a connection of it.
TURN_S, SHARE_S = 0.002, 0.0005
#: What a protocol is handed at once, for the clock can only be looked at in between: less than a hundred calls have
#: room in the most, and the least is enough for one.
LEAST_BYTES, MOST_BYTES = 512, 4096
#: And of the body of an upload, which holds no call and costs next to nothing: so much is read at once, too.
BODY_BYTES = 256 * 1024
#: For so long after signing in a connection is a newcomer: it asks for what was missed meanwhile.
SETTLES_S = 30.0


class Standing(IntEnum):
    """Among whom a connection waits for its turn."""

    STRANGER, NEWCOMER, SETTLED = range(3)


#: Who comes next, by whose turn it was: whoever of these there is.
_NEXT = tuple(tuple((last + step) % len(Standing) for step in range(1, len(Standing) + 1)) for last in Standing)


class Source(Protocol):
    """Has received something that is not handed on."""

    @property
    def turn_key(self) -> str:
        """Whose turn it is."""

    @property
    def standing(self) -> Standing:
        """Among whom it waits."""

    @property
    def ready(self) -> bool:
        """Whether there is something left, and its protocol takes it now."""

    def hand_on(self, most_bytes: int) -> None:
        """Hand on so much. Raises whatever the protocol raises."""

    def halt(self) -> None:
        """Receive nothing more for now."""

    def go_on(self) -> None:
        """Receive again, unless the protocol takes nothing."""

    def fail(self) -> None:
        """The protocol has raised something: the connection can't go on."""


class Sharing:
    """Shares the time of a process between those who send. ``seconds``: what is measured with."""

    def __init__(self, clock: IReactorTime, *, seconds: Callable[[], float] = time.perf_counter) -> None:
        self.seconds = seconds
        self._clock = clock
        self._waiting: tuple[OrderedDict[str, deque[Source]], ...] = tuple(OrderedDict() for _ in Standing)
        self._last = 0
        self._queued: set[Source] = set()
        self._spent_s = 0.0
        self._call: IDelayedCall | None = None

    def __len__(self) -> int:
        """How many wait."""
        return len(self._queued)

    def received(self, source: Source) -> None:
        """Something has come: hand it on, or as much of it as its share is, if this turn has time left."""
        if source in self._queued:
            return
        if source.ready if self._spent_s >= TURN_S else self._serve(source):
            source.halt()
            self.wait(source)

    def wait(self, source: Source) -> None:
        """Have a source wait for its turn."""
        if source not in self._queued:
            self._queued.add(source)
            self._waiting[source.standing].setdefault(source.turn_key, deque()).append(source)
            self._next_turn()

    def gone(self, source: Source) -> None:
        """A connection has ended: what it had sent and nobody has looked at is void. It is passed over in its turn."""
        self._queued.discard(source)

    def _serve(self, source: Source) -> bool:
        """Hand on a share; whether something is left that its protocol takes."""
        began_s = now_s = self.seconds()
        size = LEAST_BYTES
        try:
            while left := source.ready:
                if now_s - began_s >= SHARE_S:
                    break
                source.hand_on(size)
                before_s, now_s = now_s, self.seconds()
                # What costs little, as a long message, goes on in larger pieces.
                size = min(2 * size, MOST_BYTES) if now_s - before_s < SHARE_S / 8 else LEAST_BYTES
            return left
        finally:
            self._spent_s += self.seconds() - began_s
            self._next_turn()

    def _next_turn(self) -> None:
        if self._call is None:
            self._call = self._clock.callLater(0, self._turn)

    def _turn(self) -> None:
        self._call, self._spent_s = None, 0.0
        while any(self._waiting) and self._spent_s < TURN_S:
            source = self._next()
            if source in self._queued:
                self._queued.discard(source)
                self._serve_in_turn(source)
        if any(self._waiting):
            self._next_turn()

    def _next(self) -> Source:
        """Whose turn it is: of each standing by turns, as long as there is anybody."""
        for standing in _NEXT[self._last]:
            if self._waiting[standing]:
                break
        self._last = standing
        waiting = self._waiting[standing]
        key, sources = waiting.popitem(last=False)
        source = sources.popleft()
        if sources:
            # Behind all other callers, whatever number of connections each has.
            waiting[key] = sources
        return source

    def _serve_in_turn(self, source: Source) -> None:
        try:
            left = self._serve(source)
        except Exception:
            log.failure("a connection failed on what it received")
            source.fail()
            return
        if left:
            self.wait(source)
        else:
            source.go_on()


class Shared:
    """Mixed into the transports of a port, before Twisted's. ``turn_key``: whose turn it is; else the connection's."""

    sharing: Sharing
    #: Whose turn it is where a connection comes from an address; empty: not known.
    key_of: Callable[[str], str]
    _known = False
    _known_since_s: float | None = None
    _turn_key = ""
    _kept = b""
    _at = 0
    #: Its protocol takes nothing; it waits for its turn.
    _held = _halted = False
    #: What is read at once: Twisted's.
    bufferSize = 65536
    #: So much of what comes next is known to be the body of an upload.
    _body_bytes = 0
    #: Twisted's own, as they are while nothing is read or written: a slimmed instance leaves them to its class.
    connected, streamingProducer = 1, True
    dataBuffer, offset, _tempDataLen = b"", 0, 0
    #: Only said in logs, in which no connection has a name of its own: what a slimmed instance forgets.
    hostname, logstr, repstr, sessionno = "", "Connection", "<Connection>", 0
    not_kept = frozenset({"hostname", "logstr", "repstr", "sessionno"})

    @property
    def turn_key(self) -> str:
        """Whom its time counts for."""
        if not self._turn_key:
            host = getattr(self.getPeer(), "host", "")  # type: ignore[attr-defined]
            self._turn_key = self.key_of(host) or f"connection {id(self)}"
        return self._turn_key

    def count_for(self, key: str, *, known: bool) -> None:
        """It is known now who this is, or from where."""
        self._turn_key, self._known = key, known
        if known and self._known_since_s is None:
            self._known_since_s = self.sharing.seconds()

    def expect_body(self, size: int) -> None:
        """So much of what comes next is the body of an upload."""
        self._body_bytes = size
        self.bufferSize = max(type(self).bufferSize, min(size, BODY_BYTES))

    @property
    def standing(self) -> Standing:
        """Among whom it waits."""
        if not self._known or self._known_since_s is None:
            return Standing.STRANGER
        long_s = self.sharing.seconds() - self._known_since_s
        return Standing.SETTLED if long_s >= SETTLES_S else Standing.NEWCOMER

    @property
    def ready(self) -> bool:
        """Whether there is something left, and its protocol takes it now."""
        this: Any = self
        return bool(self._kept) and not self._held and bool(this.connected) and not this.disconnecting

    def hand_on(self, most_bytes: int) -> None:
        """Hand on so much of what is left."""
        end = self._at + max(most_bytes, min(self._body_bytes, BODY_BYTES))
        data, kept = self._kept[self._at : end], self._kept
        if end < len(kept):
            self._at = end
        else:
            self._kept, self._at = b"", 0
        if self._body_bytes:
            self._body_bytes = max(0, self._body_bytes - len(data))
            if not self._body_bytes:
                self.bufferSize = type(self).bufferSize
        super()._dataReceived(data)  # type: ignore[misc]

    def halt(self) -> None:
        """Receive nothing more for now."""
        self._halted = True

    def go_on(self) -> None:
        """Receive again, unless the protocol takes nothing."""
        self._halted = False
        if not self._held:
            super().resumeProducing()  # type: ignore[misc]

    def fail(self) -> None:
        """As Twisted does with a protocol that raises."""
        self.abortConnection()  # type: ignore[attr-defined]

    # Twisted and protocols call these.

    def doRead(self) -> Any:
        """Read, or not: mostly it goes on before more has come, and the reactor need not be told to look away."""
        if self._halted or self._held:
            super().pauseProducing()  # type: ignore[misc]
            return None
        return super().doRead()  # type: ignore[misc]

    def _dataReceived(self, data: bytes) -> Any:
        if not data:
            return super()._dataReceived(data)  # type: ignore[misc]
        self._kept = self._kept[self._at :] + data if self._kept else data
        self._at = 0
        self.sharing.received(self)
        return None

    def pauseProducing(self) -> None:
        """The protocol takes nothing."""
        self._held = True

    def resumeProducing(self) -> None:
        """The protocol takes what there is, and then what comes."""
        self._held = False
        if self._kept:
            self.halt()
            self.sharing.wait(self)
        else:
            super().resumeProducing()  # type: ignore[misc]

    def connectionLost(self, reason: Any) -> None:
        """Nothing more is handed on."""
        self._kept, self._at = b"", 0
        self.sharing.gone(self)
        super().connectionLost(reason)  # type: ignore[misc]


def count_for(transport: Any, key: str, *, known: bool) -> None:
    """Say whom the time of a connection counts for, whatever stands between its protocol and the socket.

    ``known``: ``key`` is somebody who has signed in, not where strangers come from.
    """
    shared = _shared(transport)
    if shared is not None and key:
        shared.count_for(key, known=known)


def expect_body(transport: Any, size: int) -> None:
    """Say that so much of what comes next is the body of an upload, whatever stands in between."""
    shared = _shared(transport)
    if shared is not None:
        shared.expect_body(size)


def _shared(transport: Any) -> Shared | None:
    while transport is not None and not isinstance(transport, Shared):
        transport = getattr(transport, "transport", None)
    return transport
