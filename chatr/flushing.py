"""What connections have to send leaves at the end of a reactor turn, so that each socket is written to once a turn."""

from __future__ import annotations

from collections import deque
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

log = Logger()

#: As many outputs as a batch of sends has receivers are flushed in one turn: in parts they would make smaller batches.
FEW = 128
#: And of more, so many: a fifth of a millisecond of writing, in which the next message of a crowd is committed.
PART = 32


class Output(Protocol):
    """What one connection has still to send."""

    def take_turn(self) -> None:
        """Its turn has come."""


class Turn:
    """Flushes every output that was written to at the end of the reactor's turn; of many, a part each turn.

    Those that are left wait in order for the turns that follow at once. What is published meanwhile joins what they
    have to send: in a crowd that hears much, a socket is written to once for several frames, and that is what costs.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._dirty: deque[Output] = deque()
        self._call: IDelayedCall | None = None

    def add(self, output: Output) -> None:
        """Flush this output at the end of the turn, or of one of the next."""
        self._dirty.append(output)
        if self._call is None:
            self._call = self._clock.callLater(0, self._flush)

    def _flush(self) -> None:
        self._call = None
        next_output = self._dirty.popleft
        for _ in range(PART if len(self._dirty) > FEW else len(self._dirty)):
            try:
                next_output().take_turn()
            except Exception:
                # The others have theirs all the same.
                log.failure("what a connection has to send can't be sent")
        if self._dirty and self._call is None:
            self._call = self._clock.callLater(0, self._flush)
