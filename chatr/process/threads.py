"""Blocking work that keeps nothing from its end."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any, ParamSpec, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

P = ParamSpec("P")
T = TypeVar("T")


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
