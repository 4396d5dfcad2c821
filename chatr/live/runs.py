"""Coroutines that run for a call: as by ``Deferred.fromCoroutine``, for three fifths of what that costs.

Twisted makes four objects for each and changes to a context of its own (contextvars) whenever it goes on. Nothing here
has such a context. What a coroutine awaits is a Deferred in both ways (``tests/live/test_runs.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

#: Is told what a coroutine has returned, or how it has failed.
Done: TypeAlias = Callable[[Any], None]

_NOTHING: Any = object()


class Run:
    """A coroutine that runs. ``done`` is called once, maybe before this is there; it must not raise."""

    __slots__ = ("_awaited", "_came", "_coroutine", "_done", "_going")

    def __init__(self, coroutine: Coroutine[Deferred[Any], Any, Any], done: Done) -> None:
        self._coroutine = coroutine
        self._done = done
        self._awaited: Deferred[Any] | None = None
        self._going = False
        self._go_on(None)

    def cancel(self) -> None:
        """Cancel what it waits for."""
        if self._awaited is not None:
            self._awaited.cancel()

    def _go_on(self, came: Any) -> None:
        """Hand in what was awaited."""
        if self._going:
            # It was there already. From here each such would need a deeper stack.
            self._came = came
            return
        self._going = True
        while came is not _NOTHING:
            self._came, self._awaited = _NOTHING, None
            try:
                if isinstance(came, Failure):
                    awaited = came.throwExceptionIntoGenerator(self._coroutine)
                else:
                    awaited = self._coroutine.send(came)
            except StopIteration as returned:
                outcome = returned.value
                break
            except BaseException:
                outcome = Failure()
                break
            self._awaited = awaited
            awaited.addBoth(self._go_on)
            came = self._came
        else:
            self._going = False
            return
        # What holds on to each other waits for the collector: whoever is told may keep this, and a failure its frame.
        done = self._done
        del self._done, self._coroutine
        try:
            done(outcome)
        finally:
            del came, outcome
