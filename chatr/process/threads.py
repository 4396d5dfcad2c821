"""Blocking work that keeps nothing from its end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any, NamedTuple, ParamSpec, TypeVar

from twisted.internet.defer import Deferred, fail
from twisted.python.failure import Failure

P = ParamSpec("P")
T = TypeVar("T")


class ThreadsEnded(Exception):
    """The threads take no work any more."""


class _Work(NamedTuple):
    waiter: Deferred[Any]
    function: Callable[[], Any]


class Threads:
    """Threads of one kind of work, which wait for nobody else's. The process does not wait for them when it ends.

    Twisted's own pool does the same with four times as much Python for each call, half of it in the thread, where it
    keeps the reactor's from going on.
    """

    def __init__(self, reactor: Any, name: str, *, at_most: int) -> None:
        self._reactor = reactor
        self._name = name
        self._at_most = at_most
        self._started = self._ended = False
        self._work: SimpleQueue[_Work | None] = SimpleQueue()
        #: How many threads there are, and how many calls are not over.
        self._threads = self._calls = 0
        #: What is done and not handed out. One call of the reactor hands out all there is.
        self._done: deque[tuple[Deferred[Any], Any]] = deque()
        self._told = False
        self._stopped: list[Deferred[None]] = []

    def start(self) -> None:
        """Start the threads: each when it is first needed."""
        self._started = True
        for _ in range(self._calls):
            self._have_thread()

    def stop(self) -> Deferred[None]:
        """Fires when what runs is done. What waits behind it fails with :class:`ThreadsEnded`; the reactor goes on."""
        stopped: Deferred[None] = Deferred()
        self._stopped.append(stopped)
        if not self._ended:
            self._ended = True
            for _ in range(self._threads):
                self._work.put(None)
        if not self._threads:
            self._gone()
        return stopped

    def run(self, function: Callable[P, T], *args: P.args, **named: P.kwargs) -> Deferred[T]:
        """Call a function in one of the threads. Fails with :class:`ThreadsEnded`, at the end also if it has waited."""
        if self._ended:
            return fail(ThreadsEnded())
        waiter: Deferred[T] = Deferred()
        self._calls += 1
        self._work.put(_Work(waiter, partial(function, *args, **named)))
        if self._started:
            self._have_thread()
        return waiter

    def _have_thread(self) -> None:
        if self._threads < min(self._calls, self._at_most):
            # No thread of ours keeps the process from ending.
            Thread(target=self._work_on, daemon=True, name=self._name).start()
            self._threads += 1

    # These run in threads.

    def _work_on(self) -> None:
        while self._work_off(self._work.get()):
            pass
        self._reactor.callFromThread(self._left)

    def _work_off(self, work: _Work | None) -> bool:
        """Do it; whether it was not the end. What it was is not kept while the next one is waited for."""
        if work is None:
            return False
        try:
            if self._ended:
                raise ThreadsEnded
            result = work.function()
        except BaseException:
            result = Failure()
        self._done.append((work.waiter, result))
        if not self._told:
            # Whoever hands out takes this back before it looks what there is.
            self._told = True
            self._reactor.callFromThread(self._hand_out)
        return True

    # And these in the reactor's.

    def _hand_out(self) -> None:
        self._told = False
        # No more than that: what callbacks have done next may be done before they are over, and all others would wait.
        # Whoever adds to it from here on says so.
        for _ in range(len(self._done)):
            waiter, result = self._done.popleft()
            self._calls -= 1
            # A callback with a failure is an errback.
            waiter.callback(result)

    def _left(self) -> None:
        self._threads -= 1
        if not self._threads:
            self._gone()

    def _gone(self) -> None:
        while not self._work.empty():
            # They were never started.
            work = self._work.get()
            if work is not None:
                work.waiter.errback(ThreadsEnded())
        stopped, self._stopped = self._stopped, []
        for waiter in stopped:
            waiter.callback(None)


def in_daemon(reactor: Any, function: Callable[P, T], *args: P.args, **named: P.kwargs) -> Deferred[T]:
    """Run a function in a thread of its own, which the process does not wait for when it ends.

    The reactor's own threads are waited for. May be cancelled: the thread goes on, and nobody hears of it.
    """
    done: Deferred[T] = Deferred()

    def run() -> None:
        try:
            result = function(*args, **named)
        except BaseException:
            reactor.callFromThread(done.errback, Failure())
        else:
            reactor.callFromThread(done.callback, result)

    Thread(target=run, daemon=True, name=function.__name__).start()
    return done
