"""The end of the process: once begun it is over in time, whatever hangs."""

from __future__ import annotations

import atexit
import faulthandler
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

from twisted.internet.error import ReactorNotRunning
from twisted.logger import Logger

log = Logger()

#: What the end may take beyond server.stop_timeout_s.
MORE_S = 5.0


class Ending:
    """Ends the process of a reactor within ``within_s`` of any stop: by itself, or by force and with exit code 1."""

    def __init__(self, reactor: Any, *, within_s: float) -> None:
        self._reactor = reactor
        self._within_s = within_s
        self._begun = False

    def watch(self) -> None:
        """Begin to watch. Call it before the reactor runs."""
        self._reactor.addSystemEventTrigger("before", "shutdown", self._begin)
        self._reactor.callWhenRunning(self._take_signals)

    def fail(self, reason: str) -> None:
        """End with exit code 1. twistd has no way to say so: its own clean-up runs first."""
        log.critical("chatr stops: {reason}", reason=reason)
        atexit.register(os._exit, 1)
        # Now, or as soon as it runs: services start before the reactor does.
        self._reactor.callWhenRunning(self._stop)

    def _stop(self) -> None:
        try:
            self._reactor.stop()
        except ReactorNotRunning:
            # It is stopping already, for another reason.
            pass

    def _take_signals(self) -> None:
        """The reactor stops at each signal, and it is an error to stop it twice: only the first reaches it.

        What is ignored stays ignored: SIGINT is, of a process that a script has started in its background.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            handler = signal.getsignal(number)
            if callable(handler):
                signal.signal(number, partial(self._signalled, handler))

    def _signalled(self, first: Callable[[int, FrameType | None], Any], number: int, frame: FrameType | None) -> None:
        if self._begun:
            log.info("chatr is stopping already")
            return
        self._begun = True
        first(number, frame)

    def _begin(self) -> None:
        """Set the limit. The watch is not a thread of Python's: nothing that holds the interpreter holds it up."""
        self._begun = True
        faulthandler.dump_traceback_later(self._within_s, exit=True, file=sys.__stderr__ or sys.stderr)
