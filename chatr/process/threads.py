"""Blocking work that keeps nothing from its end."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import Any, ParamSpec, TypeVar

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.threads import deferToThreadPool
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

P = ParamSpec("P")
T = TypeVar("T")


class ThreadsEnded(Exception):
    """The threads take no work any more."""


class Threads:
    """Threads of one kind of work, which wait for nobody else's. The process does not wait for them when it ends."""

    def __init__(self, reactor: Any, name: str, *, at_most: int) -> None:
        self._reactor = reactor
        self._ended = False
        self._pool = ThreadPool(minthreads=0, maxthreads=at_most, name=name)
        # No thread of ours keeps the process from ending.
        self._pool.threadFactory = partial(Thread, daemon=True)  # type: ignore[assignment]

    def start(self) -> None:
        """Start the threads."""
        self._pool.start()

    def stop(self) -> Deferred[None]:
        """Fires when what runs is done. What waits behind it fails with :class:`ThreadsEnded`; the reactor goes on."""
        if self._ended:
            return succeed(None)
        self._ended = True
        return in_daemon(self._reactor, self._pool.stop)

    def run(self, function: Callable[P, T], *args: P.args, **named: P.kwargs) -> Deferred[T]:
        """Call a function in one of the threads. Fails with :class:`ThreadsEnded`, at the end also if it has waited."""
        if self._ended:
            # The pool itself would take it, and never tell.
            return fail(ThreadsEnded())
        return deferToThreadPool(self._reactor, self._pool, partial(self._work, function, *args, **named))

    def _work(self, function: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        if self._ended:
            raise ThreadsEnded
        return function(*args, **named)


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
