"""One worker process, as chatr sees it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from fcntl import F_SETPIPE_SZ, fcntl
from typing import Any

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatr.media.processes.frames import PIECE_BYTES, Done, FrameReader, MadePiece, Said, TooLong, Want, framed
from chatr.media.processes.handing import Handing, Nonsense

log = Logger()

#: For a worker to import what it needs, also on a machine that is busy.
START_S = 30.0
_COMPLAINT_BYTES = 2000


class Unparsed(Exception):
    """It could not be parsed, for whatever reason: the worker refused it, died of it or was late."""


class JobInHand:
    """A job that somebody waits for, or not any more."""

    def __init__(self, frame: bytes, handing: Handing | None, key: str) -> None:
        self.frame = frame
        self.handing = handing
        self.key = key
        self.done: Deferred[bytes] = Deferred()

    def answer(self, content: bytes) -> None:
        if not self.done.called:
            self.done.callback(content)

    def fail(self, error: BaseException | None) -> None:
        if not self.done.called:
            self.done.errback(Failure(error))


class Worker(ProcessProtocol):
    """One process: it starts, says that it is ready, does jobs one by one, and ends.

    ``free`` hears of each task that it is done with, ``lost`` when that was its end, and of None when it is ready for
    the first.
    """

    def __init__(self, reactor: Any, deadline_s: float, max_answer_bytes: int, free: Callable[..., None]) -> None:
        self._reactor = reactor
        self._left_s = self._deadline_s = deadline_s
        self._frames = FrameReader(self._heard, max_bytes=max_answer_bytes)
        self._free = free
        self._task: JobInHand | None = None
        self._timer: Any = None
        self._ready = False
        self._serving = False
        self._killed = False
        self._complaint = b""
        self.ended: Deferred[str | None] = Deferred()
        """Fires with why it could not begin, or None when it did."""

    @property
    def pid(self) -> int:
        transport: Any = self.transport
        return int(transport.pid or 0)

    @property
    def starting(self) -> bool:
        return not self._ready and not self._killed

    @property
    def idle(self) -> bool:
        return self._ready and self._task is None and not self._killed

    def do(self, task: JobInHand) -> None:
        """Begin a job; it has to be idle."""
        self._task = task
        self._left_s = self._deadline_s
        self._send(task.frame)

    def kill(self, reason: BaseException | None) -> None:
        """End it at once. What it does fails now, whenever the process has gone."""
        self._killed = True
        self._stop_timer()
        if self._task is not None:
            log.info("a worker process is ended: {reason}", reason=reason)
        self._give_up(reason)
        transport: Any = self.transport
        try:
            transport.signalProcess("KILL")
        except ProcessExitedAlready:
            pass

    def connectionMade(self) -> None:
        transport: Any = self.transport
        # A piece goes at once, instead of bit by bit as the worker reads: as far as the system gives that much.
        with suppress(OSError):
            fcntl(transport.pipes[0].fileno(), F_SETPIPE_SZ, 2 * PIECE_BYTES)
        self._timer = self._reactor.callLater(START_S, self.kill, Unparsed("it did not begin"))

    def outReceived(self, data: bytes) -> None:
        try:
            self._frames.feed(data)
        except (TooLong, msgspec.MsgspecError):
            self.kill(Unparsed("it answered what is no answer"))

    def errReceived(self, data: bytes) -> None:
        # Later it may hold what strangers wrote.
        if not self._ready:
            self._complaint = (self._complaint + data)[-_COMPLAINT_BYTES:]

    def inConnectionLost(self) -> None:
        """Do nothing: it does not read any more, and its end is told below."""

    def processEnded(self, reason: Failure) -> None:
        self._killed = True
        self._stop_timer()
        self._give_up(Unparsed("the worker died of it"))
        said = self._complaint.decode("utf-8", "replace").strip().rpartition("\n")[2]
        self.ended.callback(None if self._ready else said or str(reason.value))

    def _send(self, frame: bytes) -> None:
        """Give it something to do: from now on the time counts."""
        self._timer = self._reactor.callLater(self._left_s, self.kill, Unparsed("it took too long"))
        transport: Any = self.transport
        transport.write(frame)

    def _heard(self, content: bytes) -> None:
        if self._killed:
            return
        if not self._ready and not content:
            self._ready = True
            self._stop_timer()
            self._free(None)
            return
        said: Said = msgspec.msgpack.decode(content, type=Said)
        if self._task is None or self._serving:
            raise msgspec.DecodeError("an answer to nothing")
        if isinstance(said, Done):
            self._answered(self._task, said)
        elif self._task.handing is not None:
            self._serve(self._task.handing, said)
        else:
            raise msgspec.DecodeError("a job without a file")

    def _answered(self, task: JobInHand, done: Done) -> None:
        self._task = None
        self._stop_timer()
        if done.ok:
            task.answer(done.payload)
        else:
            task.fail(Unparsed("it is broken"))
        self._free(task)

    def _serve(self, handing: Handing, said: Want | MadePiece) -> None:
        """Read or write for it. Meanwhile it waits, and its time stands still."""
        self._left_s = max(0.0, self._timer.getTime() - self._reactor.seconds())
        self._stop_timer()
        try:
            content = handing.cached(said)
        except Nonsense as error:
            self.kill(Unparsed(str(error)))
            return
        if content is not None:
            self._send(framed(content))
            return
        self._serving = True
        serving = deferToThreadPool(self._reactor, self._reactor.getThreadPool(), handing.answer, said)
        serving.addCallbacks(self._served, self._not_served)

    def _served(self, answer: bytes) -> None:
        self._serving = False
        if not self._killed:
            self._send(framed(answer))

    def _not_served(self, failure: Failure) -> None:
        self._serving = False
        if not self._killed:
            nonsense = failure.check(Nonsense) is not None
            self.kill(Unparsed(failure.getErrorMessage()) if nonsense else failure.value)

    def _give_up(self, reason: BaseException | None) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.fail(reason)
            self._free(task, lost=True)

    def _stop_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None
